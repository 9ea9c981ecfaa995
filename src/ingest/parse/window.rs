//! A buffer over a stream that holds at least the item being parsed, and knows its line and column.
//!
//! A JSON parser that works on a slice is much faster than one that asks for each byte, but a page
//! of a gigabyte cannot be a slice. So the parser works on this window; where an item runs past its
//! end, the window takes in more and the item is parsed again. It knows nothing of JSON.

use std::io::{self, Read};

use crate::model::steps;

/// Bytes that are asked of the stream at once.
const BLOCK: usize = 256 << 10;
/// The longest single item. A detail has about a kilobyte; this is only a guard for memory.
pub(super) const LONGEST_ITEM: usize = 64 << 20;

/// Bytes that a message may show.
const SHOWN: usize = 256;

/// A piece of a text that is read apart from what is around it.
pub(crate) struct Piece {
    bytes: Vec<u8>,
    length: usize,
    place: TextPosition,
}

impl Piece {
    /// A text that begins at `place` of a larger one.
    pub(crate) fn new(text: String, place: TextPosition) -> Self {
        let bytes = text.into_bytes();
        Piece { length: bytes.len(), bytes, place }
    }

    /// A window that holds it whole.
    pub(crate) fn window(self) -> Window<io::Empty> {
        Window {
            reader: io::empty(),
            start: 0,
            end: self.length,
            ended: true,
            pins: Vec::new(),
            unpinned: 0,
            keep: None,
            lines: self.place.line - 1,
            column: self.place.column - 1,
            beyond: self.bytes.len() - self.length,
            buffer: self.bytes,
        }
    }
}

/// The buffered bytes of a stream, from `start` to the end of what was read.
pub(crate) struct Window<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// Places that the parser can come back to, inner ones last; bytes from the first on stay.
    pins: Vec<usize>,
    /// The place that was given up last, for a message.
    unpinned: usize,
    /// Where the text begins that [`Window::recorded`] gives.
    keep: Option<usize>,
    /// Newlines before the buffer's first byte, and bytes after the last of them.
    lines: u64,
    column: u64,
    /// Bytes behind the end that are not to be read, only shown.
    beyond: usize,
}

/// A place in a text, both counted from 1; the column counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPosition {
    /// Line.
    pub line: u64,
    /// Column, in bytes.
    pub column: u64,
}

impl<R: Read> Window<R> {
    pub(crate) fn new(reader: R) -> Self {
        Window {
            reader,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            pins: Vec::new(),
            unpinned: 0,
            keep: None,
            lines: 0,
            column: 0,
            beyond: 0,
        }
    }

    /// What is buffered and not yet consumed.
    pub(crate) fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// What is shown of the text from the byte `ahead` on, however it came in.
    pub(crate) fn shown(&mut self, ahead: usize) -> &[u8] {
        // Where no more can be read, the message is about something else.
        while self.data().len() < ahead + SHOWN && self.more().unwrap_or(false) {}
        &self.buffer[self.start + ahead..self.end + self.beyond]
    }

    /// The text ahead as a piece of its own: `length` bytes, and some more to be shown.
    pub(crate) fn cut(&self, length: usize) -> Piece {
        let shown = (self.start + length + SHOWN).min(self.end);
        Piece { bytes: self.buffer[self.start..shown].to_vec(), length, place: self.place(0) }
    }

    /// Take in more of the stream; false at its end.
    pub(crate) fn more(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.drop_consumed();
        if self.end >= LONGEST_ITEM {
            let limit = LONGEST_ITEM >> 20;
            return Err(io::Error::other(format!("one item (a detail, or a value in it) is longer than {limit} MiB")));
        }
        if self.buffer.len() < self.end + BLOCK {
            let size = (self.end + BLOCK).max(self.buffer.len() * 2);
            steps::count(size);
            self.buffer.resize(size, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Read more until at least `count` bytes are buffered; fewer only at the end of the stream, or at
    /// the limit for one item.
    pub(crate) fn want(&mut self, count: usize) -> io::Result<()> {
        while self.data().len() < count && self.end < LONGEST_ITEM && self.more()? {}
        Ok(())
    }

    /// Read at least as much again as is buffered, for an item that continues behind it; false at the
    /// end of the stream. An item that arrives in small pieces is parsed again only each time its text has
    /// doubled, so that the total cost is linear in its length.
    pub(crate) fn grow(&mut self) -> io::Result<bool> {
        let length = self.data().len();
        if !self.more()? {
            return Ok(false);
        }
        self.want(2 * length)?;
        Ok(true)
    }

    /// Whether the text continues with these bytes.
    pub(crate) fn starts_with(&mut self, bytes: &[u8]) -> io::Result<bool> {
        self.want(bytes.len())?;
        Ok(self.data().starts_with(bytes))
    }

    /// Move what is still needed to the front.
    fn drop_consumed(&mut self) {
        let keep =
            self.pins.first().copied().unwrap_or(self.start).min(self.keep.unwrap_or(self.start)).min(self.start);
        if keep == 0 {
            return;
        }
        let place = self.place_of(keep);
        (self.lines, self.column) = (place.line - 1, place.column - 1);
        steps::count(self.end - keep);
        self.buffer.copy_within(keep..self.end, 0);
        self.start -= keep;
        self.end -= keep;
        self.pins.iter_mut().for_each(|pin| *pin -= keep);
        self.unpinned = self.unpinned.saturating_sub(keep);
        self.keep = self.keep.map(|start| start - keep);
    }

    /// Go on by `count` bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
    }

    /// Record everything from here on, for [`Window::back_to_pin`].
    pub(crate) fn pin(&mut self) {
        self.pins.push(self.start);
    }

    /// Remove the last pin.
    pub(crate) fn unpin(&mut self) {
        self.unpinned = self.pins.pop().unwrap_or(self.start);
    }

    /// The place of the pin that the last [`Window::unpin`] removed. Valid until more text is read.
    pub(crate) fn unpinned_place(&self) -> TextPosition {
        self.place_of(self.unpinned)
    }

    /// Remove all pins.
    pub(crate) fn unpin_all(&mut self) {
        self.pins.clear();
    }

    /// Go back to the last pin; false if there is none.
    pub(crate) fn back_to_pin(&mut self) -> bool {
        match self.pins.pop() {
            Some(pin) => {
                self.start = pin;
                true
            }
            None => false,
        }
    }

    /// Record everything from here on, for [`Window::recorded`].
    pub(crate) fn record(&mut self) {
        self.keep = Some(self.start);
    }

    /// What was consumed since [`Window::record`] was called.
    pub(crate) fn recorded(&self) -> &[u8] {
        &self.buffer[self.keep.unwrap_or(self.start)..self.start]
    }

    /// Stop recording.
    pub(crate) fn stop_recording(&mut self) {
        self.keep = None;
    }

    /// The next byte that is not JSON white space, not consumed; `None` at the end.
    pub(crate) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let data = &self.buffer[self.start..self.end];
            if let Some(at) = data.iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\t' | b'\r')) {
                self.start += at;
                return Ok(Some(self.buffer[self.start]));
            }
            self.start = self.end;
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    /// The place in the text of the byte that is `ahead` bytes behind the next one.
    pub(crate) fn place(&self, ahead: usize) -> TextPosition {
        self.place_of((self.start + ahead).min(self.end))
    }

    fn place_of(&self, index: usize) -> TextPosition {
        let before = &self.buffer[..index];
        match memchr::memrchr(b'\n', before) {
            Some(last) => TextPosition {
                line: self.lines + memchr::memchr_iter(b'\n', before).count() as u64 + 1,
                column: (index - last) as u64,
            },
            None => TextPosition { line: self.lines + 1, column: self.column + index as u64 + 1 },
        }
    }

    /// The byte offset, ahead of the next byte, of a line and column that a parser counted from
    /// here, both from 1.
    pub(crate) fn ahead_of(&self, line: usize, column: usize) -> usize {
        let data = self.data();
        let mut begin = 0;
        for _ in 1..line {
            match memchr::memchr(b'\n', &data[begin..]) {
                Some(at) => begin += at + 1,
                None => break,
            }
        }
        (begin + column.saturating_sub(1)).min(data.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{TextPosition, Window};

    /// Gives one byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl std::io::Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(1);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn lines_and_columns_survive_what_is_dropped() {
        let mut window = Window::new(Drip(b"ab\n  c\n\nd"));
        let mut seen = Vec::new();
        while let Some(byte) = window.peek().unwrap() {
            seen.push((byte, window.place(0)));
            window.consume(1);
        }
        let place = |line, column| TextPosition { line, column };
        assert_eq!(seen, [(b'a', place(1, 1)), (b'b', place(1, 2)), (b'c', place(2, 3)), (b'd', place(4, 1))]);
    }

    #[test]
    fn a_pinned_start_can_be_gone_back_to() {
        let mut window = Window::new(Drip(b"x[1,2]"));
        window.peek().unwrap();
        window.consume(1);
        window.pin();
        while window.peek().unwrap().is_some() {
            window.consume(1);
        }
        assert!(window.back_to_pin());
        assert_eq!(window.data(), b"[1,2]");
        assert_eq!(window.place(0), TextPosition { line: 1, column: 2 });
    }
}
