//! One rule for possible children of an image index: `images`, `report` and `lifecycle` name the same ones.

use std::collections::BTreeSet;

use serde_json::Value;

use super::session::Session;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An image by its letter: `i` an index, `t` with a tag, `s` attached to another image.
fn detail(repository: &str, letter: char, traits: &str) -> String {
    let digest = |letter: char| format!("sha256:{:0>64}", u32::from(letter));
    let mut members = vec![
        r#""registryId": "123456789012""#.to_owned(),
        format!(r#""repositoryName": "{repository}""#),
        format!(r#""imageDigest": "{}""#, digest(letter)),
        r#""imageSizeInBytes": 5, "imagePushedAt": "2026-01-01T00:00:00Z""#.to_owned(),
    ];
    if traits.contains('i') {
        members.push(format!(r#""imageManifestMediaType": "{INDEX}""#));
    }
    if traits.contains('t') {
        members.push(format!(r#""imageTags": ["{letter}"]"#));
    }
    if traits.contains('s') {
        members.push(format!(r#""subjectManifestDigest": "{}""#, digest('z')));
    }
    format!("{{{}}}", members.join(", "))
}

#[test]
fn every_command_names_the_same_possible_children() {
    let session = Session::empty();
    let policy = r#"{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed",
        "countUnit": "days", "countNumber": 1}, "action": {"type": "expire"}}]}"#;
    session.write("policy.json", policy);
    // Repository, filter and token of the capture, images, possible children.
    let cases: [(&str, &str, bool, &[&str], &str); 8] = [
        ("alone", "imageStatus=ANY", false, &["a", "bt", "cs"], ""),
        ("beside", "imageStatus=ANY", false, &["xit", "a", "bt", "cs"], "a"),
        ("lone-index", "imageStatus=ANY", false, &["xi", "a"], "a"),
        ("only-index", "imageStatus=ANY", false, &["xi"], ""),
        ("two-indexes", "imageStatus=ANY", false, &["xi", "yi", "a", "cs"], "axy"),
        ("stopped", "imageStatus=ANY", true, &["a", "cs"], "a"),
        ("untagged", "tagStatus=UNTAGGED", false, &["a", "xi", "cs"], "ax"),
        ("tagged", "tagStatus=TAGGED", false, &["at", "xit"], ""),
    ];
    let mut expected = BTreeSet::new();
    for (repository, filter, open, images, children) in cases {
        let details: Vec<String> = images
            .iter()
            .map(|image| detail(repository, image.chars().next().expect("a letter"), &image[1..]))
            .collect();
        let token = if open { r#", "nextToken": "more""# } else { "" };
        session.write("page.json", format!(r#"{{"imageDetails": [{}]{token}}}"#, details.join(", ")));
        let line = format!("ingest page.json --snapshot one --captured-at 2026-03-01 --capture-filter {filter}");
        let ran = session.quietly(&line);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        expected.extend(children.chars().map(|letter| format!("{repository} sha256:{:0>64}", u32::from(letter))));
    }
    let named = |line: &str, wanted: &dyn Fn(&Value) -> bool| {
        let ran = session.quietly(line);
        assert_eq!(ran.status, Some(0), "{line}: {}", ran.stderr);
        let rows = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row"));
        let name = |row: &Value| format!("{} {}", row["repositoryName"], row["imageDigest"]).replace('"', "");
        rows.filter(wanted).map(|row| name(&row)).collect::<BTreeSet<_>>()
    };
    assert_eq!(named("images --beside-index --output ndjson", &|_| true), expected);
    let rest = named("images --not-beside-index --output ndjson", &|_| true);
    assert_eq!(rest.len() + expected.len(), cases.iter().map(|case| case.3.len()).sum::<usize>());

    // What is attached to an image that runs stays with it.
    let details = ["zt", "cs", "a"].map(|image| detail("signed", image.chars().next().expect("a letter"), &image[1..]));
    session.write("page.json", format!(r#"{{"imageDetails": [{}]}}"#, details.join(", ")));
    assert_eq!(session.quietly("ingest page.json --snapshot signed --captured-at 2026-03-02").status, Some(0));
    session.write("running.txt", "signed:z");
    let ran =
        session.quietly("images --snapshot signed --repository-name signed --not-in-use running.txt --output ids");
    let ids: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(
        ids,
        serde_json::json!([{ "imageDigest": format!("sha256:{:0>64}", u32::from('a')) }]),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("left out 1 image attached to what stays"), "{}", ran.stderr);
    assert_eq!(session.quietly("forget signed").status, Some(0));

    let ran = session.quietly("lifecycle --policy policy.json --output json");
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let answers: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let children = answers.as_array().expect("an answer for each repository").iter().flat_map(|answer| {
        let rows = answer["possibleChildren"].as_array().cloned().unwrap_or_default();
        let name = answer["repositoryName"].as_str().unwrap_or_default().to_owned();
        rows.into_iter().map(move |row| format!("{name} {}", row["imageDigest"].as_str().unwrap_or_default()))
    });
    assert_eq!(children.collect::<BTreeSet<_>>(), expected);

    let ran = session.quietly("report --output json");
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(report["cleanup"]["untaggedBesideIndex"]["images"], expected.len());
    // `a` of alone, and the only index.
    assert_eq!(report["cleanup"]["untaggedAlone"]["images"], 3);
    let candidates = report["cleanup"]["candidates"].as_array().expect("candidates");
    let untagged = candidates.iter().filter(|one| one["reason"] == "untagged");
    let untagged = untagged.map(|one| one["repositoryName"].as_str().unwrap_or_default()).collect::<Vec<_>>();
    assert_eq!(untagged.iter().copied().collect::<BTreeSet<_>>(), ["alone", "lone-index", "only-index"].into());
}
