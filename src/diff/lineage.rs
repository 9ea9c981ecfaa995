//! The line of a tag or an image through a chain of captures, with the bounds that are known.
//!
//! A capture sees an instant, so a change lies between two of them: after the last that shows the old
//! state and no later than the first that shows the new one. A capture that says nothing (it does not
//! have the repository, or stopped early) widens the bounds of a change beside it and is a gap in a
//! state that is the same on both sides.

use super::coverage::{Absence, Coverage};
use super::listing::{Changed, Options, changed};
use crate::model::{Detail, Digest};

/// One capture of a repository, and the image that is followed, or that has the tag which is.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture<'a> {
    /// Under which conditions the repository was captured; `None` where it was not.
    pub coverage: Option<Coverage>,
    /// The image, where it is shown.
    pub image: Option<&'a Detail>,
}

/// What is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A tag, from image to image.
    Tag,
    /// An image, by its digest.
    Image,
}

/// What one capture says. `Absence::Unknown` is that it says nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen<'a> {
    /// It shows this image.
    Shown(&'a Detail),
    /// It shows none.
    Absent(Absence),
}

/// What each capture of a chain says. What it means that one shows nothing hangs on the image that was
/// last shown before it, or is shown first after it.
pub fn seen<'a>(chain: &[Capture<'a>], thing: Thing) -> Vec<Seen<'a>> {
    let mut nearest = chain.iter().find_map(|capture| capture.image);
    let says = |capture: &Capture<'a>| {
        let (Some(coverage), Some(image)) = (&capture.coverage, capture.image.or(nearest)) else {
            return Seen::Absent(Absence::Unknown);
        };
        nearest = Some(image);
        match (capture.image, thing) {
            (Some(image), _) => Seen::Shown(image),
            (None, Thing::Image) => Seen::Absent(coverage.absence(image)),
            (None, Thing::Tag) => Seen::Absent(coverage.absence_of_tag(Some(coverage.absence(image)))),
        }
    };
    chain.iter().map(says).collect()
}

/// Where a tag was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// On an image.
    On(&'a Digest),
    /// Nowhere, as far as `Certain` and `OrArchived` say.
    Nowhere(Absence),
}

/// A stretch of captures that say the same of a tag. Captures are numbers in their chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    /// Where the tag was.
    pub place: Place<'a>,
    /// The last capture before that shows it elsewhere: it came after that one. `None` where nothing
    /// earlier is known.
    pub began_after: Option<usize>,
    /// The first capture that shows it here.
    pub first: usize,
    /// The last capture that shows it here.
    pub last: usize,
    /// The first capture after that shows it elsewhere: it left before that one. `None` where nothing
    /// later is known.
    pub ended_before: Option<usize>,
    /// How many captures show it here.
    pub captures: usize,
}

impl Span<'_> {
    /// How many captures between the first and the last say nothing.
    pub fn gaps(&self) -> usize {
        self.last - self.first + 1 - self.captures
    }
}

/// Where a tag was, stretch by stretch. Captures that say nothing are in no stretch of their own.
pub fn spans<'a>(chain: &[Seen<'a>]) -> Vec<Span<'a>> {
    let mut spans: Vec<Span<'a>> = Vec::new();
    for (capture, seen) in chain.iter().enumerate() {
        let place = match seen {
            Seen::Absent(Absence::Unknown) => continue,
            Seen::Absent(absence) => Place::Nowhere(*absence),
            Seen::Shown(detail) => Place::On(&detail.image_digest),
        };
        let mut began_after = None;
        if let Some(span) = spans.last_mut() {
            if span.place == place {
                span.last = capture;
                span.captures += 1;
                continue;
            }
            span.ended_before = Some(capture);
            began_after = Some(span.last);
        }
        spans.push(Span { place, began_after, first: capture, last: capture, ended_before: None, captures: 1 });
    }
    spans
}

/// Something that happened to an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// The last capture from before it; `None` for the first sight.
    pub after: Option<usize>,
    /// The first capture from after it.
    pub by: usize,
    /// What it was.
    pub what: What<'a>,
}

/// What can happen to an image.
#[derive(Clone, Debug, PartialEq)]
pub enum What<'a> {
    /// It is shown for the first time, or again.
    Appeared(&'a Detail),
    /// It is not shown any more; `Certain` or `OrArchived`.
    Vanished(Absence),
    /// It has a tag more.
    TagAdded(&'a str),
    /// It has a tag less.
    TagRemoved(&'a str),
    /// Members differ.
    Changed(Box<Changed>),
}

/// What happened to an image, in order. That it was absent before the first sight is told by the first
/// event's `after`.
pub fn events<'a>(chain: &[Seen<'a>], options: Options) -> Vec<Event<'a>> {
    let mut events = Vec::new();
    let mut known: Option<(usize, Seen<'a>)> = None;
    for (by, seen) in chain.iter().enumerate() {
        if *seen == Seen::Absent(Absence::Unknown) {
            continue;
        }
        let after = known.map(|(capture, _)| capture);
        let mut happened = |what| events.push(Event { after, by, what });
        match (known.map(|(_, before)| before), seen) {
            (Some(Seen::Shown(before)), Seen::Shown(detail)) => {
                for tag in beyond(detail, before) {
                    happened(What::TagAdded(tag));
                }
                for tag in beyond(before, detail) {
                    happened(What::TagRemoved(tag));
                }
                if before != *detail
                    && let Some(changed) = changed((*before).clone(), (*detail).clone(), options)
                {
                    happened(What::Changed(Box::new(changed)));
                }
            }
            (_, Seen::Shown(detail)) => happened(What::Appeared(detail)),
            (Some(Seen::Shown(_)), Seen::Absent(absence)) => happened(What::Vanished(*absence)),
            (_, Seen::Absent(_)) => {}
        }
        known = Some((by, *seen));
    }
    events
}

/// The tags of an image that another version of it has not.
fn beyond<'a>(detail: &'a Detail, other: &Detail) -> Vec<&'a str> {
    let others = other.image_tags.as_deref().unwrap_or_default();
    detail.image_tags.iter().flatten().filter(|tag| !others.contains(tag)).map(String::as_str).collect()
}
