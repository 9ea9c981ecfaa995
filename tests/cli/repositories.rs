//! Pages of describe-repositories, get-lifecycle-policy and list-images in an ingest: what they add, and what is refused.

use std::fs;
use std::path::Path;

use super::session::{Ran, Session};

const REGISTRY: &str = "123456789012";

/// A repository as the AWS CLI prints it.
fn repository(region: &str, name: &str, more: &str) -> String {
    format!(
        r#"{{"repositoryArn": "arn:aws:ecr:{region}:{REGISTRY}:repository/{name}", "registryId": "{REGISTRY}",
            "repositoryName": "{name}", "repositoryUri": "{REGISTRY}.dkr.ecr.{region}.amazonaws.com/{name}",
            "createdAt": "2024-05-06T07:08:09.123000+00:00", "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": {{"scanOnPush": true}},
            "encryptionConfiguration": {{"encryptionType": "AES256"}}{more}}}"#
    )
}

fn list(region: &str, names: &[&str], token: &str) -> String {
    let rows: Vec<String> = names.iter().map(|name| repository(region, name, "")).collect();
    format!(r#"{{"repositories": [{}]{token}}}"#, rows.join(","))
}

fn page(name: &str, digits: &str, token: &str) -> String {
    format!(
        r#"{{"imageDetails": [{{"registryId": "{REGISTRY}", "repositoryName": "{name}",
            "imageDigest": "sha256:{digits:0<64}", "imageTags": ["1.0"], "imageSizeInBytes": 5}}]{token}}}"#
    )
}

const EMPTY: &str = r#"{"imageDetails": []}"#;

fn write(session: &Session, name: &str, content: &str) {
    let path = session.path(name);
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
    session.write(name, content);
}

fn policy(name: &str) -> String {
    format!(
        r#"{{"registryId": "{REGISTRY}", "repositoryName": "{name}", "lifecyclePolicyText":
            "{{\"rules\":[{{\"rulePriority\":1,\"selection\":{{\"tagStatus\":\"any\",\"countType\":\"imageCountMoreThan\",\"countNumber\":3}},\"action\":{{\"type\":\"expire\"}}}}]}}",
            "lastEvaluatedAt": "2026-03-01T00:00:00+00:00"}}"#
    )
}

fn ingested(session: &Session, line: &str) -> Ran {
    let ran = session.quietly(line);
    assert_eq!(ran.status, Some(0), "{line}: {}", ran.stderr);
    let db = line.strip_prefix("--db ").and_then(|rest| rest.split_once(' ')).map_or("ecrsnap.db", |(db, _)| db);
    assert_eq!(session.quietly(&format!("--db {db} verify")).status, Some(0), "{line}");
    ran
}

fn csv(session: &Session, sql: &str) -> Vec<String> {
    session.write("question.sql", sql);
    let ran = session.quietly("sql --file question.sql --output csv");
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    ran.stdout.lines().skip(1).map(str::to_owned).collect()
}

const LISTINGS: &str = "SELECT repository_name, region, images, complete FROM repositories ORDER BY 1, 2";

/// Pages of both kinds in one folder, whatever the order of their names.
#[test]
fn the_list_of_repositories_gives_the_region_and_the_empty_ones() {
    for (first, last) in [("a-repositories.json", "z.json"), ("z-repositories.json", "a.json")] {
        let session = Session::empty();
        write(&session, &format!("in/{first}"), &list("eu-central-1", &["shop/web", "empty", "other"], ""));
        write(&session, &format!("in/{last}"), &page("shop/web", "a1", ""));
        write(&session, "in/m.json", EMPTY);
        write(&session, "in/n.json", EMPTY);
        write(&session, "in/policy.json", &policy("shop/web"));
        let ran = ingested(&session, "ingest in --snapshot a");
        assert!(ran.stderr.contains("3 repositories, 1 image"), "{}", ran.stderr);
        assert!(ran.stderr.contains("3 repositories listed, the lifecycle policies of 1 repository"), "{}", ran.stderr);
        assert_eq!(
            csv(&session, LISTINGS),
            ["empty,eu-central-1,0,1", "other,eu-central-1,0,1", "shop/web,eu-central-1,1,1"]
        );
        assert_eq!(
            csv(
                &session,
                "SELECT repository_name, created_at, image_tag_mutability, scan_on_push, encryption_type FROM repository_settings ORDER BY position"
            ),
            [
                "shop/web,2024-05-06T07:08:09.123000Z,MUTABLE,1,AES256",
                "empty,2024-05-06T07:08:09.123000Z,MUTABLE,1,AES256",
                "other,2024-05-06T07:08:09.123000Z,MUTABLE,1,AES256"
            ]
        );
        assert_eq!(
            csv(&session, "SELECT repository_name, region, policy LIKE '{\"rules\"%' FROM lifecycle_policies"),
            ["shop/web,eu-central-1,1"]
        );
        let again = ingested(&session, "ingest in --snapshot a");
        assert!(again.stderr.contains("all there before"), "{}", again.stderr);
    }
}

/// The history of a registry that was captured without regions continues.
#[test]
fn a_registry_without_regions_stays_without() {
    let session = Session::empty();
    write(&session, "first.json", &page("shop/web", "a1", ""));
    write(&session, "second/repositories.json", &list("eu-central-1", &["shop/web", "new"], ""));
    write(&session, "second/web.json", &page("shop/web", "a1", ""));
    ingested(&session, "ingest first.json --snapshot a --captured-at 2026-03-01");
    let ran = ingested(&session, "ingest second --snapshot b --captured-at 2026-03-08");
    assert!(ran.stderr.contains("without a region, and the pages say eu-central-1"), "{}", ran.stderr);
    assert_eq!(csv(&session, LISTINGS), ["shop/web,,1,1", "shop/web,,1,1"]);
    assert_eq!(
        csv(&session, "SELECT repository_name, region FROM repository_settings ORDER BY 1"),
        ["new,", "shop/web,"]
    );
    let ran = ingested(&session, "ingest second --snapshot c --captured-at 2026-03-09 --region eu-central-1");
    assert!(!ran.stderr.contains("without a region"), "{}", ran.stderr);
    assert_eq!(csv(&session, LISTINGS).len(), 3);
}

/// Two regions of one registry, each in a folder of its own, and the same in an archive.
#[test]
fn each_folder_has_its_region() {
    let session = Session::empty();
    for (region, digits) in [("eu-central-1", "a1"), ("us-east-1", "b2")] {
        write(&session, &format!("in/{region}/repositories.json"), &list(region, &["shop/web"], ""));
        write(&session, &format!("in/{region}/page.json"), &page("shop/web", digits, ""));
    }
    ingested(&session, "ingest in --snapshot a");
    assert_eq!(csv(&session, LISTINGS), ["shop/web,eu-central-1,1,1", "shop/web,us-east-1,1,1"]);
    assert_eq!(session.shell("tar -cf in.tar in").status, Some(0));
    ingested(&session, "--db tar.db ingest in.tar --snapshot a");
    let rows = session.quietly("--db tar.db sql --output csv --file question.sql").stdout;
    assert_eq!(rows.lines().skip(1).collect::<Vec<_>>(), ["shop/web,eu-central-1,1,1", "shop/web,us-east-1,1,1"]);
}

/// A manifest says what pages do not: region, repository, filter, time and repositories without a policy.
#[test]
fn a_manifest_needs_no_options() {
    let manifest = r#"{"ecrsnapExport": 1, "capturedAt": "2026-03-05T06:00:00Z", "registryId": "123456789012",
        "region": "eu-central-1", "captureFilter": "imageStatus=ANY", "scope": "registry",
        "files": {"shop+web.json": "shop/web", "empty.json": "empty"}, "withoutLifecyclePolicy": ["empty"]}"#;
    let session = Session::empty();
    write(&session, "in/ecrsnap-export.json", manifest);
    write(&session, "in/empty.json", EMPTY);
    write(&session, "in/shop+web.json", &page("shop/web", "a1", ""));
    write(&session, "in/shop+web.policy.json", &policy("shop/web"));
    write(&session, "in/describe-repositories.json", &list("eu-central-1", &["empty", "shop/web"], ""));
    let check = |db: &str| {
        let shown = session.quietly(&format!("--db {db} snapshots show latest --output csv")).stdout;
        let rows: Vec<_> = shown.lines().skip(1).collect();
        assert_eq!(rows.len(), 2, "{shown}");
        assert!(rows.iter().all(|row| row.contains("eu-central-1") && row.contains("imageStatus=ANY")), "{shown}");
        session.write("q.sql", "SELECT captured_at FROM snapshots");
        let times = session.quietly(&format!("--db {db} sql --file q.sql --output csv")).stdout;
        assert!(times.contains("2026-03-05T06:00:00"), "{times}");
        session.write("q.sql", "SELECT repository_name, policy IS NULL FROM lifecycle_policies ORDER BY 1");
        let policies = session.quietly(&format!("--db {db} sql --file q.sql --output csv")).stdout;
        assert_eq!(policies.lines().skip(1).collect::<Vec<_>>(), ["empty,1", "shop/web,0"]);
    };
    ingested(&session, "ingest in --snapshot a");
    check("ecrsnap.db");
    assert_eq!(session.shell("tar -czf in.tgz in").status, Some(0));
    ingested(&session, "--db tar.db ingest in.tgz --snapshot a");
    check("tar.db");
    let per_directory = session.quietly("--db days.db ingest --snapshot-per-directory .");
    assert_eq!(per_directory.status, Some(0), "{}", per_directory.stderr);
}

#[test]
fn what_contradicts_is_refused_and_what_disagrees_is_warned_of() {
    let mut session = Session::empty();
    write(&session, "list.json", &list("eu-central-1", &["shop/web", "one", "two"], ""));
    write(
        &session,
        "mixed.json",
        &format!("[{}, {}]", repository("eu-west-1", "a1", ""), repository("eu-west-2", "a1", "")),
    );
    write(
        &session,
        "contradiction.json",
        &repository("eu-west-1", "a1", "").replace("dkr.ecr.eu-west-1", "dkr.ecr.eu-west-2"),
    );
    write(&session, "web.json", &page("shop/web", "a1", ""));
    write(&session, "unlisted.json", &page("shop/api", "a1", ""));
    write(&session, "empty.json", EMPTY);
    write(&session, "ids.json", r#"{"imageIds": [{"imageDigest": "sha256:ff", "imageTag": "9"}]}"#);
    write(&session, "preview.json", r#"{"registryId": "1", "repositoryName": "a", "previewResults": []}"#);
    write(
        &session,
        "policy.json",
        &policy("shop/web").replace("lifecyclePolicyText\":", "lifecyclePolicyText\": 1, \"x\":"),
    );
    write(&session, "newer/ecrsnap-export.json", r#"{"ecrsnapExport": 2}"#);
    for (line, status) in [
        ("ingest list.json --snapshot a --region us-east-1", 2),
        ("ingest contradiction.json --snapshot a", 2),
        ("ingest list.json web.json empty.json --snapshot a", 2),
        ("ingest empty.json --snapshot a", 2),
        ("ingest ids.json --snapshot a", 2),
        ("ingest preview.json --snapshot a", 2),
        ("ingest policy.json --snapshot a", 2),
        ("ingest newer --snapshot a", 2),
        ("ingest list.json unlisted.json --snapshot a", 0),
        ("ingest ids.json web.json --snapshot b --registry-id 123456789012 --repository-name shop/web", 0),
        ("ingest list.json --snapshot c --output json", 0),
    ] {
        assert_eq!(session.run(line).status, Some(status), "{line}");
    }
    session.golden("ingest-repositories");
}

/// What `export` writes is taken in again without options, and is the same.
#[test]
fn an_export_says_what_the_snapshot_knows() {
    let session = Session::empty();
    let more = r#", "futureSetting": {"depth": 1.50}"#;
    // Two of the names are those of other files of an export.
    let names = [("empty", more), ("shop/web", ""), ("describe-repositories", ""), ("shop/web.policy", "")];
    let rows = names.map(|(name, more)| repository("eu-central-1", name, more)).join(",");
    write(&session, "in/repositories.json", &format!(r#"{{"repositories": [{rows}]}}"#));
    for (file, name) in [("web.json", "shop/web"), ("d.json", "describe-repositories"), ("p.json", "shop/web.policy")] {
        write(&session, &format!("in/{file}"), &page(name, "a1", ""));
    }
    write(&session, "in/empty.json", EMPTY);
    write(&session, "in/policy.json", &policy("shop/web"));
    for label in ["", "--region eu-central-1 --scope registry"] {
        let db = format!("{}.db", label.len());
        ingested(
            &session,
            &format!(
                "--db {db} ingest in --snapshot a --captured-at 2026-03-01 {label} --capture-filter imageStatus=ANY"
            ),
        );
        let out = format!("out-{}", label.len());
        let ran = session.quietly(&format!("--db {db} export a --out {out}"));
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("7 files written to"), "{}", ran.stderr);
        let again = format!("again-{db}");
        ingested(&session, &format!("--db {again} ingest {out} --snapshot a"));
        for sql in [
            "SELECT captured_at, repository_name, region, position, repository_arn, created_at, members FROM repository_settings ORDER BY position",
            "SELECT registry_id, repository_name, region, policy, last_evaluated_at, rest FROM lifecycle_policies",
            "SELECT captured_at, registry_id, repository_name, region, images, complete, capture_filter FROM repositories ORDER BY 3",
            "SELECT * FROM scopes ORDER BY 1, 2, 3, 4",
        ] {
            session.write("q.sql", sql);
            let [one, other] =
                [&db, &again].map(|db| session.quietly(&format!("--db {db} sql --file q.sql --output csv")).stdout);
            assert_eq!(one, other, "{sql}");
            assert!(one.lines().count() > 1, "{sql}");
        }
        let refused = session.quietly(&format!("--db {db} export a --out {out}"));
        assert_eq!(refused.status, Some(2), "{}", refused.stderr);
    }
    // A list of some repositories would say that the others do not exist.
    let ran = session.quietly("--db 0.db export a --out part --repository-name shop/web");
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(!session.path("part/describe-repositories.json").exists());
    assert!(session.path("part/shop+web.policy.json").exists());
}

/// Created and deleted repositories, settings and policies, from what two snapshots say.
#[test]
fn a_comparison_shows_what_changed_about_repositories() {
    let mut session = Session::with_three_dates();
    for date in ["2026-03-01", "2026-03-08", "2026-03-15"] {
        ingested(&session, &format!("ingest samples/repositories/{date} --snapshot {date}"));
    }
    for line in [
        "diff 2026-03-01 2026-03-08 --repository-name shop/[as][pe]*",
        "diff 2026-03-08 2026-03-15 --summary",
        "diff 2026-03-15 2026-03-08 --repository-name legacy/* --output markdown",
        "diff 2026-03-08 2026-03-15 --repository-name tools/* --output csv",
        "diff 2026-03-08 2026-03-15 --repository-name tools/* --output json",
        "lifecycle --compare saved saved",
        "lifecycle --repository-name tools/*",
    ] {
        assert_eq!(session.run_unchanged(line).status, Some(0), "{line}");
    }
    session.golden("diff-settings");
}

/// A capture whose scope is known shows that a repository is gone: it is not missing, and its images are deleted.
#[test]
fn a_report_follows_the_scope() {
    for (scope, deleted) in [("", 0), (" --scope registry", 2), (" listed", 2)] {
        let session = Session::empty();
        let first = ["shop/api", "shop/gone", "shop/web"];
        for (day, names) in [(1, &first[..]), (2, &["shop/api"]), (3, &["shop/api", "shop/web"])] {
            for name in names {
                let digits = match *name {
                    "shop/web" => ["a1", "a2"],
                    "shop/api" => ["b1", "b2"],
                    _ => ["c1", "c2"],
                };
                let pages = digits.map(|digits| page(name, &format!("{digits}{}", day / 3), ""));
                write(&session, &format!("in/{day}/{}.json", name.replace('/', "+")), &pages.join("\n"));
            }
            if scope == " listed" {
                write(&session, &format!("in/{day}/list.json"), &list("eu-central-1", names, ""));
            }
            let options = scope.trim_end_matches(" listed");
            ingested(
                &session,
                &format!(
                    "ingest in/{day} --snapshot {day} --captured-at 2026-03-0{day} --region eu-central-1 \
                     --capture-filter imageStatus=ANY{options}"
                ),
            );
        }
        let ran = session.quietly("report --since 1 --output json");
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let missing: Vec<_> = report["snapshots"][1]["missing"].as_array().expect("a list").iter().collect();
        assert_eq!(missing.is_empty(), deleted > 0, "{scope}: {missing:?}");
        // The images of the other two are other ones at the end.
        assert_eq!(report["churn"][0]["deleted"], deleted + 4, "{scope}");
    }
}

/// What the saved policies would do, which repositories are empty and which have no policy; the same as conditions.
#[test]
fn policies_and_settings_in_report_and_images() {
    let mut session = Session::with_samples();
    ingested(&session, "ingest samples/2026-03-15 samples/repositories/2026-03-15 --snapshot a --region eu-central-1");
    write(&session, "empty.json", EMPTY);
    ingested(
        &session,
        &format!(
            "ingest empty.json --snapshot a --region eu-central-1 --registry-id {REGISTRY} --repository-name shop/empty \
             --capture-filter imageStatus=ANY"
        ),
    );
    let ran = session.quietly("report --output json");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let settings = &report["settings"];
    assert_eq!(settings["empty"][0]["repositoryName"], "shop/empty");
    // The same figures as those of `lifecycle`.
    let lifecycle = session.quietly("lifecycle --output csv").stdout;
    let totals: Vec<Vec<&str>> =
        lifecycle.lines().map(|line| line.split(',').collect()).filter(|row: &Vec<&str>| row[3] == "total").collect();
    let policies = settings["policies"].as_array().expect("policies");
    assert_eq!((policies.len(), totals.len()), (2, 2));
    for (one, total) in policies.iter().zip(&totals) {
        for (figure, column) in [("expired", 6), ("archived", 8), ("unknown", 10), ("kept", 12)] {
            let found = [&one[figure]["images"], &one[figure]["bytes"]].map(ToString::to_string);
            assert_eq!(found, [total[column], total[column + 1]], "{figure} {total:?}");
        }
    }
    for line in [
        "images --with-policy --group-by repository",
        "images --without-policy --count",
        "images --group-by policy --group-by tag-mutability --group-by scan-on-push",
        "images --group-by policy --output json",
    ] {
        assert_eq!(session.run_unchanged(line).status, Some(0), "{line}");
    }
    session.run_shell("ecrsnap report --output markdown | sed -n '/^## Repository settings/,/^## Quotas/p'");
    session.golden("repositories-report");
}
