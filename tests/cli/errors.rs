//! What is refused: said with file and place, and nothing changed.

use std::fs;

use super::session::Session;

/// A detail that would be fine, around one member.
fn page(member: &str) -> String {
    format!(
        "{{\"imageDetails\": [\n  {{\"registryId\": \"123456789012\", \"repositoryName\": \"shop/api\", \
         \"imageDigest\": \"sha256:{}\",\n   {member}}}\n]}}\n",
        "ab".repeat(32)
    )
}

/// A database with one date, and the files given; ingesting each is refused and changes nothing.
fn refused(golden: &str, files: &[(&str, Vec<u8>)]) {
    let mut session = Session::with_samples();
    assert_eq!(session.quietly("ingest samples/2026-03-01 --snapshot one").status, Some(0));
    for (name, content) in files {
        session.write(name, content);
        let ran = session.run_unchanged(&format!("ingest samples/2026-03-08/shop+api.json {name} --snapshot two"));
        assert_eq!(ran.status, Some(2), "{name}: {}", ran.stderr);
    }
    session.golden(golden);
}

#[test]
fn damaged_files() {
    let whole = page("\"imageTags\": [\"prod\"]");
    let mut gzip = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/samples/shapes/cli-v2.json.gz")).expect("a sample");
    let cut = gzip[..gzip.len() / 2].to_vec();
    let middle = gzip.len() / 2;
    gzip[middle] ^= 0xff;
    refused(
        "refused-damaged",
        &[
            ("empty.json", Vec::new()),
            ("blank.json", b" \r\n\t\n".to_vec()),
            ("truncated.json", whole.as_bytes()[..whole.len() - 20].to_vec()),
            ("trailing.json", [whole.as_bytes(), b"x"].concat()),
            ("no-comma.json", whole.replace("\",\n", "\"\n").into_bytes()),
            (
                "invalid-utf8.json",
                whole.replace("prod", "pr?d").into_bytes().iter().map(|b| if *b == b'?' { 0xff } else { *b }).collect(),
            ),
            ("nul.json", whole.replace("prod", "pr\0d").into_bytes()),
            ("brackets.json", "[".repeat(100_000).into_bytes()),
            ("objects.json", "{\"imageDetails\":".repeat(100_000).into_bytes()),
            ("nested.json", format!("{{\"imageDetails\": {}", "[".repeat(20_000)).into_bytes()),
            ("deep.json", page(&format!("\"extra\": {}", "[".repeat(100_000))).into_bytes()),
            ("cut.json.gz", cut),
            ("damaged.json.gz", gzip),
        ],
    );
}

#[test]
fn wrong_types() {
    let members = [
        ("tags", "\"imageTags\": 5"),
        ("tag", "\"imageTags\": [\"a\", null]"),
        ("size", "\"imageSizeInBytes\": \"12 MB\""),
        ("size-fraction", "\"imageSizeInBytes\": 1.5"),
        ("size-large", "\"imageSizeInBytes\": 9223372036854775808"),
        ("time", "\"imagePushedAt\": \"yesterday\""),
        ("time-large", "\"imagePushedAt\": 1e999"),
        ("time-year", "\"imagePushedAt\": \"12026-01-01T00:00:00Z\""),
        ("time-list", "\"imagePushedAt\": []"),
        ("status", "\"imageScanStatus\": \"COMPLETE\""),
        ("counts", "\"imageScanFindingsSummary\": {\"findingSeverityCounts\": {\"HIGH\": \"3\"}}"),
        ("digest", "\"imageDigest\": 7"),
        ("tags-joined", "\"imageTags\": \"1.0 latest\""),
        ("tags-object", "\"imageTags\": {\"a\": 1}"),
        ("time-dotnet", "\"imagePushedAt\": \"/Date(\u{e9})/\""),
        ("time-milliseconds", "\"imagePushedAt\": 1718737639000"),
        ("time-zone", "\"imagePushedAt\": {\"date\": \"2024-06-18 19:07:19\", \"timezone\": \"Europe/Berlin\"}"),
        ("status-object", "\"imageStatus\": {\"value\": 5}"),
        ("line-break", "\"imageStatus\": \"ACT\nIVE\""),
        ("no-digest", "\"imageDigest\": null"),
        ("no-repository", "\"repositoryName\": null"),
        ("no-registry", "\"registryId\": null"),
    ];
    let mut files: Vec<(String, Vec<u8>)> =
        members.iter().map(|(name, member)| (format!("{name}.json"), page(member).into_bytes())).collect();
    files.push(("details.json".to_owned(), b"{\"imageDetails\": {}}".to_vec()));
    files.push(("details-text.json".to_owned(), b"{\"imageDetails\": \"System.Object[]\"}".to_vec()));
    files.push(("token.json".to_owned(), b"{\"imageDetails\": [], \"nextToken\": 5}".to_vec()));
    let files: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.clone())).collect();
    refused("refused-types", &files);
}

#[test]
fn what_looks_like_a_page() {
    let error = "\nAn error occurred (RepositoryNotFoundException) when calling the DescribeImages operation: no\n";
    let look_alikes = [
        ("error.json", error),
        ("answer.json", "{\"__type\": \"RepositoryNotFoundException\", \"message\": \"no\"}"),
        ("ec2.json", "{\"Images\": [{\"ImageId\": \"ami-0abc\", \"State\": \"available\"}]}"),
        ("list.json", "{\"imageIds\": [{\"imageDigest\": \"sha256:ab\", \"imageTag\": \"prod\"}]}"),
        (
            "preview.json",
            "{\"registryId\": \"1\", \"repositoryName\": \"a/b\", \"lifecyclePolicyText\": \"{}\", \
             \"previewResults\": [{\"imageTags\": [], \"imageDigest\": \"sha256:ab\"}]}",
        ),
        ("repository-policy.json", "{\"registryId\": \"1\", \"repositoryName\": \"a/b\", \"policyText\": \"{}\"}"),
        ("registry.json", "{\"registryId\": \"1\", \"replicationConfiguration\": {\"rules\": []}}"),
        (
            "findings.json",
            "{\"imageScanFindings\": {\"findings\": []}, \"registryId\": \"1\", \"repositoryName\": \"a/b\", \
             \"imageId\": {\"imageDigest\": \"sha256:ab\"}, \"imageScanStatus\": {\"status\": \"COMPLETE\"}}",
        ),
        (
            "manifests.json",
            "{\"images\": [{\"registryId\": \"1\", \"repositoryName\": \"a/b\", \
             \"imageId\": {\"imageDigest\": \"sha256:ab\"}, \"imageManifest\": \"{}\"}], \"failures\": []}",
        ),
        ("public-tag.json", "{\"imageTag\": \"x\", \"imageDetail\": {\"imageDigest\": \"sha256:ab\"}}"),
        ("nameless.json", "{\"registryId\": \"1\", \"repositoryName\": \"a/b\"}"),
        ("string.json", "{\"a\": {\"body\": \"{\\\"imageDetails\\\": []}\"}}"),
        ("unquoted.yaml", "imageDetails:\n- imageDigest: sha256:ab\n  registryId: 123456789012\n"),
        ("broken.yaml", "imageDetails:\n- imageDigest: sha256:ab\n  imageTags: [a\n"),
        ("deep.yaml", "imageDetails: {a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}\n"),
        ("python.json", "{'imageDetails': [{'registryId': '123456789012', 'imageTags': None}]}"),
        ("text.txt", "IMAGEDETAILS\t\tsha256:ab\t1772000000.0\t123456789012\tshop/api\n"),
        ("table.txt", "-----------------\n| DescribeImages |\n+---------------+\n"),
        ("page.html", "<!DOCTYPE html>\n<title>Sign in</title>\n"),
        ("other.json", "{\"a\": 1}"),
        ("word.json", "\"imageDetails\""),
        ("null.json", "null"),
    ];
    let files: Vec<_> = look_alikes.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    refused("refused-look-alikes", &files);
}

#[test]
fn files_that_are_not_there() {
    let mut session = Session::with_samples();
    session.run_unchanged("ingest missing.json");
    session.run_unchanged("ingest samples/2026-03-01/shop+api.json missing.json");
    session.run_unchanged("ingest --snapshot-per-directory missing");
    fs::create_dir(session.path("nothing")).expect("a folder");
    session.run_unchanged("ingest nothing");
    session.run_unchanged("ingest --snapshot-per-directory nothing");
    session.run_unchanged("ingest");
    session.run_unchanged("ingest samples/2026-03-01/shop+api.json --db missing/ecrsnap.db");
    session.run_unchanged("ingest samples/2026-03-01/shop+api.json --db nothing");
    session.run_unchanged("describe-images --db nothing");
    session.run_unchanged("describe-images --db missing/ecrsnap.db");
    session.golden("refused-missing");
}

#[test]
fn a_file_that_is_no_database_of_ours() {
    let mut session = Session::with_samples();
    session.write("text.db", "not a database, but long enough to be taken for one if nobody looks at it\n".repeat(20));
    rusqlite::Connection::open(session.path("foreign.db"))
        .and_then(|connection| connection.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)"))
        .expect("a database");
    assert_eq!(session.quietly("ingest samples/2026-03-01 --db newer.db").status, Some(0));
    rusqlite::Connection::open(session.path("newer.db"))
        .and_then(|connection| connection.execute_batch("PRAGMA user_version = 99"))
        .expect("a database");
    session.write("nothing.db", "");
    for db in ["text.db", "foreign.db", "newer.db", "nothing.db"] {
        if db != "nothing.db" {
            let ran = session.run_unchanged(&format!("ingest samples/2026-03-01 --snapshot one --db {db}"));
            assert_eq!(ran.status, Some(2), "{db}: {}", ran.stderr);
        }
        session.run_unchanged(&format!("describe-images --repository-name shop/api --db {db}"));
    }
    // An empty file belongs to no program: a first ingest may use it.
    session.run_unchanged("images --db nothing.db");
    session.run_unchanged("forget latest --db nothing.db");
    session.run("ingest samples/2026-03-01 --snapshot one --db nothing.db");
    session.golden("refused-databases");
}

/// Root may write everything, so the program is then run as another user.
#[cfg(unix)]
#[test]
fn a_database_that_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut session = Session::with_samples();
    fs::create_dir(session.path("held")).expect("a folder");
    assert_eq!(session.quietly("ingest samples/2026-03-01 --snapshot one --db held/a.db").status, Some(0));
    let set = |path: &str, mode| {
        fs::set_permissions(session.path(path), fs::Permissions::from_mode(mode)).expect("permissions");
    };
    set("held/a.db", 0o444);
    set("held", 0o555);
    session.give_up_root();
    session.run_unchanged("ingest samples/2026-03-08 --snapshot two --db held/a.db");
    session.run_unchanged("ingest samples/2026-03-08 --snapshot two --db held/b.db");
    session
        .run_unchanged("describe-images --repository-name legacy/cron --query imageDetails[].imageTags --db held/a.db");
    session.golden("refused-read-only");
    fs::set_permissions(session.path("held"), fs::Permissions::from_mode(0o755)).expect("permissions");
}
