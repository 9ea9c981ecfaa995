//! Follows a tag or an image through a chain of captures, with the known bounds of each change.
//!
//! A capture sees an instant, so a change lies between two of them: after the last that shows the old
//! state and no later than the first that shows the new one. A capture that says nothing (it does not
//! have the repository, or stopped early) widens the bounds of an adjacent change and is a gap in a
//! state that is the same on both sides.

use std::collections::HashSet;

use super::listing::{Changed, Options, changed};
use crate::coverage::{Absence, Coverage};
use crate::model::{Detail, Digest, Instant, steps};
use crate::store::read::Sighting;

/// One capture of a repository, and the image that is followed, or that has the tag that is followed.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture<'a> {
    /// Under which conditions the repository was captured; `None` if nothing is known of them.
    pub coverage: Option<Coverage>,
    /// The image, if it is shown.
    pub image: Option<&'a Detail>,
}

/// What a store has of one capture as the functions here take it.
pub fn capture(sighting: &Sighting) -> Capture<'_> {
    // A time that cannot be read says nothing.
    let at = Instant::from_micros(sighting.snapshot.captured_at).ok();
    let mut coverage = at.map(|at| match &sighting.listing {
        Some(listing) => Coverage::of(listing, at),
        None => Coverage::of_missing(sighting.missing, at),
    });
    if let (Some(coverage), Some(statuses)) = (&mut coverage, &sighting.statuses) {
        coverage.shows(statuses);
    }
    Capture { coverage, image: sighting.image.as_deref() }
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

/// What each capture of a chain says. What it means that one shows no image depends on the image that was last shown
/// before it, or is shown first after it.
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
            (None, Thing::Tag) => Seen::Absent(coverage.absence_of_tag()),
        }
    };
    chain.iter().map(says).collect()
}

/// Where a tag was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagTarget<'a> {
    /// On an image.
    On(&'a Digest),
    /// Nowhere, as far as `Certain` and `OrArchived` say.
    Nowhere(Absence),
}

/// Consecutive captures that say the same of a tag. Captures are numbers in their chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    /// Where the tag was.
    pub place: TagTarget<'a>,
    /// The last capture before that shows it elsewhere: it came after that one. `None` if nothing
    /// earlier is known.
    pub began_after: Option<usize>,
    /// The first capture that shows it here.
    pub first: usize,
    /// The last capture that shows it here.
    pub last: usize,
    /// The first capture after that shows it elsewhere: it left before that one. `None` if nothing
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

/// Where a tag was, span by span. Captures that say nothing have no span of their own.
pub fn spans<'a>(chain: &[Seen<'a>]) -> Vec<Span<'a>> {
    let mut spans: Vec<Span<'a>> = Vec::new();
    for (capture, seen) in chain.iter().enumerate() {
        let place = match seen {
            Seen::Absent(Absence::Unknown) => continue,
            Seen::Absent(absence) => TagTarget::Nowhere(*absence),
            Seen::Shown(detail) => TagTarget::On(&detail.image_digest),
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

/// What happened to an image, in order. `after` of the first event says whether the image was absent before.
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

/// The tags of an image that another version of it has not. An odd page may give a tag twice.
fn beyond<'a>(detail: &'a Detail, other: &Detail) -> Vec<&'a str> {
    // Sets: an image can have hundreds of thousands of tags.
    let others: HashSet<&String> = other.image_tags.iter().flatten().inspect(|_| steps::count(1)).collect();
    let mut met = HashSet::new();
    let tags = detail.image_tags.iter().flatten().inspect(|_| steps::count(1));
    tags.filter(|tag| !others.contains(tag) && met.insert(*tag)).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::{Capture, Seen, Span, TagTarget, Thing, What, events, seen, spans};
    use crate::coverage::{Absence, Coverage};
    use crate::diff::Options;
    use crate::model::{Detail, Digest, Instant, steps};

    fn image(number: u8, tags: &[&str]) -> Detail {
        let mut detail = Detail::new("123456789012".into(), "shop/web".into(), Digest::Sha256([number; 32]));
        detail.image_tags = Some(tags.iter().map(|tag| (*tag).to_owned()).collect());
        detail
    }

    #[test]
    fn many_tags_cost_in_step_with_their_number() {
        steps::assert_linear("tags of an image", 1000, |size| {
            let tags = |prefix: &str| (0..size).map(|number| format!("{prefix}{number}")).collect::<Vec<_>>();
            let of = |tags: Vec<String>| image(1, &tags.iter().map(String::as_str).collect::<Vec<_>>());
            let images = [of(tags("a")), of(tags("b"))];
            assert_eq!(events(&chain("01", &images), Options::default()).len(), 1 + 2 * size);
        });
    }

    /// A chain in short: a digit is an image, `.` none, `~` none or an archived one, `?` says nothing.
    fn chain<'a>(text: &str, images: &'a [Detail]) -> Vec<Seen<'a>> {
        let one = |c: char| match c {
            '.' => Seen::Absent(Absence::Certain),
            '~' => Seen::Absent(Absence::OrArchived),
            '?' => Seen::Absent(Absence::Unknown),
            digit => Seen::Shown(&images[digit.to_digit(10).expect("a digit") as usize]),
        };
        text.chars().map(one).collect()
    }

    /// A span in short: what it was, after which capture, from which to which, before which; gaps.
    fn short(span: &Span<'_>) -> String {
        let place = match span.place {
            TagTarget::On(Digest::Sha256(bytes)) => bytes[0].to_string(),
            TagTarget::Nowhere(Absence::OrArchived) => "~".to_owned(),
            _ => ".".to_owned(),
        };
        let bound = |capture: Option<usize>| capture.map_or(String::new(), |capture| capture.to_string());
        let gaps = if span.gaps() > 0 { format!(" gaps {}", span.gaps()) } else { String::new() };
        format!("{place}: {}<{}-{}<{}{gaps}", bound(span.began_after), span.first, span.last, bound(span.ended_before))
    }

    #[test]
    fn stretches_with_what_bounds_them() {
        let images = [image(0, &[]), image(1, &[]), image(2, &[])];
        for (text, expected) in [
            ("", vec![]),
            ("???", vec![]),
            ("11", vec!["1: <0-1<"]),
            ("12", vec!["1: <0-0<1", "2: 0<1-1<"]),
            (".1.", vec![".: <0-0<1", "1: 0<1-1<2", ".: 1<2-2<"]),
            // A capture that says nothing is not a change; next to a change it widens the bounds.
            ("1?1", vec!["1: <0-2< gaps 1"]),
            ("1??2", vec!["1: <0-0<3", "2: 0<3-3<"]),
            ("?1?", vec!["1: <1-1<"]),
            ("1~.", vec!["1: <0-0<1", "~: 0<1-1<2", ".: 1<2-2<"]),
            ("121", vec!["1: <0-0<1", "2: 0<1-1<2", "1: 1<2-2<"]),
        ] {
            let chain = chain(text, &images);
            let spans = spans(&chain);
            assert_eq!(spans.iter().map(short).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn what_happens_to_an_image() {
        let mut archived = image(1, &["v1"]);
        archived.image_status = Some("ARCHIVED".into());
        let images = [image(1, &["v1", "prod"]), image(1, &["v1"]), archived, image(1, &["v1", "prod", "prod"])];
        for (text, expected) in [
            ("00", vec!["<0 appeared"]),
            (".0", vec!["0<1 appeared"]),
            ("?0", vec!["<1 appeared"]),
            ("01", vec!["<0 appeared", "0<1 -prod"]),
            ("1?0", vec!["<0 appeared", "0<2 +prod"]),
            ("131", vec!["<0 appeared", "0<1 +prod", "1<2 -prod"]),
            ("03", vec!["<0 appeared"]),
            ("12", vec!["<0 appeared", "0<1 imageStatus"]),
            ("0~.0", vec!["<0 appeared", "0<1 vanished", "2<3 appeared"]),
            ("0??", vec!["<0 appeared"]),
        ] {
            let chain = chain(text, &images);
            let say = |event: super::Event<'_>| {
                let what = match event.what {
                    What::Appeared(_) => "appeared".to_owned(),
                    What::Vanished(_) => "vanished".to_owned(),
                    What::TagAdded(tag) => format!("+{tag}"),
                    What::TagRemoved(tag) => format!("-{tag}"),
                    What::Changed(changed) => changed.members[0].name.clone(),
                };
                let after = event.after.map_or(String::new(), |capture| capture.to_string());
                format!("{after}<{} {what}", event.by)
            };
            let events = events(&chain, Options::default());
            assert_eq!(events.into_iter().map(say).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    /// Before its push an image was not there, whatever the capture shows. Later its absence means what the capture
    /// says. A tag may be on an image that the capture hides, whichever image had it.
    #[test]
    fn what_an_absence_means() {
        let day = |day: u8| Instant::from_text(&format!("2026-03-0{day}")).expect("a time");
        let mut image = image(1, &["v1"]);
        image.image_pushed_at = Some(day(2));
        let capture = |number, complete, filter: Option<&str>, shown: bool| Capture {
            coverage: Some(Coverage::new(day(number), complete, filter.and_then(|filter| filter.parse().ok()))),
            image: shown.then_some(&image),
        };
        let chain = [
            capture(1, true, None, false),
            capture(1, false, None, false),
            capture(1, true, Some("imageStatus=ARCHIVED"), false),
            capture(3, true, None, true),
            capture(4, true, None, false),
            capture(5, false, None, false),
            capture(6, true, Some("imageStatus=ANY"), false),
            Capture { coverage: None, image: None },
        ];
        let certain = Seen::Absent(Absence::Certain);
        let unknown = Seen::Absent(Absence::Unknown);
        let or_archived = Seen::Absent(Absence::OrArchived);
        let shown = Seen::Shown(&image);
        let images = [certain, certain, certain, shown, or_archived, unknown, certain, unknown];
        assert_eq!(seen(&chain, Thing::Image), images);
        let tags = [or_archived, unknown, unknown, shown, or_archived, unknown, certain, unknown];
        assert_eq!(seen(&chain, Thing::Tag), tags);
    }
}
