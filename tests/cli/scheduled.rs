//! `examples/scheduled-export`: the workflow, the nightly script, the crontab line and the IAM policy do what they say. Every
//! step of the workflow is run as GitHub Actions would run it, with stand-ins for the actions, `curl` and the AWS CLI.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use yaml_rust2::{Yaml, YamlLoader};

use super::connected::connected;
use super::session::Session;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/scheduled-export");

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(EXAMPLE).join(name)).expect(name)
}

/// A connected side whose client works from every folder, and a release archive for the stand-in of `curl`.
fn machine() -> Session {
    let session = connected();
    session.write("reachable", "");
    for folder in ["tools", "archive/ecrsnap-0.0.0/scripts", "jobs", "artifacts", "there"] {
        fs::create_dir_all(session.path(folder)).expect("a folder");
    }
    session.write("tools/aws", "#!/bin/sh\ncd \"$MACHINE\" && exec bin/aws \"$@\"\n");
    session.write(
        "tools/curl",
        "#!/bin/sh\nwhile [ $# -gt 1 ]; do [ \"$1\" != --output ] || cp \"$MACHINE/archive.tar.gz\" \"$2\"; shift; done\n\
         [ \"$1\" = https://releases.example/ecrsnap.tar.gz ]\n",
    );
    session
        .write("tools/ssh", "#!/bin/sh\n[ \"$1\" = there ] && shift && cd \"$MACHINE/there\" && exec sh -c \"$*\"\n");
    session.write(
        "tools/rsync",
        "#!/bin/sh\nshift 2\nto=$MACHINE/there/${2#there:}\nmkdir -p \"$to\" && cp -r \"$1.\" \"$to\"\n",
    );
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/export.sh");
    let program = env!("CARGO_BIN_EXE_ecrsnap");
    let ran = session.shell(&format!(
        "chmod +x tools/*; ln -s '{program}' archive/ecrsnap-0.0.0/ecrsnap; cp '{script}' archive/ecrsnap-0.0.0/scripts/; \
         tar -czf archive.tar.gz -C archive ecrsnap-0.0.0; sha256sum <archive.tar.gz | cut -d' ' -f1"
    ));
    session.write("checksum", ran.stdout.trim());
    session
}

fn text(node: &Yaml) -> String {
    match node {
        Yaml::Integer(number) => number.to_string(),
        node => node.as_str().unwrap_or_else(|| panic!("no text: {node:?}")).to_owned(),
    }
}

/// An expression of the workflow, filled in.
fn filled(session: &Session, text: &str) -> String {
    let checksum = fs::read_to_string(session.path("checksum")).expect("the checksum");
    let mut text = text.to_owned();
    for (name, value) in [
        ("vars.ECRSNAP_ARCHIVE", "https://releases.example/ecrsnap.tar.gz"),
        ("vars.ECRSNAP_SHA256", &checksum),
        ("vars.AWS_ROLE", "arn:aws:iam::123456789012:role/ecrsnap-export"),
        ("vars.AWS_REGION", "eu-central-1"),
        ("github.run_id", "1"),
    ] {
        text = text.replace(&format!("${{{{ {name} }}}}"), value);
    }
    assert!(!text.contains("${{"), "an expression that nothing fills: {text}");
    text
}

/// Run the steps of a job in a folder of its own; returns what the steps printed.
fn job(session: &Session, workflow: &Yaml, name: &str) -> String {
    let folder = session.path(&format!("jobs/{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    let mut printed = String::new();
    for step in workflow["jobs"][name]["steps"].as_vec().expect("steps") {
        let with = |key: &str| filled(session, &text(&step["with"][key]));
        let script = if let Some(script) = step["run"].as_str() {
            let variables = workflow["env"].as_hash().expect("variables").iter();
            let variables: Vec<_> = variables
                .map(|(key, value)| format!("export {}='{}'", text(key), filled(session, &text(value))))
                .collect();
            session.write(&format!("jobs/{name}.sh"), script);
            format!("{}; export GITHUB_STEP_SUMMARY=../summary.md; bash -e ../{name}.sh", variables.join("; "))
        } else {
            match step["uses"].as_str().expect("an action").split('@').next().expect("a name") {
                "actions/upload-artifact" => {
                    let (artifact, path) = (with("name"), with("path"));
                    let paths: Vec<_> = path.lines().collect();
                    let from = match paths.as_slice() {
                        [folder] => format!("{folder}/."),
                        files => files.join(" "),
                    };
                    format!(
                        "rm -rf ../../artifacts/{artifact}; mkdir ../../artifacts/{artifact}; cp -r {from} ../../artifacts/{artifact}"
                    )
                }
                "actions/download-artifact" => {
                    format!("mkdir -p {1}; cp -r ../../artifacts/{0}/. {1}", with("name"), with("path"))
                }
                "actions/cache" => {
                    assert!(with("key").starts_with(&with("restore-keys")), "the cache would not be found again");
                    // The folder of the job stays, and so does the file.
                    format!("case {} in *.db) ;; *) exit 1 ;; esac", with("path"))
                }
                "aws-actions/configure-aws-credentials" => {
                    assert!(with("role-to-assume").starts_with("arn:aws:iam::") && !with("aws-region").is_empty());
                    ":".to_owned()
                }
                other => panic!("no stand-in for the action {other}"),
            }
        };
        let ran = session.shell(&format!("export MACHINE=$PWD PATH=$PWD/tools:$PATH; cd 'jobs/{name}'; {script}"));
        assert_eq!(ran.status, Some(0), "{name}: {step:?}\n{}{}", ran.stdout, ran.stderr);
        printed += &(ran.stdout + &ran.stderr);
    }
    printed
}

#[test]
fn every_step_of_the_workflow_works() {
    let session = machine();
    let documents = YamlLoader::load_from_str(&example("ecr-snapshot.yml")).expect("YAML");
    let [workflow] = documents.as_slice() else { panic!("one document") };
    let schedule = text(&workflow["on"]["schedule"][0]["cron"]);
    assert_eq!(schedule.split(' ').count(), 5, "{schedule}");
    // Only the job that asks AWS may have an identity.
    assert!(workflow["permissions"].as_hash().expect("permissions").is_empty());
    assert_eq!(workflow["jobs"]["export"]["permissions"]["id-token"].as_str(), Some("write"));
    assert!(workflow["jobs"]["snapshot"]["permissions"].is_badvalue());
    assert_eq!(workflow["jobs"]["snapshot"]["needs"].as_str(), Some("export"));

    // One repository of the three may not be read: a warning, and a snapshot of the others.
    assert!(job(&session, workflow, "export").contains("::warning::some repositories could not be saved"));
    job(&session, workflow, "snapshot");
    let images = "ecrsnap --db jobs/snapshot/ecrsnap.db describe-images --repository-name shop/api --query 'length(imageDetails)'";
    assert_eq!(session.shell(images).stdout, "4\n");
    let summary = fs::read_to_string(session.path("jobs/summary.md")).expect("the summary");
    assert!(summary.contains("shop/api"), "{summary}");
    let report = fs::read_to_string(session.path("artifacts/ecr-report/report.html")).expect("the report");
    assert!(report.starts_with("<!DOCTYPE html>") && session.path("artifacts/ecr-report/report.md").is_file());

    // The next run begins with the files of the last one only in the cache.
    let moved = session.shell(
        "set -e; mv jobs/snapshot/ecrsnap.db kept.db; rm -rf jobs/export jobs/snapshot; mkdir jobs/snapshot; \
         mv kept.db jobs/snapshot/ecrsnap.db",
    );
    assert_eq!(moved.status, Some(0), "{}", moved.stderr);
    job(&session, workflow, "export");
    job(&session, workflow, "snapshot");
}

#[test]
fn the_night_on_a_machine_of_ones_own() {
    let session = machine();
    let crontab = example("crontab");
    let line = crontab.lines().last().expect("a line");
    let (schedule, command) = line.split_once("  ").expect("a command");
    assert_eq!(schedule.split(' ').count(), 5, "{schedule}");
    let (program, folder) = command.trim().split_once(' ').expect("a folder");
    let program = program.strip_prefix("/opt/ecrsnap").expect("where the archive was unpacked");
    let program = format!("{}{program}", env!("CARGO_MANIFEST_DIR"));
    assert!(Path::new(&program).is_file() && folder.starts_with('/'), "{line}");

    for host in ["", "there"] {
        let base = if host.is_empty() { "data" } else { "there/data" };
        // Again on the same day, and nothing is the worse for it.
        for _ in 0..2 {
            let ran = session.shell(&format!("export MACHINE=$PWD PATH=$PWD/tools:$PATH; '{program}' data {host}"));
            assert_eq!(ran.status, Some(1), "{}{}", ran.stdout, ran.stderr);
            assert!(ran.stderr.contains("shop/secret"), "{}", ran.stderr);
        }
        let database = session.path(&format!("{base}/ecrsnap.db"));
        let listed = session.shell(&format!("ecrsnap --db '{}' snapshots --output csv", database.display())).stdout;
        assert_eq!(listed.lines().count(), 2, "{listed}");
        let metrics = fs::read_to_string(session.path(&format!("{base}/reports/ecrsnap.prom"))).expect("metrics");
        assert!(metrics.ends_with("# EOF\n"), "{metrics}");
        assert_eq!(fs::read_dir(session.path(&format!("{base}/reports"))).expect("reports").count(), 2);
    }
    // Without a connection nothing is ingested.
    fs::remove_file(session.path("reachable")).expect("the connection");
    let ran =
        session.shell(&format!("export EXPORT_RETRIES=0 MACHINE=$PWD PATH=$PWD/tools:$PATH; '{program}' elsewhere"));
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
    assert!(!session.path("elsewhere/ecrsnap.db").exists());
}

/// The policy allows what the script calls, and nothing else. `sts get-caller-identity` needs no permission.
#[test]
fn the_policy_is_the_least() {
    let script = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/export.sh")).expect("the script");
    let calls = script.split("call ecr ").skip(1).filter_map(|rest| rest.split(' ').next());
    let called: BTreeSet<String> = calls
        .map(|command| {
            let words = command.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
            format!("ecr:{}", words.collect::<String>())
        })
        .collect();
    let policy: serde_json::Value = serde_json::from_str(&example("iam-policy.json")).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements");
    assert_eq!(statements.len(), 1);
    let actions = statements[0]["Action"].as_array().expect("actions").iter();
    let allowed: BTreeSet<String> = actions.map(|action| action.as_str().expect("an action").to_owned()).collect();
    assert_eq!((allowed, statements[0]["Effect"].as_str()), (called, Some("Allow")));
    let trust: serde_json::Value = serde_json::from_str(&example("trust-policy.json")).expect("JSON");
    assert_eq!(trust["Statement"][0]["Action"], "sts:AssumeRoleWithWebIdentity");
}
