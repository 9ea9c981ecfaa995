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

/// What a clean-up asks: what runs, what a new release replaces, what was never scanned, what it costs.
#[test]
fn clean_up() {
    let mut session = Session::with_three_dates();
    session.write(
        "running.txt",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:prod\nshop/worker:prod\nshop/gone:1\nquay.io/a:1\n",
    );
    for (line, status) in [
        ("--in-use running.txt", 0),
        ("--not-in-use running.txt --tagged --sort pushed --limit 5", 0),
        ("--not-in-use running.txt --count", 0),
        ("--in-use running.txt --output ids", 2),
        ("--not-in-use running.txt --repository-name shop/web --output ids", 0),
        ("--not-in-use running.txt --repository-name tools/builder --untagged --output ids --limit 2", 0),
        ("--not-in-use missing.txt", 2),
        ("--in-use running.txt --not-in-use running.txt", 2),
        ("--untagged --beside-index --group-by repository", 0),
        ("--untagged --not-beside-index", 0),
        ("--attached", 0),
        ("--not-attached --untagged --group-by repository", 0),
        ("--attached --not-attached", 2),
        ("--repository-name shop/web --untagged --output ids --limit 2", 0),
        ("--except-latest 2 --tagged", 0),
        ("--latest 2 --tagged --latest-by version", 0),
        ("--except-latest 1 --latest-by version --repository-name shop/web --tagged", 0),
        ("--latest 1 --except-latest 1", 2),
        ("--except-latest 0", 2),
        ("--tagged --repository-name shop/* --sort version", 0),
        ("--tagged --sort version:desc --limit 3", 0),
        ("--image-tag-regex ^[0-9]+\\.[0-9]+\\.[0-9]+$ --sort tag", 0),
        ("--image-tag-regex (", 2),
        ("--never-scanned --tagged --group-by repository", 0),
        ("--scanned-before 7d", 0),
        ("--scanned-before 7d --never-scanned --count", 0),
        ("--group-by prefix --price 0.10", 0),
        ("--group-by prefix:2 --sort bytes:desc --limit 3 --price 0.1 --output json", 0),
        ("--group-by tag-prefix --output csv", 0),
        ("--tagged --sort size:desc --limit 2 --price 0.10", 0),
        ("--price free", 2),
        ("--count --price 1", 2),
        ("--output ids --price 1", 2),
        ("--group-by prefix:0", 2),
    ] {
        let ran = session.run_unchanged(&format!("images {line}"));
        assert_eq!(ran.status, Some(status), "{line}: {}", ran.stderr);
    }
    session.golden("images-clean-up");
}

/// Nothing found says so, and which names are near.
#[test]
fn nothing_found() {
    let mut session = Session::with_three_dates();
    for line in [
        "--repository-name shop/wbe",
        "--repository-name web --count",
        "--image-tag prodd --output csv",
        "--image-tag 1.5.O --repository-name shop/* --group-by repository",
        "--image-tag prod --untagged",
        "--min-size 1TB",
        "--repository-name zzzzzz --output ids",
        "--limit 0",
        "--image-digest sha256:xyz",
        "--image-digest shop/web",
        "--repository-name [a",
    ] {
        session.run_unchanged(&format!("images {line}"));
    }
    session.run_shell("ecrsnap images --image-tag ''");
    session.golden("images-nothing-found");
}

/// Tables fit a width that is set, piped or not.
#[test]
fn widths() {
    let mut session = Session::with_three_dates();
    for width in [160, 140, 120, 100, 80, 60, 40] {
        let ran = session.run_shell(&format!("COLUMNS={width} ecrsnap images --repository-name 'shop/w*' --tagged"));
        for line in ran.stdout.lines() {
            assert!(width < 60 || line.chars().count() <= width, "{width}: {line}");
        }
        assert_eq!(ran.stdout.matches("2026-03-06").count(), 1, "{}", ran.stdout);
    }
    for script in [
        "COLUMNS=70 ecrsnap snapshots",
        "COLUMNS=70 ecrsnap images --group-by media-type --group-by repository",
        "COLUMNS=60 ecrsnap diff --repository-name shop/web",
        "COLUMNS=none ecrsnap images --limit 1",
        "COLUMNS=0 ecrsnap images --limit 1",
        "COLUMNS=60 ecrsnap images --limit 1 --output markdown",
    ] {
        assert_eq!(session.run_shell(script).status, Some(0), "{script}");
    }
    session.golden("images-widths");
}

/// One digest with different details counts once, and every severity that is not named counts as undefined.
#[test]
fn totals_count_digests() {
    let session = Session::empty();
    let detail = |digest: &str, size: u64, more: &str| {
        format!(
            r#"{{"registryId": "123456789012", "repositoryName": "odd", "imageDigest": "sha256:{digest:0>64}",
                "imageSizeInBytes": {size}{more}}}"#
        )
    };
    let counts = r#", "imageScanFindingsSummary": {"findingSeverityCounts": {"UNTRIAGED": 24, "LOW": 1}}"#;
    let details = [detail("a", 5, ""), detail("a", 7, counts), detail("b", 1, "")].join(",");
    session.write("page.json", format!(r#"{{"imageDetails": [{details}]}}"#));
    session.quietly("ingest page.json --snapshot one");
    for (line, expected) in [
        ("--count", "2\n"),
        ("--min-size 5 --count", "1\n"),
        ("--max-size 5 --count", "2\n"),
        ("--group-by repository --output csv", "repositoryName,images,bytes\nodd,2,8\n"),
        ("--group-by severity --output csv", "worstSeverity,images,bytes\nLOW,1,7\n,1,1\n"),
        ("--latest 1 --count", "1\n"),
        ("--except-latest 1 --count", "1\n"),
    ] {
        let ran = session.quietly(&format!("images {line}"));
        assert_eq!(ran.stdout, expected, "{line}");
    }
    let rows = session.quietly("images --output json --sort size:desc --limit 1").stdout;
    assert!(rows.contains("\"undefined\": 24\n"), "{rows}");
    assert_eq!(session.quietly("images --output csv").stdout.lines().count(), 4);
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
