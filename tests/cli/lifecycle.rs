//! `lifecycle`: what a policy would do, from a policy file or from the policies of a snapshot.

use super::session::Session;

/// A detail of a repository, pushed at that date.
fn detail(repository: &str, name: &str, tags: &[&str], pushed: &str, more: &str) -> String {
    let digits: Vec<String> = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    let digest = format!("{:0<64}", digits.concat());
    let tags = if tags.is_empty() { String::new() } else { format!(r#""imageTags": {tags:?}, "#) };
    format!(
        r#"{{"registryId": "123456789012", "repositoryName": "{repository}", "imageDigest": "sha256:{digest}", {tags}
            "imageSizeInBytes": 1000000, "imagePushedAt": "{pushed}T00:00:00+00:00",
            "imageManifestMediaType": "application/vnd.oci.image.{}.v1+json"{more}}}"#,
        if name == "index" { "index" } else { "manifest" }
    )
}

fn page(details: &[String]) -> String {
    format!(r#"{{"imageDetails": [{}]}}"#, details.join(","))
}

/// Two rules: keep two builds, delete what has no tag after a week.
const POLICY: &str = r#"{"rules": [
    {"rulePriority": 1, "description": "builds", "selection": {"tagStatus": "tagged", "tagPatternList": ["build-*"],
        "countType": "imageCountMoreThan", "countNumber": 2}, "action": {"type": "expire"}},
    {"rulePriority": 2, "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days",
        "countNumber": 7}, "action": {"type": "expire"}},
    {"rulePriority": 9, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3},
        "action": {"type": "transition", "targetStorageClass": "archive"}}]}"#;

/// Two captures of two repositories, and policies.
fn session() -> Session {
    let session = Session::empty();
    let web = |last: &str| {
        [
            detail("shop/web", "a", &["build-1"], "2026-01-01", ""),
            detail("shop/web", "b", &["build-2", "prod"], "2026-01-02", last),
            detail("shop/web", "c", &["build-3"], "2026-02-01", ""),
            detail("shop/web", "d", &["build-4"], "2026-02-02", ""),
            detail("shop/web", "e", &[], "2026-02-03", ""),
        ]
    };
    session.write("first.json", page(&web("")));
    session.write("second.json", page(&web(r#", "lastRecordedPullTime": "2026-03-07T00:00:00+00:00""#)));
    let multi = [
        detail("shop/multi", "index", &["1.0"], "2026-01-05", ""),
        detail("shop/multi", "x", &[], "2026-01-05", ""),
        detail("shop/multi", "y", &[], "2026-01-05", ""),
        detail("shop/multi", "z", &["0.9"], "2026-01-04", ""),
    ];
    session.write("multi.json", page(&multi));
    session.write("policy.json", POLICY);
    session.write("harsher.json", POLICY.replace("\"countNumber\": 2", "\"countNumber\": 1"));
    for (date, file) in [("2026-03-01", "first.json"), ("2026-03-08", "second.json")] {
        let line =
            format!("ingest {file} multi.json --snapshot {date} --captured-at {date} --capture-filter imageStatus=ANY");
        assert_eq!(session.quietly(&line).status, Some(0));
    }
    session
}

#[test]
fn answers() {
    let mut session = session();
    session.write(
        "running.txt",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:build-1\n123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:prod\n",
    );
    for (line, status) in [
        ("lifecycle --policy policy.json", 0),
        ("lifecycle --policy policy.json --output csv", 0),
        ("lifecycle --policy policy.json --repository-name shop/web --output markdown", 0),
        ("lifecycle --policy policy.json --repository-name shop/web --list --in-use running.txt", 0),
        ("lifecycle --policy policy.json --repository-name shop/web --list --output csv", 0),
        ("lifecycle --policy policy.json --repository-name shop/web --in-use running.txt --output json", 0),
        ("lifecycle --policy policy.json --repository-name shop/multi --list --output json", 0),
        ("lifecycle --policy policy.json --repository-name shop/web --in-use running.txt --output ids", 0),
        ("lifecycle --policy policy.json --repository-name shop/web --at 2026-02-05", 0),
        ("lifecycle --policy policy.json --explain prod", 0),
        ("lifecycle --policy policy.json --explain sha256:6100000 --output json", 0),
        ("lifecycle --compare policy.json harsher.json", 0),
        ("lifecycle --compare policy.json harsher.json --list", 0),
        ("lifecycle --compare policy.json harsher.json --output json", 0),
        ("lifecycle --compare policy.json policy.json", 0),
        ("lifecycle --replay --policy policy.json", 0),
        ("lifecycle --replay --policy policy.json --keep-tag none --in-use running.txt", 0),
        ("lifecycle --replay --policy policy.json --list --output json --repository-name shop/web", 0),
    ] {
        assert_eq!(session.run_unchanged(line).status, Some(status), "{line}");
    }
    session.golden("lifecycle-answers");
}

#[test]
fn refusals() {
    let mut session = session();
    session.write(
        "invalid.json",
        POLICY.replace("\"rulePriority\": 2", "\"rulePriority\": 1").replace("\"days\"", "\"weeks\""),
    );
    session.write("page.json", r#"{"lifecyclePolicyText": 1}"#);
    session.write("empty.txt", "");
    for line in [
        "lifecycle",
        "lifecycle --policy missing.json",
        "lifecycle --policy invalid.json",
        "lifecycle --policy page.json",
        "lifecycle --policy first.json",
        "lifecycle --policy policy.json --repository-name none",
        "lifecycle --policy policy.json --output ids",
        "lifecycle --policy policy.json --in-use empty.txt",
        "lifecycle --policy policy.json --explain nothing",
        "lifecycle --policy policy.json --at soon",
        "lifecycle --policy policy.json --compare policy.json harsher.json",
        "lifecycle --compare saved policy.json",
        "lifecycle --replay",
        "lifecycle --verify first.json",
        "lifecycle --keep-tag prod --policy policy.json",
    ] {
        assert_eq!(session.run_unchanged(line).status, Some(2), "{line}");
    }
    session.golden("lifecycle-refusals");
}

/// Our own answer has the shape of a preview, so that it verifies itself.
#[test]
fn an_answer_verifies_itself_and_a_difference_is_found() {
    let mut session = session();
    for repository in ["shop/web", "shop/multi"] {
        let answer =
            session.quietly(&format!("lifecycle --policy policy.json --repository-name {repository} --output json"));
        session.write("preview.json", &answer.stdout);
        let ran = session.run_unchanged("lifecycle --verify preview.json");
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), ""), "{repository}");
    }
    let all = session.quietly("lifecycle --policy policy.json --output json").stdout;
    session.write("both.json", &all);
    assert_eq!(session.run_unchanged("lifecycle --verify both.json --output json").status, Some(0));
    let other = session.quietly("lifecycle --policy harsher.json --repository-name shop/web --output json").stdout;
    session.write("other.json", &other);
    session.write("unfinished.json", other.replace("COMPLETE", "IN_PROGRESS"));
    session.write("open.json", other.replace("\"status\"", "\"nextToken\": \"t\", \"status\""));
    for (line, status) in [
        ("lifecycle --verify other.json", 0),
        ("lifecycle --verify other.json --policy policy.json", 1),
        ("lifecycle --verify other.json --policy policy.json --output json", 1),
        ("lifecycle --verify unfinished.json", 2),
        ("lifecycle --verify open.json", 2),
        ("lifecycle --verify other.json --repository-name shop/*", 2),
    ] {
        assert_eq!(session.run_unchanged(line).status, Some(status), "{line}");
    }
    session.golden("lifecycle-verify");
}
