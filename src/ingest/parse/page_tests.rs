//! Compares the fast paths with the general parser: both find the same in any text.

use proptest::prelude::*;

use super::super::fast_path::parse_span;
use super::*;

/// Records what the parser passes to it.
#[derive(Default)]
struct Notes {
    lines: Vec<String>,
    pending: bool,
    known: Known,
    /// Take every run that could be given away, and read it at once.
    help: bool,
    /// What was wrong with a run. A parser that continues behind it is not listened to.
    failed: Option<String>,
    runs: usize,
}

impl Sink for Notes {
    fn detail(&mut self, detail: &RawDetail<'_>, region: Option<&str>) -> Result<Mark, DetailError> {
        if detail.image_digest.as_deref() == Some("refuse me") {
            return Err(DetailError::Value("refused".to_owned()));
        }
        self.lines.push(format!("{detail:?} {region:?}"));
        self.pending = true;
        Ok(Mark::Plain)
    }

    fn key(&self, separator: Option<u8>, region: Option<&str>) -> FingerprintKey {
        FingerprintKey::new(&crate::ingest::Defaults::default(), separator, region)
    }

    fn fingerprint(&mut self, _rows: usize, _text: Fingerprint) {}

    fn known(&self) -> &Known {
        &self.known
    }

    fn take_known(&mut self, _chunk: KnownChunk) -> Result<(), DetailError> {
        Ok(())
    }

    fn page(&mut self, token: Option<String>, region: Option<&str>) -> Result<(), DetailError> {
        self.lines.push(format!("page {token:?} {region:?}"));
        self.pending = false;
        Ok(())
    }

    fn pending(&self) -> bool {
        self.pending
    }

    fn has_idle_worker(&self) -> bool {
        self.help
    }

    fn submit(&mut self, span: DetailSpan) -> Result<(), DetailError> {
        let mut notes = Notes::default();
        let read = parse_span(span, &mut notes);
        self.lines.append(&mut notes.lines);
        self.pending = true;
        self.runs += 1;
        read.map_err(|error| {
            self.failed = Some(said(&error));
            DetailError::Value("stopped".to_owned())
        })
    }
}

fn said(error: &PageError) -> String {
    match error {
        PageError::At { place, .. } => format!("{}:{}: {error}", place.line, place.column),
        _ => error.to_string(),
    }
}

/// Gives so many bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (piece, rest) = self.0.split_at(self.1.min(self.0.len()).min(buffer.len()));
        buffer[..piece.len()].copy_from_slice(piece);
        self.0 = rest;
        Ok(piece.len())
    }
}

/// Everything that is found in a text, and then what is wrong with it.
fn found(text: &[u8], help: bool, pause: u32) -> Notes {
    found_in(Pieces(text, usize::MAX), help, pause)
}

fn found_in(text: Pieces<'_>, help: bool, pause: u32) -> Notes {
    let mut notes = Notes { help, ..Notes::default() };
    let mut parser = Parser { pause, ..Parser::new(Window::new(text), &mut notes) };
    if let Err(error) = parser.text() {
        let said = notes.failed.take().unwrap_or_else(|| said(&error));
        notes.lines.push(said);
    }
    notes
}

/// A detail in one of the ways in which pages have them.
fn detail(number: usize) -> String {
    let digest = format!("sha256:{number:064x}");
    match number % 7 {
        0 => format!(r#"{{"ImageDigest":"{digest}","ImageTags":["\u0061{number}"],"ImageSizeInBytes":{number}}}"#),
        1 => format!(r#"{{"imageDigest": "{digest}", "imageTags": null, "unheard": {{"of": ["}}", {number}]}}}}"#),
        2 => format!(
            "{{\r\n\t\"imageDigest\" : \"{digest}\",\r\n\t\"imagePushedAt\" : {number}.25,\r\n\t\"imageTags\" : [ \"é{{\", \"x\" ]\r\n}}"
        ),
        3 => format!(r#"{{"imageDigest": "{digest}", "imageScanFindingsSummary": {{"findingSeverityCounts": {{}}}}}}"#),
        _ => format!(
            "{{\n            \"registryId\": \"123456789012\",\n            \"imageDigest\": \"{digest}\",\n            \
             \"imageSizeInBytes\": {number},\n            \"imagePushedAt\": \"2024-12-08T10:44:23+00:00\",\n            \
             \"imageScanStatus\": {{\n                \"status\": \"ACTIVE\",\n                \"description\": \"Continuous \
             scan is selected for image.\"\n            }},\n            \"imageScanFindingsSummary\": {{\n                \
             \"imageScanCompletedAt\": 1733655564.0,\n                \"findingSeverityCounts\": {{\n                    \
             \"HIGH\": {number},\n                    \"LOW\": 3\n                }}\n            }}\n        }}"
        ),
    }
}

/// Members that are spelled oddly, or wrong; the quick reader must leave them to the other.
const ODD: [&str; 40] = [
    r#""imageSizeInBytes": -0"#,
    r#""imageSizeInBytes": 007"#,
    r#""imageSizeInBytes": 1E3"#,
    r#""imageSizeInBytes": 1.0"#,
    r#""imageSizeInBytes": +1"#,
    r#""imageSizeInBytes": 999999999999999999"#,
    r#""imageSizeInBytes": 9223372036854775807"#,
    r#""imageSizeInBytes": 9223372036854775808"#,
    r#""imageSizeInBytes": 12345678901234567890123"#,
    r#""imageSizeInBytes": "7""#,
    r#""imageSizeInBytes": null"#,
    r#""imageSizeInBytes": 1, "imageSizeInBytes": 2"#,
    r#""imageSizeInBytes": 1, "ImageSizeInBytes": null"#,
    r#""imagePushedAt": 00"#,
    r#""imagePushedAt": 0"#,
    r#""imagePushedAt": -1.5"#,
    r#""imagePushedAt": 1.7E9"#,
    r#""imagePushedAt": 1."#,
    r#""imagePushedAt": .5"#,
    r#""imagePushedAt": 1.5x"#,
    r#""imagePushedAt": [[1]]"#,
    r#""imagePushedAt": {"__class__": "datetime"}"#,
    r#""imagePushedAt": "2024-12-08\u0054""#,
    r#""imagePushedAt": nul"#,
    r#""imageTags": []"#,
    r#""imageTags": [ ]"#,
    r#""imageTags": "one""#,
    r#""imageTags": ["\ud83d\ude00", "\\", "\/", "\u0000"]"#,
    r#""imageTags": ["\ud83d"]"#,
    r#""imageTags": ["\x41"]"#,
    r#""imageTags": ["a",]"#,
    r#""imageTags": ["a", null]"#,
    "\"imageTags\": [\"a\tb\"]",
    "\"imageTags\": [\"a\u{7f}\u{2028}\u{10ffff}\"]",
    r#""imageScanStatus": {}"#,
    r#""imageScanStatus": {"status": "A", "status": "B", "Description": null}"#,
    r#""imageScanFindingsSummary": {"findingSeverityCounts": {"LOW": 1, "HIGH": 2, "LOW": 3}}"#,
    r#""imageScanFindingsSummary": {"imageScanCompletedAt": 5}, "imageScanFindingsSummary": {"findingSeverityCounts": { }}"#,
    r#""imageScanFindingsSummary": {"imageScanCompletedAt": 5}, "imageScanFindingsSummary": null"#,
    "\"\": {\"\": [{}, \"\\\\\\\"}\"]}",
];

/// A detail that has them, and what else a detail has.
fn odd(number: usize, members: &[usize]) -> String {
    let members: Vec<&str> = members.iter().map(|at| ODD[at % ODD.len()]).collect();
    format!(r#"{{"imageDigest": "sha256:{number:064x}", {}}}"#, members.join(", "))
}

/// The shapes that hold details in a row.
fn shaped(shape: usize, details: &[String]) -> String {
    match shape {
        0 => format!("{{\"imageDetails\": [\n{}\n], \"nextToken\": \"t\"}}\n", details.join(",\n    ")),
        1 => format!("[{}]", details.join(", ")),
        2 => details.join("\n") + "\n",
        _ => {
            let (first, rest) = details.split_at(details.len() / 2);
            format!("{{\"eu-west-1\": {{\"imageDetails\": [{}]}}}} {}", first.join(","), shaped(0, rest))
        }
    }
}

#[test]
fn runs_are_given_away() {
    let details: Vec<String> = (0..200).map(detail).collect();
    for shape in 0..4 {
        let text = shaped(shape, &details);
        let alone = found(text.as_bytes(), false, u32::MAX);
        let helped = found(text.as_bytes(), true, 0);
        assert!(helped.runs > 0, "{shape}");
        assert_eq!(helped.lines, alone.lines, "{shape}");
        assert_eq!(alone.lines.iter().filter(|line| line.starts_with("RawDetail")).count(), 200);
    }
}

/// A detail may begin with members that the model does not have, whatever is in them.
#[test]
fn what_stands_around_details_is_told_from_what_stands_in_them() {
    let cases = [
        (r#"[{"account": {"id": 1}, "imageDigest": "a"}]"#, &["account", "page None None"][..]),
        (r#"{"account": {"id": {"of": {}}}, "imageDigest": "a"}"#, &["account", "page None None"]),
        (
            r#"{"x": {"y": {}}, "z": {"imageDetails": [{"imageDigest": "a"}]}, "registryId": "1"}"#,
            &["\"a\"", "page None None"],
        ),
        (r#"{"x": {"imageDigest": "a"}, "registryId": "1"}"#, &["\"a\"", "page None None"]),
        // Which of them is the detail?
        (
            r#"[{"parent": {"imageDigest": "b"}, "imageDigest": "a"}]"#,
            &["\"b\"", "page None None", "1:49: imageDigest next to a member that has details or pages in it"],
        ),
        (
            r#"{"parent": {"imageTags": []}, "imageDigest": "a"}"#,
            &["RawDetail", "page None None", "1:45: imageDigest next to a member that has details or pages in it"],
        ),
    ];
    for (text, expected) in cases {
        let lines = found(text.as_bytes(), false, 0).lines;
        assert_eq!(lines.len(), expected.len(), "{text}: {lines:#?}");
        for (line, part) in lines.iter().zip(expected) {
            assert!(line.contains(part), "{text}: {lines:#?}");
        }
    }
}

/// Parsers give different places for a control character, depending on whether they build the string or pass over it.
#[test]
fn a_control_character_is_reported_where_it_stands() {
    for member in ["registryId", "unknown"] {
        for before in ["", "ab"] {
            let text = format!("{{\"imageDigest\": \"a\", \"{member}\": \"{before}\u{1}2\"}}");
            let expected = text.find('\u{1}').expect("it stands there") + 1;
            for help in [false, true] {
                for pause in [0, u32::MAX] {
                    let lines = found(text.as_bytes(), help, pause).lines;
                    let line = lines.last().expect("an error");
                    assert!(line.contains(&format!("1:{expected}: control character")), "{text}: {line}");
                }
            }
        }
    }
}

/// If a member occurs twice, the last one counts.
#[test]
fn a_summary_that_is_taken_back_leaves_no_times() {
    let text = r#"{"imageDigest": "a", "imageScanFindingsSummary": {"imageScanCompletedAt": 1}, "imageScanFindingsSummary": null}"#;
    let lines = found(text.as_bytes(), false, 0).lines;
    assert!(lines[0].contains("times: Times([None, None, None, None, None, None])"), "{lines:?}");
}

/// Equal; of long texts only the first difference is shown.
fn same(ours: &[String], expected: &[String]) -> Result<(), TestCaseError> {
    for (ours, expected) in ours.iter().zip(expected) {
        prop_assert_eq!(ours, expected);
    }
    prop_assert_eq!(ours.len(), expected.len());
    Ok(())
}

/// As many as are asked for with `PROPTEST_CASES`, but not the many that are usual.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").map_or(200, |_| ProptestConfig::default().cases)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

/// A text with a byte or two inserted or changed.
    #[test]
    fn what_is_wrong_is_wrong_in_the_same_place(
        shape in 0usize..4,
        count in 60usize..200,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..3u8, proptest::sample::select(b"{}[]\",:\\ \nnx0-.\x01\xff".to_vec())), 0..3),
    ) {
        let details: Vec<String> = (0..count).map(detail).collect();
        let mut text = shaped(shape, &details).into_bytes();
        for (at, edit, byte) in edits {
            let at = at.index(text.len());
            match edit {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => drop(text.remove(at)),
            }
        }
        let slow = found(&text, false, u32::MAX).lines;
        same(&found(&text, false, 0).lines, &slow)?;
        same(&found(&text, true, 0).lines, &slow)?;
    }

/// Members that few pages have; the text is read in pieces of any length.
    #[test]
    fn odd_members_are_read_in_one_way(
        shape in 0usize..4,
        count in 1usize..150,
        odds in proptest::collection::vec((any::<prop::sample::Index>(), proptest::collection::vec(0usize..ODD.len(), 1..3)), 1..4),
        piece in proptest::sample::select(vec![1usize, 7, 300, 5000, 40_000, usize::MAX]),
    ) {
        let mut details: Vec<String> = (0..count).map(detail).collect();
        for (at, members) in odds {
            let at = at.index(count);
            details[at] = odd(at, &members);
        }
        let text = shaped(shape, &details).into_bytes();
        let slow = found(&text, false, u32::MAX).lines;
        // A byte at a time takes long: the slow reader begins again with each.
        let piece = if text.len() > 20_000 { piece.max(300) } else { piece };
        same(&found_in(Pieces(&text, piece), false, 0).lines, &slow)?;
        same(&found_in(Pieces(&text, piece), true, 0).lines, &slow)?;
        same(&found(&text, true, 0).lines, &slow)?;
    }

    /// The same of a text that stops early.
    #[test]
    fn what_is_cut_off_is_cut_off_in_the_same_place(shape in 0usize..4, end in any::<prop::sample::Index>()) {
        let details: Vec<String> = (0..120).map(detail).collect();
        let text = shaped(shape, &details).into_bytes();
        let text = &text[..end.index(text.len())];
        let slow = found(text, false, u32::MAX).lines;
        same(&found(text, false, 0).lines, &slow)?;
        same(&found(text, true, 0).lines, &slow)?;
    }
}
