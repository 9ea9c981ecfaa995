//! Pages that are not of describe-images: describe-repositories, get-lifecycle-policy and list-images.
//!
//! Takes the text of one JSON object, which `page` has found, and makes of it what the store keeps. Names count
//! without regard to case and `_`, a value may be wrapped in an object, and a list of one may have lost its
//! brackets, as in pages of details. Members that the API's model does not have are stored as text.

use serde_json::value::RawValue;

use super::detail_values::holds_value;
use super::minify::{minify, push_json_string};
use super::row::{Defaults, DetailError};
use super::time::instant;
use crate::model::member::is_spelling_of;
use crate::model::{Digest, Instant};
use crate::store::repositories::{PolicyRow, RepositoryPage, RepositoryRow};
use crate::store::row::RepositoryName;

/// A describe-repositories page, and the regions that its repositories say.
#[derive(Debug)]
pub(crate) struct RepositoriesFound {
    /// The page.
    pub(crate) page: RepositoryPage,
    /// The region in the ARN or URI of each of its repositories, if they say it.
    pub(crate) regions: Vec<String>,
}

/// A list-images page.
#[derive(Debug)]
pub(crate) struct IdsFound {
    /// The repository, if the options say it.
    pub(crate) repository: Option<RepositoryName>,
    /// Digests, with a tag each.
    pub(crate) ids: Vec<(Digest, Option<String>)>,
    /// The token that it ends with.
    pub(crate) token: Option<String>,
}

type Members<'t> = Vec<(String, &'t RawValue)>;

/// The members of `Repository`, in the order of the API's model, except for the registry and the name.
const REPOSITORY: [(&str, Kind); 7] = [
    ("repositoryArn", Kind::Text),
    ("repositoryUri", Kind::Text),
    ("createdAt", Kind::Time),
    ("imageTagMutability", Kind::Text),
    ("imageTagMutabilityExclusionFilters", Kind::List(&[("filterType", Kind::Text), ("filter", Kind::Text)])),
    ("imageScanningConfiguration", Kind::Object(&[("scanOnPush", Kind::Flag)])),
    ("encryptionConfiguration", Kind::Object(&[("encryptionType", Kind::Text), ("kmsKey", Kind::Text)])),
];

/// What a member holds.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    Time,
    Object(&'static [(&'static str, Kind)]),
    /// A list of such objects.
    List(&'static [(&'static str, Kind)]),
}

/// Read a describe-repositories page, or a single repository without an envelope. `said` is the region that something other
/// than the page says, which the page must not contradict.
pub(crate) fn repositories(
    text: &str,
    alone: bool,
    said: Option<&str>,
    defaults: &Defaults,
) -> Result<RepositoriesFound, DetailError> {
    let raw: &RawValue = serde_json::from_str(text).map_err(wrong)?;
    let mut token = None;
    let mut items = Vec::new();
    if alone {
        items.push(raw);
    } else {
        for (name, value) in members_of(raw, "the page")? {
            if is_spelling_of(&name, "repositories") {
                items = items_of(value, "repositories")?;
            } else if is_spelling_of(&name, "nextToken") {
                token = text_of(value, "nextToken")?;
            }
        }
    }
    let mut rows = Vec::with_capacity(items.len());
    let mut regions = Vec::new();
    for item in items {
        let (row, found) = repository(item, said, defaults)?;
        if let Some(found) = found
            && !regions.contains(&found)
        {
            regions.push(found);
        }
        rows.push(row);
    }
    let first = rows.first().map(|row: &RepositoryRow| &row.name);
    let page = RepositoryPage {
        registry_id: first
            .map_or_else(|| defaults.registry_id.clone().unwrap_or_default(), |it| it.registry_id.to_string()),
        region: first.map_or_else(
            || said.or(defaults.region.as_deref()).unwrap_or_default().to_owned(),
            |it| it.region.to_string(),
        ),
        rows,
        token,
    };
    Ok(RepositoriesFound { page, regions })
}

/// Read one repository; its region if its ARN or URI says it.
fn repository(
    raw: &RawValue,
    said: Option<&str>,
    defaults: &Defaults,
) -> Result<(RepositoryRow, Option<String>), DetailError> {
    let members = members_of(raw, "a repository")?;
    let member = |name: &str| members.iter().find(|(key, _)| is_spelling_of(key, name)).map(|(_, value)| *value);
    let text = |name: &'static str| member(name).map_or(Ok(None), |value| text_of(value, name));
    let (arn, uri) = (text("repositoryArn")?, text("repositoryUri")?);
    let arn = arn.as_deref().and_then(Arn::of);
    if arn.as_ref().is_some_and(|arn| arn.service == "ecr-public") {
        return Err(DetailError::Value(
            "this is what `aws ecr-public describe-repositories` prints; ECR Public is another service".to_owned(),
        ));
    }
    let in_uri = uri.as_deref().and_then(region_of_uri);
    let found = match (arn.as_ref().map(|arn| arn.region), in_uri) {
        (Some(arn), Some(uri)) if arn != uri => {
            return Err(DetailError::Value(format!(
                "repositoryArn says the region {arn}, and repositoryUri says {uri}"
            )));
        }
        (arn, uri) => arn.or(uri),
    };
    // An export of repositories without a region says so.
    let found = found.filter(|_| said != Some(""));
    if let (Some(found), Some(said)) = (found, said)
        && found != said
    {
        let from = if arn.is_some() { "repositoryArn" } else { "repositoryUri" };
        return Err(DetailError::Value(format!(
            "{from} says the region {found}, and these pages are said to be of {said}"
        )));
    }
    let registry = text("registryId")?.or_else(|| arn.as_ref().map(|arn| arn.account.to_owned()));
    let name = text("repositoryName")?.or_else(|| arn.as_ref().map(|arn| arn.name.to_owned()));
    let region = found.or(said).or(defaults.region.as_deref());
    let name = named(registry, name, region, defaults)?;
    let (mut created_at, mut rest) = (None, String::from("{"));
    for (known, kind) in REPOSITORY {
        let Some(value) = member(known).filter(|value| value.get() != "null") else { continue };
        if let Kind::Time = kind {
            created_at = Some(time(known, value)?);
        } else {
            put(&mut rest, known, value, kind)?;
        }
    }
    let others = ["registryId", "repositoryName"];
    for (key, value) in &members {
        let known = REPOSITORY.iter().map(|(known, _)| *known).chain(others).any(|known| is_spelling_of(key, known));
        if !known && !is_metadata(key) {
            put_name(&mut rest, key);
            minify(value, &mut rest).map_err(wrong)?;
        }
    }
    rest.push('}');
    Ok((RepositoryRow { name, created_at, members: rest }, found.map(str::to_owned)))
}

/// Read a get-lifecycle-policy page.
pub(crate) fn policy(text: &str, region: Option<&str>, defaults: &Defaults) -> Result<PolicyRow, DetailError> {
    let raw: &RawValue = serde_json::from_str(text).map_err(wrong)?;
    let (mut registry, mut name, mut policy, mut evaluated) = (None, None, None, None);
    let mut rest = String::new();
    for (key, value) in members_of(raw, "the page")? {
        let is = |known: &str| is_spelling_of(&key, known);
        if is("registryId") {
            registry = text_of(value, "registryId")?;
        } else if is("repositoryName") {
            name = text_of(value, "repositoryName")?;
        } else if is("lifecyclePolicyText") {
            policy = policy_text(value)?;
        } else if is("lastEvaluatedAt") {
            evaluated = if value.get() == "null" { None } else { Some(time("lastEvaluatedAt", value)?) };
        } else if !is_metadata(&key) {
            rest.push(if rest.is_empty() { '{' } else { ',' });
            push_json_string(&mut rest, &key);
            rest.push(':');
            minify(value, &mut rest).map_err(wrong)?;
        }
    }
    if !rest.is_empty() {
        rest.push('}');
    }
    let Some(policy) = policy else {
        return Err(DetailError::Value("lifecyclePolicyText: expected a text, found null".to_owned()));
    };
    Ok(PolicyRow {
        name: named(registry, name, region.or(defaults.region.as_deref()), defaults)?,
        text: Some(policy),
        last_evaluated_at: evaluated,
        rest: Some(rest).filter(|rest| !rest.is_empty()),
    })
}

/// The text of a policy. Some tools save it as the object that the text is.
fn policy_text(value: &RawValue) -> Result<Option<String>, DetailError> {
    let inner = inner(value);
    if inner.get().starts_with('{') {
        let mut text = String::new();
        minify(inner, &mut text).map_err(wrong)?;
        return Ok(Some(text));
    }
    text_of(inner, "lifecyclePolicyText")
}

/// Read a list-images page.
pub(crate) fn image_ids(text: &str, region: Option<&str>, defaults: &Defaults) -> Result<IdsFound, DetailError> {
    let raw: &RawValue = serde_json::from_str(text).map_err(wrong)?;
    let (mut ids, mut token) = (Vec::new(), None);
    for (key, value) in members_of(raw, "the page")? {
        if is_spelling_of(&key, "imageIds") {
            for item in items_of(value, "imageIds")? {
                let (mut digest, mut tag) = (None, None);
                for (key, value) in members_of(item, "imageIds")? {
                    if is_spelling_of(&key, "imageDigest") {
                        digest = text_of(value, "imageDigest")?;
                    } else if is_spelling_of(&key, "imageTag") {
                        tag = text_of(value, "imageTag")?;
                    }
                }
                let digest =
                    digest.ok_or_else(|| DetailError::Value("an id in imageIds without imageDigest".to_owned()))?;
                ids.push((Digest::parse(&digest), tag));
            }
        } else if is_spelling_of(&key, "nextToken") {
            token = text_of(value, "nextToken")?;
        }
    }
    let repository = named(None, None, region.or(defaults.region.as_deref()), defaults).ok();
    Ok(IdsFound { repository, ids, token })
}

/// The repository of those names, or of the options.
fn named(
    registry: Option<String>,
    name: Option<String>,
    region: Option<&str>,
    defaults: &Defaults,
) -> Result<RepositoryName, DetailError> {
    let pick = |found: Option<String>, default: &Option<String>, member, option| {
        found.or_else(|| default.clone()).ok_or(DetailError::Nameless { member, option })
    };
    Ok(RepositoryName {
        registry_id: pick(registry, &defaults.registry_id, "registryId", "--registry-id")?.into(),
        name: pick(name, &defaults.repository_name, "repositoryName", "--repository-name")?.into(),
        region: region.unwrap_or_default().into(),
    })
}

/// The parts of `arn:aws:ecr:eu-central-1:123456789012:repository/shop/web`.
struct Arn<'t> {
    service: &'t str,
    region: &'t str,
    account: &'t str,
    name: &'t str,
}

impl<'t> Arn<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        let ("arn", _partition, service, region, account, resource) =
            (next()?, next()?, next()?, next()?, next()?, next()?)
        else {
            return None;
        };
        let name = resource.strip_prefix("repository/")?;
        // ECR Public has no region.
        (!region.is_empty() || service == "ecr-public").then_some(Arn { service, region, account, name })
    }
}

/// The region in `123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web`.
fn region_of_uri(uri: &str) -> Option<&str> {
    let host = uri.split('/').next()?;
    let mut parts = host.split('.');
    let (_account, dkr, ecr, region) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // Dual-stack hosts and FIPS endpoints spell it differently: `ID.dkr-ecr.REGION.on.aws`, `ecr-fips`.
    if dkr == "dkr" && ecr.starts_with("ecr") {
        return Some(region).filter(|region| !region.is_empty());
    }
    if dkr.starts_with("dkr-ecr") { Some(ecr).filter(|region| !region.is_empty()) } else { None }
}

/// Add a member that the model has.
fn put(out: &mut String, name: &'static str, value: &RawValue, kind: Kind) -> Result<(), DetailError> {
    if let Kind::Object(known) = kind {
        put_name(out, name);
        return put_object(out, name, value, known);
    }
    if let Kind::List(known) = kind {
        put_name(out, name);
        out.push('[');
        for (index, item) in items_of(value, name)?.into_iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            put_object(out, name, item, known)?;
        }
        out.push(']');
        return Ok(());
    }
    if let Kind::Flag = kind {
        let flag = inner(value).get();
        if !matches!(flag, "true" | "false") {
            return Err(DetailError::Value(format!("{name}: expected true or false, found {}", shortened(flag))));
        }
        put_name(out, name);
        out.push_str(flag);
        return Ok(());
    }
    if let Some(text) = text_of(value, name)? {
        put_name(out, name);
        push_json_string(out, &text);
    }
    Ok(())
}

/// Add an object: members that the model has in its order, then the others.
fn put_object(
    out: &mut String,
    name: &'static str,
    value: &RawValue,
    known: &'static [(&'static str, Kind)],
) -> Result<(), DetailError> {
    let members = members_of(value, name)?;
    out.push('{');
    for (member, kind) in known {
        let found = members.iter().find(|(key, _)| is_spelling_of(key, member));
        if let Some((_, value)) = found.filter(|(_, value)| value.get() != "null") {
            put(out, member, value, *kind)?;
        }
    }
    for (key, value) in &members {
        if !known.iter().any(|(member, _)| is_spelling_of(key, member)) {
            put_name(out, key);
            minify(value, out).map_err(wrong)?;
        }
    }
    out.push('}');
    Ok(())
}

fn put_name(out: &mut String, name: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    push_json_string(out, name);
    out.push(':');
}

/// What a response says about itself and not about what it is of.
fn is_metadata(key: &str) -> bool {
    ["responseMetadata", "$metadata", "resultMetadata", "nextToken"].iter().any(|known| is_spelling_of(key, known))
}

/// The value inside a wrapper object, `{"Value": "MUTABLE"}`; any other value itself.
fn inner(value: &RawValue) -> &RawValue {
    if !value.get().starts_with('{') {
        return value;
    }
    let Ok(members) = members_of(value, "") else { return value };
    match members.iter().find(|(name, _)| holds_value(name)) {
        Some((_, inner)) if members.len() <= 2 => inner,
        _ => value,
    }
}

fn text_of(value: &RawValue, member: &'static str) -> Result<Option<String>, DetailError> {
    let value = inner(value).get();
    match value.as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'"') => Ok(Some(serde_json::from_str(value).map_err(wrong)?)),
        _ => Err(DetailError::Value(format!("{member}: expected a text, found {}", shortened(value)))),
    }
}

fn time(member: &'static str, value: &RawValue) -> Result<Instant, DetailError> {
    instant(value.get()).map_err(|problem| DetailError::Value(format!("{member} {problem}")))
}

fn members_of<'t>(value: &'t RawValue, what: &str) -> Result<Members<'t>, DetailError> {
    if !value.get().starts_with('{') {
        return Err(DetailError::Value(format!("{what}: expected an object, found {}", shortened(value.get()))));
    }
    let members: MemberList<'t> = serde_json::from_str(value.get()).map_err(wrong)?;
    Ok(members.0)
}

/// The items of a list, also of a list of one that has lost its brackets, or that is wrapped in an object.
fn items_of<'t>(value: &'t RawValue, what: &str) -> Result<Vec<&'t RawValue>, DetailError> {
    let value = inner(value);
    match value.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(value.get()).map_err(wrong),
        Some(b'{') => Ok(vec![value]),
        Some(b'n') => Ok(Vec::new()),
        _ => Err(DetailError::Value(format!("{what}: expected a list, found {}", shortened(value.get())))),
    }
}

/// The members of an object in their order, each value with its text.
struct MemberList<'t>(Members<'t>);

impl<'de: 't, 't> serde::Deserialize<'de> for MemberList<'t> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = MemberList<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(name) = access.next_key::<String>()? {
                    members.push((name, access.next_value::<&RawValue>()?));
                }
                Ok(MemberList(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn wrong(error: serde_json::Error) -> DetailError {
    let text = error.to_string();
    DetailError::Value(text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned())
}

/// At most 60 characters of a text, for a message.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
