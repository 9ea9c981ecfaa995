//! `describe-images` and `list-images` from the samples.

use super::session::Session;

const TAGS: &str = "--query imageDetails[].[imageTags,imageStatus] --output text";

/// A digest of the samples by its tag.
fn digest(session: &Session, repository: &str, tag: &str) -> String {
    let ask = format!("--repository-name {repository} --image-ids imageTag={tag}");
    let ran = session.quietly(&format!("describe-images {ask} --query imageDetails[0].imageDigest --output text"));
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    ran.stdout.trim().to_owned()
}

#[test]
fn filters() {
    let mut session = Session::with_three_dates();
    let ask = format!("describe-images --snapshot 2026-03-08 --repository-name shop/worker {TAGS}");
    for filter in [
        "",
        "--filter imageStatus=ARCHIVED",
        "--filter imageStatus=ACTIVATING",
        "--filter imageStatus=ANY",
        "--filter tagStatus=TAGGED",
        "--filter tagStatus=UNTAGGED",
        "--filter tagStatus=TAGGED,imageStatus=ANY",
        "--filter tagStatus=tagged",
    ] {
        session.run_unchanged(format!("{ask} {filter}").trim_end());
    }
    session.run("describe-images --repository-name shop/search");
    session.golden("describe-filters");
}

#[test]
fn images_by_name() {
    let mut session = Session::with_three_dates();
    let (prod, archived) = (digest(&session, "shop/web", "prod"), "imageTag=0.8.0");
    let web = "describe-images --repository-name shop/web --query imageDetails[].imageTags --output text --image-ids";
    let worker = format!("describe-images --repository-name shop/worker {TAGS} --image-ids");
    for line in [
        format!("{web} imageTag=prod"),
        format!("{web} imageDigest={prod}"),
        format!("{web} imageDigest={prod},imageTag=prod"),
        format!("{web} imageTag=latest imageTag=prod imageDigest={prod}"),
        format!("{web} imageTag=1.4.1 imageTag=prod"),
        format!("{web} imageDigest={prod},imageTag=1.4.1"),
        format!("{web} imageTag=missing"),
        format!("{web} imageDigest=sha256:{}", "0".repeat(64)),
        format!("{web} imageDigest=sha256"),
        format!("{web} imageTag=prod --max-results 5"),
        format!("{worker} {archived} --filter imageStatus=ACTIVE"),
        format!("describe-images --image-ids {archived}"),
    ] {
        session.run_unchanged(&line);
    }
    session.golden("describe-image-ids");
}

#[test]
fn snapshots() {
    let mut session = Session::with_three_dates();
    let ask = "describe-images --repository-name shop/api --query imageDetails[].imageTags --output text";
    for reference in [
        "latest",
        "latest~0",
        "latest~1",
        "latest~2",
        "latest~3",
        "latest~x",
        "2026-03-01",
        "@2026-03-08",
        "@2026-03-14T23:59:59Z",
        "@2020-01-01",
        "@soon",
        "nowhere",
        "",
    ] {
        session.run_unchanged(format!("{ask} --snapshot {reference}").trim_end());
    }
    session.golden("describe-snapshots");
}

#[test]
fn repositories() {
    let mut session = Session::with_three_dates();
    let count = "--filter imageStatus=ANY --query length(imageDetails)";
    for line in [
        "--repository-name legacy/cron",
        "--repository-name legacy/cron --registry-id 999999999999",
        "--repository-name shop/api --registry-id 999999999999",
        "--repository-name Shop/API",
        "--repository-name x",
        "--registry-id abc",
        &format!("--registry-id 123456789012 {count}"),
        count,
        &format!("--snapshot 2026-03-08 {count}"),
        "--query imageDetails[].repositoryName --output text",
    ] {
        session.run_unchanged(&format!("describe-images {line}"));
    }
    session.golden("describe-repositories");
}

#[test]
fn without_a_database() {
    let mut session = Session::empty();
    session.run_unchanged("describe-images --repository-name shop/web");
    session.run_unchanged("list-images --repository-name shop/web --db other.db");
    session.golden("describe-no-database");
}

#[test]
fn formats_of_both_release_lines() {
    let mut session = Session::with_three_dates();
    for line in ["v1", "v2"] {
        for format in ["json", "text", "table", "yaml"] {
            session.run_unchanged(&format!(
                "describe-images --repository-name legacy/cron --snapshot 2026-03-01 --aws-cli {line} --output {format}"
            ));
        }
    }
    session.golden("describe-formats");
}

#[test]
fn list_images() {
    let mut session = Session::with_three_dates();
    session.run_unchanged("list-images --repository-name shop/worker");
    session.run_unchanged("list-images --repository-name shop/worker --filter imageStatus=ANY,tagStatus=UNTAGGED");
    session.run_unchanged("list-images --repository-name shop/worker --max-items 2");
    session.run_unchanged("list-images --repository-name shop/worker --max-results 2");
    session.run_unchanged("list-images --repository-name legacy/cron");
    session.golden("list-images");
}

/// The token that an answer in JSON ends with.
fn token(answer: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_str(answer).expect("JSON");
    answer.get("NextToken").or(answer.get("nextToken"))?.as_str().map(str::to_owned)
}

/// The rows of all pages that `more` gives, one after the other.
fn walk(session: &Session, ask: &str, key: &str, size: &str, resume: &str) -> Vec<serde_json::Value> {
    let mut rows = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..100 {
        let from = next.map_or(String::new(), |token| format!("{resume} {token}"));
        let ran = session.quietly(&format!("{ask} {size} {from}"));
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{ask} {size} {from}");
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        rows.extend(answer[key].as_array().expect("rows").iter().cloned());
        next = token(&ran.stdout);
        if next.is_none() {
            return rows;
        }
    }
    panic!("{ask} {size}: no end of pages");
}

#[test]
fn all_pages_are_the_whole() {
    let session = Session::with_three_dates();
    for (ask, key) in [
        ("describe-images --repository-name shop/web", "imageDetails"),
        ("describe-images --filter imageStatus=ANY,tagStatus=TAGGED", "imageDetails"),
        ("list-images --repository-name shop/web --filter imageStatus=ANY", "imageIds"),
    ] {
        let whole = walk(&session, ask, key, "", "");
        assert!(whole.len() > 8, "{ask}: {}", whole.len());
        for size in ["--max-items 1", "--max-items 3", "--max-items 5 --page-size 2", "--max-items 1000"] {
            assert_eq!(walk(&session, ask, key, size, "--starting-token"), whole, "{ask} {size}");
        }
        for size in ["--max-results 1", "--max-results 4"] {
            assert_eq!(walk(&session, ask, key, size, "--next-token"), whole, "{ask} {size}");
        }
        assert_eq!(walk(&session, ask, key, "--page-size 3", ""), whole, "{ask}");
    }
}

/// A token that the real client printed leads on from where its page ended.
#[test]
fn the_token_of_a_saved_page() {
    let session = Session::with_three_dates();
    for date in ["2026-03-01", "2026-03-08", "2026-03-15"] {
        let read =
            |page: u8| std::fs::read_to_string(session.path(&format!("samples/{date}/shop+web.page-{page}.json")));
        let saved = token(&read(1).expect("a sample")).expect("a first page with a token");
        let second: serde_json::Value = serde_json::from_str(&read(2).expect("a sample")).expect("JSON");
        for (resume, size) in [("--starting-token", ""), ("--starting-token", "--page-size 2"), ("--next-token", "")] {
            let ask =
                format!("describe-images --repository-name shop/web --snapshot {date} {size} --filter imageStatus=ANY");
            let ran = session.quietly(&format!("{ask} {resume} {saved}"));
            assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{ask} {resume}");
            let answer: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
            assert_eq!(answer["imageDetails"], second["imageDetails"], "{ask} {resume}");
        }
    }
}

#[test]
fn tokens_that_are_refused() {
    let mut session = Session::with_three_dates();
    let raw =
        token(&session.quietly("describe-images --repository-name shop/web --max-results 2").stdout).expect("a token");
    let first = if raw.starts_with('A') { "B" } else { "A" };
    let altered = format!("{first}{}", &raw[1..]);
    for line in [
        "describe-images --repository-name shop/web --starting-token not-a-token".to_owned(),
        "describe-images --repository-name shop/web --next-token not-a-token".to_owned(),
        format!("describe-images --repository-name shop/web --next-token {altered}"),
        format!("describe-images --repository-name shop/api --next-token {raw}"),
        format!("describe-images --repository-name shop/web --snapshot latest~1 --next-token {raw}"),
        format!("describe-images --repository-name shop/web --filter tagStatus=TAGGED --next-token {raw}"),
        format!("list-images --repository-name shop/web --next-token {raw}"),
    ] {
        let ran = session.run_unchanged(&line);
        assert_ne!(ran.status, Some(0), "{line}: {}", ran.stdout);
    }
    session.golden("describe-tokens");
}

#[test]
fn the_examples_of_the_help_work() {
    let mut session = Session::with_three_dates();
    let settings = "--db settings.db ingest samples/repositories/2026-03-15 --snapshot settings";
    assert_eq!(session.quietly(settings).status, Some(0));
    for command in ["describe-images", "list-images", "describe-repositories", "get-lifecycle-policy"] {
        let help = session.run(&format!("{command} --help")).stdout;
        let examples: Vec<&str> = help.lines().filter(|line| line.starts_with("  ecrsnap ")).collect();
        assert!(examples.len() >= 2, "{help}");
        for example in examples {
            let db = if command.ends_with("-images") { "ecrsnap.db" } else { "settings.db" };
            let ran = session.shell(&format!("export ECRSNAP_DB={db}; {}", example.trim()));
            assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{example}");
            assert!(ran.stdout.len() > 4, "{example}: {}", ran.stdout);
        }
        for line in [format!("help {command}"), format!("ecr {command} help"), format!("{command} -h")] {
            assert_eq!(session.quietly(&line).stdout, help, "{line}");
        }
    }
    session.run("ecr --help");
    session.golden("describe-help");
}

#[test]
fn the_configuration_of_the_aws_cli_is_read_when_asked_for() {
    let mut session = Session::with_three_dates();
    std::fs::create_dir(session.path(".aws")).expect("a folder");
    session.write(".aws/config", "[default]\noutput = text\n[profile wide]\noutput = table\n");
    session.write("broken", "[default\n");
    let ask = "ecrsnap list-images --repository-name shop/api --query 'imageIds[0].imageTag'";
    for (before, after) in [
        ("HOME=$PWD", ""),
        ("HOME=$PWD ECRSNAP_AWS_CONFIG=0", ""),
        ("HOME=$PWD ECRSNAP_AWS_CONFIG=1", ""),
        ("HOME=$PWD ECRSNAP_AWS_CONFIG=1 AWS_PROFILE=wide", ""),
        ("HOME=$PWD ECRSNAP_AWS_CONFIG=1 AWS_PROFILE=wide", "--output json"),
        ("HOME=$PWD ECRSNAP_AWS_CONFIG=1 AWS_CONFIG_FILE=nowhere", ""),
        ("HOME=$PWD ECRSNAP_AWS_CONFIG=1", "--profile only-in-the-credentials-file"),
        ("HOME=$PWD ECRSNAP_AWS_CONFIG=yes", ""),
        ("ECRSNAP_AWS_CONFIG=0", "--aws-config .aws/config"),
        ("", "--aws-config .aws/config --profile wide"),
        ("", "--aws-config nowhere"),
        ("", "--aws-config broken"),
        ("", "--aws-config broken --aws-cli v1"),
    ] {
        session.run_shell(format!("{before} {ask} {after}").trim());
    }
    session.golden("describe-aws-config");
}
