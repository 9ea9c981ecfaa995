//! Pages of the corpus in other text, and one that is long in every way.

use std::io::Cursor;

use ecrsnap::internal::ingest::source::Source;
use ecrsnap::internal::ingest::{Defaults, Inspected, inspect};

use super::corpus;

fn read(data: Vec<u8>, extract: bool) -> Result<Inspected, String> {
    let defaults = Defaults {
        registry_id: Some("123456789012".to_owned()),
        repository_name: Some("a/b".to_owned()),
        region: None,
    };
    let read = inspect(&Source::open("input", Box::new(Cursor::new(data))), &defaults, extract);
    read.map_err(|error| error.to_string())
}

/// A page reads the same alone and within other text.
#[test]
fn other_text_around_a_page_changes_nothing() {
    let mut compared = 0;
    for (name, data) in corpus("page") {
        let Ok(text) = String::from_utf8(data.clone()) else { continue };
        let (Ok(alone), true) = (read(data, false), text.trim_start().starts_with('{')) else { continue };
        let around = format!("$ aws ecr describe-images\n\u{1b}[1m{}\u{1b}[0m\n$ exit\n", text.trim_end());
        match read(around.into_bytes(), true) {
            Ok(within) => assert_eq!(within.rows, alone.rows, "{name}"),
            Err(message) => panic!("{name}: {message}"),
        }
        compared += 1;
    }
    assert!(compared >= 6, "{compared}");
}

/// A detail with very many members, which is read in very small pieces. If members were compared with each other, or
/// the text parsed again for each piece, this would take minutes.
#[test]
fn many_members_in_small_pieces() {
    /// Gives few bytes at a time.
    struct Drip {
        data: Cursor<Vec<u8>>,
        piece: usize,
    }
    impl std::io::Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let piece = self.piece.min(buffer.len());
            std::io::Read::read(&mut self.data, &mut buffer[..piece])
        }
    }
    let members: Vec<String> = (0..100_000).map(|number| format!("\"x{number}\": {number}")).collect();
    let severities: Vec<String> = (0..100_000).map(|number| format!("\"S{number}\": {number}")).collect();
    let page = format!(
        "{{\"imageDetails\": [{{\"registryId\": \"123456789012\", \"repositoryName\": \"a/b\", \"imageDigest\": \"sha256:ab\", {}, \
         \"imageScanFindingsSummary\": {{\"findingSeverityCounts\": {{{}}}}}}}]}}",
        members.join(", "),
        severities.join(", ")
    );
    let whole = read(page.clone().into_bytes(), false).expect("a page");
    let source = Source::open("pieces", Box::new(Drip { data: Cursor::new(page.into_bytes()), piece: 512 }));
    let pieces = inspect(&source, &Defaults::default(), false).expect("a page");
    assert_eq!(pieces.rows, whole.rows);
    assert_eq!(pieces.details, 1);
}
