//! The client against recordings of the real one: stdout, stderr and exit status of both release
//! lines, byte for byte except for the program's name.
//!
//! `record.py` makes `cases.json` and `times.json`; the service it serves is made again here.

mod around;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::sync::Arc;

use ecrsnap::internal::client::params::Files;
use ecrsnap::internal::client::{self, Environment, OpenError, Selection, Zone};
use ecrsnap::internal::model::{
    DescribeImagesRequest, DescribeRepositoriesRequest, Detail, Digest, GetLifecyclePolicyRequest, ImageIdentifier,
    Instant, ListImagesRequest, Record, Value, json,
};
use ecrsnap::internal::service::{
    DescribeImagesPage, DescribeRepositoriesPage, Ecr, ErrorCode, ListImagesPage, ServiceError,
};

const REGISTRY: &str = "123456789012";
const DEFAULT_PAGE: usize = 3;
const LARGEST_PAGE: i64 = 1000;

/// Repositories in memory; what `record.py` serves, with its manners.
#[derive(Clone, Debug)]
struct Fake {
    repositories: Vec<(String, Vec<Detail>)>,
}

fn refuse<T>(code: ErrorCode, message: String) -> Result<T, ServiceError> {
    Err(ServiceError { code, message })
}

impl Fake {
    fn from_recording(recording: &Value) -> Self {
        let repositories = recording.get("repositories").and_then(Value::as_map).expect("repositories");
        let details = |rows: &Value| rows.as_list().unwrap_or_default().iter().map(detail).collect();
        Fake { repositories: repositories.iter().map(|(name, rows)| (name.clone(), details(rows))).collect() }
    }

    /// The rows of a page and the token for the next.
    fn page(
        &self,
        name: Option<&str>,
        ids: Option<&[ImageIdentifier]>,
        limit: Option<i64>,
        token: Option<&str>,
    ) -> Result<(Vec<Detail>, Option<String>), ServiceError> {
        let name = name.unwrap_or_default();
        let Some((_, rows)) = self.repositories.iter().find(|(known, _)| known == name) else {
            return refuse(
                ErrorCode::RepositoryNotFound,
                format!("The repository with name '{name}' does not exist in the registry with id '{REGISTRY}'"),
            );
        };
        if let Some(limit) = limit.filter(|limit| *limit > LARGEST_PAGE) {
            // The number beyond 64 bits comes as the largest one.
            let shown = if limit == i64::MAX { "99999999999999999999999".to_owned() } else { limit.to_string() };
            return refuse(ErrorCode::InvalidParameter, format!("maxResults {shown}"));
        }
        let mut size = limit.map_or(DEFAULT_PAGE, |limit| limit as usize);
        let mut rows = rows.clone();
        if let Some(ids) = ids {
            if limit.is_some() || token.is_some() {
                return refuse(ErrorCode::InvalidParameter, "imageIds with paging".to_owned());
            }
            rows.retain(|row| {
                row.image_tags.iter().flatten().any(|tag| ids.iter().any(|id| id.image_tag.as_ref() == Some(tag)))
            });
            size = rows.len();
        }
        let token = token.unwrap_or("t0");
        let start = token.strip_prefix('t').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let Some(start) = start.and_then(|digits| digits.parse::<usize>().ok()) else {
            return refuse(ErrorCode::InvalidParameter, format!("bad token {token}"));
        };
        if name == "late" {
            size = size.min(DEFAULT_PAGE);
        }
        if name == "late" && start > 0 {
            return refuse(ErrorCode::Server, "too late".to_owned());
        }
        let end = start.saturating_add(size).min(rows.len());
        let next = match name {
            "loop" => Some("t1".to_owned()),
            _ => (end < rows.len() && start <= end).then(|| format!("t{end}")),
        };
        Ok((rows[start.min(end)..end].to_vec(), next))
    }
}

impl Ecr for Fake {
    fn describe_images(&mut self, request: &DescribeImagesRequest) -> Result<DescribeImagesPage, ServiceError> {
        let (image_details, next_token) = self.page(
            request.repository_name.as_deref(),
            request.image_ids.as_deref(),
            request.max_results,
            request.next_token.as_deref(),
        )?;
        Ok(DescribeImagesPage { image_details, next_token })
    }

    fn list_images(&mut self, request: &ListImagesRequest) -> Result<ListImagesPage, ServiceError> {
        let (details, next_token) =
            self.page(request.repository_name.as_deref(), None, request.max_results, request.next_token.as_deref())?;
        let image_ids = details.iter().map(|detail| ImageIdentifier {
            image_digest: Some(detail.image_digest.to_string()),
            image_tag: detail.image_tags.as_ref().and_then(|tags| tags.first().cloned()),
        });
        Ok(ListImagesPage { image_ids: image_ids.collect(), next_token })
    }

    fn describe_repositories(
        &mut self,
        _: &DescribeRepositoriesRequest,
    ) -> Result<DescribeRepositoriesPage, ServiceError> {
        refuse(ErrorCode::Validation, "the stand-in has images alone".to_owned())
    }

    fn get_lifecycle_policy(&mut self, _: &GetLifecyclePolicyRequest) -> Result<Record, ServiceError> {
        refuse(ErrorCode::Validation, "the stand-in has images alone".to_owned())
    }
}

fn detail(row: &Value) -> Detail {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut detail = Detail::new(
        Arc::from(text("registryId")),
        Arc::from(text("repositoryName")),
        Digest::parse(text("imageDigest")),
    );
    detail.image_tags = row
        .get("imageTags")
        .and_then(Value::as_list)
        .map(|tags| tags.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    detail.image_size_in_bytes = row.get("imageSizeInBytes").and_then(Value::as_int);
    detail.image_pushed_at = row.get("imagePushedAt").map(instant);
    detail
}

fn instant(value: &Value) -> Instant {
    Instant::from_number(&json::to_compact(value)).expect("an instant")
}

/// What one run printed and answered.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    stdout: String,
    stderr: String,
    status: i64,
}

fn run(arguments: &[String], environment: &Environment<'_>, fake: &Fake) -> Outcome {
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut open = |_: &Selection| Ok::<Box<dyn Ecr>, OpenError>(Box::new(fake.clone()));
    let status = client::run(&arguments, environment, &mut open, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Outcome { stdout: text(out), stderr: text(err), status: status.into() }
}

fn recording(text: &str) -> Value {
    json::parse(text).expect("a recording")
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The recording with our program's name where the real one has its own.
pub(crate) fn renamed(stderr: &str) -> String {
    stderr
        .replace("aws: [ERROR]:", "ecrsnap: [ERROR]:")
        .replace("aws: error:", "ecrsnap: error:")
        .replace("usage: aws ", "usage: ecrsnap ")
        .replace("  aws ", "  ecrsnap ")
}

/// Where ours differs on purpose: it answers without a repository name, and it has fewer commands,
/// so the list of all is another one.
fn differs_on_purpose(stderr: &str) -> bool {
    let lists_commands = ["command", "operation"].iter().any(|argument| {
        ["Invalid choice, valid choices are:", "Found invalid choice"]
            .iter()
            .any(|refusal| stderr.contains(&format!(": argument {argument}: {refusal}")))
    });
    lists_commands || stderr.contains("the following arguments are required: --repository-name")
}

/// Where the configuration file of a recorded line is.
const CONFIG_PATH: &str = "/config";

/// A machine whose only file is the AWS CLI's configuration.
struct ConfigFile(String);

impl Files for ConfigFile {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == CONFIG_PATH { Ok(self.0.clone().into_bytes()) } else { Err(io::Error::from_raw_os_error(2)) }
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn home(&self, _: &str) -> Option<String> {
        None
    }
}

/// The file as a whole, or the settings of its default profile.
fn config_text(config: &Value) -> String {
    match config.as_map() {
        Some(settings) => {
            let lines =
                settings.iter().map(|(name, value)| format!("{name} = {}\n", value.as_str().unwrap_or_default()));
            format!("[default]\n{}", lines.collect::<String>())
        }
        None => config.as_str().unwrap_or_default().to_owned(),
    }
}

#[test]
fn every_recorded_line_prints_what_the_real_client_printed() {
    let recording = recording(include_str!("cases.json"));
    let fake = Fake::from_recording(&recording);
    let cases = recording.get("cases").and_then(Value::as_list).expect("cases");
    assert!(cases.len() > 400, "{} cases", cases.len());
    let (mut failures, mut on_purpose) = (Vec::new(), 0);
    for case in cases {
        if differs_on_purpose(text(case, "stderr")) {
            on_purpose += 1;
            continue;
        }
        let config = case.get("config").map(|config| ConfigFile(config_text(config)));
        let mut environment = Environment::sealed();
        if let Some(config) = &config {
            environment = Environment { files: config, ..environment };
            environment.variables.insert("ECRSNAP_AWS_CONFIG".to_owned(), "1".to_owned());
            environment.variables.insert("AWS_CONFIG_FILE".to_owned(), CONFIG_PATH.to_owned());
        }
        if let Some(variables) = case.get("env").and_then(Value::as_map) {
            let variables =
                variables.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
            environment.variables.extend(variables);
        }
        let mut arguments = vec!["--aws-cli".to_owned(), text(case, "cli").to_owned()];
        arguments.extend(texts(case.get("args")));
        let expected = Outcome {
            stdout: text(case, "stdout").to_owned(),
            stderr: renamed(text(case, "stderr")),
            status: case.get("status").and_then(Value::as_int).unwrap_or(-1),
        };
        let mut outcome = run(&arguments, &environment, &fake);
        if let Some(format) = case.get("config").and_then(|config| config.get("cli_timestamp_format"))
            && outcome == expected
        {
            // The option replaces the setting.
            arguments.extend(["--cli-timestamp-format".to_owned(), format.as_str().unwrap_or_default().to_owned()]);
            outcome = run(
                &arguments,
                &Environment { files: Environment::sealed().files, variables: HashMap::new(), ..environment },
                &fake,
            );
        }
        if outcome != expected {
            failures.push(format!("{arguments:?}\n-- expected\n{expected:#?}\n-- found\n{outcome:#?}\n"));
        }
    }
    assert!(on_purpose < 15, "{on_purpose} cases left out");
    assert!(failures.is_empty(), "{}\n{} of {} differ", failures.join("\n"), failures.len(), cases.len());
}

#[test]
fn every_recorded_instant_prints_as_in_its_zone() {
    use base64::Engine as _;

    let recording = recording(include_str!("times.json"));
    let instants = recording.get("instants").and_then(Value::as_list).expect("instants");
    let rows = instants.iter().map(|at| {
        let mut row = Detail::new(Arc::from(REGISTRY), Arc::from("times"), Digest::parse("sha256:00"));
        row.image_pushed_at = Some(instant(at));
        row
    });
    let fake = Fake { repositories: vec![("times".to_owned(), rows.collect())] };
    let line = ["describe-images", "--repository-name", "times", "--query", "imageDetails[].imagePushedAt"];
    let line: Vec<String> = line.map(str::to_owned).to_vec();
    for case in recording.get("zones").and_then(Value::as_list).expect("zones") {
        let (name, file) = (text(case, "TZ"), case.get("file").and_then(Value::as_str));
        let file = file.map(|file| base64::engine::general_purpose::STANDARD.decode(file).expect("base64"));
        let zone = Zone::load(Some(name), 1_790_000_000, &|path| {
            file.clone().filter(|_| path == format!("/usr/share/zoneinfo/{}", name.trim_start_matches(':')))
        });
        let environment = Environment { zone, ..Environment::sealed() };
        let outcome = run(&line, &environment, &fake);
        let printed = texts(Some(&self::recording(&outcome.stdout)));
        let expected = texts(case.get("printed"));
        assert_eq!((printed.len(), expected.len()), (instants.len(), instants.len()), "TZ={name}");
        for ((at, printed), expected) in instants.iter().zip(printed).zip(expected) {
            assert_eq!(printed, expected, "{at:?} with TZ={name}");
        }
    }
}
