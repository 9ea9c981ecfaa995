//! What the client does around a call that no recording shows: what is ours, what is asked of the
//! service and when, closed pipes and pagers.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::rc::Rc;

use ecrsnap::internal::client::{self, Environment, OpenError, Pager, Selection};
use ecrsnap::internal::model::{
    DescribeImagesRequest, DescribeRepositoriesRequest, GetLifecyclePolicyRequest, ListImagesRequest, Record,
};
use ecrsnap::internal::service::{DescribeImagesPage, DescribeRepositoriesPage, Ecr, ListImagesPage, ServiceError};

use super::Fake;

/// A registry that notes what it is asked, in one line each.
#[derive(Clone)]
struct Noting {
    asked: Rc<RefCell<Vec<String>>>,
    fake: Fake,
}

impl Noting {
    fn new() -> Self {
        let recording = super::recording(include_str!("cases.json"));
        Noting { asked: Rc::default(), fake: Fake::from_recording(&recording) }
    }

    fn note(&self, name: Option<&str>, limit: Option<i64>, token: Option<&str>) {
        let limit = limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
        self.asked.borrow_mut().push(format!("{} {limit} {}", name.unwrap_or("-"), token.unwrap_or("-")));
    }
}

impl Ecr for Noting {
    fn describe_images(&mut self, request: &DescribeImagesRequest) -> Result<DescribeImagesPage, ServiceError> {
        self.note(request.repository_name.as_deref(), request.max_results, request.next_token.as_deref());
        if request.repository_name.is_none() {
            return Ok(DescribeImagesPage::default());
        }
        self.fake.describe_images(request)
    }

    fn list_images(&mut self, request: &ListImagesRequest) -> Result<ListImagesPage, ServiceError> {
        self.note(request.repository_name.as_deref(), request.max_results, request.next_token.as_deref());
        self.fake.list_images(request)
    }

    fn describe_repositories(
        &mut self,
        request: &DescribeRepositoriesRequest,
    ) -> Result<DescribeRepositoriesPage, ServiceError> {
        self.note(None, request.max_results, request.next_token.as_deref());
        self.fake.describe_repositories(request)
    }

    fn get_lifecycle_policy(&mut self, request: &GetLifecyclePolicyRequest) -> Result<Record, ServiceError> {
        self.note(Some(&request.repository_name), None, None);
        self.fake.get_lifecycle_policy(request)
    }
}

/// Run a line on a noting registry: status, stdout, stderr, the selections opened and what was asked.
struct Ran {
    status: u8,
    stdout: String,
    stderr: String,
    opened: Vec<Selection>,
    asked: Vec<String>,
}

fn run_in(line: &[&str], environment: &Environment<'_>) -> Ran {
    let noting = Noting::new();
    let (mut out, mut err, mut opened) = (Vec::new(), Vec::new(), Vec::new());
    let arguments: Vec<OsString> = line.iter().map(OsString::from).collect();
    let mut open = |selection: &Selection| {
        opened.push(selection.clone());
        match selection.snapshot.as_deref() {
            Some("gone") => Err(OpenError("there is no snapshot `gone`".to_owned())),
            _ => Ok::<Box<dyn Ecr>, OpenError>(Box::new(noting.clone())),
        }
    };
    let status = client::run(&arguments, environment, &mut open, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let asked = noting.asked.take();
    Ran { status, stdout: text(out), stderr: text(err), opened, asked }
}

fn run(line: &[&str]) -> Ran {
    run_in(line, &Environment::sealed())
}

#[test]
fn ecr_may_be_left_out_and_so_may_the_repository() {
    let named = run(&["ecr", "list-images", "--repository-name", "app"]);
    assert_eq!(run(&["list-images", "--repository-name", "app"]).stdout, named.stdout);
    assert_eq!(run(&["--output", "json", "list-images", "--repository-name", "app"]).stdout, named.stdout);
    let every = run(&["describe-images"]);
    assert_eq!((every.status, every.stdout.as_str()), (0, "{\n    \"imageDetails\": []\n}\n"));
    assert_eq!(every.asked, ["- 1000 -"]);
}

#[test]
fn what_the_line_selects_reaches_the_caller() {
    let line = ["--db", "x.db", "list-images", "--repository-name", "app", "--snapshot=@2024", "--region", "eu-west-1"];
    let mut environment = Environment::sealed();
    environment.variables.insert("AWS_REGION".to_owned(), "us-east-2".to_owned());
    environment.variables.insert("AWS_DEFAULT_REGION".to_owned(), "us-west-1".to_owned());
    let mut expected = Selection {
        db: Some("x.db".to_owned()),
        snapshot: Some("@2024".to_owned()),
        region: Some("eu-west-1".to_owned()),
        ambient_region: Some("us-east-2".to_owned()),
    };
    assert_eq!(run_in(&line, &environment).opened, [expected.clone()]);
    // Version 1 does not know AWS_REGION.
    expected.ambient_region = Some("us-west-1".to_owned());
    assert_eq!(run_in(&[&line[..], &["--aws-cli", "v1"]].concat(), &environment).opened, [expected]);
}

#[test]
fn nothing_is_opened_before_the_line_is_checked() {
    for line in [
        &["list-images", "--repository-name", "a"][..],
        &["list-images", "--repository-name", "app", "--bogus"],
        &["list-images", "--repository-name", "app", "--query", "["],
        &["list-images", "--repository-name", "app", "--page-size", "0"],
        &["list-images", "--repository-name", "app", "--output", "xml"],
        &["list-images", "--repository-name", "app", "--starting-token", "a___b___c"],
        &["list-images", "--repository-name", "app", "--aws-cli", "v3"],
        &["list-images", "--generate-cli-skeleton"],
        &["list-images", "help"],
    ] {
        assert!(run(line).opened.is_empty(), "{line:?}");
    }
}

#[test]
fn a_snapshot_that_is_not_there_is_a_matter_of_configuration() {
    let line = ["list-images", "--repository-name", "app", "--snapshot", "gone"];
    let ran = run(&line);
    let message = "\necrsnap: [ERROR]: An error occurred (Configuration): there is no snapshot `gone`\n";
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (253, "", message));
    let ran = run(&[&line[..], &["--aws-cli=v1"]].concat());
    assert_eq!((ran.status, ran.stderr.as_str()), (255, "\nthere is no snapshot `gone`\n"));
}

#[test]
fn large_pages_are_asked_for_only_where_nobody_can_tell() {
    let app = ["describe-images", "--repository-name", "app"];
    for (options, first) in [
        (&[][..], "app 1000 -"),
        (&["--output", "table"], "app 1000 -"),
        (&["--output", "yaml"], "app 1000 -"),
        (&["--starting-token", "t3___1"], "app - t3"),
        (&["--output", "text"], "app - -"),
        (&["--output", "yaml-stream"], "app - -"),
        (&["--max-items", "5"], "app - -"),
        (&["--page-size", "2"], "app 2 -"),
        (&["--no-paginate"], "app - -"),
        (&["--max-results", "4"], "app 4 -"),
        (&["--image-ids", "imageTag=v1"], "app - -"),
    ] {
        let ran = run(&[&app[..], options].concat());
        assert_eq!(ran.status, 0, "{options:?} {}", ran.stderr);
        assert_eq!(ran.asked[0], first, "{options:?}");
    }
}

/// A pipe whose reader leaves after some bytes, or a disk that is full then.
struct Ends {
    left: usize,
    with: io::ErrorKind,
}

impl Write for Ends {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 && !bytes.is_empty() {
            return Err(self.with.into());
        }
        let written = bytes.len().min(self.left);
        self.left -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_ends_quietly_and_a_full_disk_does_not() {
    let status = |line: &[&str], with| {
        let (noting, mut err) = (Noting::new(), Vec::new());
        let arguments: Vec<OsString> = line.iter().map(OsString::from).collect();
        let mut open = |_: &Selection| Ok::<Box<dyn Ecr>, OpenError>(Box::new(noting.clone()));
        let mut out = Ends { left: 100, with };
        let status = client::run(&arguments, &Environment::sealed(), &mut open, &mut out, &mut err);
        (status, !err.is_empty())
    };
    for format in ["json", "text", "table"] {
        let line = ["describe-images", "--repository-name", "app", "--output", format];
        assert_eq!(status(&line, io::ErrorKind::BrokenPipe), (120, false), "{format}");
        assert_eq!(status(&line, io::ErrorKind::StorageFull), (255, true), "{format}");
        let line = [&line[..], &["--aws-cli", "v1"]].concat();
        let expected = if format == "text" { 255 } else { 0 };
        assert_eq!(status(&line, io::ErrorKind::BrokenPipe), (expected, false), "{format}");
    }
}

/// A pager that only records what is written to it.
struct Quiet;

impl Write for Quiet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pager for Quiet {
    fn finish(self: Box<Self>) {}
}

#[test]
fn on_a_terminal_the_pager_gets_the_output() {
    let mut terminal =
        Environment { stdout_is_terminal: true, start_pager: |_| Ok(Box::new(Quiet)), ..Environment::sealed() };
    let line = ["list-images", "--repository-name", "app"];
    let ran = run_in(&line, &terminal);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
    // The colours of a table end on the terminal itself.
    let table = run_in(&[&line[..], &["--output", "table"]].concat(), &terminal);
    assert_eq!((table.status, table.stdout.as_str()), (0, "\x1b[0m"));
    let direct = run_in(&[&line[..], &["--no-cli-pager"]].concat(), &terminal);
    assert_eq!(direct.stdout, run(&line).stdout);

    terminal.start_pager = |_| Err(io::Error::from_raw_os_error(2));
    terminal.variables.insert("PAGER".to_owned(), "no such -R".to_owned());
    let ran = run_in(&line, &terminal);
    assert_eq!(ran.status, 253);
    assert!(ran.stderr.contains("(Pager): Unable to redirect output to pager."), "{}", ran.stderr);
    assert!(ran.stderr.contains("[Errno 2] No such file or directory: 'no'"), "{}", ran.stderr);
    // What prints nothing starts no pager, and so cannot fail for want of one.
    let nothing = ["describe-images", "--repository-name", "empty", "--output", "off"];
    assert_eq!(run_in(&nothing, &terminal).status, 0);
}

#[test]
fn help_and_version_are_answered_without_data() {
    for line in [&["help"][..], &["ecr", "help"], &["list-images", "help"], &["describe-images", "--version"]] {
        let ran = run(line);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{line:?}");
        assert!(ran.stdout.contains("ecrsnap"), "{line:?}");
    }
    assert!(run(&["list-images", "help"]).stdout.contains("--snapshot REF"));
}

/// On purpose: the real client refuses `--help` as an unknown option.
#[test]
fn help_is_an_option_too() {
    let every = run(&["ecr", "help"]).stdout;
    for command in ["describe-images", "list-images", "describe-repositories", "get-lifecycle-policy"] {
        let help = run(&[command, "help"]).stdout;
        assert!(help.contains(&format!("Usage: ecrsnap [ecr] {command} [OPTIONS]")), "{help}");
        for line in [
            &[command, "--help"][..],
            &[command, "-h"],
            &["ecr", command, "--help"],
            &["--output", "text", command, "--repository-name", "app", "--help"],
            &[command, "--bogus", "--query", "[", "--output", "xml", "--help"],
            &["--help", command],
        ] {
            let ran = run(line);
            assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (0, help.as_str(), ""), "{line:?}");
            assert!(ran.opened.is_empty(), "{line:?}");
            assert_eq!(run(&[line, &["--aws-cli", "v1"]].concat()).status, 0, "{line:?}");
        }
        assert!(every.contains(&format!("  {command} ")), "{every}");
    }
    assert_eq!(run(&["ecr", "--help"]).stdout, every);
    // Behind `--` it is a value, as everything there.
    assert_eq!(run(&["list-images", "--repository-name", "app", "--", "--help"]).status, 252);
}

#[test]
fn the_command_of_a_line_is_found_behind_its_global_options() {
    for (line, command) in [
        (&["--output", "text", "list-images"][..], Some("list-images")),
        (&["--db", "x", "--snapshot=y", "--debug", "ecr", "list-images"], Some("ecr")),
        (&["--out", "text", "--no-paginate", "diff"], Some("diff")),
        (&["--help"], None),
        (&["--bogus", "ingest"], Some("ingest")),
        (&["--", "ingest"], Some("ingest")),
        (&["--db"], None),
        (&[], None),
    ] {
        let line: Vec<String> = line.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(client::command_of(&line), command, "{line:?}");
    }
}
