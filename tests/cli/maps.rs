//! `diff --map`: captures compared across regions, registries and names.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::Value;

use super::session::Session;

/// An image in short: digest, size, tags.
type Image<'i> = (&'i str, u64, &'i [&'i str]);

fn page(registry: &str, repository: &str, pushed: &str, images: &[Image<'_>]) -> String {
    let image = |(digest, size, tags): &Image<'_>| {
        let tags =
            if tags.is_empty() { String::new() } else { format!(r#""imageTags": ["{}"],"#, tags.join("\", \"")) };
        format!(
            r#"{{"registryId": "{registry}", "repositoryName": "{repository}", "imageDigest": "sha256:{}", {tags}
                "imageSizeInBytes": {size}, "imagePushedAt": "{pushed}", "imageStatus": "ACTIVE"}}"#,
            digest.repeat(32)
        )
    };
    format!(r#"{{"imageDetails": [{}]}}"#, images.iter().map(image).collect::<Vec<_>>().join(", "))
}

const EU: &str = "2026-03-01T01:00:00Z";
/// Replication takes a while.
const US: &str = "2026-03-01T01:00:09Z";

/// One snapshot of two regions; the replica lacks an image, has one more, and one of its tags lags behind.
fn regions() -> Session {
    let session = Session::empty();
    let eu: [Image<'_>; 3] = [("aa", 100, &["1.0"]), ("bb", 110, &["1.1", "prod"]), ("cc", 120, &["1.2"])];
    let us: [Image<'_>; 3] = [("aa", 100, &["1.0", "prod"]), ("bb", 110, &["1.1"]), ("dd", 130, &["hotfix"])];
    session.write("eu.json", page("123456789012", "shop/web", EU, &eu));
    session.write("us.json", page("123456789012", "shop/web", US, &us));
    session.write("eu-job.json", page("123456789012", "shop/job", EU, &[("ee", 7, &[])]));
    session.write("us-job.json", page("123456789012", "shop/job", US, &[("ee", 7, &[])]));
    session.write("eu-only.json", page("123456789012", "shop/new", EU, &[("ff", 9, &["x"])]));
    let options = "--snapshot day --captured-at 2026-03-02 --scope registry --capture-filter imageStatus=ANY";
    session.quietly(&format!("ingest eu.json eu-job.json eu-only.json --region eu-west-1 {options}"));
    session.quietly(&format!("ingest us.json us-job.json --region us-east-1 {options}"));
    session
}

#[test]
fn a_replica() {
    let mut session = regions();
    let map = "--map region=eu-west-1:us-east-1";
    session.run(&format!("diff {map}"));
    session.run(&format!("diff {map} --include-members --repository-name shop/web"));
    session.run(&format!("diff {map} --summary --output csv"));
    session.run(&format!("diff {map} --output json"));
    session.run(&format!("diff {map} --output csv"));
    session.run(&format!("diff {map} --output markdown --image-tag 1.* --exclude-tag 1.2"));
    session.run(&format!("diff {map} --repository-name shop/job --exit-code"));
    session.run(&format!("diff {map} --repository-name shop/web --exit-code --summary"));
    session.golden("diff-map-regions");
}

#[test]
fn accounts_and_names() {
    let mut session = Session::empty();
    session.write("dev.json", page("111111111111", "dev/web", EU, &[("aa", 1, &["v1"]), ("bb", 2, &["v2"])]));
    session.write("test.json", page("111111111111", "test/job", EU, &[("cc", 3, &["v1"])]));
    session.write("prod.json", page("222222222222", "prod/web", US, &[("aa", 1, &["v1"])]));
    session.write("stage.json", page("222222222222", "stage/job", US, &[("cc", 4, &["v1"])]));
    session.quietly("ingest dev.json test.json --snapshot dev --captured-at 2026-03-02");
    session.quietly("ingest prod.json stage.json --snapshot prod --captured-at 2026-03-03");
    session.run(
        "diff dev prod --map registry-id=111111111111:222222222222 --map repository-name=dev/*:prod/* \
         --map repository-name=test/*:stage/*",
    );
    // Without a map of the registries nothing corresponds.
    session.run("diff dev prod --map repository-name=dev/*:prod/*");
    session.golden("diff-map-accounts");
}

#[test]
fn maps_that_are_refused() {
    let mut session = regions();
    for map in [
        "--map region=eu-west-9:us-east-1",
        "--map region=eu-west-1:us-east-9",
        "--map region=eu-west-1",
        "--map account=1:2",
        "--map repository-name=a/*/*:b",
        "--map repository-name=shop/*:shop/web",
        "--map region=eu-west-1:us-east-1 --repository-name other/*",
        "--map region=eu-west-1:us-east-1 --include-pulls",
        "--include-members",
        "--image-tag [",
        "--repository-name shop/[",
    ] {
        session.run_unchanged(&format!("diff day day {map}"));
    }
    session.golden("diff-map-refused");
}

fn summary(session: &Session, line: &str) -> Value {
    let ran = session.quietly(&format!("{line} --summary --output json"));
    assert_eq!(ran.status, Some(0), "{line}: {}", ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    document["summary"].clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// A region mapped to itself is that region, compared with itself over time.
    #[test]
    fn a_map_to_itself_counts_what_a_comparison_counts(
        before in proptest::collection::btree_map(0u8..9, (1u64..4, 0usize..3), 1..8),
        after in proptest::collection::btree_map(0u8..9, (1u64..4, 0usize..3), 1..8),
    ) {
        let session = Session::empty();
        for (name, day, images) in [("a", 2, &before), ("b", 3, &after)] {
            let mut details = Vec::new();
            for (number, (size, tags)) in images {
                let mut tag = String::new();
                let _ = write!(tag, "t{number}");
                details.push((format!("{number:02x}"), *size, vec![tag; *tags.min(&1)]));
            }
            let tags: Vec<Vec<&str>> = details.iter().map(|it| it.2.iter().map(String::as_str).collect()).collect();
            let images: Vec<Image<'_>> =
                details.iter().zip(&tags).map(|(it, tags)| (it.0.as_str(), it.1, tags.as_slice())).collect();
            session.write("page.json", page("123456789012", "shop/web", EU, &images));
            let options = format!("--snapshot {name} --captured-at 2026-03-0{day} --capture-filter imageStatus=ANY");
            let ran = session.quietly(&format!("ingest page.json --region X {options}"));
            prop_assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        }
        let mapped = summary(&session, "diff a b --map region=X:X --include-members");
        prop_assert_eq!(mapped, summary(&session, "diff a b --region X --include-pulls --include-rescans"));
    }
}
