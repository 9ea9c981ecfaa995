//! `demo`: every command that it suggests works in its database.

use super::session::Session;

#[test]
fn what_it_suggests_works() {
    let session = Session::empty();
    let ran = session.shell("TMPDIR=$PWD ecrsnap demo");
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
    let (export, questions) = ran.stdout.split_once('\n').expect("lines");
    assert!(export.starts_with("export ECRSNAP_DB="), "{export}");
    assert_eq!(questions.lines().count(), 8);
    for question in questions.lines() {
        assert!(question.contains("  # "), "{question}");
        let ran = session.shell(&format!("{export}\n{question}"));
        assert_eq!(ran.status, Some(0), "{question}: {}", ran.stderr);
    }
    let snapshots = session.shell(&format!("{export}\necrsnap snapshots --output csv")).stdout;
    assert_eq!(snapshots.lines().count(), 4, "{snapshots}");
    // A folder of its own each time, and a refusal if there is none.
    let again = session.shell("TMPDIR=$PWD ecrsnap demo").stdout;
    assert_ne!(again.lines().next(), Some(export));
    assert_eq!(session.shell("TMPDIR=/nowhere/at/all ecrsnap demo").status, Some(2));
}
