//! `scripts/export.sh`, on the connected side, with a client that answers from a folder; and its folder taken in.

use std::fs;

use super::session::{Ran, Session};

/// Answers as the AWS CLI does of three repositories: one with images, one empty, one that may not be read.
const CLIENT: &str = r#"#!/bin/sh
[ -e reachable ] || { echo "Could not connect to the endpoint URL" >&2; exit 255; }
case "$*" in
    *describe-repositories*) printf '123456789012\tshop/%s\n' api mailer secret ;;
    *"--repository-name shop/api --filter imageStatus=ANY --output json"*) cat samples/2026-03-15/shop+api.json ;;
    *"--repository-name shop/mailer "*) cat samples/empty/shop+mailer.json ;;
    *) echo "AccessDeniedException" >&2; exit 254 ;;
esac
"#;

fn export(session: &Session, arguments: &str) -> Ran {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/export.sh");
    session.shell(&format!("PATH=$PWD/bin:$PATH; '{script}' {arguments}"))
}

fn connected() -> Session {
    let session = Session::with_samples();
    fs::create_dir(session.path("bin")).expect("a folder");
    session.write("bin/aws", CLIENT);
    session.shell("chmod +x bin/aws");
    session
}

#[test]
fn an_export_is_taken_in() {
    let session = connected();
    session.write("reachable", "");
    let ran = export(&session, "'an export'");
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("could not be saved, run again:\n  shop/secret\n"), "{}", ran.stderr);
    let again = export(&session, "'an export'");
    assert!(again.stderr.contains("0 repositories saved") && again.stderr.contains("2 were there"), "{}", again.stderr);

    let ingest = "ecrsnap ingest --snapshot-per-directory 'an export' --capture-filter imageStatus=ANY";
    assert_eq!(session.shell(ingest).status, Some(0));
    let hint =
        ran.stderr.lines().find(|line| line.starts_with("  ecrsnap ingest ")).expect("what to do with the empty");
    let ran = session.shell(hint);
    assert_eq!((ran.status, ran.stderr.contains("warning")), (Some(0), false), "{}", ran.stderr);
    let shown = session.quietly("snapshots show latest --output csv").stdout;
    let rows: Vec<_> = shown.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            ",123456789012,shop/api,4,4,0,586952961,true,imageStatus=ANY,",
            ",123456789012,shop/mailer,0,0,0,0,true,imageStatus=ANY,"
        ]
    );
}

/// A night without a connection must not stand in the way of the other nights.
#[test]
fn an_export_that_could_not_begin_leaves_no_day() {
    let session = connected();
    let ran = export(&session, "out");
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.ends_with("export: the repositories could not be listed\n"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(session.path("out")).expect("the folder").count(), 0);
}

#[test]
fn an_option_is_no_folder() {
    let session = connected();
    for arguments in ["--help", "-x", "out more"] {
        let ran = export(&session, arguments);
        assert_eq!(ran.status, Some(2), "{arguments}");
        assert!(ran.stderr.starts_with("usage: "), "{arguments}: {}", ran.stderr);
    }
}
