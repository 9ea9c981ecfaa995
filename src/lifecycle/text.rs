//! The text of a policy in what a user has: a policy document, a page of get-lifecycle-policy, or a preview.

use crate::model::{Value, json};

/// Why a file holds no text of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFileError {
    /// `lifecyclePolicyText` is not a text.
    #[error("lifecyclePolicyText is not a text")]
    NotText,
}

/// The text of the policy in a file: `lifecyclePolicyText` if the file is a page that has it, else all of it.
///
/// # Errors
/// The file is a page whose `lifecyclePolicyText` is not a text.
pub fn policy_text(file: &str) -> Result<String, PolicyFileError> {
    let file = file.trim_start_matches('\u{feff}');
    let Ok(Value::Map(members)) = json::parse(file) else { return Ok(file.to_owned()) };
    let wanted = |name: &str| name.replace('_', "").eq_ignore_ascii_case("lifecyclePolicyText");
    match members.iter().find(|(name, _)| wanted(name)) {
        Some((_, Value::Str(text))) => Ok(text.clone()),
        // Some tools save the policy as an object.
        Some((_, Value::Map(policy))) => Ok(json::to_compact(&Value::Map(policy.clone()))),
        Some(_) => Err(PolicyFileError::NotText),
        None => Ok(file.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{PolicyFileError, policy_text};

    #[test]
    fn a_page_and_a_document_have_the_same_text() {
        let policy = r#"{"rules": []}"#;
        for file in [
            policy.to_owned(),
            format!("\u{feff}{policy}"),
            r#"{"registryId": "1", "lifecyclePolicyText": "{\"rules\": []}"}"#.to_owned(),
            r#"{"LifecyclePolicyText": "{\"rules\": []}"}"#.to_owned(),
            r#"{"lifecycle_policy_text": {"rules": []}}"#.to_owned(),
        ] {
            assert_eq!(policy_text(&file).as_deref(), Ok(policy), "{file}");
        }
        assert_eq!(policy_text("not JSON").as_deref(), Ok("not JSON"));
        assert_eq!(policy_text(r#"{"lifecyclePolicyText": 1}"#), Err(PolicyFileError::NotText));
    }
}
