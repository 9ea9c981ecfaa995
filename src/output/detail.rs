//! An image detail as JSON, straight from its members: the bytes that would be printed for the
//! detail's [`Value`], without building one. Indented for `--output json`, on one line for the wire.

use std::io::Write as _;

use super::json::write_indented;
use crate::model::json::{python_float, write_compact, write_string};
use crate::model::{Detail, Digest, FindingsSummary, Instant, Map, MemberValue, ScanStatus, Value};

/// Writes an instant as JSON.
pub type WriteTime<'t> = &'t dyn Fn(Instant, &mut Vec<u8>);

/// How the members of an object are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// On one line, with `, ` and `: ` between.
    Compact,
    /// On lines of their own; the object is at that depth.
    Indented(usize),
}

/// Write a detail.
pub fn write_detail(out: &mut Vec<u8>, detail: &Detail, time: WriteTime<'_>, layout: Layout) {
    let mut object = Object::open(out, layout);
    for (name, part) in detail.parts() {
        if let MemberValue::Other(value) = part {
            object.value(name, value);
            continue;
        }
        let out = object.plain_key(name);
        match part {
            MemberValue::Text(text) => put_string(out, text),
            MemberValue::Digest(Digest::Other(text)) => put_string(out, text),
            // Hexadecimal digits need no escape.
            MemberValue::Digest(digest) => put(&write!(out, "\"{digest}\"")),
            MemberValue::Number(number) => put_number(out, number),
            MemberValue::Time(instant) => time(instant, out),
            MemberValue::Tags(tags) => object.strings(tags),
            MemberValue::ScanStatus(status) => write_scan_status(object.inner(), status),
            MemberValue::Findings(findings) => write_findings(object.inner(), findings, time),
            MemberValue::Other(_) => {}
        }
    }
    object.close();
}

/// Write an instant as the wire has it: a number of seconds, printed as Python prints a float.
pub fn write_epoch_seconds(instant: Instant, out: &mut Vec<u8>) {
    let (seconds, micros) = instant.seconds();
    // From 1970 to 2242 two doubles lie closer together than two microseconds, so the digits of the
    // instant are the shortest that read back as the double. Beyond, and with digits below the
    // microsecond, the double has to say.
    if instant.below_micros() > 0 || !(1..1 << 33).contains(&seconds) {
        out.extend_from_slice(python_float(instant.epoch_seconds()).as_bytes());
        return;
    }
    put_number(out, seconds);
    let digits = format!("{micros:06}");
    let digits = digits.trim_end_matches('0');
    out.push(b'.');
    out.extend_from_slice(if digits.is_empty() { b"0" } else { digits.as_bytes() });
}

fn write_scan_status(mut object: Object<'_>, status: &ScanStatus) {
    for (name, text) in [("status", &status.status), ("description", &status.description)] {
        if let Some(text) = text {
            put_string(object.plain_key(name), text);
        }
    }
    object.values(&status.unknown);
    object.close();
}

fn write_findings(mut object: Object<'_>, findings: &FindingsSummary, time: WriteTime<'_>) {
    let times = [
        ("imageScanCompletedAt", findings.image_scan_completed_at),
        ("vulnerabilitySourceUpdatedAt", findings.vulnerability_source_updated_at),
    ];
    for (name, instant) in times {
        if let Some(instant) = instant {
            time(instant, object.plain_key(name));
        }
    }
    if findings.finding_severity_counts.is_some() {
        object.plain_key("findingSeverityCounts");
        let mut inner = object.inner();
        for (severity, count) in findings.severities() {
            let out = inner.key(severity);
            match count {
                Some(count) => put_number(out, count),
                None => out.extend_from_slice(b"null"),
            }
        }
        inner.close();
    }
    object.values(&findings.unknown);
    object.close();
}

/// An object under way.
struct Object<'o> {
    out: &'o mut Vec<u8>,
    layout: Layout,
    any: bool,
}

impl<'o> Object<'o> {
    fn open(out: &'o mut Vec<u8>, layout: Layout) -> Self {
        out.push(b'{');
        Object { out, layout, any: false }
    }

    /// Write a member's name and the text around it; its value follows.
    fn key(&mut self, name: &str) -> &mut Vec<u8> {
        self.separate();
        put_string(self.out, name);
        self.out.extend_from_slice(b": ");
        self.out
    }

    /// [`Object::key`] for a name of the model, which needs no escape.
    fn plain_key(&mut self, name: &str) -> &mut Vec<u8> {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\": ");
        self.out
    }

    /// An object as a member's value.
    fn inner(&mut self) -> Object<'_> {
        let layout = match self.layout {
            Layout::Compact => Layout::Compact,
            Layout::Indented(depth) => Layout::Indented(depth + 1),
        };
        Object::open(self.out, layout)
    }

    /// A list of texts as a member's value.
    fn strings(&mut self, texts: &[String]) {
        if texts.is_empty() {
            self.out.extend_from_slice(b"[]");
            return;
        }
        self.out.push(b'[');
        for (index, text) in texts.iter().enumerate() {
            match self.layout {
                Layout::Compact if index > 0 => self.out.extend_from_slice(b", "),
                Layout::Compact => {}
                Layout::Indented(depth) => break_line(self.out, index > 0, depth + 2),
            }
            put_string(self.out, text);
        }
        if let Layout::Indented(depth) = self.layout {
            break_line(self.out, false, depth + 1);
        }
        self.out.push(b']');
    }

    fn value(&mut self, name: &str, value: &Value) {
        let layout = self.layout;
        let out = self.key(name);
        let outcome = match layout {
            Layout::Compact => write_compact(out, value),
            Layout::Indented(depth) => write_indented(out, value, depth + 1),
        };
        put(&outcome);
    }

    fn values(&mut self, members: &Map) {
        for (name, value) in members {
            self.value(name, value);
        }
    }

    fn close(self) {
        if let (true, Layout::Indented(depth)) = (self.any, self.layout) {
            break_line(self.out, false, depth);
        }
        self.out.push(b'}');
    }

    /// Write the separator before a member.
    fn separate(&mut self) {
        match self.layout {
            Layout::Compact if self.any => self.out.extend_from_slice(b", "),
            Layout::Compact => {}
            Layout::Indented(depth) => break_line(self.out, self.any, depth + 1),
        }
        self.any = true;
    }
}

fn break_line(out: &mut Vec<u8>, comma: bool, depth: usize) {
    if comma {
        out.push(b',');
    }
    out.push(b'\n');
    out.resize(out.len() + 4 * depth, b' ');
}

/// A quoted text. Most need no escape, and are copied.
fn put_string(out: &mut Vec<u8>, text: &str) {
    // To the end even where the answer is known, so that many bytes are looked at in one go.
    let escapes = text
        .bytes()
        .fold(0u8, |found, byte| found | u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\'));
    if escapes == 0 {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        put(&write_string(out, text));
    }
}

fn put_number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writing to memory does not fail.
fn put(outcome: &std::io::Result<()>) {
    debug_assert!(outcome.is_ok());
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::{Layout, write_detail, write_epoch_seconds};
    use crate::model::{Detail, Digest, FindingsSummary, Instant, Map, ScanStatus, Value, json};
    use crate::output::json::write_indented;

    prop_compose! {
        fn texts()(some in prop::option::of("\\PC{0,6}|[\"\\\\\n\u{1}\u{7f}é]{1,3}")) -> Option<Arc<str>> {
            some.map(Into::into)
        }
    }
    prop_compose! {
        fn instants()(some in prop::option::of(0i64..2_000_000_000_000_000)) -> Option<Instant> {
            some.and_then(|micros| Instant::from_micros(micros).ok())
        }
    }
    prop_compose! {
        fn unknown()(names in prop::collection::vec("[a-z\"]{1,3}", 0..3)) -> Map {
            let value = json::parse(r#"[1, {"a": [], "b": {}}, 2.5, 1e999]"#).unwrap();
            names.into_iter().map(|name| (name, value.clone())).collect()
        }
    }
    prop_compose! {
        pub(in crate::output) fn details()(
            (name, digest, subject) in (".{0,5}", "sha256:[0-9a-f]{64}|.{0,9}", prop::option::of(".{0,9}")),
            tags in prop::option::of(prop::collection::vec("\\PC{0,4}", 0..3)),
            size in prop::option::of(any::<i64>()),
            times in prop::array::uniform6(instants()),
            kind in prop::array::uniform5(texts()),
            (has_status, has_findings) in any::<(bool, bool)>(),
            counts in prop::option::of(prop::collection::vec(("[A-Z\"]{1,2}", any::<i64>()), 0..3)),
            others in prop::array::uniform3(unknown()),
        ) -> Detail {
            let [manifest, artifact, image_status, status, description] = kind;
            let [members, in_status, in_findings] = others;
            // A name comes once in an object.
            let counts = counts.map(|mut counts| {
                counts.sort();
                counts.dedup_by(|(left, _), (right, _)| left == right);
                counts
            });
            Detail {
                image_tags: tags,
                image_size_in_bytes: size,
                image_pushed_at: times[0],
                image_scan_status: has_status.then_some(ScanStatus { status, description, unknown: in_status }),
                image_scan_findings_summary: has_findings.then_some(FindingsSummary {
                    image_scan_completed_at: times[1],
                    vulnerability_source_updated_at: times[2],
                    null_severities: counts.iter().flatten().take(1).map(|_| (1, "null".to_owned())).collect(),
                    finding_severity_counts: counts,
                    unknown: in_findings,
                }),
                image_manifest_media_type: manifest,
                artifact_media_type: artifact,
                last_recorded_pull_time: times[3],
                subject_manifest_digest: subject.as_deref().map(Digest::parse),
                image_status,
                last_archived_at: times[4],
                last_activated_at: times[5],
                unknown: members,
                ..Detail::new("123456789012".into(), name.into(), Digest::parse(&digest))
            }
        }
    }

    proptest! {
        #[test]
        fn seconds_are_printed_as_their_double_is(
            micros in prop_oneof![0..2_000_000_000_000_000i64, -62_135_596_800_000_000..253_402_300_800_000_000i64],
            whole in any::<bool>(),
            below in prop_oneof![Just(0u16), 0u16..1000],
        ) {
            let (micros, below) = if whole { (micros / 1_000_000 * 1_000_000, 0) } else { (micros, below) };
            let instant = Instant::from_parts(micros, below).unwrap();
            let mut out = Vec::new();
            write_epoch_seconds(instant, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), json::python_float(instant.epoch_seconds()));
        }

        #[test]
        fn the_bytes_are_those_of_the_value(detail in details(), depth in 0usize..4) {
            let value = detail.to_value(&|instant| Value::Float(instant.epoch_seconds()));
            let (mut direct, mut naive) = (Vec::new(), Vec::new());
            write_detail(&mut direct, &detail, &write_epoch_seconds, Layout::Indented(depth));
            write_indented(&mut naive, &value, depth).unwrap();
            prop_assert_eq!(String::from_utf8(direct), String::from_utf8(naive));
            let mut direct = Vec::new();
            write_detail(&mut direct, &detail, &write_epoch_seconds, Layout::Compact);
            prop_assert_eq!(String::from_utf8(direct).unwrap(), json::to_compact(&value));
        }
    }
}
