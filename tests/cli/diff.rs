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

/// A page with one detail of a repository for each text, which has its members except for the names.
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

/// A page without images says that there are none, where no page at all says nothing.
#[test]
fn an_emptied_repository() {
    let mut session = asked_for_all();
    let empty = "ingest samples/empty/shop+mailer.json --snapshot 2026-03-15 --captured-at 2026-03-15T02:00:00Z";
    let whose = "--registry-id 123456789012 --repository-name shop/mailer";
    session.run("diff --repository-name shop/mailer");
    session.quietly(&format!("{empty} {whose} --capture-filter imageStatus=ANY"));
    session.run("diff --repository-name shop/mailer");
    session.run("history --repository-name shop/mailer --image-tag 0.3.0");
    session.golden("diff-emptied");
}

/// The capture filter is unknown: only a listing that shows archived images proves that they were captured.
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

/// A scan with the same findings is not a difference, unless requested; a first scan is one.
#[test]
fn rescans_are_quiet() {
    let mut session = Session::empty();
    let scanned = |time: &str, counts: &str| {
        format!(
            r#""imageScanFindingsSummary": {{"imageScanCompletedAt": "{time}", "vulnerabilitySourceUpdatedAt": "{time}",
                "findingSeverityCounts": {{{counts}}}}}"#
        )
    };
    let image = |pair: &str, rest: &str| format!(r#"{}, "imagePushedAt": "2026-01-01T00:00:00Z"{rest}"#, digest(pair));
    let day = |time: &str, worse: &str| {
        let same = image("aa", &format!(", {}", scanned(time, r#""HIGH": 1"#)));
        page("shop/web", &[&same, &image("bb", &format!(", {}", scanned(time, worse)))])
    };
    session.write("a.json", day("2026-03-01T00:00:00Z", r#""LOW": 1"#));
    session.write("b.json", day("2026-03-02T00:00:00Z", r#""LOW": 1"#));
    session.write("c.json", day("2026-03-03T00:00:00Z", r#""LOW": 2"#));
    for (name, number) in [("a", 1), ("b", 2), ("c", 3)] {
        session.quietly(&format!("ingest {name}.json --snapshot {name} --captured-at 2026-03-0{number}T12:00:00Z"));
    }
    session.run("diff a b --exit-code");
    session.run("diff a b --include-rescans --exit-code");
    session.run("diff b c");
    session.run("history --repository-name shop/web --image-digest aaaaaaaaaaaa");
    session.run("history --repository-name shop/web --image-digest aaaaaaaaaaaa --include-rescans");
    session.golden("diff-rescans");
}

/// The newest alone is compared with the one before it, and `@-AGE` counts from the newest.
#[test]
fn which_snapshots_are_compared() {
    let mut session = Session::with_three_dates();
    session.run("diff latest --summary --repository-name shop/web");
    session.run("diff 2026-03-15 --summary --repository-name shop/web");
    session.run("diff @-7d --summary --repository-name shop/web");
    session.run("diff @-8d @-1d --summary --repository-name shop/web");
    session.run("diff @-15d");
    session.run("diff @-soon");
    session.run("diff --image-tag prod --image-tag 1.*");
    session.run("diff --exclude-tag [0-9]* --output csv");
    session.run("diff --image-tag nothing --exit-code");
    session.golden("diff-choices");
}

/// A tag on two images, as a capture during a move shows it: the last has it, for diff and history alike.
#[test]
fn a_tag_on_two_images() {
    let mut session = Session::empty();
    let tagged = |pair: &str, tags: &str| format!(r#"{}, "imageTags": [{tags}]"#, digest(pair));
    let (a, b) = (tagged("aa", r#""prod""#), tagged("bb", r#""prod", "v2""#));
    session.write("before.json", page("shop/web", &[&a]));
    session.write("during.json", page("shop/web", &[&a, &b]));
    session.write("after.json", page("shop/web", &[&tagged("aa", r#""v1""#), &b]));
    for (number, name) in [(1, "before"), (2, "during"), (3, "after")] {
        let options = "--capture-filter imageStatus=ANY";
        session.quietly(&format!("ingest {name}.json --snapshot {name} --captured-at 2026-03-0{number} {options}"));
    }
    session.run("diff before during --output csv");
    session.run("diff during after --output csv");
    session.run("diff before after --output csv");
    session.run("history --repository-name shop/web --image-tag prod --output csv");
    session.golden("diff-tag-on-two-images");
}

/// A digest that occurs twice in a listing counts once, with its last detail, in every total; the pages keep both.
#[test]
fn a_digest_with_two_details_counts_once() {
    let mut session = Session::empty();
    let size = r#""imageSizeInBytes": 100, "imagePushedAt": "2026-01-01T00:00:00Z""#;
    let tagged = format!(r#"{}, "imageTags": ["prod"], {size}"#, digest("aa"));
    let untagged = format!("{}, {size}", digest("aa"));
    let other = format!(r#"{}, "imageTags": ["prod"], {size}"#, digest("bb"));
    session.write("a.json", page("shop/web", &[&tagged, &untagged]));
    session.write("b.json", page("shop/web", &[&untagged, &other]));
    for (number, name) in [(1, "a"), (2, "b")] {
        let options = "--capture-filter imageStatus=ANY";
        session.quietly(&format!("ingest {name}.json --snapshot {name} --captured-at 2026-03-0{number} {options}"));
    }
    session.run("snapshots --output csv");
    session.run("snapshots show a --output csv");
    session.run("diff a b");
    session.run("history --repository-name shop/web --image-tag prod --output csv");
    session.run("describe-images --snapshot a --repository-name shop/web --max-items 1 --query imageDetails[].imageTags --output json");
    session.run("describe-images --snapshot a --repository-name shop/web --query length(imageDetails)");
    session.run("verify");
    session.golden("diff-digest-twice");
}
