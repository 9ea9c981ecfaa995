//! `history`: the line of a tag and of an image, with the bounds that are known.

use super::session::Session;

#[test]
fn a_tag() {
    let mut session = Session::with_three_dates();
    session.run("history --repository-name shop/web --image-tag prod");
    session.run("history --repository-name shop/worker --image-tag stable");
    session.run("history --repository-name shop/web --image-tag 1.3.0");
    session.golden("history-tag");
}

/// The capture of the middle date stopped early, and the last date does not have the repository.
#[test]
fn captures_that_do_not_tell() {
    let mut session = Session::with_three_dates();
    session.run("history --repository-name tools/builder --image-tag stable");
    session.run("history --repository-name tools/builder --image-tag nightly");
    session.run("history --repository-name legacy/cron --image-tag latest");
    session.golden("history-gaps");
}

#[test]
fn an_image() {
    let mut session = Session::with_three_dates();
    session.run("history --repository-name shop/api --image-digest sha256:8808e2e11419");
    session.run("history --repository-name shop/worker --image-digest sha256:1b07776d7529");
    session.run("history --repository-name shop/web --image-digest sha256:a7f61f79c0c9");
    session.run("history --repository-name tools/builder --image-digest sha256:cc28d2edd8a8");
    session.run("history --repository-name legacy/cron --image-digest sha256:3d1c6c3b31ed --include-pulls");
    session.golden("history-image");
}

#[test]
fn every_format() {
    let mut session = Session::with_three_dates();
    for output in ["json", "csv", "markdown"] {
        session.run(&format!("history --repository-name shop/web --image-tag prod --output {output}"));
        session
            .run(&format!("history --repository-name shop/api --image-digest sha256:8808e2e11419 --output {output}"));
    }
    session.golden("history-formats");
}

#[test]
fn a_part_of_the_snapshots() {
    let mut session = Session::with_three_dates();
    session.run("history --repository-name shop/web --image-tag prod --since latest~1");
    session.run("history --repository-name shop/web --image-tag prod --until @2026-03-08 --output csv");
    session.run("history --repository-name shop/web --image-tag prod --since latest --until 2026-03-01");
    session.golden("history-part");
}

#[test]
fn what_is_refused() {
    let mut session = Session::with_three_dates();
    session.run("history --repository-name shop/web");
    session.run("history --repository-name shop/web --image-tag prod --image-digest sha256:1");
    session.run("history --repository-name shop/nothing --image-tag prod");
    session.run("history --repository-name shop/web --image-tag nothing");
    session.run("history --repository-name shop/web --image-digest sha256:8808e2e11419");
    session.run("history --repository-name shop/web --image-digest prod");
    session.run("history --repository-name shop/web --image-tag prod --since never");
    let page = r#"{"imageDetails": [{"registryId": "123456789012", "repositoryName": "shop/api", "imageDigest": "sha256:1"}]}"#;
    session.write("labelled.json", page);
    session.quietly("ingest labelled.json --snapshot labelled --captured-at 2026-03-22 --region eu-west-1");
    session.run("history --repository-name shop/api --image-tag prod");
    session.run("history --repository-name shop/api --image-tag prod --region eu-west-1");
    session.golden("history-refused");
}

/// A glob follows the tag in each repository that shows it.
#[test]
fn several_repositories() {
    let mut session = Session::with_three_dates();
    session.run("history --repository-name shop/* --image-tag prod");
    session.run("history --repository-name shop/* --image-tag prod --output csv");
    session.run("history --repository-name shop/w* --image-tag prod --output json");
    session.run("history --repository-name shop/* --image-tag prod --since @-7d --output markdown");
    session.run("history --repository-name nothing/* --image-tag prod");
    session.run("history --repository-name shop/* --image-tag nothing");
    session.run("history --repository-name shop/* --image-digest sha256:0123");
    session.run("history --repository-name shop/* --image-digest 0123456789ab");
    session.golden("history-several");
}
