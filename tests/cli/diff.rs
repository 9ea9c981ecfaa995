//! `diff`: what is said of two snapshots, in every format, and when nothing can be said.

use super::session::Session;

const DAYS: [&str; 3] = ["2026-03-01", "2026-03-08", "2026-03-15"];

/// The samples of all three dates, said to have been captured with every status.
fn asked_for_all() -> Session {
    let session = Session::with_samples();
    for day in DAYS {
        let ran = session.quietly(&format!(
            "ingest samples/{day} --snapshot {day} --captured-at {day}T02:00:00Z --capture-filter imageStatus=ANY"
        ));
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    }
    session
}

/// A page with one detail of a repository for each text, which has its members but for the names.
fn page(repository: &str, details: &[&str]) -> String {
    let detail =
        |members: &&str| format!(r#"{{"registryId": "123456789012", "repositoryName": "{repository}", {members}}}"#);
    format!(r#"{{"imageDetails": [{}]}}"#, details.iter().map(detail).collect::<Vec<_>>().join(", "))
}

fn digest(pair: &str) -> String {
    format!(r#""imageDigest": "sha256:{}""#, pair.repeat(32))
}

#[test]
fn three_dates() {
    let mut session = asked_for_all();
    session.run("diff 2026-03-01 2026-03-08");
    session.run("diff");
    session.run("diff 2026-03-01");
    session.run("diff --summary");
    session.golden("diff-three-dates");
}

/// Nobody said that archived images were asked for: only where some are shown is it known.
#[test]
fn captures_of_unknown_filters() {
    let mut session = Session::with_three_dates();
    session.run("diff --repository-name shop/web");
    session.run("diff --repository-name shop/w* --summary");
    session.golden("diff-unknown-filters");
}

#[test]
fn every_format() {
    let mut session = asked_for_all();
    for output in ["json", "csv", "markdown"] {
        session.run(&format!("diff --repository-name shop/w* --repository-name tools/* --output {output}"));
        session.run(&format!("diff --summary --output {output}"));
    }
    session
        .run("diff 2026-03-01 2026-03-08 --include-pulls --repository-name legacy/cron --repository-name shop/mailer");
    session.golden("diff-formats");
}

/// From the later capture to the earlier one: nothing was pushed or deleted on the way.
#[test]
fn back_in_time() {
    let mut session = asked_for_all();
    session.run("diff latest latest~1");
    session.golden("diff-back-in-time");
}

#[test]
fn the_status_tells_whether_they_differ() {
    let mut session = Session::with_three_dates();
    session.run("diff latest latest");
    session.run("diff latest latest --exit-code --output json");
    session.run("diff --exit-code --summary --repository-name shop/mailer 2026-03-01 2026-03-08");
    session.run("diff --exit-code --summary --repository-name shop/api --output csv");
    session.run("diff --repository-name tools/builder 2026-03-08 2026-03-08");
    session.golden("diff-status");
}

#[test]
fn what_is_refused() {
    let mut session = Session::with_samples();
    session.run("diff");
    session.quietly("ingest samples/2026-03-01 --snapshot one");
    session.run("diff");
    session.quietly("ingest samples/2026-03-08 --snapshot two");
    session.run("diff one three");
    session.run("diff --repository-name nothing/*");
    session.run("diff --region eu-west-1");
    session.run("diff one two three");
    session.golden("diff-refused");
}

/// A tag that would move the cursor or run as a formula, a member of another time, a size that cannot be.
#[test]
fn odd_pages() {
    let mut session = Session::empty();
    let (one, two) = (digest("1a"), digest("2b"));
    let before = page(
        "shop/web",
        &[
            &format!(r#"{one}, "imageTags": ["=1+1", "v|1"], "imageSizeInBytes": 10, "newMember": {{"a": [1, 2.50]}}"#),
            &format!(r#"{two}, "imageTags": ["\u001b[2Jx"]"#),
        ],
    );
    let after = page(
        "shop/web",
        &[
            &format!(r#"{one}, "imageTags": ["=1+1"], "imageSizeInBytes": 11, "newMember": {{"a": "<b>|\u0007"}}"#),
            &format!(
                r#"{two}, "imageTags": ["v|1"], "imageStatus": "ACTIVE", "newNumber": 123456789012345678901234567890"#
            ),
            &format!(r#"{}, "imageTags": ["\u001b[2Jx", "@cmd"]"#, digest("3c")),
        ],
    );
    session.write("before.json", before);
    session.write("after.json", after);
    for (name, at) in [("before", "2026-03-01"), ("after", "2026-03-02")] {
        session.quietly(&format!(
            "ingest {name}.json --snapshot {name} --captured-at {at} --capture-filter imageStatus=ANY"
        ));
    }
    for output in ["table", "json", "csv", "markdown"] {
        session.run(&format!("diff --output {output}"));
    }
    session.golden("diff-odd-pages");
}

/// The same repository name in two registries and with two labels.
#[test]
fn several_registries() {
    let mut session = Session::empty();
    for (day, pairs) in [("2026-03-01", ["1a", "1b", "1c"]), ("2026-03-02", ["2a", "1b", "2c"])] {
        for (pair, place) in pairs.into_iter().zip(["--region eu-west-1", "--region us-east-1", ""]) {
            let page = page("shop/web", &[&digest(pair)]);
            let page = if place.is_empty() { page.replace("123456789012", "210987654321") } else { page };
            session.write("web.json", page);
            let ran = session.quietly(&format!("ingest web.json --snapshot {day} --captured-at {day} {place}"));
            assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        }
    }
    session.run("diff");
    session.run("diff --region us-east-1");
    session.run("diff --registry-id 210987654321");
    session.golden("diff-registries");
}
