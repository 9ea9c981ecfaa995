//! `scripts/export.sh`, on the connected side, with a client that answers from a folder; and its folder taken in.

use std::fs;

use super::session::{Ran, Session};

/// Answers as the AWS CLI does of three repositories: one with images and a policy, one empty, one that may not be
/// read. Another region has none. A file `flaky` makes one call fail once.
const CLIENT: &str = r#"#!/bin/sh
[ -e reachable ] || { echo "Could not connect to the endpoint URL" >&2; exit 255; }
echo "$*" >>calls
case "$*" in
    *"describe-repositories"*"--region us-east-1"*) echo '{"repositories": []}' ;;
    *describe-repositories*) cat repositories.json ;;
    *"get-caller-identity"*) echo 123456789012 ;;
    *"--repository-name shop/api --filter imageStatus=ANY --output json"*)
        if [ -e flaky ]; then rm flaky; echo "Read timeout on endpoint URL" >&2; exit 255; fi
        cat samples/2026-03-15/shop+api.json ;;
    *"describe-images --repository-name shop/mailer "*) cat samples/empty/shop+mailer.json ;;
    *"get-lifecycle-policy --repository-name shop/api "*) cat policy.json ;;
    *"get-lifecycle-policy --repository-name shop/mailer "*)
        echo "An error occurred (LifecyclePolicyNotFoundException) when calling the GetLifecyclePolicy operation" >&2
        exit 254 ;;
    *) echo "An error occurred (AccessDeniedException) when calling the operation" >&2; exit 254 ;;
esac
"#;

/// What the AWS CLI prints of a repository: a member on each line.
fn repository(name: &str) -> String {
    format!(
        r#"        {{
            "repositoryArn": "arn:aws:ecr:eu-central-1:123456789012:repository/{name}",
            "registryId": "123456789012",
            "repositoryName": "{name}",
            "repositoryUri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/{name}",
            "createdAt": "2024-05-06T07:08:09.123000+00:00",
            "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": {{
                "scanOnPush": true
            }},
            "encryptionConfiguration": {{
                "encryptionType": "AES256"
            }}
        }}"#
    )
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/export.sh");

fn export(session: &Session, arguments: &str) -> Ran {
    session.shell(&format!("PATH=$PWD/bin:$PATH; '{SCRIPT}' {arguments}"))
}

pub(super) fn connected() -> Session {
    let session = Session::with_samples();
    fs::create_dir(session.path("bin")).expect("a folder");
    session.write("bin/aws", CLIENT);
    let rows = ["shop/api", "shop/mailer", "shop/secret"].map(repository).join(",\n");
    session.write("repositories.json", format!("{{\n    \"repositories\": [\n{rows}\n    ]\n}}\n"));
    session.write(
        "policy.json",
        r#"{
    "registryId": "123456789012",
    "repositoryName": "shop/api",
    "lifecyclePolicyText": "{\"rules\":[{\"rulePriority\":1,\"selection\":{\"tagStatus\":\"any\",\"countType\":\"imageCountMoreThan\",\"countNumber\":2},\"action\":{\"type\":\"expire\"}}]}",
    "lastEvaluatedAt": "2026-03-14T00:00:00+00:00"
}
"#,
    );
    session.shell("chmod +x bin/aws");
    session
}

#[test]
fn an_export_is_taken_in_without_options() {
    let session = connected();
    session.write("reachable", "");
    session.write("flaky", "");
    let ran = export(&session, "'an export'");
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.ends_with("could not be saved, run again:\n  123456789012 eu-central-1 shop/secret\n"),
        "{}",
        ran.stderr
    );
    let again = export(&session, "'an export'");
    assert!(again.stderr.contains("0 repositories saved") && again.stderr.contains("2 were there"), "{}", again.stderr);

    let ran = session.shell("ecrsnap ingest --snapshot-per-directory 'an export'");
    assert_eq!((ran.status, ran.stderr.contains("warning")), (Some(0), false), "{}", ran.stderr);
    let shown = session.quietly("snapshots show latest --output csv").stdout;
    let rows: Vec<_> = shown.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            "eu-central-1,123456789012,shop/api,4,4,0,586952961,true,imageStatus=ANY,",
            "eu-central-1,123456789012,shop/mailer,0,0,0,0,true,imageStatus=ANY,"
        ]
    );
    session.write("q.sql", "SELECT repository_name, policy IS NULL FROM lifecycle_policies ORDER BY 1");
    let policies = session.quietly("sql --file q.sql --output csv").stdout;
    assert_eq!(policies.lines().skip(1).collect::<Vec<_>>(), ["shop/api,0", "shop/mailer,1"]);
    session.write("q.sql", "SELECT count(*) FROM repository_settings");
    assert!(session.quietly("sql --file q.sql --output csv").stdout.ends_with("\n3\n"));
    let preview = session.quietly("lifecycle --output json");
    assert!(preview.stdout.contains("\"expiringImageTotalCount\": 2"), "{}", preview.stdout);
}

#[test]
fn regions_and_profiles_are_combined() {
    let session = connected();
    session.write("reachable", "");
    let ran = export(&session, "out --profiles a,b --regions eu-central-1,us-east-1 --no-policies -- --no-verify-ssl");
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    let calls = fs::read_to_string(session.path("calls")).expect("calls");
    for words in [
        "ecr describe-repositories --output json --profile a --region eu-central-1 --no-verify-ssl",
        "ecr describe-repositories --output json --profile b --region us-east-1 --no-verify-ssl",
        "--filter imageStatus=ANY --output json --profile a --region eu-central-1 --no-verify-ssl",
    ] {
        assert!(calls.contains(words), "{words}\n{calls}");
    }
    assert!(!calls.contains("get-lifecycle-policy"), "{calls}");
    // A region without repositories is known to have none.
    let ran = session.quietly("ingest --snapshot-per-directory out");
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let folders = session.shell("cd out/*/123456789012 && ls -d */").stdout;
    assert_eq!(folders, "eu-central-1/\nus-east-1/\n");
}

/// A night without a connection must not prevent the following nights.
#[test]
fn an_export_that_could_not_begin_leaves_no_day() {
    let session = connected();
    let ran = session.shell(&format!("export EXPORT_RETRIES=0 PATH=$PWD/bin:$PATH; '{SCRIPT}' out"));
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.ends_with("export: the repositories could not be listed\n"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(session.path("out")).expect("the folder").count(), 0);
}

#[test]
fn an_option_is_no_folder() {
    let session = connected();
    for arguments in ["--help", "-x", "out more", "--regions", "--profiles -- x"] {
        let ran = export(&session, arguments);
        assert_eq!(ran.status, Some(2), "{arguments}");
        assert!(ran.stderr.starts_with("usage: "), "{arguments}: {}", ran.stderr);
    }
}
