//! Rows for a query: of a page's images no more is kept than the query looks at.

use std::rc::Rc;

use crate::model::{self, Detail, FindingsSummary, Instant, Map, Member, Value};

use super::call::Clock;

/// The names of the members that are kept.
pub(crate) type Names = Rc<[String]>;

/// Some members of a detail. They stay as they came and become values when they are looked at,
/// which for most rows of most queries never happens to most of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProjectedRow {
    names: Names,
    parts: Box<[ProjectedMember]>,
}

#[derive(Clone, Debug, PartialEq)]
enum ProjectedMember {
    Absent,
    Number(i64),
    Time(Instant),
    Tags(Vec<String>),
    Findings(Box<FindingsSummary>),
    /// What has no instant in it, and so is the same on any clock.
    Value(Box<Value>),
}

impl ProjectedRow {
    /// The members of these names.
    pub(crate) fn new(mut detail: Detail, names: &Names) -> Self {
        let parts = names.iter().map(|name| ProjectedMember::take(&mut detail, name)).collect();
        ProjectedRow { names: Rc::clone(names), parts }
    }

    /// A member.
    pub(crate) fn part(&self, name: &str) -> Option<model::MemberValue<'_>> {
        let place = self.names.iter().position(|known| known == name)?;
        self.parts.get(place)?.shown()
    }

    /// All that was kept.
    pub(crate) fn to_value(&self, clock: Clock<'_>) -> Value {
        let parts = self.names.iter().zip(&self.parts);
        let members = parts
            .filter_map(|(name, part)| Some((name.clone(), part.shown()?.to_value(&|instant| clock.value(instant)))));
        Value::Map(members.collect::<Map>())
    }
}

impl ProjectedMember {
    fn take(detail: &mut Detail, name: &str) -> Self {
        match Member::named(name) {
            Some(Member::ImageTags) => {
                return detail.image_tags.take().map_or(ProjectedMember::Absent, ProjectedMember::Tags);
            }
            Some(Member::ImageScanFindingsSummary) => {
                let findings = detail.image_scan_findings_summary.take();
                return findings
                    .map_or(ProjectedMember::Absent, |findings| ProjectedMember::Findings(Box::new(findings)));
            }
            _ => {}
        }
        match detail.part_named(name) {
            None => ProjectedMember::Absent,
            Some(model::MemberValue::Number(number)) => ProjectedMember::Number(number),
            Some(model::MemberValue::Time(instant)) => ProjectedMember::Time(instant),
            Some(other) => ProjectedMember::Value(Box::new(other.to_value(&|_| Value::Null))),
        }
    }

    fn shown(&self) -> Option<model::MemberValue<'_>> {
        Some(match self {
            ProjectedMember::Absent => return None,
            ProjectedMember::Number(number) => model::MemberValue::Number(*number),
            ProjectedMember::Time(instant) => model::MemberValue::Time(*instant),
            ProjectedMember::Tags(tags) => model::MemberValue::Tags(tags),
            ProjectedMember::Findings(findings) => model::MemberValue::Findings(findings),
            ProjectedMember::Value(value) => model::MemberValue::Other(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Names, ProjectedRow};
    use crate::client::call::Clock;
    use crate::client::time::TimestampFormat;
    use crate::client::zone::Zone;
    use crate::model::{Detail, Digest, FindingsSummary, Instant, Map, Member, ScanStatus, Value};

    #[test]
    fn what_is_kept_is_what_the_detail_shows() {
        let at = |seconds: i64| Instant::from_micros(seconds * 1_000_000).ok();
        let detail = Detail {
            image_tags: Some(vec!["a".to_owned(), "b".to_owned()]),
            image_size_in_bytes: Some(7),
            image_pushed_at: at(1),
            image_scan_status: Some(ScanStatus { status: Some("COMPLETE".into()), ..ScanStatus::default() }),
            image_scan_findings_summary: Some(FindingsSummary {
                image_scan_completed_at: at(2),
                finding_severity_counts: Some(vec![("HIGH".to_owned(), 3)]),
                ..FindingsSummary::default()
            }),
            image_status: Some("ACTIVE".into()),
            subject_manifest_digest: Some(Digest::parse("sha256:other")),
            last_archived_at: at(4),
            unknown: Map::from_iter([("future".to_owned(), Value::Bool(true))]),
            ..Detail::new(Arc::from("123456789012"), Arc::from("shop/web"), Digest::Sha256([7; 32]))
        };
        let zone = Zone::default();
        let clock = Clock { format: TimestampFormat::Iso8601, zone: &zone };
        let whole = detail.to_value(&|instant| clock.value(instant));
        let names: Names =
            Member::ALL.iter().map(|member| member.name()).chain(["future", "none"]).map(Into::into).collect();
        let kept = ProjectedRow::new(detail, &names);
        assert_eq!(kept.to_value(clock), whole);
        for name in names.iter() {
            let part = kept.part(name).map(|part| part.to_value(&|instant| clock.value(instant)));
            assert_eq!(part.as_ref(), whole.get(name), "{name}");
        }
        assert!(kept.part("never kept").is_none());
    }
}
