//! `ingest`: what goes in, what is said of it, and what a second time does.

use std::fs;

use super::session::Session;

#[test]
fn three_dates() {
    let mut session = Session::with_samples();
    for date in ["2026-03-01", "2026-03-08", "2026-03-15"] {
        session.run(&format!("ingest samples/{date} --snapshot {date}"));
    }
    session.golden("ingest-three-dates");
}

/// The middle date has an incomplete listing, and a warning that says so.
#[test]
fn a_snapshot_of_each_folder() {
    let mut session = Session::with_samples();
    fs::create_dir(session.path("exports")).expect("a folder");
    for date in ["2026-03-01", "2026-03-08"] {
        fs::rename(session.path(&format!("samples/{date}")), session.path(&format!("exports/{date}"))).expect("a move");
    }
    session.write("exports/stray.json", "{}");
    session.run("ingest --snapshot-per-directory exports");
    session.run("describe-images --snapshot 2026-03-01 --repository-name legacy/cron");
    session.run("ingest --snapshot-per-directory exports --snapshot x");
    session.golden("ingest-folders");
}

/// Files that were copied without their times have the time of the copy; a date in the snapshot's name shows it.
#[test]
fn a_name_of_another_day_than_the_files() {
    let mut session = Session::with_samples();
    let api = "ingest samples/2026-03-01/shop+api.json";
    for line in [
        "--snapshot 2026-02-01",
        "--snapshot 2026-02-28",
        "--snapshot 2026-03-02-late",
        "--snapshot 2026-04-01 --captured-at 2026-03-01",
        "--snapshot release-7",
        "--snapshot release-7 --captured-at 2026-03-01T06:00:00Z",
        "--snapshot release-7 --captured-at 2026-03-02",
    ] {
        session.run(&format!("{api} {line}"));
    }
    session.golden("ingest-named-otherwise");
}

#[test]
fn a_filter_that_no_capture_had() {
    let mut session = Session::with_samples();
    for filter in ["ANY", "imageStatus=any", "imageStatus=ANY,"] {
        let ran = session.run(&format!("ingest samples/2026-03-01 --capture-filter {filter}"));
        assert_eq!(ran.status, Some(2), "{filter}");
    }
    session.golden("ingest-filter-refused");
}

/// Without a name a snapshot has that of its capture time.
#[test]
fn the_capture_time_is_the_name() {
    let mut session = Session::with_samples();
    session.run("ingest samples/2026-03-01/shop+api.json");
    session.run("ingest samples/2026-03-01/shop+api.json --captured-at 2026-02-01T12:00:00+01:00");
    session.run("ingest samples/2026-03-01/shop+api.json --captured-at yesterday");
    session.golden("ingest-capture-time");
}

#[test]
fn every_shape_gives_the_same_answer() {
    let session = Session::with_samples();
    let ask = "--repository-name shop/worker --filter imageStatus=ANY";
    let answer = |shape: &str| {
        let ran = session.quietly(&format!("ingest samples/shapes/{shape} --db {shape}.db --snapshot one"));
        assert_eq!(ran.status, Some(0), "{shape}: {}", ran.stderr);
        let ran = session.quietly(&format!("describe-images --db {shape}.db {ask}"));
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{shape}");
        ran.stdout
    };
    let expected = answer("cli-v2.json");
    assert_eq!(expected.matches("\"imageDigest\"").count(), 4, "{expected}");
    let mut shapes = 0;
    for entry in fs::read_dir(session.path("samples/shapes")).expect("shapes") {
        let shape = entry.expect("an entry").file_name().into_string().expect("UTF-8");
        assert_eq!(answer(&shape), expected, "{shape}");
        shapes += 1;
    }
    assert_eq!(shapes, 34);
}

/// The same page within other text, which is refused with the cause, and taken out on request.
#[test]
fn pages_within_other_text() {
    let mut session = Session::with_samples();
    session.run("ingest samples/shapes/cli-v2.json --snapshot one --db whole.db");
    let ask = "describe-images --repository-name shop/worker --filter imageStatus=ANY";
    let expected = session.quietly(&format!("{ask} --db whole.db")).stdout;
    let mut captures: Vec<String> = fs::read_dir(session.path("samples/captures"))
        .expect("captures")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    captures.sort();
    assert_eq!(captures.len(), 7);
    for capture in captures {
        let ran = session.run(&format!("ingest samples/captures/{capture} --snapshot one --db {capture}.db"));
        assert_eq!(ran.status, Some(2), "{capture}");
        let ran = session.run(&format!("ingest --extract samples/captures/{capture} --snapshot one --db {capture}.db"));
        assert_eq!(ran.status, Some(0), "{capture}: {}", ran.stderr);
        assert_eq!(session.quietly(&format!("{ask} --db {capture}.db")).stdout, expected, "{capture}");
    }
    // What is read a second time says again what it passed over.
    session.run("ingest --extract samples/captures/terminal.txt --snapshot two --db terminal.txt.db");
    session.run("ingest --extract samples/captures --snapshot all --db all.db --output json");
    session.golden("ingest-extract");
}

/// A string in double quotes of text that is not JSON, as in a YAML file.
#[test]
fn a_page_in_a_quoted_string_of_other_text() {
    let session = Session::with_samples();
    let page = fs::read_to_string(session.path("samples/shapes/cli-v2.json")).expect("a sample");
    let string = serde_json::to_string(&page).expect("a string");
    session.write("cassette.yaml", format!("http_interactions:\n- response:\n    body:\n      string: {string}\n"));
    let refused = session.quietly("ingest cassette.yaml --snapshot one");
    assert!(refused.stderr.contains("`ecrsnap ingest --extract` reads pages"), "{}", refused.stderr);
    assert_eq!(session.quietly("ingest --extract cassette.yaml --snapshot one").status, Some(0));
    assert_eq!(session.quietly("ingest samples/shapes/cli-v2.json --snapshot one --db whole.db").status, Some(0));
    let ask = "images --output json";
    let [one, other] = ["ecrsnap.db", "whole.db"].map(|db| session.quietly(&format!("{ask} --db {db}")).stdout);
    assert_eq!(one, other);
    assert!(one.contains("imageDigest"));
}

/// A page that breaks off within other text is never passed over.
#[test]
fn a_broken_page_within_other_text() {
    let mut session = Session::with_samples();
    let text = fs::read_to_string(session.path("samples/captures/two-pages.txt")).expect("a sample");
    session.write("cut.txt", &text[..text.len() - 40]);
    session.write(
        "wrapped.txt",
        text.replace("Continuous scan", "Continuous\nscan").replace("was completed", "was\ncompleted"),
    );
    session.write("none.txt", "$ ls\n[1, 2]\n{\"level\": \"info\", \"list\": [{\"x\": 1}]}\n");
    session.write(
        "tags.txt",
        "$ aws\n{\"imageTagDetails\": [{\"imageTag\": \"x\", \"imageDetail\": {\"imageDigest\": \"sha256:ab\"}}]}\n",
    );
    for name in ["cut.txt", "wrapped.txt", "none.txt", "tags.txt"] {
        assert_eq!(session.run(&format!("ingest --extract {name} --snapshot one")).status, Some(2), "{name}");
    }
    session.golden("ingest-extract-broken");
}

/// Rows of tables name the account and the region; what is odd in them is warned of each time.
#[test]
fn rows_of_tables() {
    let mut session = Session::with_samples();
    let row = |digest: char, more: &str| {
        let digest = digest.to_string().repeat(64);
        format!(
            "{{\"account_id\": \"123456789012\", \"region\": \"eu-west-1\", \"repository_name\": \"shop/web\", \
             \"image_digest\": \"sha256:{digest}\"{more}}}"
        )
    };
    let odd = ", \"image_tags\": [\"a b\", \"ok\"], \"imageTags\": [\"é\"], \"image_size_in_bytes\": -5, \"image_pushed_at\": \"0001-01-01T00:00:00Z\"";
    let later = ", \"image_pushed_at\": \"2027-01-01T00:00:00Z\"";
    session.write("rows.json", format!("{{\"rows\": [{}, {}, {}]}}", row('a', ""), row('b', odd), row('c', later)));
    session.run("ingest rows.json --snapshot one");
    session.run("ingest rows.json --snapshot two");
    session.run("describe-images --repository-name shop/web --region eu-west-1 --output json");
    session.golden("ingest-rows");
}

/// A folder of many bad files is read twice, not once for each of them.
#[test]
fn bad_files_are_found_in_one_pass() {
    let mut session = Session::with_samples();
    fs::create_dir(session.path("mixed")).expect("a folder");
    for number in 0..12 {
        let text = match number % 4 {
            0 => "{\"imageDetails\": [".to_owned(),
            1 => "{\"imageDetails\": []}".to_owned(),
            2 => "{\"imageDetails\": [{\"imageTags\": []}]}".to_owned(),
            _ => format!(
                "{{\"imageDetails\": [{{\"registryId\": \"123456789012\", \"repositoryName\": \"r/{number}\", \
                 \"imageDigest\": \"sha256:{number:064x}\"}}]}}"
            ),
        };
        session.write(&format!("mixed/{number}.json"), text);
    }
    let ran = session.run("ingest mixed --snapshot one --keep-going");
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    session.golden("ingest-many-bad-files");
}

/// Folders as deep as the system allows.
#[cfg(unix)]
#[test]
fn folders_in_folders() {
    let session = Session::with_samples();
    let deep: std::path::PathBuf = std::iter::repeat_n("d", 1000).collect();
    fs::create_dir_all(session.path("deep").join(&deep)).expect("folders");
    let page = fs::read(session.path("samples/shapes/cli-v2.json")).expect("a sample");
    fs::write(session.path("deep").join(&deep).join("page.json"), page).expect("a file");
    let ran = session.quietly("ingest deep --snapshot one");
    assert!(ran.stderr.contains("4 images (4 new)"), "{}", ran.stderr);
}

#[test]
fn the_second_page_after_the_first() {
    let mut session = Session::with_samples();
    session.run("ingest samples/2026-03-01/shop+web.page-1.json --snapshot one");
    session.run("ingest samples/2026-03-01/shop+web.page-2.json --snapshot one");
    let (first, second) = ("samples/2026-03-01/shop+web.page-1.json", "samples/2026-03-01/shop+web.page-2.json");
    session.run(&format!("ingest {first} {second} --db both.db --snapshot one"));
    let ask = "--repository-name shop/web --filter imageStatus=ANY";
    let both = session.quietly(&format!("describe-images --db both.db {ask}"));
    assert_eq!(both.stdout.matches("\"imageDigest\"").count(), 13, "{}", both.stdout);
    session.golden("ingest-second-page");
}

#[test]
fn the_same_export_again() {
    let mut session = Session::with_samples();
    session.run("ingest samples/2026-03-01 --snapshot one");
    session.run_unchanged("ingest samples/2026-03-01 --snapshot one");
    session.run_unchanged("ingest samples/2026-03-01/shop+api.json --snapshot one");
    session.golden("ingest-again");
}

#[test]
fn another_listing_of_the_same_repository() {
    let mut session = Session::with_samples();
    session.run("ingest samples/2026-03-01 --snapshot one");
    session.run_unchanged("ingest samples/2026-03-15/shop+api.json --snapshot one");
    session.run("ingest samples/2026-03-15/shop+api.json --snapshot one --replace");
    session.run("describe-images --repository-name shop/api --query imageDetails[].imageTags --output text");
    session.golden("ingest-conflict");
}

#[test]
fn an_empty_page() {
    let mut session = Session::with_samples();
    session.run("ingest samples/empty/shop+mailer.json --snapshot one");
    session.run("ingest samples/empty/shop+mailer.json --snapshot one --repository-name shop/mailer");
    session.run(
        "ingest samples/empty/shop+mailer.json --snapshot one --repository-name shop/mailer --registry-id 123456789012",
    );
    session.run("describe-images --repository-name shop/mailer");
    session.golden("ingest-empty-page");
}

#[test]
fn the_rest_goes_in() {
    let mut session = Session::with_samples();
    let line =
        "ingest samples/2026-03-01/shop+api.json samples/broken missing.json samples/2026-03-01/legacy+cron.json";
    session.run("ingest samples/2026-03-01/shop+api.json samples/broken/page.json");
    session.run(&format!("{line} --snapshot one --keep-going"));
    session.run("describe-images --query imageDetails[].imageTags --output text");
    session.run("ingest samples/broken missing.json --snapshot two --keep-going");
    session.golden("ingest-keep-going");
}

#[test]
fn nothing_is_written_in_a_dry_run() {
    let mut session = Session::with_samples();
    session.run("ingest samples/2026-03-01 --snapshot one --dry-run");
    session.run("describe-images --repository-name shop/api");
    session.run("ingest samples/2026-03-01 --snapshot one");
    session.run_unchanged("ingest samples/2026-03-08 --snapshot two --dry-run");
    session.run("describe-images --snapshot two");
    session.golden("ingest-dry-run");
}

#[test]
fn what_was_done_as_json() {
    let mut session = Session::with_samples();
    session.run("ingest samples/2026-03-08 --snapshot one --output json");
    session.run("ingest samples/2026-03-08 samples/broken --snapshot one --output json --keep-going");
    session.golden("ingest-json");
}

#[test]
fn from_standard_input() {
    let mut session = Session::with_samples();
    let page = fs::read(session.path("samples/2026-03-01/legacy+cron.json")).expect("a sample");
    session.run_with("ingest - --snapshot one", &page);
    session.run_with("ingest - --snapshot two", &page[..page.len() / 2]);
    session.golden("ingest-stdin");
}

/// Text is read in blocks of any size; a number continues across the end of a block.
#[test]
fn a_number_across_two_blocks() {
    let session = Session::empty();
    let page = |pad: usize| {
        format!(
            "{{\"imageDetails\": [{{\"registryId\": \"123456789012\", \"repositoryName\": \"shop/api\", \
             \"imageDigest\": \"sha256:{}\", \"pad\": \"{}\", \"imagePushedAt\": 1.7E+9, \"x\": -4}}]}}",
            "ab".repeat(32),
            "x".repeat(pad)
        )
    };
    // The first block is of 512 bytes.
    let numbers = page(0).find("1.7E+9").expect("a number");
    for pad in 512 - numbers - 24..=512 - numbers {
        session.write(&format!("{pad}.json"), page(pad));
        let ran = session.quietly(&format!("ingest {pad}.json --snapshot pad-{pad}"));
        assert_eq!(ran.status, Some(0), "{pad}: {}", ran.stderr);
    }
}

/// A day that conflicts does not stop the newer ones with `--keep-going`.
#[test]
fn a_folder_that_conflicts_is_left_out() {
    let mut session = Session::with_samples();
    session.quietly("ingest samples/2026-03-08 --snapshot 2026-03-01");
    for day in ["2026-03-01", "2026-03-08"] {
        std::fs::create_dir_all(session.path(&format!("days/{day}"))).expect("a folder");
        let page = std::fs::read(session.path(&format!("samples/{day}/shop+api.json"))).expect("a page");
        session.write(&format!("days/{day}/shop+api.json"), page);
    }
    session.run("ingest --snapshot-per-directory days");
    session.run("ingest --snapshot-per-directory days --keep-going");
    session.run("ingest --snapshot-per-directory days --keep-going");
    session.quietly("forget 2026-03-08");
    session.write("days/2026-03-08/notes.txt", "not a page");
    session.run("ingest days/2026-03-08 --snapshot foreign");
    session.golden("ingest-folders-keep-going");
}

/// What people type for our commands and options.
#[test]
fn words_of_other_programs() {
    let mut session = Session::with_samples();
    session.run("import samples/2026-03-01 --snapshot day");
    session.run("list");
    session.run("tag --repository-name shop/web --image-tag prod");
    session.run_shell("ecrsnap query 'SELECT count(*) AS snapshots FROM snapshots'");
    session.run("snapshots --json");
    session.run("diff --csv");
    session.golden("words-of-other-programs");
}
