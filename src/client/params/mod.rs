//! Everything between the text of a parameter on the argument line and a checked request, as the
//! AWS CLI does it.
//!
//! [`draft`] takes the options of an operation in, and [`Draft::finish`] the document, which makes a
//! [`Call`]; the paginator may set members of it; [`Call::check`] is the client's own validation,
//! which comes last and yields the value that the service answers. Nothing here splits an argument line, knows the paginator, or touches the machine but through [`Files`].

mod cli_input;
mod error;
mod files;
mod pagination;
mod pyjson;
mod pyvalue;
mod shorthand;
pub mod skeleton;
mod validate;
mod value;
mod yaml;
mod yaml_scalar;
mod yaml_tabs;

pub use error::{ErrorClass, ParamError};
pub use files::Files;
pub(super) use files::{expand_path, universal_newlines};
pub use pagination::PaginationConfig;
pub use skeleton::Skeleton;

use crate::model::{AwsCli, Value};
use crate::service::api::Operation;

use super::options::{self, Role};

use cli_input::Format;
use pyvalue::{Dict, Key};
use value::Given;

/// The parameters of one call before their check.
#[derive(Clone, Debug)]
pub struct Call {
    operation: &'static Operation,
    input: Dict,
    /// How many members of the input came from options. They precede those of a document.
    from_options: usize,
    /// `--starting-token`, with its file read.
    pub starting_token: Option<String>,
    /// `--generate-cli-skeleton`: a sample is to be shown in place of an answer.
    pub skeleton: Option<Skeleton>,
}

impl Call {
    /// The operation that is called.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Whether the input has that member, by an option or by a document.
    pub fn has(&self, member: &str) -> bool {
        self.input.contains_key(&Key::from(member))
    }

    /// Set a member of the input, as the paginator does.
    pub fn set(&mut self, member: &str, value: Value) {
        self.input.insert(member.into(), value.into());
    }

    /// Set a member as an option does: before the members of a document, and in place of one.
    pub fn set_from_option(&mut self, member: &str, value: Value) {
        let key = Key::from(member);
        self.input.shift_remove(&key);
        self.input.shift_insert(self.from_options.min(self.input.len()), key, value.into());
    }

    /// Take the paging options of a document out of the input.
    ///
    /// # Errors
    /// What the client fails on if they are not such options.
    pub fn take_pagination(&mut self) -> Result<Option<PaginationConfig>, ParamError> {
        self.input.shift_remove(&Key::from(pagination::MEMBER)).map(|value| PaginationConfig::read(&value)).transpose()
    }

    /// Take a member out of the input.
    pub fn unset(&mut self, member: &str) {
        self.input.shift_remove(&Key::from(member));
    }

    /// The client's validation of the whole input.
    ///
    /// # Errors
    /// All that it finds wrong, in one message.
    pub fn check(&self) -> Result<Value, ParamError> {
        validate::check(&self.input, self.operation.input)
    }
}

/// The options of a call, its documents read but not looked into.
pub struct Draft<'a> {
    call: Call,
    documents: Vec<(Format, Given<'a>)>,
    cli: AwsCli,
}

/// Take the options of an operation in. `given` has the words of each option that was on the line
/// (`--image-ids` with its dashes): as many as the argument parser lets it have.
///
/// # Errors
/// The first option whose text or file is not a value for it. [`Call::check`] checks that the values fit the
/// operation.
pub fn draft<'a>(
    operation: &'static Operation,
    given: impl Fn(&str) -> Option<&'a [String]>,
    cli: AwsCli,
    files: &dyn Files,
) -> Result<Draft<'a>, ParamError> {
    let mut call = Call { operation, input: Dict::new(), from_options: 0, starting_token: None, skeleton: None };
    let mut documents = Vec::new();
    for option in options::of(operation, cli) {
        let Some(words) = given(option.name()) else { continue };
        let load = || Given::load(option.name(), words, option.takes_several(), cli, files);
        match option.role {
            Role::Member(member) => {
                let value = value::unpack(member.shape, load()?, option.name(), cli, files)?;
                call.input.insert(member.name.into(), value);
            }
            Role::CliInputJson => documents.push((Format::Json, load()?)),
            Role::CliInputYaml => documents.push((Format::Yaml, load()?)),
            Role::StartingToken => call.starting_token = Some(token(load()?)),
            // Integers to the argument parser, which has taken them by now.
            Role::Paging => {}
            Role::GenerateCliSkeleton => {
                // The argument parser has refused every word but the choices.
                let word = words.first().map_or(Skeleton::choices(cli)[0], String::as_str);
                call.skeleton = Skeleton::of_word(word);
            }
        }
    }
    call.from_options = call.input.len();
    Ok(Draft { call, documents, cli })
}

impl Draft<'_> {
    /// Put the document's members behind those of the options.
    ///
    /// # Errors
    /// An invalid document, and a second one.
    pub fn finish(self) -> Result<Call, ParamError> {
        let Draft { mut call, documents, cli } = self;
        if documents.len() > 1 {
            return Err(ParamError::parameter("Only one --cli-input- parameter may be specified."));
        }
        for (format, document) in documents {
            cli_input::merge(&mut call.input, &document, format, cli)?;
        }
        Ok(call)
    }
}

/// [`draft`], [`Draft::finish`] and [`Call::check`] at once, for a call that no paginator changes.
///
/// # Errors
/// What either of them refuses.
pub fn build<'a>(
    operation: &'static Operation,
    given: impl Fn(&str) -> Option<&'a [String]>,
    cli: AwsCli,
    files: &dyn Files,
) -> Result<Value, ParamError> {
    draft(operation, given, cli, files)?.finish()?.check()
}

/// A token is text; the bytes of a file that are not text cannot be a valid one.
fn token(given: Given<'_>) -> String {
    match given {
        Given::Text(text) => text,
        Given::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Given::Words(words) => words.concat(),
    }
}
