//! What the formats that sort the members of an object print: a value, or a detail and its parts without a value
//! being made of them.
//!
//! A detail that has members beyond the API's model is printed from its value, so nothing here has such members.

use super::python;
use crate::model::{Detail, Digest, FindingsSummary, Instant, Member, MemberValue, ScanStatus, Value};

/// How instants are printed.
pub trait TimeText {
    /// Append an instant.
    fn push(&self, instant: Instant, text: &mut String);
    /// Whether an instant is a text and not a number.
    fn is_text(&self) -> bool;
}

/// A node of what is printed.
#[derive(Clone, Copy)]
pub enum Node<'v> {
    /// A value.
    Value(&'v Value),
    /// A list of values.
    Values(&'v [Value]),
    /// A list of details.
    Details(&'v [&'v Detail], &'v dyn TimeText),
    /// An object whose only member is a list of details.
    Rows(&'v str, &'v [&'v Detail], &'v dyn TimeText),
    /// An image.
    Detail(&'v Detail, &'v dyn TimeText),
    /// The state of its last scan.
    ScanStatus(&'v ScanStatus),
    /// What its last scan found.
    Findings(&'v FindingsSummary, &'v dyn TimeText),
    /// The counts by severity in that.
    Counts(&'v FindingsSummary),
    /// A list of texts.
    Texts(&'v [String]),
    /// A text.
    Text(&'v str),
    /// A digest.
    Digest(&'v Digest),
    /// A number.
    Number(i64),
    /// An instant.
    Time(Instant, &'v dyn TimeText),
    /// Nothing.
    Null,
}

/// The members of the model by name.
const SORTED: [Member; 15] = [
    Member::ArtifactMediaType,
    Member::ImageDigest,
    Member::ImageManifestMediaType,
    Member::ImagePushedAt,
    Member::ImageScanFindingsSummary,
    Member::ImageScanStatus,
    Member::ImageSizeInBytes,
    Member::ImageStatus,
    Member::ImageTags,
    Member::LastActivatedAt,
    Member::LastArchivedAt,
    Member::LastRecordedPullTime,
    Member::RegistryId,
    Member::RepositoryName,
    Member::SubjectManifestDigest,
];

/// The members of an object, sorted by name.
pub(super) type Members<'v> = Vec<(&'v str, Node<'v>)>;

impl<'v> From<&'v Value> for Node<'v> {
    fn from(value: &'v Value) -> Self {
        Node::Value(value)
    }
}

impl<'v> Node<'v> {
    /// Whether it is an object.
    pub(super) fn is_object(self) -> bool {
        match self {
            Node::Value(value) => matches!(value, Value::Map(_)),
            Node::Rows(..) | Node::Detail(..) | Node::ScanStatus(_) | Node::Findings(..) | Node::Counts(_) => true,
            _ => false,
        }
    }

    /// Whether it is a list.
    pub(super) fn is_list(self) -> bool {
        match self {
            Node::Value(value) => matches!(value, Value::List(_)),
            Node::Values(_) | Node::Details(..) | Node::Texts(_) => true,
            _ => false,
        }
    }

    /// Whether it is neither.
    pub(super) fn is_scalar(self) -> bool {
        !self.is_object() && !self.is_list()
    }

    /// The number of elements of a list; 0 for everything else.
    pub(super) fn len(self) -> usize {
        match self {
            Node::Value(value) => value.as_list().map_or(0, <[Value]>::len),
            Node::Values(items) => items.len(),
            Node::Details(details, _) => details.len(),
            Node::Texts(texts) => texts.len(),
            _ => 0,
        }
    }

    /// The elements of a list.
    pub(super) fn items(self) -> impl Iterator<Item = Node<'v>> + Clone {
        (0..self.len()).map(move |index| match self {
            Node::Value(Value::List(items)) => Node::Value(&items[index]),
            Node::Values(items) => Node::Value(&items[index]),
            Node::Details(details, times) => Node::Detail(details[index], times),
            Node::Texts(texts) => Node::Text(&texts[index]),
            _ => Node::Null,
        })
    }

    /// The members of an object, sorted by name.
    pub(super) fn members(self) -> Members<'v> {
        match self {
            Node::Value(Value::Map(map)) => {
                let mut members: Members<'v> =
                    map.iter().map(|(name, value)| (name.as_str(), Node::Value(value))).collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                members
            }
            Node::Rows(key, details, times) => vec![(key, Node::Details(details, times))],
            Node::Detail(detail, times) => {
                let mut members = Members::with_capacity(SORTED.len());
                members.extend(
                    SORTED.into_iter().filter_map(|member| Some((member.name(), part(detail.part(member)?, times)))),
                );
                members
            }
            Node::ScanStatus(status) => {
                let texts = [("description", &status.description), ("status", &status.status)];
                texts.into_iter().filter_map(|(name, text)| Some((name, Node::Text(text.as_deref()?)))).collect()
            }
            Node::Findings(findings, times) => {
                let at = |instant: Option<Instant>| instant.map(|instant| Node::Time(instant, times));
                let members = [
                    (
                        "findingSeverityCounts",
                        findings.finding_severity_counts.as_ref().map(|_| Node::Counts(findings)),
                    ),
                    ("imageScanCompletedAt", at(findings.image_scan_completed_at)),
                    ("vulnerabilitySourceUpdatedAt", at(findings.vulnerability_source_updated_at)),
                ];
                members.into_iter().filter_map(|(name, node)| Some((name, node?))).collect()
            }
            Node::Counts(findings) => {
                let count = |count: Option<i64>| count.map_or(Node::Null, Node::Number);
                let mut members: Members<'v> =
                    findings.severities().map(|(severity, number)| (severity, count(number))).collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                members
            }
            _ => Members::new(),
        }
    }

    /// Append what Python's `str` has for it.
    pub(super) fn push_str(self, text: &mut String) {
        match self {
            Node::Value(value) => text.push_str(&python::str(value)),
            Node::Text(word) => text.push_str(word),
            Node::Digest(digest) => digest.push(text),
            Node::Number(number) => text.push_str(itoa::Buffer::new().format(number)),
            Node::Time(instant, times) => times.push(instant, text),
            // Objects and lists without a value are never asked: no column holds one of them.
            _ => text.push_str("None"),
        }
    }
}

/// A member of a detail.
fn part<'v>(value: MemberValue<'v>, times: &'v dyn TimeText) -> Node<'v> {
    match value {
        MemberValue::Text(text) => Node::Text(text),
        MemberValue::Digest(digest) => Node::Digest(digest),
        MemberValue::Number(number) => Node::Number(number),
        MemberValue::Time(instant) => Node::Time(instant, times),
        MemberValue::Tags(tags) => Node::Texts(tags),
        MemberValue::ScanStatus(status) => Node::ScanStatus(status),
        MemberValue::Findings(findings) => Node::Findings(findings, times),
        MemberValue::Other(value) => Node::Value(value),
    }
}

/// What is sorted by a name.
pub(super) trait Named {
    fn name(&self) -> &str;
}

impl Named for &str {
    fn name(&self) -> &str {
        self
    }
}

impl Named for String {
    fn name(&self) -> &str {
        self
    }
}

impl<T> Named for (String, T) {
    fn name(&self) -> &str {
        &self.0
    }
}

/// The place of a name among sorted ones, at or behind `from`: `Ok` if it is there, `Err` if it belongs there.
pub(super) fn place<N: Named>(names: &[N], from: usize, name: &str) -> Result<usize, usize> {
    let at = names[from..].iter().position(|known| known.name() >= name).map_or(names.len(), |at| from + at);
    if names.get(at).is_some_and(|known| known.name() == name) { Ok(at) } else { Err(at) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::detail::tests::details;
    use super::super::table::{RowsMeasure, Table};
    use super::super::text::Text;
    use super::super::yaml::{Yaml, YamlListWriter};
    use super::super::{Formatter, Style};
    use super::{Node, SORTED, TimeText};
    use crate::model::json::python_float;
    use crate::model::{Detail, FindingsSummary, Instant, Map, ScanStatus, Value};

    #[test]
    fn the_members_are_sorted() {
        assert!(SORTED.windows(2).all(|pair| pair[0].name() < pair[1].name()));
    }

    /// Instants as texts or as numbers.
    struct Times(bool);

    impl Times {
        fn value(&self, instant: Instant) -> Value {
            if self.0 { Value::Str(instant.to_utc_text()) } else { Value::Float(instant.epoch_seconds()) }
        }
    }

    impl TimeText for Times {
        fn push(&self, instant: Instant, text: &mut String) {
            let digits = python_float(instant.epoch_seconds());
            text.push_str(if self.0 { instant.to_utc_text() } else { digits }.as_str());
        }

        fn is_text(&self) -> bool {
            self.0
        }
    }

    fn printed(mut formatter: impl Formatter, rows: &[Value]) -> String {
        let value = Value::Map(Map::from_iter([("imageDetails".to_owned(), Value::List(rows.to_vec()))]));
        let mut out = Vec::new();
        formatter.page(&value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The same, without members that the model does not have.
    fn plain(detail: Detail) -> Detail {
        Detail {
            image_scan_status: detail.image_scan_status.map(|status| ScanStatus { unknown: Map::new(), ..status }),
            image_scan_findings_summary: detail
                .image_scan_findings_summary
                .map(|findings| FindingsSummary { unknown: Map::new(), ..findings }),
            unknown: Map::new(),
            ..detail
        }
    }

    proptest! {
        #[test]
        fn details_print_as_their_values_do(
            details in prop::collection::vec(details().prop_map(plain), 1..4),
            texts in any::<bool>(),
            columns in prop_oneof![Just(80usize), Just(1000)],
        ) {
            let times = Times(texts);
            let values: Vec<Value> = details.iter().map(|it| it.to_value(&|instant| times.value(instant))).collect();
            let details: Vec<&Detail> = details.iter().collect();
            prop_assert!(details.iter().all(|detail| !detail.has_unknown()));

            let mut out = Vec::new();
            Text::default().node(Node::Rows("imageDetails", &details, &times), &mut out).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), printed(Text::default(), &values));

            let mut out = Vec::new();
            let mut list = YamlListWriter::new("imageDetails", &mut out);
            for detail in &details {
                list.element(Node::Detail(detail, &times)).unwrap();
            }
            list.finish().unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), printed(Yaml, &values));

            let style = Style { columns, ..Style::plain("DescribeImages") };
            let mut measure = RowsMeasure::default();
            for detail in &details {
                measure.add(Node::Detail(detail, &times)).unwrap();
            }
            let mut table = measure.table("imageDetails", None, &style).unwrap().unwrap();
            let mut out = Vec::new();
            table.begin(&mut out).unwrap();
            for detail in &details {
                table.row(Node::Detail(detail, &times), &mut out).unwrap();
            }
            table.finish(&mut out).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), printed(Table::new(style), &values));
        }
    }
}
