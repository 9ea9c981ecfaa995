//! One operation of the service, asked by parameters and answered by rows.

use std::io;

use crate::model::{Detail, ImageIdentifier, Instant, Map, MemberValue, Record, RecordMember, Value};
use crate::output::detail::{Layout, write_detail};
use crate::output::json::write_indented;
use crate::output::node::TimeText;
use crate::query::Rows;
use crate::service::api::{Operation, TOKEN_MEMBER};
use crate::service::{self, Ecr};

use super::error::Failure;
use super::paginate::{Page, Parameters};
use super::params::{self, ErrorClass, ParamError};
use super::projected_row::{Names, ProjectedRow};
use super::time::TimestampFormat;
use super::zone::Zone;

/// A row of a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Row {
    /// Of `DescribeImages`.
    Detail(Box<Detail>),
    /// Of `ListImages`.
    Id(ImageIdentifier),
    /// Of `DescribeImages`, as much of it as a query looks at.
    ProjectedRow(ProjectedRow),
    /// Of any other operation.
    Record(Record),
}

/// How instants become values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock<'a> {
    /// In which form.
    pub(crate) format: TimestampFormat,
    /// In which zone.
    pub(crate) zone: &'a Zone,
}

impl Row {
    /// The row as the client sees it.
    pub(crate) fn to_value(&self, clock: Clock<'_>) -> Value {
        match self {
            Row::Detail(detail) => detail.to_value(&|instant| clock.value(instant)),
            Row::Id(id) => Value::Map(members(id).map(|(name, text)| (name.to_owned(), Value::from(text))).collect()),
            Row::ProjectedRow(kept) => kept.to_value(clock),
            Row::Record(record) => record.to_value(&|instant| clock.value(instant)),
        }
    }

    /// The row as the client prints it in JSON, its inner lines indented from `depth` on.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>, clock: Clock<'_>, depth: usize) -> io::Result<()> {
        match self {
            Row::Detail(detail) => {
                let time = |instant, out: &mut Vec<u8>| clock.format.write_json(instant, clock.zone, out);
                write_detail(out, detail, &time, Layout::Indented(depth));
                Ok(())
            }
            row => write_indented(out, &row.to_value(clock), depth),
        }
    }

    /// The detail, if no member of it is beyond the API's model: it prints without a value being made of it.
    pub(crate) fn plain_detail(&self) -> Option<&Detail> {
        match self {
            Row::Detail(detail) if !detail.has_unknown() => Some(detail),
            _ => None,
        }
    }

    /// One member of it.
    fn part(&self, name: &str) -> Option<MemberValue<'_>> {
        match self {
            Row::Detail(detail) => detail.part_named(name),
            Row::Id(id) => members(id).find(|(member, _)| *member == name).map(|(_, text)| MemberValue::Text(text)),
            Row::ProjectedRow(kept) => kept.part(name),
            Row::Record(record) => match record.get(name)? {
                RecordMember::Value(value) => Some(MemberValue::Other(value)),
                RecordMember::Time(instant) => Some(MemberValue::Time(*instant)),
            },
        }
    }
}

/// Rows as the client sees them, for a query.
pub(crate) struct Seen<'a> {
    pub(crate) rows: &'a [Row],
    pub(crate) clock: Clock<'a>,
}

impl Rows for Seen<'_> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn member(&self, row: usize, name: &str) -> Option<Value> {
        Some(self.rows.get(row)?.part(name)?.to_value(&|instant| self.clock.value(instant)))
    }

    fn row(&self, row: usize) -> Value {
        self.rows.get(row).map_or(Value::Null, |row| row.to_value(self.clock))
    }

    fn ranks(&self, name: &str) -> Option<Vec<i64>> {
        let rank = |row: &Row| match row.part(name)? {
            MemberValue::Number(number) => Some(number),
            MemberValue::Time(instant) => self.clock.format.rank(instant, self.clock.zone),
            _ => None,
        };
        self.rows.iter().map(rank).collect()
    }
}

/// The members of an image's id that are there.
fn members(id: &ImageIdentifier) -> impl Iterator<Item = (&'static str, &str)> {
    let members = [("imageDigest", id.image_digest.as_deref()), ("imageTag", id.image_tag.as_deref())];
    members.into_iter().filter_map(|(name, text)| Some((name, text?)))
}

impl TimeText for Clock<'_> {
    fn push(&self, instant: Instant, text: &mut String) {
        self.format.push(instant, self.zone, text);
    }

    fn is_text(&self) -> bool {
        self.format == TimestampFormat::Iso8601
    }
}

impl Clock<'_> {
    pub(super) fn value(&self, instant: Instant) -> Value {
        self.format.value(instant, self.zone)
    }
}

impl Parameters for params::Call {
    fn set(&mut self, name: &str, value: Value) {
        params::Call::set(self, name, value);
    }

    fn unset(&mut self, name: &str) {
        params::Call::unset(self, name);
    }
}

impl From<ParamError> for Failure {
    fn from(error: ParamError) -> Self {
        match error.class {
            ErrorClass::Parameter => Failure::Parameter(error.message),
            ErrorClass::General => Failure::General(error.message),
        }
    }
}

/// The member that ours does not require of some operations, though the model does.
pub(crate) const REPOSITORY_NAME: &str = "repositoryName";

/// The client's validation of a call.
///
/// A call without a repository may be for every repository of the registry, as the manual page of
/// `describe-images` has it. The model requires one, so the check is given one that passes.
pub(crate) fn check(call: &params::Call) -> Result<Value, Failure> {
    if call.has(REPOSITORY_NAME) || !call.operation().any_repository {
        return Ok(call.check()?);
    }
    let mut named = call.clone();
    named.set(REPOSITORY_NAME, Value::from("any"));
    let mut input = named.check()?;
    if let Value::Map(members) = &mut input {
        members.shift_remove(REPOSITORY_NAME);
    }
    Ok(input)
}

/// Check a call and ask the service for the page; with `names`, for no more than these members of
/// its images.
pub(crate) fn ask(call: &params::Call, names: Option<&Names>, ecr: &mut dyn Ecr) -> Result<Page<Row>, Failure> {
    let operation = call.operation();
    let input = check(call)?;
    let mut rows = Vec::new();
    let mut keep = |row: service::Row| {
        rows.push(match (row, names) {
            (service::Row::Detail(detail), Some(names)) => Row::ProjectedRow(ProjectedRow::new(detail, names)),
            (service::Row::Detail(detail), None) => Row::Detail(Box::new(detail)),
            (service::Row::Id(id), _) => Row::Id(id),
            (service::Row::Record(record), _) => Row::Record(record),
        });
    };
    match (operation.answer)(ecr, &input, &mut keep) {
        Ok(next_token) => Ok(Page { rows, next_token }),
        Err(error) => Err(Failure::Service(operation, error)),
    }
}

/// A page as the response that the service sent: its rows under their name, or its only row.
pub(crate) fn response(operation: &Operation, page: Page<Row>, clock: Clock<'_>) -> Value {
    let Some(result_key) = operation.result_key else {
        return page.rows.first().map_or_else(|| Value::Map(Map::new()), |row| row.to_value(clock));
    };
    let rows: Vec<Value> = page.rows.iter().map(|row| row.to_value(clock)).collect();
    let mut members = Map::from_iter([(result_key.to_owned(), Value::List(rows))]);
    if let Some(token) = page.next_token {
        members.insert(TOKEN_MEMBER.to_owned(), Value::Str(token));
    }
    Value::Map(members)
}
