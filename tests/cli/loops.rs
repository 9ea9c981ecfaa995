//! Scripts that were written for the AWS CLI, run through a symbolic link named `aws`.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use super::session::Session;

/// The commonest loop of public scripts.
const LOOP: &str = "for r in $(aws ecr describe-repositories --query 'repositories[].repositoryName' --output text); do
  aws ecr describe-images --repository-name \"$r\"
done";

/// Run a script in the session's folder with nothing on the path but `aws`, which is a link to the program.
fn script(session: &Session, text: &str) -> Output {
    let bin = session.path("bin");
    if !bin.exists() {
        fs::create_dir(&bin).expect("a folder");
        symlink(env!("CARGO_BIN_EXE_ecrsnap"), bin.join("aws")).expect("a link");
    }
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(text).current_dir(session.path("."));
    shell.env_clear().env("PATH", bin).env("TZ", "UTC").output().expect("a shell")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn program(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecrsnap"));
    let output = command.args(words).env_clear().env("TZ", "UTC").current_dir(folder).output().expect("it starts");
    assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_loop_over_the_repositories_prints_the_images_of_each() {
    let session = Session::with_three_dates();
    let folder = session.path(".");
    let names =
        program(&folder, &["describe-repositories", "--query", "repositories[].repositoryName", "--output", "text"]);
    let names: Vec<&str> = names.split_whitespace().collect();
    assert!(names.len() > 3 && names.contains(&"shop/web"), "{names:?}");
    let expected: String =
        names.iter().map(|name| program(&folder, &["describe-images", "--repository-name", name])).collect();
    let ran = script(&session, LOOP);
    assert_eq!((text(&ran.stdout), text(&ran.stderr)), (expected, String::new()));
    assert!(ran.status.success());
}

#[test]
fn under_the_name_aws_there_are_the_commands_of_the_aws_cli_alone() {
    let session = Session::with_three_dates();
    for (line, status, message) in [
        ("aws ecr list-images --repository-name shop/search --query 'length(imageIds)'", 0, ""),
        ("aws --output text ecr describe-repositories --query 'length(repositories)'", 0, ""),
        ("aws --version", 0, ""),
        ("aws help", 0, ""),
        ("aws s3 ls", 252, "argument command: Found invalid choice 's3'"),
        ("aws diff", 252, "argument command: Found invalid choice 'diff'"),
        ("aws ecr put-image --repository-name shop/web", 252, "argument operation: Found invalid choice 'put-image'"),
        ("aws ecr put-image --aws-cli v1", 2, "Invalid choice, valid choices are"),
        ("aws", 252, "the following arguments are required: command"),
    ] {
        let ran = script(&session, line);
        let stderr = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(status), "{line}: {stderr}");
        assert!(stderr.contains(message), "{line}: {stderr}");
        assert_eq!(ran.stdout.is_empty(), status != 0, "{line}");
        if message.contains("Found invalid choice") {
            let here = "answers these commands of `aws ecr`: describe-images, list-images, describe-repositories, \
                        get-lifecycle-policy";
            assert!(stderr.contains(here), "{line}: {stderr}");
        }
    }
}
