//! `images`: sessions over the samples.

mod scan;

use super::session::Session;

#[test]
fn filters() {
    let mut session = Session::with_three_dates();
    for line in [
        "--count",
        "--repository-name shop/* --tagged",
        "--repository-name shop/api --repository-name *builder --untagged",
        "--repository-name SHOP/* --count",
        "--image-tag prod",
        "--image-tag 1.* --exclude-tag prod --snapshot 2026-03-01",
        "--image-tag stable --image-tag 0.9.? --snapshot 2026-03-08",
        "--exclude-tag * --count",
        "--untagged --count",
        "--image-digest 6310b2 --image-digest sha256:8808E2",
        "--image-digest sha256:8808",
        "--pushed-after 2026-03-06 --pushed-before 2026-03-12",
        "--pushed-after 7d",
        "--not-pulled-since 3d",
        "--not-pulled-since 3d --never-pulled --pushed-before 180d",
        "--never-pulled --tagged --pushed-before 30d",
        "--min-size 400MB",
        "--max-size 3.2kB",
        "--min-severity high",
        "--min-severity CRITICAL --snapshot 2026-03-08",
        "--scan-status failed",
        "--media-type *index* --count",
        "--artifact-type *helm*",
        "--image-status archived",
        "--image-status active --count",
        "--registry-id 999999999999",
        "--region eu-central-1 --count",
    ] {
        let ran = session.run_unchanged(&format!("images {line}"));
        assert_eq!(ran.status, Some(0), "{line}: {}", ran.stderr);
    }
    session.golden("images-filters");
}

#[test]
fn order_and_amount() {
    let mut session = Session::with_three_dates();
    for line in [
        "--sort size:desc --limit 4",
        "--sort size:desc --limit 3 --offset 2",
        "--sort critical:desc --sort high:desc --limit 6",
        "--sort pulled --limit 4",
        "--sort tag --repository-name shop/web",
        "--latest",
        "--latest 2 --repository-name shop/web --repository-name shop/api",
        "--latest 1 --image-tag 1.*",
        "--limit 0",
        "--limit 5 --count",
        "--group-by repository",
        "--group-by repository --group-by tagged --sort bytes:desc --limit 4",
        "--group-by status --snapshot 2026-03-08",
        "--group-by severity --sort images:desc",
        "--group-by scan-status",
        "--group-by media-type --output csv",
        "--group-by artifact-type --output markdown",
        "--group-by month --sort month:desc --limit 3",
        "--group-by pulled-month --group-by registry --group-by region --output ndjson",
        "--latest 2 --group-by repository --output json",
    ] {
        let ran = session.run_unchanged(&format!("images {line}"));
        assert_eq!(ran.status, Some(0), "{line}: {}", ran.stderr);
    }
    session.golden("images-order");
}

#[test]
fn formats() {
    let mut session = Session::with_three_dates();
    for format in ["table", "json", "ndjson", "csv", "markdown", "ids"] {
        session.run_unchanged(&format!("images --repository-name shop/api --limit 2 --output {format}"));
        session.run_unchanged(&format!("images --repository-name none --output {format}"));
    }
    session.golden("images-formats");
}

#[test]
fn refusals_and_notes() {
    let mut session = Session::with_three_dates();
    session.run("ingest samples/2026-03-15/shop+api.json --snapshot partial --capture-filter tagStatus=TAGGED");
    let asked = "--snapshot asked --capture-filter '{\"imageStatus\": \"ANY\"}'";
    session.run_shell(&format!("ecrsnap ingest samples/2026-03-15/shop+api.json {asked}"));
    for line in [
        "--snapshot partial --count",
        "--snapshot partial --image-status active --count",
        "--snapshot asked --count",
        "--snapshot 2026-03-08 --repository-name tools/* --count",
        "--snapshot 2026-03-08 --repository-name shop/* --count",
        "--snapshot nowhere",
        "--snapshot 2026-03-15 --output ids",
        "--output ids --group-by repository",
        "--sort colour",
        "--sort size:down",
        "--group-by repository --sort size --sort tag",
        "--group-by repository --count",
        "--tagged --untagged",
        "--pushed-before 90",
        "--not-pulled-since yesterday",
        "--min-size big",
        "--min-severity awful",
        "--latest 0",
        "--limit ten",
        "--limit -1",
        "--image-status gone",
        "--repository-name web --count",
    ] {
        session.run_unchanged(&format!("images {line}"));
    }
    session.golden("images-refusals");
}

/// Sizes that no image has stop no answer: their sum is none, or as large as a number can be.
#[test]
fn hostile_sizes() {
    let session = Session::empty();
    let detail = |number: u32, size: i64| {
        format!(
            r#"{{"registryId": "123456789012", "repositoryName": "odd", "imageDigest": "sha256:{number:064x}",
                "imageSizeInBytes": {size}}}"#
        )
    };
    for (name, sizes, bytes) in [("large", [i64::MAX, i64::MAX], i64::MAX), ("negative", [-7, 5], 0)] {
        let details: Vec<_> = (0..).zip(sizes).map(|(number, size)| detail(number, size)).collect();
        session.write("page.json", format!(r#"{{"imageDetails": [{}]}}"#, details.join(",")));
        session.quietly(&format!("ingest page.json --snapshot {name}"));
        let groups = session.quietly(&format!("images --snapshot {name} --group-by status --output csv")).stdout;
        assert_eq!(groups, format!("imageStatus,images,bytes\nACTIVE,2,{bytes}\n"));
        // The same sum as everywhere else.
        let listed = session.quietly("snapshots --output csv").stdout;
        assert!(
            listed.lines().any(|line| line.starts_with(name) && line.ends_with(&format!(",2,{bytes},true"))),
            "{listed}"
        );
    }
}

/// More ids than one call takes.
#[test]
fn many_ids() {
    let session = Session::empty();
    let detail = |number: u32| {
        format!(r#"{{"registryId": "123456789012", "repositoryName": "many", "imageDigest": "sha256:{number:064x}"}}"#)
    };
    let details: Vec<_> = (0..250).map(detail).collect();
    session.write("page.json", format!(r#"{{"imageDetails": [{}]}}"#, details.join(",")));
    session.quietly("ingest page.json --snapshot one");
    let ids = |line: &str, session: &Session| {
        let ran = session.quietly(&format!("images --output ids {line}"));
        let ids: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        (ids.as_array().expect("a list").clone(), ran.stderr)
    };
    let (all, note) = ids("", &session);
    assert_eq!(all.len(), 250);
    assert!(note.contains("250 images; batch-delete-image takes 100 a call"), "{note}");
    let parts = [0, 100, 200].map(|offset| ids(&format!("--limit 100 --offset {offset}"), &session));
    assert!(parts.iter().all(|(_, note)| note.is_empty()));
    assert_eq!(parts.map(|(part, _)| part).concat(), all);
}
