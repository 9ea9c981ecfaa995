//! The envelopes: finds the details of a text in every shape that people save, and its tokens.
//!
//! Works on a [`Window`], so a page of any length streams through. What a detail means is the
//! sink's affair; here it is only found. The shapes and the look-alikes that are refused are listed
//! in `docs/ingest.md`.

use std::io::{self, Read};

use super::detail::{self, RawDetail};
use super::fast_path::{DetailSpan, PendingText};
use super::fingerprint::FingerprintKey;
use super::row::{DetailError, Mark};
use super::window::{TextPosition, Window};
use super::wrong_input;
use crate::store::load::{Known, KnownChunk};
use crate::store::row::Fingerprint;

/// Takes what is found in a text, in its order.
pub(crate) trait Sink {
    /// A detail of the page that is open; `region` where the wrapping says it.
    fn detail(&mut self, detail: &RawDetail<'_>, region: Option<&str>) -> Result<Mark, DetailError>;
    /// The key for texts of details with `separator` between them.
    fn key(&self, separator: Option<u8>, region: Option<&str>) -> FingerprintKey;
    /// The last details, `rows` of them, stood in this text.
    fn fingerprint(&mut self, rows: usize, text: Fingerprint);
    /// The texts that need not be parsed.
    fn known(&self) -> &Known;
    /// What stands here is known.
    fn take_known(&mut self, chunk: KnownChunk) -> Result<(), DetailError>;
    /// The page ends, with its token where it had one. Details since the page before belong to it;
    /// there may be none.
    fn page(&mut self, token: Option<String>, region: Option<&str>) -> Result<(), DetailError>;
    /// Details since the page before that belong to no page yet.
    fn pending(&self) -> bool;
    /// Whether somebody else would read a run of details now.
    fn has_idle_worker(&self) -> bool {
        false
    }
    /// Give a run of details to somebody else, to be read with `fast_path::parse_span`. What it has comes
    /// before what this sink is told next.
    fn submit(&mut self, _span: DetailSpan) -> Result<(), DetailError> {
        Ok(())
    }
}

/// What is wrong with a text, and where.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error("{message}")]
    At { place: TextPosition, message: String },
    #[error("{message}")]
    Whole { message: String },
    #[error(transparent)]
    Read(#[from] io::Error),
}

/// Objects in objects in arrays: real wrappings have four.
const DEEPEST: usize = 16;

/// Find everything in the text behind `reader`.
pub(crate) fn parse<R: Read, S: Sink>(reader: R, sink: &mut S) -> Result<(), PageError> {
    Parser::new(Window::new(reader), sink).text()
}

/// Finds details in a window. What is quick about it is in `stretch`.
pub(in crate::ingest) struct Parser<'s, R, S> {
    pub(in crate::ingest) window: Window<R>,
    pub(in crate::ingest) sink: &'s mut S,
    /// Details until plain ones are looked for again.
    pub(in crate::ingest) pause: u32,
    pub(in crate::ingest) pending_text: PendingText,
    /// Places where a known text could begin and none did, since the last one that did.
    pub(in crate::ingest) misses: u32,
}

/// What an object or array turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Contents {
    /// Details or a page.
    Something,
    /// Nothing that belongs to `describe-images`.
    Nothing,
}

impl<'s, R: Read, S: Sink> Parser<'s, R, S> {
    pub(in crate::ingest) fn new(window: Window<R>, sink: &'s mut S) -> Self {
        Parser { window, sink, pause: 0, pending_text: PendingText::Off, misses: 0 }
    }

    fn text(&mut self) -> Result<(), PageError> {
        let mut documents = 0;
        self.pending_text = PendingText::Begin;
        while let Some(byte) = self.window.peek()? {
            if byte == b'{' && self.fast_path(None, None)? {
                documents += 1;
                continue;
            }
            let found = match byte {
                b'{' => self.object(0, None)?,
                b'[' => self.array(0, None)?,
                _ => return self.not_json(documents),
            };
            if found == Contents::Nothing {
                let message = "no imageDetails here: this is JSON, but not what `aws ecr describe-images` prints";
                return Err(PageError::Whole { message: message.to_owned() });
            }
            documents += 1;
        }
        if documents == 0 {
            let message = "empty: expected the JSON that `aws ecr describe-images` prints";
            return Err(PageError::Whole { message: message.to_owned() });
        }
        self.finish_text(None, None, PendingText::Off);
        self.end_bare_page()
    }

    /// Details that stood outside of a page's object are a page of their own.
    fn end_bare_page(&mut self) -> Result<(), PageError> {
        if self.sink.pending() { self.end_page(None, None) } else { Ok(()) }
    }

    fn end_page(&mut self, token: Option<String>, region: Option<&str>) -> Result<(), PageError> {
        let place = self.window.place(0);
        self.sink.page(token, region).map_err(|refused| PageError::At { place, message: refused.to_string() })
    }

    /// A text that does not start as JSON: YAML is read, everything else is named.
    fn not_json(&mut self, documents: usize) -> Result<(), PageError> {
        while self.window.data().len() < wrong_input::ENOUGH && self.window.more()? {}
        if documents == 0 && wrong_input::is_yaml(self.window.data()) {
            return self.yaml();
        }
        let message = if documents == 0 { wrong_input::name(self.window.data()) } else { None };
        let message = message.map_or_else(
            || format!("expected `{{` or `[`, found {}", wrong_input::excerpt(self.window.shown(0))),
            str::to_owned,
        );
        Err(PageError::At { place: self.window.place(0), message })
    }

    fn yaml(&mut self) -> Result<(), PageError> {
        while self.window.more()? {}
        let json = super::yaml::to_json(self.window.data())?;
        self.window.consume(self.window.data().len());
        Parser::new(Window::new(json.as_bytes()), &mut *self.sink).text()
    }

    /// An object at the window's front: a page, a detail or a wrapping of either.
    fn object(&mut self, depth: usize, region: Option<&str>) -> Result<Contents, PageError> {
        self.check_depth(depth)?;
        self.drop_text(PendingText::Off);
        self.window.pin();
        self.window.consume(1);
        let mut token = None;
        let mut found = Contents::Nothing;
        let mut page = false;
        let mut first = true;
        while self.next_item(b'}', &mut first)? {
            let key: String = self.value()?;
            self.expect(b':')?;
            let lower = key.to_ascii_lowercase();
            match lower.as_str() {
                "imagedetails" | "repo_images" => {
                    self.window.unpin_all();
                    self.end_bare_page()?;
                    self.details(depth + 1, region)?;
                    page = true;
                }
                "nexttoken" => token = self.value::<Option<String>>()?,
                "responsemetadata" | "$metadata" | "resultmetadata" => self.skip()?,
                // What was taken for a wrapping is a detail, and what is in it was none.
                "imagedigest" if !page && found == Contents::Something => {
                    let message = "imageDigest beside what has details or pages in it".to_owned();
                    return Err(PageError::At { place: self.window.place(0), message });
                }
                _ if !page
                    && found == Contents::Nothing
                    && detail::member(&key).is_some()
                    && self.window.back_to_pin() =>
                {
                    self.detail(region)?;
                    return Ok(Contents::Something);
                }
                _ => {
                    if depth == 0
                        && !page
                        && let Some(message) = wrong_input::by_member(&key)
                    {
                        return Err(PageError::At { place: self.window.place(0), message: message.to_owned() });
                    }
                    // In `regions` the key is the region; anywhere else it is only a name.
                    let inner = if is_region(&key) { Some(key.as_str()) } else { region };
                    found = self.wrapped(depth, inner, page)?.max_with(found);
                }
            }
        }
        self.window.consume(1);
        if page {
            self.end_page(token, region)?;
            return Ok(Contents::Something);
        }
        self.window.unpin();
        Ok(found)
    }

    /// The value of a member that is none of ours: look inside for a page, unless one was found.
    fn wrapped(&mut self, depth: usize, region: Option<&str>, page: bool) -> Result<Contents, PageError> {
        match self.window.peek()? {
            Some(b'{') if !page => {
                let found = self.object(depth + 1, region)?;
                if found == Contents::Something {
                    self.end_bare_page()?;
                }
                Ok(found)
            }
            _ => self.skip().map(|()| Contents::Nothing),
        }
    }

    /// The value of `imageDetails`: a list, one detail that has lost its brackets, or null.
    fn details(&mut self, depth: usize, region: Option<&str>) -> Result<(), PageError> {
        match self.window.peek()? {
            Some(b'[') => {
                self.window.consume(1);
                self.drop_text(PendingText::Begin);
                let mut first = true;
                while self.next_item(b']', &mut first)? {
                    match self.window.peek()? {
                        Some(b'{') if self.fast_path(Some(b','), region)? => {}
                        Some(b'{') => self.detail(region)?,
                        Some(b'[') => self.details(depth + 1, region)?,
                        _ => return Err(self.unexpected("an image detail")),
                    }
                    self.check_depth(depth)?;
                }
                self.finish_text(Some(b','), region, PendingText::Off);
                self.window.consume(1);
                Ok(())
            }
            Some(b'{') => self.detail(region),
            Some(b'n') => self.skip(),
            _ => Err(self.unexpected("imageDetails to be a list")),
        }
    }

    /// An array outside of a page: of details, of pages, or of either in further arrays.
    fn array(&mut self, depth: usize, region: Option<&str>) -> Result<Contents, PageError> {
        self.check_depth(depth)?;
        self.window.consume(1);
        self.drop_text(PendingText::Begin);
        let mut first = true;
        let mut count = 0;
        while self.next_item(b']', &mut first)? {
            let found = match self.window.peek()? {
                Some(b'{') if self.fast_path(Some(b','), region)? => Contents::Something,
                Some(b'{') => self.object(depth + 1, region)?,
                Some(b'[') => self.array(depth + 1, region)?,
                _ => return Err(self.unexpected("an image detail or a page")),
            };
            if found == Contents::Nothing {
                let message = "expected an image detail or a page, found another object".to_owned();
                return Err(PageError::At { place: self.window.place(0), message });
            }
            count += 1;
        }
        self.finish_text(Some(b','), region, PendingText::Off);
        self.window.consume(1);
        if count == 0 && depth == 0 {
            // `--query imageDetails` of a repository without images.
            self.end_page(None, region)?;
        }
        Ok(Contents::Something)
    }

    fn check_depth(&self, depth: usize) -> Result<(), PageError> {
        if depth <= DEEPEST {
            return Ok(());
        }
        let message = format!("more than {DEEPEST} brackets deep: no shape of describe-images output is");
        Err(PageError::At { place: self.window.place(0), message })
    }
}

impl Contents {
    fn max_with(self, other: Contents) -> Contents {
        if self == Contents::Something { self } else { other }
    }
}

/// `eu-west-1`, `us-gov-east-1`: what the key of a wrapping by region looks like.
fn is_region(key: &str) -> bool {
    let mut parts = key.split('-').peekable();
    let words = parts.next().is_some_and(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    let rest: Vec<&str> = parts.collect();
    words
        && rest.len() >= 2
        && rest[..rest.len() - 1]
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
        && rest[rest.len() - 1].bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
