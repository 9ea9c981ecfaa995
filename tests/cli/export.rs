//! `export`: pages that ingest as the listings that they were exported from.

use std::fs;
use std::path::Path;

use ecrsnap::internal::export::{self, Shape};
use ecrsnap::internal::store::read::Reader;
use proptest::prelude::*;

use super::details::{listing, page};
use super::properties::{REPOSITORY, Store};
use super::session::Session;

/// Registry, region, name, hash and completeness of every listing of a snapshot.
fn listings(db: &Path, snapshot: &str) -> Vec<String> {
    let reader = Reader::open(db).expect("a database");
    let snapshot = reader.snapshot(snapshot).expect("a snapshot");
    let listings = reader.listings(snapshot.id, None).expect("listings");
    let line = |listing: &ecrsnap::internal::store::read::Listing| {
        format!("{:?} {:?} {}", listing.repository, listing.hash, listing.complete)
    };
    listings.iter().map(line).collect()
}

/// A snapshot in a shape, as text.
fn exported(db: &Path, snapshot: &str, shape: Shape) -> Vec<String> {
    let reader = Reader::open(db).expect("a database");
    let snapshot = reader.snapshot(snapshot).expect("a snapshot");
    let listings = reader.listings(snapshot.id, None).expect("listings");
    let text = |listing| {
        let mut out = Vec::new();
        export::write(&reader, &snapshot, listing, shape, &mut out).expect("an export");
        String::from_utf8(out).expect("UTF-8")
    };
    listings.iter().map(text).collect()
}

#[test]
fn three_dates_there_and_back() {
    let mut session = Session::with_three_dates();
    for date in ["2026-03-01", "2026-03-08", "2026-03-15"] {
        session.run(&format!("export {date} --out pages/{date}"));
    }
    let ran = session.quietly("ingest --snapshot-per-directory pages --db back.db");
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    for date in ["2026-03-01", "2026-03-08", "2026-03-15"] {
        let (there, back) = (listings(&session.path("ecrsnap.db"), date), listings(&session.path("back.db"), date));
        assert_eq!(there, back, "{date}");
    }
    // The files are dated by the capture, so it is known again.
    let dates = session.quietly("snapshots list --output csv").stdout;
    assert_eq!(session.quietly("snapshots list --output csv --db back.db").stdout, dates);
    session.run("export latest --repository-name shop/[ab]*");
    session.run("export latest --repository-name shop/api --format ndjson");
    session.golden("export-there-and-back");
}

/// Members that no column has, and forms that a model would smooth over.
#[test]
fn odd_members_come_back() {
    let mut session = Session::empty();
    let digest = |digit: &str| format!("\"imageDigest\": \"sha256:{}\"", digit.repeat(64));
    let names = "\"registryId\": \"123456789012\", \"repositoryName\": \"shop/odd\"";
    let details = [
        format!(
            "{{{names}, {}, \"imageTags\": [], \"imageScanStatus\": {{}}, \"imageScanFindingsSummary\": {{}}}}",
            digest("a")
        ),
        format!(
            "{{{names}, {}, \"imageTags\": [\"b\\u0000\\\"\\\\\", \"é\", \"é\"], \"size\": 1.10, \"big\": 123456789012345678901234567890}}",
            digest("b")
        ),
        format!(
            "{{{names}, \"imageDigest\": \"SHA256:\\n,{{\", \"x\": {{\"y\": [null, -0, 1E+2, \"a: b, [c]\", {{}}, []]}}, \"imageStatus\": \"\"}}"
        ),
        format!(
            "{{{names}, {}, \"imagePushedAt\": 1700000000.123456789, \"lastArchivedAt\": \"0001-01-01T00:00:00Z\"}}",
            digest("c")
        ),
        format!(
            "{{{names}, {}, \"imageScanStatus\": {{\"status\": \"ACTIVE\", \"why\": [1]}}, \"imageScanFindingsSummary\": \
             {{\"findingSeverityCounts\": {{\"HIGH\": 2, \"A\\tB\": -1}}, \"imageScanCompletedAt\": 0, \"extra\": {{\"a\": 0.0}}}}}}",
            digest("d")
        ),
    ];
    session.write("odd.json", format!("{{\"imageDetails\": [{}], \"nextToken\": \"to\\\"ken\"}}", details.join(", ")));
    session.write("empty.json", "{\"imageDetails\": []}");
    session.run("ingest odd.json --snapshot one");
    session.run("ingest empty.json --snapshot one --registry-id 123456789012 --repository-name shop/empty");
    session.run("export one --out out");
    session.run("ingest out --snapshot one --db back.db");
    session.run("ingest out-empty --snapshot one --db back.db --registry-id 123456789012 --repository-name shop/empty");
    assert_eq!(listings(&session.path("ecrsnap.db"), "one"), listings(&session.path("back.db"), "one"));
    session.run("export one");
    session.run("export one --format ndjson");
    session.golden("export-odd");
}

#[test]
fn regions_and_registries_have_folders() {
    let mut session = Session::with_samples();
    for (region, date) in [("eu-west-1", "2026-03-01"), ("us-east-1", "2026-03-15")] {
        let line = format!(
            "ingest samples/{date}/shop+api.json --snapshot one --region {region} --capture-filter imageStatus=ANY"
        );
        assert_eq!(session.quietly(&line).status, Some(0));
    }
    session.run("export one --out out");
    for region in ["eu-west-1", "us-east-1"] {
        let ran = session.quietly(&format!("ingest out/{region} --snapshot one --region {region} --db back.db"));
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    }
    assert_eq!(listings(&session.path("ecrsnap.db"), "one"), listings(&session.path("back.db"), "one"));
    // One of them lies where it would lie next to the other.
    session.run("export one --region us-east-1 --registry-id 123456789012 --out east");
    let there = [("east/us-east-1", true), ("east/eu-west-1", false)];
    assert!(there.iter().all(|(folder, expected)| session.path(folder).exists() == *expected));
    session.run_unchanged("export one --region us-east-2");
    session.golden("export-regions");
}

#[test]
fn nothing_is_written_over() {
    let mut session = Session::with_three_dates();
    fs::create_dir(session.path("out")).expect("a folder");
    session.write("out/shop+web.json", "mine");
    session.run_unchanged("export latest --out out");
    session.run("export latest --out out --force");
    assert_ne!(fs::read(session.path("out/shop+web.json")).expect("a file"), b"mine");
    session.run_unchanged("export latest --out out --repository-name shop/api");
    session.run_unchanged("export latest --out out --repository-name nobody/*");
    session.run("export latest --out two --repository-name shop/api --repository-name tools/*");
    session.run_unchanged("export latest~7 --out other");
    session.run_unchanged("export latest --out samples/README.md");
    session.run_unchanged("export latest --out samples/README.md/x");
    session.golden("export-over");
}

/// A name from a page never leads out of the folder.
#[test]
fn hostile_names_stay_inside() {
    let session = Session::empty();
    let detail = |name: &str| {
        format!(
            "{{\"registryId\": \"123456789012\", \"repositoryName\": {name:?}, \"imageDigest\": \"sha256:{}\"}}",
            "a".repeat(64)
        )
    };
    let long = "n/".repeat(300);
    let names =
        ["../../up", "/etc/passwd", "..", ".hidden", "C:\\x", "a\u{1b}[2J", "Shop/Web", "shop/web", "shop+web", &long];
    let details: Vec<String> = names.iter().map(|name| detail(name).replace("\\u{1b}", "\\u001b")).collect();
    session.write("page.json", format!("{{\"imageDetails\": [{}]}}", details.join(",")));
    assert_eq!(session.quietly("ingest page.json --snapshot one").status, Some(0));
    let ran = session.quietly("export one --out out/in");
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let files: Vec<_> = fs::read_dir(session.path("out/in")).expect("a folder").collect();
    assert_eq!(files.len(), names.len());
    assert_eq!(fs::read_dir(session.path("out")).expect("a folder").count(), 1);
    assert_eq!(session.quietly("ingest out/in --snapshot one --db back.db").status, Some(0));
    assert_eq!(listings(&session.path("ecrsnap.db"), "one"), listings(&session.path("back.db"), "one"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_listing_comes_back(
        details in listing(REPOSITORY, 30),
        token in proptest::option::of(any::<String>().prop_filter("a token", |token| !token.is_empty())),
    ) {
        let (there, back, lines) = (Store::new(), Store::new(), Store::new());
        there.take("one", &[page(&details, token.as_deref())]);
        back.take("one", &exported(&there.db, "one", Shape::Page));
        prop_assert_eq!(listings(&back.db, "one"), listings(&there.db, "one"));
        prop_assert_eq!(exported(&back.db, "one", Shape::Page), exported(&there.db, "one", Shape::Page));
        if !details.is_empty() && token.is_none() {
            lines.take("one", &exported(&there.db, "one", Shape::Lines));
            prop_assert_eq!(listings(&lines.db, "one"), listings(&there.db, "one"));
        }
    }
}
