//! The quick ways through consecutive details, tried before the slow one of `page`.
//!
//! - A text that the store has read before is not parsed at all (`fingerprint`).
//! - A new text goes to another parser if one is idle (`span_scan`, `parallel::work_queue`).
//! - A detail in the AWS CLI's own spelling is read without `serde_json` (`fast_json`).
//!
//! Each way gives the sink the same details: the tests of `page` compare them.

use std::io::Read;

use super::fast_json;
use super::fingerprint;
use super::page::{PageError, Parser, Sink};
use super::row::Mark;
use super::span_scan;
use super::window::Piece;

/// Complete, consecutive details of a text and nothing else.
pub(crate) struct DetailSpan {
    piece: Piece,
    separator: Option<u8>,
    region: Option<Box<str>>,
}

/// Bytes that are looked at for plain details at once.
const LOOK_AHEAD: usize = 32 << 10;
/// Bytes that are given away at once, at most.
const MAX_TASK: usize = 1 << 20;
/// Details that are read the other way after one that was not plain: if they are all like that,
/// trying costs nothing.
const PAUSE: u32 = 32;

/// Plain details since a place where a chunk may begin, whose text may have a fingerprint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum PendingText {
    /// None: the next chunk has not begun.
    Off,
    /// A chunk may begin with the next detail.
    Begin,
    /// So many, recorded in the window.
    Rows(usize),
}

/// After so many misses a text is taken for a new one, and others may help to read it.
const MISSES: u32 = 16;

/// Find the details of a run.
pub(crate) fn parse_span<S: Sink>(span: DetailSpan, sink: &mut S) -> Result<(), PageError> {
    let DetailSpan { piece, separator, region } = span;
    let region = region.as_deref();
    let mut parser = Parser::new(piece.window(), sink);
    while parser.window.peek()?.is_some() {
        if !parser.plain(separator, region)? {
            parser.detail(region)?;
        }
        if let (Some(separator), Some(_)) = (separator, parser.window.peek()?) {
            parser.expect(separator)?;
        }
    }
    Ok(())
}

impl<R: Read, S: Sink> Parser<'_, R, S> {
    /// Details at the window's front, with `separator` between, known or read here or by others;
    /// false if the first must be read one by one. Nothing behind the last of them is consumed.
    pub(in crate::ingest) fn fast_path(
        &mut self,
        separator: Option<u8>,
        region: Option<&str>,
    ) -> Result<bool, PageError> {
        let found = self.quick_ways(separator, region)?;
        if found {
            // Nothing around these details can turn out to be a detail itself.
            self.window.unpin_all();
        }
        Ok(found)
    }

    fn quick_ways(&mut self, separator: Option<u8>, region: Option<&str>) -> Result<bool, PageError> {
        let new = self.sink.known().is_empty();
        if !new && self.pending_text == PendingText::Begin && self.known_text(separator, region)? {
            return Ok(true);
        }
        if (new || self.misses >= MISSES) && self.has_places && self.sink.has_idle_worker() {
            self.window.want(MAX_TASK)?;
            let data = self.window.data();
            let length = span_scan::length(&data[..data.len().min(MAX_TASK)], separator);
            if length > LOOK_AHEAD {
                let span = DetailSpan { piece: self.window.cut(length), separator, region: region.map(Into::into) };
                self.drop_text(PendingText::Off);
                let given = self.sink.submit(span);
                given.map_err(|refused| self.refused(0, &refused))?;
                self.window.consume(length);
                return Ok(true);
            }
        }
        self.plain(separator, region)
    }

    /// A text at the window's front that was read before.
    fn known_text(&mut self, separator: Option<u8>, region: Option<&str>) -> Result<bool, PageError> {
        let key = self.sink.key(separator, region);
        while key.prefix_hash(self.window.data()).is_none() && self.window.more()? {}
        let found = key.prefix_hash(self.window.data()).and_then(|prefix_hash| self.sink.known().find(prefix_hash));
        if let Some((text, chunk)) = found {
            let length = text.length as usize;
            self.window.want(length)?;
            if key.matches(&text, self.window.data()) {
                self.sink.take_known(chunk).map_err(|refused| self.refused(0, &refused))?;
                self.window.consume(length);
                self.misses = 0;
                return Ok(true);
            }
        }
        self.misses += 1;
        Ok(false)
    }

    /// Plain details at the window's front, up to where a chunk ends; false if the first is not
    /// plain, or not whole in the window.
    pub(in crate::ingest) fn plain(&mut self, separator: Option<u8>, region: Option<&str>) -> Result<bool, PageError> {
        if self.pause > 0 {
            self.pause -= 1;
            return Ok(false);
        }
        if self.pending_text == PendingText::Begin {
            self.window.record();
            self.pending_text = PendingText::Rows(0);
        }
        // A detail that only the window cuts is plain too.
        if self.window.data().len() < LOOK_AHEAD / 2 {
            self.window.more()?;
        }
        let data = self.window.data();
        let text = valid(&data[..data.len().min(LOOK_AHEAD)]);
        let (mut begin, mut end, mut rows) = (0, 0, 0);
        let mut mark = Mark::Plain;
        while let Some((detail, length)) = fast_json::detail(&text[begin..]) {
            mark = match self.sink.detail(&detail, region) {
                Ok(mark) => mark,
                Err(refused) => {
                    let ahead = begin + refused.ahead(&detail, &text.as_bytes()[begin..]);
                    return Err(self.refused(ahead, &refused));
                }
            };
            rows += 1;
            end = begin + length;
            begin = end + fast_json::space(&text[end..]);
            if mark != Mark::Plain {
                break;
            }
            if let Some(separator) = separator {
                if text.as_bytes().get(begin) != Some(&separator) {
                    break;
                }
                begin += 1 + fast_json::space(&text[begin + 1..]);
            }
        }
        if end == 0 && data.len() >= LOOK_AHEAD {
            self.pause = PAUSE;
        }
        self.window.consume(end);
        if let PendingText::Rows(before) = self.pending_text {
            self.pending_text = PendingText::Rows(before + rows);
        }
        match mark {
            Mark::Border => self.finish_text(separator, region, PendingText::Begin),
            Mark::Anomaly => self.drop_text(PendingText::Off),
            Mark::Plain if self.window.recorded().len() > fingerprint::MAX_LENGTH => self.drop_text(PendingText::Off),
            Mark::Plain => {}
        }
        Ok(end > 0)
    }

    /// A chunk ends here, or may end if all that was consumed since is white space.
    pub(in crate::ingest) fn finish_text(&mut self, separator: Option<u8>, region: Option<&str>, next: PendingText) {
        if let PendingText::Rows(rows @ 1..) = self.pending_text {
            let recorded = self.window.recorded().trim_ascii_end();
            if let Some(text) = self.sink.key(separator, region).fingerprint(recorded) {
                self.sink.fingerprint(rows, text);
            }
        }
        self.drop_text(next);
    }

    /// Take no fingerprint of the text that is read now.
    pub(in crate::ingest) fn drop_text(&mut self, next: PendingText) {
        self.window.stop_recording();
        self.pending_text = next;
    }
}

/// As much as is UTF-8.
fn valid(data: &[u8]) -> &str {
    match std::str::from_utf8(data) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&data[..error.valid_up_to()]).unwrap_or_default(),
    }
}
