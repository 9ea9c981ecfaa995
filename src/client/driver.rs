//! One call from its argument line to its exit status.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{self, Write};

use num_bigint::Sign;

use crate::model::{AwsCli, Members, Value};
use crate::output::{Colour, Format, RESET, Style};
use crate::service::Ecr;
use crate::service::api::{LIMIT_MEMBER, Operation, TOKEN_MEMBER};

use super::args::{self, Asked, Globals, Line};
use super::aws_config::Profile;
use super::call::{self, Clock, Row};
use super::environment::Environment;
use super::error::{ErrorFormat, Failure, Frame, Usage};
use super::help;
use super::pager::{self, LazyPager};
use super::paginate::{Page, Paginator, Paging};
use super::params::{self, Skeleton, skeleton};
use super::present::{Ended, Pages, Presentation};
use super::projected_row::Names;
use super::settings::{self, Selection, Settings};
use super::usage;

/// Why no data can be read, as a message for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub String);

/// Gives the service that answers for a selection. It is called once, after everything that the
/// line says was checked.
pub type Open<'a> = dyn FnMut(&Selection) -> Result<Box<dyn Ecr>, OpenError> + 'a;

/// How many rows to ask for at once if that does not show: the service's largest page.
const LARGEST_PAGE: i64 = 1000;

/// The members with which a request names its rows, so that the answer has no pages.
const LISTS_OF_NAMES: [&str; 2] = ["imageIds", "repositoryNames"];

/// The exit status after the reader of the output has closed it: that of a Python that cannot flush
/// its output. Version 1 hides it, except when it prints text.
fn closed_pipe(aws_cli: AwsCli, text: bool) -> u8 {
    match aws_cli {
        AwsCli::V1 if text => 255,
        AwsCli::V1 => 0,
        AwsCli::V2 => 120,
    }
}

/// Do what an argument line (without the program's name) asks for, and return the exit status.
pub fn run(
    arguments: &[OsString],
    environment: &Environment<'_>,
    open: &mut Open<'_>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let line: Vec<String> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let aws_cli = args::release_line(&line);
    let mut frame = Frame { aws_cli, format: ErrorFormat::default(), colour: Colour::Off, resets: false };
    let mut prints_text = false;
    let outcome = match args::globals(&line, aws_cli) {
        Ok(Asked::Call(globals)) => {
            frame.format = settings::error_format(Some(&globals.options), environment);
            // The wrapper that resets colours is around standard output alone, as with a pager.
            if settings::colour(&globals.options, environment, false) != Colour::Off {
                frame.colour = Colour::Pager;
            }
            Profile::read(&globals.options, environment, aws_cli).map_err(Ended::Failed).and_then(|profile| {
                prints_text = settings::output_name(&globals.options, environment, &profile) == Some("text");
                let coloured = Cell::new(false);
                let session = Session { aws_cli, environment, profile, globals: &globals, coloured };
                let outcome = session.run(open, out, err);
                frame.resets = session.coloured.get();
                outcome
            })
        }
        Ok(Asked::Help(operation)) => print_help(operation, aws_cli, out),
        Ok(Asked::Version) => version(out),
        Err(failure) => {
            // What fails in version 2's look ahead fails before the error format is settled.
            if matches!(failure, Failure::Usage { usage: Usage::Command, .. }) {
                frame.format = settings::error_format(None, environment);
            }
            Err(Ended::Failed(failure))
        }
    };
    let failure = match outcome {
        Ok(()) => return 0,
        Err(Ended::Failed(failure)) => failure,
        Err(Ended::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return closed_pipe(aws_cli, prints_text);
        }
        Err(Ended::Write(error)) => Failure::General(error.to_string()),
    };
    // If the message cannot be printed, the exit status still reports the failure.
    let _ = failure.report(&frame, err).and_then(|()| err.flush());
    failure.status(aws_cli)
}

fn print_help(operation: Option<&'static Operation>, aws_cli: AwsCli, out: &mut dyn Write) -> Result<(), Ended> {
    out.write_all(help::text(operation, aws_cli).as_bytes())?;
    Ok(out.flush()?)
}

fn version(out: &mut dyn Write) -> Result<(), Ended> {
    writeln!(out, "{} {}", usage::PROGRAM, env!("CARGO_PKG_VERSION"))?;
    Ok(out.flush()?)
}

/// A line whose global options are read.
struct Session<'a> {
    aws_cli: AwsCli,
    environment: &'a Environment<'a>,
    profile: Profile,
    globals: &'a Globals,
    /// Whether a coloured table was begun. From then on the real client's wrapper resets colours on
    /// standard error too.
    coloured: Cell<bool>,
}

impl Session<'_> {
    fn run(&self, open: &mut Open<'_>, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Ended> {
        let settings = Settings::read(&self.globals.options, &self.profile, self.aws_cli)?;
        let line = match self.globals.call()? {
            Asked::Call(line) => line,
            Asked::Help(operation) => return print_help(operation, self.aws_cli, out),
            Asked::Version => return version(out),
        };
        let paginate = line.operation.result_key.is_some() && self.may_paginate(&line)?;
        let mut call = self.prepare(&line, err)?;
        // Version 2 turns the paginator off for the service's own parameters in a document too,
        // but does not complain of paging options then.
        let paginate = paginate && (self.aws_cli == AwsCli::V1 || !call.has(TOKEN_MEMBER) && !call.has(LIMIT_MEMBER));
        let paging = Paging {
            max_items: line.number("--max-items"),
            starting_token: call.starting_token.clone(),
            page_size: line.number("--page-size"),
        };
        match call.skeleton {
            Some(Skeleton::Input) => {
                out.write_all(skeleton::input_json(call.operation()).as_bytes())?;
                return Ok(out.flush()?);
            }
            Some(Skeleton::YamlInput) => {
                out.write_all(skeleton::input_yaml(call.operation()).as_bytes())?;
                return Ok(out.flush()?);
            }
            Some(Skeleton::Output) | None => {}
        }
        let selection = settings::selection(&self.globals.options, self.environment, &self.profile, self.aws_cli)?;
        let open = &mut || open(&selection).map_err(|OpenError(message)| Failure::Configuration(message));
        if call.skeleton.is_some() {
            return self.sample(&line, call, &paging, &settings, out);
        }
        let paging = if paginate { settle_paging(&mut call, paging)? } else { paging };
        self.paged(out, |pager_runs, out| {
            if paginate {
                let (format, style) = self.format(line.operation, pager_runs)?;
                let presentation = self.presentation(&line, format, Style { paginated: true, ..style }, &settings);
                let paginator = Paginator::new(widened(call, &paging, format), &paging)?;
                let mut pages =
                    Walk { names: presentation.names(), beginning: paginator.clone(), paginator, ecr: None, open };
                presentation.print_pages(&mut pages, out)
            } else {
                add_paging(&mut call, &paging);
                call::check(&call)?;
                let mut ecr = open()?;
                let page = call::ask(&call, None, &mut *ecr)?;
                let (format, style) = self.format(line.operation, pager_runs)?;
                let presentation = self.presentation(&line, format, Style { paginated: false, ..style }, &settings);
                let answer = call::response(line.operation, page, presentation.clock);
                presentation.print_answer(answer, out)
            }
        })
    }

    /// Whether the line leaves the paginator on. It turns it off by name or by setting the service's
    /// own parameters, and must not set the paginator's options then.
    fn may_paginate(&self, line: &Line) -> Result<bool, Failure> {
        let options = &line.options;
        let off =
            self.globals.options.has("--no-paginate") || options.has("--next-token") || options.has("--max-results");
        if !off {
            return Ok(true);
        }
        let is_set = |option: &&str| match *option {
            "--starting-token" => options.word(option).is_some_and(|token| !token.is_empty()),
            _ => line.number(option).is_some_and(|number| number.sign() != Sign::NoSign),
        };
        let set: Vec<&str> = ["--starting-token", "--page-size", "--max-items"].into_iter().filter(is_set).collect();
        if set.is_empty() {
            return Ok(false);
        }
        Err(Failure::PagingConflict(format!(
            "Cannot specify --no-paginate along with pagination arguments: {}",
            set.join(", ")
        )))
    }

    fn prepare(&self, line: &Line, err: &mut dyn Write) -> Result<params::Call, Failure> {
        let given = |option: &str| line.options.words(option);
        let draft = params::draft(line.operation, given, self.aws_cli, self.environment.files)?;
        if line.number("--max-items").is_some_and(|number| number.sign() != Sign::Plus) {
            // The warning comes when the options are read, which is before the documents are looked into.
            // Failing to write a warning does not end the call.
            let _ = writeln!(err, "warning: Non-positive values for --max-items may result in undefined behavior.");
        }
        Ok(draft.finish()?)
    }

    /// The output format and its style; not before the pager is settled.
    fn format(&self, operation: &Operation, paged: bool) -> Result<(Format, Style), Failure> {
        let globals = &self.globals.options;
        let format = settings::format(globals, self.environment, &self.profile, self.aws_cli)?;
        let style = settings::style(globals, self.environment, operation, paged);
        self.coloured.set(format == Format::Table && style.colour != Colour::Off);
        Ok((format, style))
    }

    fn presentation<'p>(
        &'p self,
        line: &Line,
        format: Format,
        style: Style,
        settings: &'p Settings,
    ) -> Presentation<'p> {
        Presentation {
            operation: line.operation,
            format,
            style,
            query: settings.query.as_ref(),
            clock: Clock { format: settings.timestamps, zone: &self.environment.zone },
        }
    }

    /// Run `print` on the pager, if there is one, else on `out`.
    fn paged(
        &self,
        out: &mut dyn Write,
        print: impl FnOnce(bool, &mut dyn Write) -> Result<(), Ended>,
    ) -> Result<(), Ended> {
        let globals = &self.globals.options;
        let choice = pager::choose(self.environment, &self.profile, self.aws_cli, globals.has("--no-cli-pager"));
        let Some(command) = choice else {
            return print(false, out);
        };
        let mut pager = LazyPager::new(command, self.environment);
        let mut outcome = print(true, &mut pager);
        if let Some(failure) = pager.failure.take() {
            outcome = Err(Ended::Failed(failure));
        }
        pager.finish();
        if self.coloured.get() {
            out.write_all(RESET.as_bytes()).and_then(|()| out.flush())?;
        }
        match outcome {
            // Leaving the pager early is not an error.
            Err(Ended::Write(_)) => Ok(()),
            outcome => outcome,
        }
    }

    /// `--generate-cli-skeleton output`: a made-up answer, shown as a real one would be.
    fn sample(
        &self,
        line: &Line,
        mut call: params::Call,
        paging: &Paging,
        settings: &Settings,
        out: &mut dyn Write,
    ) -> Result<(), Ended> {
        add_paging(&mut call, paging);
        call::check(&call)?;
        self.paged(out, |pager_runs, out| {
            let (format, style) = self.format(line.operation, pager_runs)?;
            let presentation = self.presentation(line, format, Style { paginated: false, ..style }, settings);
            let instant = match format {
                Format::Json => skeleton::SAMPLE_INSTANT_JSON,
                _ => skeleton::SAMPLE_INSTANT_PLAIN,
            };
            let sample = skeleton::response(call.operation(), instant).map_err(Failure::from)?;
            if !matches!(format, Format::Yaml | Format::YamlStream) {
                return presentation.print_answer(sample, out);
            }
            // An instant is a date to YAML there, and so without the quotes that a text needs.
            let mut text = Vec::new();
            let outcome = presentation.print_answer(sample, &mut text);
            let text = String::from_utf8_lossy(&text).replace(&format!("'{instant}'"), instant);
            out.write_all(text.as_bytes())?;
            out.flush()?;
            outcome
        })
    }
}

/// Pass the paging options as a parameter, as an operation without a paginator gets them.
fn add_paging(call: &mut params::Call, paging: &Paging) {
    if let Some(options) = paging.to_parameter() {
        call.set_from_option("PaginationConfig", options);
    }
}

/// The paging options of the line; without any, those of a document, which the paginator takes as well.
fn settle_paging(call: &mut params::Call, line: Paging) -> Result<Paging, Failure> {
    if line != Paging::default() {
        call.unset("PaginationConfig");
        return Ok(line);
    }
    let config = call.take_pagination()?.unwrap_or_default();
    Ok(Paging { max_items: config.max_items, starting_token: config.starting_token, page_size: config.page_size })
}

/// Ask for the largest pages where that cannot show.
///
/// Without `--page-size` the AWS CLI asks for the service's default page of 100. Which page a row
/// came on shows only in text and in a stream, which print page by page, and in the token that
/// `--max-items` leaves; and a token to start from may count rows of a page. Otherwise tenfold pages
/// make for a tenth of the requests. A request for images or repositories by name has no pages, and the
/// service refuses a limit there.
fn widened(mut call: params::Call, paging: &Paging, format: Format) -> params::Call {
    let shows = matches!(format, Format::Text | Format::YamlStream) || *paging != Paging::default();
    if !shows && !call.has(LIMIT_MEMBER) && !LISTS_OF_NAMES.iter().any(|member| call.has(member)) {
        call.set(LIMIT_MEMBER, Value::Int(LARGEST_PAGE));
    }
    call
}

fn members(names: Option<&Names>) -> Members {
    names.map_or(Members::ALL, |names| Members::named(names.iter().map(String::as_str)))
}

/// The pages of a call by way of the paginator. The data is opened with the first request, after
/// the parameters were checked.
struct Walk<'a> {
    /// The members of an image at which anybody looks; `None` for all.
    names: Option<Names>,
    /// The paginator before the first page.
    beginning: Paginator<params::Call>,
    paginator: Paginator<params::Call>,
    ecr: Option<Box<dyn Ecr>>,
    open: &'a mut dyn FnMut() -> Result<Box<dyn Ecr>, Failure>,
}

impl Pages for Walk<'_> {
    fn next(&mut self) -> Result<Option<Page<Row>>, Failure> {
        let Walk { names, paginator, ecr, open, .. } = self;
        paginator.next_page(&mut |parameters| {
            let ecr = if let Some(ecr) = ecr {
                ecr
            } else {
                call::check(parameters)?;
                let mut opened = open()?;
                opened.narrow(members(names.as_ref()));
                ecr.insert(opened)
            };
            call::ask(parameters, names.as_ref(), &mut **ecr)
        })
    }

    fn resume_token(&self) -> Option<&str> {
        self.paginator.resume_token()
    }

    fn start_again(&mut self) -> bool {
        if self.names.take().is_none() {
            return false;
        }
        if let Some(ecr) = &mut self.ecr {
            ecr.narrow(Members::ALL);
        }
        self.rewind();
        true
    }

    fn rewind(&mut self) {
        self.paginator = self.beginning.clone();
    }

    fn may_be_cut(&self) -> bool {
        self.beginning.may_cut()
    }
}
