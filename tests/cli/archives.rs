//! `ingest` of archives whose members are in no order, as `tar` of a folder often leaves them.

use std::fs;
use std::io::Write as _;

use super::session::Session;

/// Four pages of one repository, the last of them empty, and one of another, under a folder.
const PAGES: [(&str, &str, &[u32], Option<&str>); 5] = [
    ("export/web/page-1.json", "shop/web", &[1, 2], Some("one")),
    ("export/web/page-2.json", "shop/web", &[3], Some("two")),
    ("export/web/page-10.json", "shop/web", &[4, 5], Some("three")),
    ("export/web/page-11.json", "shop/web", &[], None),
    ("export/api.json", "shop/api", &[6], None),
];

fn page(repository: &str, images: &[u32], token: Option<&str>) -> String {
    let detail = |number: &u32| {
        format!(
            r#"{{"registryId": "123456789012", "repositoryName": "{repository}", "imageDigest": "sha256:{number:08x}{}", "imageTags": ["t{number}"]}}"#,
            "0".repeat(56)
        )
    };
    let details: Vec<String> = images.iter().map(detail).collect();
    let token = token.map_or(String::new(), |token| format!(r#", "nextToken": "{token}""#));
    format!(r#"{{"imageDetails": [{}]{token}}}"#, details.join(", "))
}

/// An archive of the pages with these places in [`PAGES`], in this order.
fn archive(order: &[usize]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for place in order {
        let (name, repository, images, token) = PAGES[*place];
        let text = page(repository, images, token);
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_780_000_000);
        archive.append_data(&mut header, name, text.as_bytes()).expect("a member");
    }
    archive.into_inner().expect("an archive")
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("memory takes all");
    packed.finish().expect("memory takes all")
}

/// Every page of a listing in its place, and the listing complete.
const QUERY: &str = "--query imageDetails[].imageTags[] --output text";

#[test]
fn members_come_in_the_order_of_their_names() {
    let session = Session::empty();
    let orders = [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [3, 4, 1, 0, 2], [4, 0, 1, 2, 3], [2, 0, 3, 1, 4]];
    for (number, order) in orders.iter().enumerate() {
        let bytes = archive(order);
        for (name, bytes) in [("plain", bytes.clone()), ("packed", gzipped(&bytes))] {
            let file = format!("{name}-{number}.tar");
            session.write(&file, bytes);
            let ran = session.quietly(&format!("ingest {file} --snapshot {name}-{number} --db {name}.db"));
            assert_eq!(ran.status, Some(0), "{order:?}: {}", ran.stderr);
            // An open token would be warned of.
            assert!(!ran.stderr.contains("warning"), "{order:?}: {}", ran.stderr);
            let ran = session.quietly(&format!(
                "describe-images --repository-name shop/web --snapshot {name}-{number} --db {name}.db {QUERY}"
            ));
            assert_eq!(ran.stdout, "t1\tt2\tt3\tt4\tt5\n", "{order:?}");
        }
    }
    // The same listings as a folder's, which are kept once.
    for (name, repository, images, token) in PAGES {
        fs::create_dir_all(session.path(name).parent().expect("a folder")).expect("a folder");
        session.write(name, page(repository, images, token));
    }
    let ran = session.quietly("ingest export --snapshot folder --db plain.db");
    assert!(ran.stderr.contains("6 images (0 new)"), "{}", ran.stderr);
}

/// A stream cannot be read a second time, which only matters where two pages change places.
#[test]
fn a_stream_must_be_in_order() {
    let mut session = Session::empty();
    for order in [[0, 1, 2, 3, 4], [4, 0, 1, 2, 3]] {
        assert_eq!(session.run_with("ingest - --snapshot good", &archive(&order)).status, Some(0), "{order:?}");
    }
    let before = session.files();
    for bytes in [archive(&[2, 0, 1, 3, 4]), gzipped(&archive(&[0, 2, 1])), archive(&[3, 0, 1, 2])] {
        assert_eq!(session.run_with("ingest - --snapshot bad", &bytes).status, Some(2));
    }
    assert_eq!(session.files(), before);
    session.golden("ingest-archive-stream");
}

/// What is wrong with a member is said of the member, whichever way it is read.
#[test]
fn a_bad_member_of_an_archive_without_order() {
    let mut session = Session::empty();
    let bytes = archive(&[2, 1, 0, 3, 4]);
    let text = String::from_utf8(bytes).expect("pages are text").replace("\"t6\"", "\"t6'");
    session.write("bad.tar", text);
    session.write("good.tar", archive(&[0, 1, 2, 3]));
    session.run_unchanged("ingest bad.tar --snapshot bad");
    session.run("ingest bad.tar good.tar --snapshot both --keep-going");
    session.golden("ingest-archive-bad");
}
