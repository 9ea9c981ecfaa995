//! `in-use`: references of what runs, over the samples and over random histories.

use std::io::Cursor;

use ecrsnap::internal::image_refs::ImageRefs;
use ecrsnap::internal::in_use::{State, resolve};
use ecrsnap::internal::ingest::{self, Options, source::Source};
use ecrsnap::internal::model::Digest;
use ecrsnap::internal::store::read::Reader;
use proptest::prelude::*;

use super::details::{listing, page};
use super::session::Session;

const HOST: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
/// `shop/web`: `prod` was on it on 2026-03-01.
const OLD: &str = "sha256:da719e2585f9f5b5bdeae5707a508435bcb22f58769703a1408b6b4a97bda8ca";
/// `shop/web`: an image index, and one of its platforms.
const INDEX: &str = "sha256:ad4ff98558f822f3c02a0be9b658eb00c94f9bcfd8d9209b08d59afc0ee7347b";

/// One reference in every state.
fn references() -> String {
    format!(
        "# what runs\n\n{HOST}/shop/web:prod\n{HOST}/shop/web:prod@{OLD}\n{HOST}/shop/web:1.3.0\nshop/worker:stable\n\
         shop/worker:0.8.0\nshop/api:2.1.0\nshop/api\nlegacy/cron:2019\nnginx:1.25\n{INDEX}\n\
         999999999999.dkr.ecr.eu-central-1.amazonaws.com/shop/web:prod\nquay.io/prometheus/prometheus:v2\n"
    )
}

#[test]
fn states() {
    let mut session = Session::with_three_dates();
    session.write("running.txt", references());
    session.write("other.txt", "quay.io/a:1\n");
    session.write("bad.txt", "shop/web:prod\nIMAGE ID\n");
    session.write("bad.json", "{\"image\": \"shop/web:prod\"");
    session.write("short.txt", "sha256:ad4ff98558f8\n");
    session.write("none.json", "{\"items\": []}");
    for (line, status) in [
        ("in-use running.txt", 0),
        ("in-use running.txt --output markdown --snapshot 2026-03-01", 0),
        ("in-use running.txt --output csv", 0),
        ("in-use running.txt --output json --exit-code", 1),
        ("in-use running.txt --snapshot 2026-03-08 --output ndjson --fail-on gone,archived", 1),
        ("in-use running.txt --snapshot 2026-03-08 --output ndjson --fail-on gone", 0),
        ("in-use running.txt --output csv --fail-on CRITICAL", 1),
        ("in-use other.txt --exit-code", 0),
        ("in-use bad.txt", 2),
        ("in-use bad.json", 2),
        ("in-use short.txt", 2),
        ("in-use none.json --exit-code --output json", 0),
        ("images --not-in-use none.json --count", 2),
        ("in-use missing.txt", 2),
        ("in-use running.txt --fail-on lost", 2),
        ("in-use running.txt --snapshot nowhere", 2),
        ("in-use", 2),
    ] {
        let ran = session.run_unchanged(line);
        assert_eq!(ran.status, Some(status), "{line}: {}", ran.stderr);
    }
    session.golden("in-use-states");
}

/// What `kubectl`, ECS, Lambda and Docker print; also from standard input, and as Windows PowerShell saves it.
#[test]
fn documents() {
    let mut session = Session::with_three_dates();
    let pods = format!(
        r#"{{"kind": "List", "items": [{{"spec": {{"containers": [{{"name": "web", "image": "{HOST}/shop/web:prod"}}]}},
            "status": {{"containerStatuses": [{{"image": "{HOST}/shop/web:prod", "imageID": "{HOST}/shop/web@{OLD}"}}]}}}}]}}"#
    );
    session.write(
        "tasks.json",
        format!(r#"{{"tasks": [{{"containers": [{{"image": "{HOST}/shop/web:prod", "imageDigest": "{INDEX}"}}]}}]}}"#),
    );
    session.write(
        "function.json",
        format!(r#"{{"Code": {{"ImageUri": "{HOST}/shop/web:prod", "ResolvedImageUri": "{HOST}/shop/web@{INDEX}"}}}}"#),
    );
    session
        .write("docker.json", format!("{{\"Image\":\"{HOST}/shop/api:2.1.0\"}}\n{{\"Image\":\"shop/api:2.2.1\"}}\n"));
    let utf16: Vec<u8> = format!("\u{feff}{pods}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    session.write("pods-utf16.json", utf16);
    session.write("pods.json", pods);
    for script in [
        "ecrsnap in-use pods.json --output json",
        "ecrsnap in-use - --output csv < pods-utf16.json | cut -d, -f1,2,7,9",
        "ecrsnap in-use tasks.json --output csv | cut -d, -f1,2,7,9",
        "ecrsnap in-use function.json --output csv | cut -d, -f1,2,7,9",
        "ecrsnap in-use docker.json --output csv | cut -d, -f1,2,7,9",
        "COLUMNS=100 ecrsnap in-use pods.json",
        "COLUMNS=60 ecrsnap in-use pods.json",
    ] {
        let ran = session.run_shell(script);
        assert_eq!(ran.status, Some(0), "{script}: {}", ran.stderr);
    }
    session.golden("in-use-documents");
}

/// What a capture could not show is unknown and not gone.
#[test]
fn what_a_capture_could_not_show() {
    let session = Session::empty();
    let page = |digests: &[(&str, Option<&str>)], token: &str| {
        let details: Vec<String> = digests
            .iter()
            .map(|(digest, tag)| {
                let tags = tag.map_or(String::new(), |tag| format!(r#", "imageTags": ["{tag}"]"#));
                format!(
                    r#"{{"registryId": "123456789012", "repositoryName": "web", "imageDigest": "sha256:{digest:0>64}",
                        "imagePushedAt": 1767225600.0{tags}}}"#
                )
            })
            .collect();
        format!(r#"{{"imageDetails": [{}]{token}}}"#, details.join(","))
    };
    session.write("all.json", page(&[("a", Some("prod")), ("b", None)], ""));
    session.write("part.json", page(&[("c", None)], r#", "nextToken": "t""#));
    session.write("rest.json", page(&[("c", None)], ""));
    session.quietly("ingest all.json --snapshot first --captured-at 2026-02-01T00:00:00Z");
    session.quietly("ingest part.json --snapshot part --captured-at 2026-02-02T00:00:00Z");
    session.quietly("ingest rest.json --snapshot active --captured-at 2026-02-03T00:00:00Z");
    session
        .quietly("ingest rest.json --snapshot any --captured-at 2026-02-04T00:00:00Z --capture-filter imageStatus=ANY");
    session.write("running.txt", format!("web:prod\nsha256:{:0>64}\n", "b"));
    for (snapshot, expected) in [
        ("first", ["ok,", "ok,"]),
        ("part", ["unknown,unknown"; 2]),
        ("active", ["gone,orArchived"; 2]),
        ("any", ["gone,certain"; 2]),
    ] {
        let ran = session.quietly(&format!("in-use running.txt --output csv --snapshot {snapshot}"));
        let states: Vec<String> = ran
            .stdout
            .lines()
            .skip(1)
            .map(|line| line.split(',').skip(1).take(2).collect::<Vec<_>>().join(","))
            .collect();
        assert_eq!(states, expected, "{snapshot}: {}", ran.stdout);
    }
}

/// A platform of the index that has the tag: the tag has not moved.
#[test]
fn a_platform_of_an_index_is_no_move() {
    let session = Session::with_three_dates();
    let platform = session.quietly("images --repository-name shop/web --beside-index --output csv --limit 1").stdout;
    let digest = platform.lines().nth(1).and_then(|line| line.split(',').nth(4)).expect("a digest");
    session.write("running.txt", format!("{HOST}/shop/web:prod@{digest}\n{HOST}/shop/web@{digest}\n{digest}\n"));
    let ran = session.quietly("in-use running.txt --output csv");
    let states: Vec<_> = ran.stdout.lines().skip(1).map(|line| line.split(',').nth(1).unwrap_or_default()).collect();
    assert_eq!(states, ["ok", "untagged", "ok"], "{}", ran.stdout);
    assert_eq!(ran.stdout.matches(",ACTIVE,true,").count(), 2, "{}", ran.stdout);
}

/// A listing without a region label matches every region; one with a label, its own.
#[test]
fn regions() {
    let detail = r#"{"imageDetails": [{"registryId": "123456789012", "repositoryName": "web", "imageTags": ["prod"],
        "imageDigest": "sha256:0000000000000000000000000000000000000000000000000000000000000001"}]}"#;
    let running = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:prod\n123456789012.dkr.ecr.us-east-1.amazonaws.com/web:prod\n";
    for (label, expected) in [("", ["ok", "ok"]), ("--region eu-west-1", ["ok", "neverSeen"])] {
        let session = Session::empty();
        session.write("page.json", detail);
        session.write("running.txt", running);
        session.quietly(&format!("ingest page.json --snapshot one {label}"));
        let ran = session.quietly("in-use running.txt --output csv");
        let states: Vec<_> =
            ran.stdout.lines().skip(1).map(|line| line.split(',').nth(1).unwrap_or_default()).collect();
        assert_eq!(states, expected, "{label}: {}", ran.stdout);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// The digests of an export are all there, and active if the export shows active images.
    #[test]
    fn an_exports_own_digests_are_ok(mut details in listing("shop/web", 24)) {
        details.retain(|detail| matches!(detail.image_digest, Digest::Sha256(_)));
        if details.is_empty() {
            return Ok(());
        }
        let folder = tempfile::tempdir().expect("a folder");
        let db = folder.path().join("ecrsnap.db");
        let source = Source::open("page.json", Box::new(Cursor::new(page(&details, None).into_bytes())));
        let options = Options { db: db.clone(), snapshot: Some("one".to_owned()), ..Options::default() };
        ingest::ingest(&[source], &options, &std::sync::Arc::default()).expect("a page that goes in");
        let reader = Reader::open(&db).expect("a database");
        let snapshot = reader.snapshot("one").expect("a snapshot");
        let lines = details.iter().map(|detail| detail.image_digest.to_string()).collect::<Vec<_>>().join("\n");
        for text in [lines, page(&details, None)] {
            let references = ImageRefs::parse(&text).expect("references");
            for resolved in resolve(&reader, &snapshot, &references).expect("answers") {
                let image = resolved.image.as_ref().expect("an image");
                let expected = if image.effective_status() == "ACTIVE" { State::Ok } else { State::Archived };
                prop_assert_eq!(resolved.state, expected, "{}", resolved.reference.text);
            }
        }
    }
}

/// Complete lists of the repositories distinguish a repository that does not exist from one that was not captured.
#[test]
fn a_listed_registry_has_no_other_repository() {
    let session = Session::empty();
    let arn = "arn:aws:ecr:eu-west-1:123456789012:repository/shop/api";
    let list = format!(
        r#"{{"repositories": [{{"repositoryArn": "{arn}", "registryId": "123456789012", "repositoryName": "shop/api"}}]}}"#
    );
    let page = format!(
        r#"{{"imageDetails": [{{"registryId": "123456789012", "repositoryName": "shop/api", "imageTags": ["1"],
            "imageDigest": "sha256:{}"}}]}}"#,
        "a".repeat(64)
    );
    session.write("page.json", page);
    session.write("list.json", list);
    session.write("running.txt", "shop/never:1\n999999999999.dkr.ecr.eu-west-1.amazonaws.com/shop/never:1\n");
    for (files, expected) in [("page.json", "repository not captured"), ("page.json list.json", "no such repository")] {
        let ran = session.quietly(&format!("ingest {files} --snapshot one --region eu-west-1"));
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        let ran = session.quietly("in-use running.txt");
        let states: Vec<&str> = ran
            .stdout
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once("never seen, "))
            .map(|it| it.1.trim())
            .collect();
        // Nothing is known of the other registry.
        assert_eq!(states, [expected, "repository not captured"], "{}", ran.stdout);
    }
}
