//! Finds the details of a text in every shape that people save, and its tokens.
//!
//! Works on a [`Window`], so a page of any length streams through. Three rules cover all shapes: a member is
//! known by its name without regard to case and `_` (`page_kind`), objects and lists that say nothing
//! themselves are looked through, and a value may be wrapped in an object (`detail`). The sink decides
//! what a detail means. `docs/ingest.md` lists the shapes, and the look-alikes that are refused.

use std::io::{self, Read};

use super::detail::RawDetail;
use super::fast_path::{DetailSpan, PendingText};
use super::fingerprint::FingerprintKey;
use super::page_kind::{Meaning, RecordKind, meaning};
use super::row::{DetailError, Mark};
use super::window::{TextPosition, Window};
use super::wrong_input;
use crate::model::Member;
use crate::store::load::{Known, KnownChunk};
use crate::store::row::Fingerprint;

/// Takes what is found in a text, in its order.
pub(crate) trait Sink {
    /// Takes a detail of the page that is open; `region` if the wrapping says it.
    fn detail(&mut self, detail: &RawDetail<'_>, region: Option<&str>) -> Result<Mark, DetailError>;
    /// The key for texts of details with `separator` between them.
    fn key(&self, separator: Option<u8>, region: Option<&str>) -> FingerprintKey;
    /// Notes the text of the last `rows` details.
    fn fingerprint(&mut self, rows: usize, text: Fingerprint);
    /// The texts that need not be parsed.
    fn known(&self) -> &Known;
    /// Takes a chunk of the store in place of the text that it was read from.
    fn take_known(&mut self, chunk: KnownChunk) -> Result<(), DetailError>;
    /// Ends a page, with its token if it had one. Details since the page before belong to it; there may be
    /// none.
    fn page(&mut self, token: Option<String>, region: Option<&str>) -> Result<(), DetailError>;
    /// Whether there are details that belong to no page yet.
    fn pending(&self) -> bool;
    /// Takes a page that is not of describe-images: the text of its JSON object, and the region if the
    /// wrapping says it. No details are pending then.
    fn record(&mut self, kind: RecordKind, text: &str, region: Option<&str>) -> Result<(), DetailError> {
        let _ = (text, region);
        Err(DetailError::Value(kind.refusal().to_owned()))
    }
    /// Whether another parser would read a span of details now.
    fn has_idle_worker(&self) -> bool {
        false
    }
    /// Gives a span of details to another parser, to be read with `fast_path::parse_span`. What it finds
    /// comes before what this sink takes next.
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
    /// The writer has stopped. The text is not at fault, and this error is never shown.
    #[error("the ingest was stopped")]
    Stopped,
}

impl PageError {
    /// What a sink says of the text at `place`.
    pub(super) fn refused(place: TextPosition, refused: &DetailError) -> Self {
        match refused {
            DetailError::Stopped => PageError::Stopped,
            refused => PageError::At { place, message: refused.to_string() },
        }
    }
}

/// Brackets around a detail: real wrappings have at most ten.
const DEEPEST: usize = 16;

/// Find everything in the text behind `reader`.
pub(crate) fn parse<R: Read, S: Sink>(reader: R, sink: &mut S) -> Result<(), PageError> {
    Parser::new(Window::new(reader), sink).text()
}

/// Finds details in a window. The quick ways are in `fast_path`.
pub(in crate::ingest) struct Parser<'s, R, S> {
    pub(in crate::ingest) window: Window<R>,
    pub(in crate::ingest) sink: &'s mut S,
    /// Details until plain ones are looked for again.
    pub(in crate::ingest) pause: u32,
    pub(in crate::ingest) pending_text: PendingText,
    /// Places where a known text could begin and none did, since the last one that did.
    pub(in crate::ingest) misses: u32,
    /// Whether places in the window are places in the text that the user has. If not, other parsers are
    /// given nothing: they could not say where something is.
    pub(in crate::ingest) has_places: bool,
    /// Objects around the current one that are records unless details are found in them.
    records: usize,
    /// What the text may be if there is nothing else in it.
    suspicion: Suspicion,
}

/// What was seen in a text that explains why no details are in it.
#[derive(Default)]
struct Suspicion {
    /// A member that belongs to the output of another command.
    other: Option<(TextPosition, &'static str)>,
    /// A string with JSON in it, and the member that has it.
    embedded: Option<(TextPosition, String)>,
    /// An object with `registryId` or `repositoryName` and nothing else of a detail.
    nameless: Option<TextPosition>,
}

/// What an object or array turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Contents {
    /// Nothing that is taken.
    Nothing,
    /// A record that the object around it is to be taken with.
    Record,
    /// Details, a page, or a record that was taken.
    Something,
}

/// What a JSON value has in it.
pub(super) enum Found {
    /// Details or pages, which the sink has.
    Details,
    /// Strings with JSON in them that has details.
    Strings,
    /// None of these, and what it may be instead.
    Nothing(Option<PageError>),
}

/// What is known of an object while its members are read.
#[derive(Default)]
struct Envelope {
    /// Its list of details has come.
    page: bool,
    token: Option<String>,
    record: Option<RecordKind>,
    /// It has `registryId` or `repositoryName`.
    shared: bool,
}

impl<'s, R: Read, S: Sink> Parser<'s, R, S> {
    pub(in crate::ingest) fn new(window: Window<R>, sink: &'s mut S) -> Self {
        Parser {
            window,
            sink,
            pause: 0,
            pending_text: PendingText::Off,
            misses: 0,
            has_places: true,
            records: 0,
            suspicion: Suspicion::default(),
        }
    }

    /// Everything in the text.
    pub(super) fn text(&mut self) -> Result<(), PageError> {
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
                // Files with a byte order mark each, one behind the other.
                0xef if self.window.starts_with("\u{feff}".as_bytes())? => {
                    self.window.consume("\u{feff}".len());
                    continue;
                }
                _ => return self.not_json(documents),
            };
            if found != Contents::Something {
                let message = "no imageDetails here: this is JSON, but not what `aws ecr describe-images` prints";
                return Err(self.explain(message));
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

    /// The one JSON value in the window, which may be anything.
    pub(super) fn document(&mut self) -> Result<Found, PageError> {
        self.pending_text = PendingText::Begin;
        let found = match self.window.peek()? {
            Some(b'{') if self.fast_path(None, None)? => Contents::Something,
            Some(b'{') => self.object(0, None)?,
            Some(b'[') => self.wrapped_list("the list", 0, None)?,
            _ => return Err(self.unexpected("`{` or `[`")),
        };
        self.finish_text(None, None, PendingText::Off);
        self.end_bare_page()?;
        if found == Contents::Something {
            return Ok(Found::Details);
        }
        let Suspicion { other, embedded, .. } = std::mem::take(&mut self.suspicion);
        Ok(match (embedded, other) {
            (Some(_), _) => Found::Strings,
            (None, Some((place, message))) => {
                Found::Nothing(Some(PageError::At { place, message: message.to_owned() }))
            }
            (None, None) => Found::Nothing(None),
        })
    }

    /// Why nothing was found, as far as is known; else `message`, which is about the whole text.
    fn explain(&mut self, message: &str) -> PageError {
        let Suspicion { other, embedded, nameless } = std::mem::take(&mut self.suspicion);
        if let Some((place, member)) = embedded {
            let message = format!(
                "no imageDetails here, but {member} is a string with JSON in it that has them; \
                 `ecrsnap ingest --extract` takes it out"
            );
            return PageError::At { place, message };
        }
        if let Some((place, message)) = other {
            return PageError::At { place, message: message.to_owned() };
        }
        match nameless {
            Some(place) => PageError::refused(place, &DetailError::NoDigest),
            None => PageError::Whole { message: message.to_owned() },
        }
    }

    /// Details outside of a page's object are a page of their own.
    fn end_bare_page(&mut self) -> Result<(), PageError> {
        if self.sink.pending() { self.end_page(None, None) } else { Ok(()) }
    }

    fn end_page(&mut self, token: Option<String>, region: Option<&str>) -> Result<(), PageError> {
        let ended = self.sink.page(token, region);
        ended.map_err(|refused| self.refused(0, &refused))
    }

    /// A text that does not start as JSON: YAML is read, everything else is named.
    fn not_json(&mut self, documents: usize) -> Result<(), PageError> {
        self.window.want(wrong_input::ENOUGH)?;
        // Text without places is YAML that was turned into JSON already.
        if documents == 0 && self.has_places && wrong_input::is_yaml(self.window.data()) {
            return super::yaml::parse(&mut self.window, &mut *self.sink);
        }
        let named = wrong_input::name(self.window.data(), documents > 0);
        let message = named.map_or_else(
            || format!("expected `{{` or `[`, found {}", wrong_input::excerpt(self.window.shown(0))),
            str::to_owned,
        );
        Err(PageError::At { place: self.window.place(0), message })
    }

    /// An object at the window's front: a page, a detail, a record, or a wrapping of these.
    fn object(&mut self, depth: usize, region: Option<&str>) -> Result<Contents, PageError> {
        self.check_depth(depth)?;
        self.drop_text(PendingText::Off);
        self.window.pin();
        self.window.consume(1);
        let mut this = Envelope::default();
        let mut found = Contents::Nothing;
        let mut first = true;
        while self.next_item(b'}', &mut first)? {
            let key: String = self.value()?;
            self.expect(b':')?;
            let looked = !this.page;
            match meaning(&key) {
                Meaning::Details => {
                    self.window.unpin_all();
                    self.end_bare_page()?;
                    self.details(depth + 1, region)?;
                    this.page = true;
                }
                Meaning::Token => this.token = self.value::<Option<String>>()?,
                // What was taken for a wrapping is a detail, and what is in it was none.
                Meaning::Detail
                    if looked && found == Contents::Something && Member::spelled(&key) == Some(Member::ImageDigest) =>
                {
                    let message = "imageDigest next to a member that has details or pages in it".to_owned();
                    return Err(PageError::At { place: self.window.place(0), message });
                }
                Meaning::Detail if looked && found != Contents::Something && self.window.back_to_pin() => {
                    self.detail(region)?;
                    return Ok(Contents::Something);
                }
                Meaning::Shared => {
                    this.shared = true;
                    self.skip()?;
                }
                Meaning::Record { kind, look } => {
                    if this.record.is_none() || kind == RecordKind::LifecyclePreview {
                        this.record = Some(kind);
                    }
                    if look && looked {
                        self.records += 1;
                        found = found.max(self.wrapped(&key, depth, region)?);
                        self.records -= 1;
                    } else {
                        self.skip()?;
                    }
                }
                Meaning::OtherOutput(what) => {
                    self.suspect(depth, what);
                    found = found.max(if looked { self.wrapped(&key, depth, region)? } else { self.pass_over()? });
                }
                Meaning::OtherIds(what) => {
                    self.suspect(depth, what);
                    self.skip()?;
                }
                Meaning::Unknown if looked => {
                    // In `regions` the key is the region; anywhere else it is only a name.
                    let inner = if is_region(&key) { Some(key.as_str()) } else { region };
                    found = found.max(self.wrapped(&key, depth, inner)?);
                }
                Meaning::Detail | Meaning::Metadata | Meaning::Unknown => self.skip()?,
            }
        }
        self.window.consume(1);
        self.end_object(this, found, region)
    }

    /// What an object was, once all of it is read.
    fn end_object(&mut self, this: Envelope, found: Contents, region: Option<&str>) -> Result<Contents, PageError> {
        if this.page || (found == Contents::Something && self.sink.pending()) {
            self.window.unpin();
            self.end_page(this.token, region)?;
            return Ok(Contents::Something);
        }
        match this.record {
            Some(_) if found != Contents::Something && self.records > 0 => {
                self.window.unpin();
                Ok(Contents::Record)
            }
            Some(kind) if found != Contents::Something && self.window.back_to_pin() => self.record(kind, region),
            _ => {
                self.window.unpin();
                if this.shared && found == Contents::Nothing && self.suspicion.nameless.is_none() {
                    self.suspicion.nameless = Some(self.window.unpinned_place());
                }
                Ok(found)
            }
        }
    }

    /// The object at the window's front is a page of another kind.
    fn record(&mut self, kind: RecordKind, region: Option<&str>) -> Result<Contents, PageError> {
        self.end_bare_page()?;
        self.window.pin();
        let text = self.value::<Box<serde_json::value::RawValue>>()?;
        self.window.unpin();
        let taken = self.sink.record(kind, text.get(), region);
        taken.map_err(|refused| PageError::refused(self.window.unpinned_place(), &refused))?;
        self.window.unpin_all();
        Ok(Contents::Something)
    }

    /// Remember a member that belongs to other output, if it is near the top of the text.
    fn suspect(&mut self, depth: usize, what: &'static str) {
        if depth <= 1 && self.suspicion.other.is_none() {
            self.suspicion.other = Some((self.window.place(0), what));
        }
    }

    fn pass_over(&mut self) -> Result<Contents, PageError> {
        self.skip().map(|()| Contents::Nothing)
    }

    /// The value of a member that says nothing itself: look inside for details and pages.
    fn wrapped(&mut self, key: &str, depth: usize, region: Option<&str>) -> Result<Contents, PageError> {
        match self.window.peek()? {
            Some(b'{') => {
                let found = self.object(depth + 1, region)?;
                if found == Contents::Something {
                    self.end_bare_page()?;
                }
                Ok(found)
            }
            Some(b'[') => self.wrapped_list(key, depth + 1, region),
            Some(b'"') => self.wrapped_string(key),
            _ => self.pass_over(),
        }
    }

    /// A list in a wrapping, of anything. Details in it belong to the page that the object around it is.
    fn wrapped_list(&mut self, key: &str, depth: usize, region: Option<&str>) -> Result<Contents, PageError> {
        self.check_depth(depth)?;
        self.window.consume(1);
        self.drop_text(PendingText::Begin);
        let mut found = Contents::Nothing;
        let mut first = true;
        while self.next_item(b']', &mut first)? {
            found = found.max(match self.window.peek()? {
                Some(b'{') if self.fast_path(Some(b','), region)? => Contents::Something,
                Some(b'{') => self.object(depth + 1, region)?,
                Some(b'[') => self.wrapped_list(key, depth + 1, region)?,
                Some(b'"') => self.wrapped_string(key)?,
                _ => self.pass_over()?,
            });
        }
        self.finish_text(Some(b','), region, PendingText::Off);
        self.window.consume(1);
        Ok(found)
    }

    /// A string in a wrapping. JSON in it is not read, but remembered for the message.
    fn wrapped_string(&mut self, key: &str) -> Result<Contents, PageError> {
        self.window.pin();
        let text: String = self.value()?;
        self.window.unpin();
        if self.suspicion.embedded.is_none() && wrong_input::has_details(&text) {
            self.suspicion.embedded = Some((self.window.unpinned_place(), wrong_input::quoted(key)));
        }
        Ok(Contents::Nothing)
    }

    /// The value of `imageDetails`: a list, one detail that has lost its brackets, an object that has the
    /// list, or null.
    fn details(&mut self, depth: usize, region: Option<&str>) -> Result<(), PageError> {
        self.check_depth(depth)?;
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
                }
                self.finish_text(Some(b','), region, PendingText::Off);
                self.window.consume(1);
                Ok(())
            }
            Some(b'{') if self.listed(depth, region)? => Ok(()),
            Some(b'{' | b'}' | b',') => {
                let message = "expected imageDetails to be a list of image details, found an object without any";
                Err(PageError::At { place: self.window.unpinned_place(), message: message.to_owned() })
            }
            Some(b'n') => self.skip(),
            Some(b'"') => {
                let hint = "imageDetails to be a list (PowerShell cuts it off without `ConvertTo-Json -Depth 10`)";
                Err(self.unexpected(hint))
            }
            _ => Err(self.unexpected("imageDetails to be a list")),
        }
    }

    /// An object in place of the list: `{"value": [...], "Count": 2}`, or the only detail.
    fn listed(&mut self, depth: usize, region: Option<&str>) -> Result<bool, PageError> {
        self.window.pin();
        self.window.consume(1);
        let mut any = false;
        let mut first = true;
        while self.next_item(b'}', &mut first)? {
            let key: String = self.value()?;
            self.expect(b':')?;
            if super::detail_values::holds_value(&key) {
                self.window.unpin_all();
                self.details(depth + 1, region)?;
                any = true;
            } else if !any && matches!(meaning(&key), Meaning::Detail) && self.window.back_to_pin() {
                self.detail(region)?;
                return Ok(true);
            } else {
                self.skip()?;
            }
        }
        self.window.consume(1);
        self.window.unpin();
        Ok(any)
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
            if found != Contents::Something {
                let message = "expected an image detail or a page, found another object";
                let place = self.window.unpinned_place();
                return Err(match self.explain(message) {
                    PageError::Whole { message } => PageError::At { place, message },
                    explained => explained,
                });
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

/// `eu-west-1`, `us-gov-east-1`: the form of a region's name, which the key of a wrapping by region has.
pub(super) fn is_region(key: &str) -> bool {
    let mut parts = key.split('-').peekable();
    let words = parts.next().is_some_and(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    let rest: Vec<&str> = parts.collect();
    words
        && rest.len() >= 2
        && rest[..rest.len() - 1]
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !rest[rest.len() - 1].is_empty()
        && rest[rest.len() - 1].bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
