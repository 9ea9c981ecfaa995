//! `ingest --scope`, and what a repository that a snapshot lacks means with it and without.

use super::session::Session;

fn page(repository: &str, digest: &str, pushed: &str, tag: &str) -> String {
    format!(
        r#"{{"imageDetails": [{{"registryId": "123456789012", "repositoryName": "{repository}",
            "imageDigest": "sha256:{}", "imageTags": ["{tag}"], "imageSizeInBytes": 100,
            "imagePushedAt": "{pushed}", "imageStatus": "ACTIVE"}}]}}"#,
        digest.repeat(32)
    )
}

/// Two captures of a registry: `shop/old` is in the first alone, `shop/new` in the second alone.
fn registry() -> Session {
    let session = Session::empty();
    session.write("a.json", page("shop/old", "aa", "2026-01-01T00:00:00Z", "1.0"));
    session.write("both.json", page("shop/web", "bb", "2026-01-01T00:00:00Z", "2.0"));
    session.write("b.json", page("shop/new", "cc", "2026-03-02T00:00:00Z", "3.0"));
    session
}

#[test]
fn a_scope_says_what_a_missing_repository_means() {
    for (options, golden) in [
        ("", "scope-unknown"),
        ("--scope registry --capture-filter imageStatus=ANY", "scope-any"),
        ("--scope registry", "scope-active"),
        ("--scope registry --capture-filter tagStatus=TAGGED,imageStatus=ANY", "scope-tagged"),
    ] {
        let mut session = registry();
        session.run(&format!("ingest a.json both.json --snapshot a --captured-at 2026-03-01 {options}"));
        session.run(&format!("ingest b.json both.json --snapshot b --captured-at 2026-03-03 {options}"));
        session.run("diff");
        session.run("diff --output json");
        session.run("diff --output csv");
        session.run("history --repository-name shop/old --image-tag 1.0");
        session.run("history --repository-name shop/new --image-tag 3.0");
        session.golden(golden);
    }
}

/// The scope belongs to the snapshot: a later ingest can add it, further ingests keep it, `forget` deletes it.
#[test]
fn a_scope_is_stored_with_its_snapshot() {
    let mut session = registry();
    session.run("ingest a.json --snapshot a --captured-at 2026-03-01");
    session.run("ingest a.json --snapshot a --scope registry --region eu-west-1 --captured-at 2026-03-01");
    session.run("ingest a.json --snapshot a --scope registry");
    session.run("ingest a.json --snapshot a --scope registry");
    session.run("ingest both.json --snapshot a");
    session.run(
        "ingest both.json --snapshot b --captured-at 2026-03-02 --scope registry --capture-filter imageStatus=ANY",
    );
    session.run_shell("ecrsnap sql 'SELECT snapshot, registry_id, region, source, capture_filter FROM scopes'");
    session.run("verify");
    session.run("forget a");
    session.run_shell("ecrsnap sql 'SELECT snapshot, registry_id, region, source, capture_filter FROM scopes'");
    session.run("verify");
    session.golden("scope-stored");
}

/// A file that was left out may hold a repository, so that the capture no longer covers all of them.
#[test]
fn a_refused_file_is_no_whole_registry() {
    let mut session = registry();
    session.write("torn.json", "{\"imageDetails\": [");
    session.run("ingest a.json torn.json --snapshot a --captured-at 2026-03-01 --scope registry --keep-going");
    session.run("ingest a.json missing.json --snapshot b --captured-at 2026-03-02 --scope registry --keep-going");
    session.run_shell("ecrsnap sql 'SELECT count(*) AS scopes FROM scopes'");
    session.run("ingest a.json --snapshot c --scope repository");
    session.golden("scope-refused-file");
}
