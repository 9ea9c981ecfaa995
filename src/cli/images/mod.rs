//! `images`: a search over one snapshot.

mod arguments;
mod columns;
mod ids;
mod nearest;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

pub(super) use arguments::Arguments;
use arguments::Output;

use super::advice::print_store_error;
use super::in_use;
use super::stdout::{Ended, print, print_from, rows};
use super::{REFUSED, print_error};
use crate::coverage::{CapturedPart, Coverage};
use crate::image_refs::{self, ImageRefs};
use crate::model::capture_filter::TagStatus;
use crate::model::{Instant, visible};
use crate::store::StoreError;
use crate::store::read::search::{Filter, Search, Tally};
use crate::store::read::{Listing, Reader, Snapshot};
use crate::store::row::RepositoryName;
use crate::tabular::{Cell, Format};

/// Run the command.
pub(super) fn run(db: &Path, arguments: &Arguments) -> u8 {
    match answer(db, arguments) {
        Ok(status) => status,
        Err(error) => {
            print_store_error(&error.of(db));
            REFUSED
        }
    }
}

fn answer(db: &Path, arguments: &Arguments) -> Result<u8, StoreError> {
    let refused = |message: &str, advice| {
        print_error(&message, advice);
        Ok(REFUSED)
    };
    if arguments.output == Output::Ids {
        // What prints ids is a list for deletion.
        if !arguments.group_by.is_empty() {
            return refused("--output ids prints images, and --group-by counts them; leave one of them out", None);
        }
        if arguments.price.is_some() {
            return refused("--output ids has no room for --price; choose another format", None);
        }
        if arguments.wants_in_use() {
            return refused(
                "--output ids never prints what is in use, and --in-use finds nothing else",
                Some("use --not-in-use FILE, or another format"),
            );
        }
    }
    let references = match arguments.references().map(in_use::read).transpose() {
        Ok(references) => references.map(Arc::new),
        Err(error) => return refused(&error.to_string(), error.advice()),
    };
    let reader = Reader::open(db)?;
    let snapshot = reader.snapshot(&arguments.snapshot)?;
    if let Some(references) = &references {
        in_use::note_others(references);
        note_unmatched(&reader, &snapshot, references)?;
    }
    if !arguments.group_by.is_empty() {
        let tally = match arguments.tally(snapshot.captured_at, references.as_ref()) {
            Ok(tally) => tally,
            Err(message) => return refused(&message, None),
        };
        note(&reader, &snapshot, &tally.filter, arguments)?;
        let Output::Rows(format) = arguments.output else { return Ok(REFUSED) };
        return groups(&reader, &snapshot, &tally, arguments.price, format);
    }
    let search = match arguments.search(snapshot.captured_at, references.as_ref()) {
        Ok(search) => search,
        Err(message) => return refused(&message, None),
    };
    note(&reader, &snapshot, &search.filter, arguments)?;
    if arguments.count {
        let count = reader.count(snapshot.id, &search)?;
        if count == 0 {
            nearest::note(&reader, &snapshot, &search)?;
        }
        return Ok(print(|out| writeln!(out, "{count}")));
    }
    match arguments.output {
        Output::Rows(format) => {
            let mut found = 0;
            let status = print_from(|out| list(&reader, &snapshot, &search, arguments.price, format, &mut found, out));
            if found == 0 {
                nearest::note(&reader, &snapshot, &search)?;
            }
            note_price(arguments.price);
            Ok(status)
        }
        Output::Ids => ids::print_ids(&reader, &snapshot, &search),
    }
}

fn list(
    reader: &Reader,
    snapshot: &Snapshot,
    search: &Search,
    price: Option<f64>,
    format: Format,
    found: &mut u64,
    out: &mut dyn Write,
) -> Result<(), Ended> {
    let columns = columns::of(format);
    let heads = columns.iter().map(|column| column.head.clone()).chain(price.map(|_| columns::cost_column()));
    let mut rows = rows(format, heads.collect(), out);
    reader.search(snapshot.id, search, |image| {
        *found += 1;
        let mut cells: Vec<_> = columns.iter().map(|column| (column.cell)(image)).collect();
        let bytes = image.detail.image_size_in_bytes.and_then(|size| u64::try_from(size).ok());
        cells.extend(price.map(|price| Cell::of(bytes, |bytes| columns::cost(bytes, price))));
        Ok::<_, Ended>(rows.row(&cells)?)
    })?;
    Ok(rows.finish()?)
}

fn groups(
    reader: &Reader,
    snapshot: &Snapshot,
    tally: &Tally,
    price: Option<f64>,
    format: Format,
) -> Result<u8, StoreError> {
    let groups = reader.tally(snapshot.id, tally)?;
    let status = print(|out| {
        let mut rows = rows(format, columns::of_groups(&tally.by, price), out);
        for group in &groups {
            rows.row(&columns::group(&tally.by, group, price))?;
        }
        rows.finish()
    });
    if groups.is_empty() {
        let search = Search { filter: tally.filter.clone(), ..Search::default() };
        nearest::note(reader, snapshot, &search)?;
    }
    note_price(price);
    Ok(status)
}

/// Say what a cost by size leaves out.
fn note_price(price: Option<f64>) {
    if price.is_some() {
        eprint_escaped!(
            "ecrsnap: note: costs are upper estimates: an image index counts the size of its largest child again, and \
             layers that images share count once for each image, while ECR stores them once"
        );
    }
}

/// Say how many references name no repository of the snapshot: their images are not protected by --not-in-use.
fn note_unmatched(reader: &Reader, snapshot: &Snapshot, references: &ImageRefs) -> Result<(), StoreError> {
    let listings = reader.listings(snapshot.id, None)?;
    let is_captured = |reference: &image_refs::ImageRef| {
        listings.iter().any(|listing| {
            let RepositoryName { registry_id, name, region } = &listing.repository;
            reference.is_in(image_refs::Repository { registry_id, name, region })
        })
    };
    let unmatched: Vec<_> = references
        .iter()
        .filter(|it| it.repository.is_some() && !is_captured(it))
        .map(|it| visible(&it.text))
        .collect();
    if let [first, ..] = unmatched.as_slice() {
        eprint_escaped!(
            "ecrsnap: note: {} of {} references name no repository of snapshot `{}`, such as {first}; \
             `ecrsnap in-use` shows what became of each",
            unmatched.len(),
            references.len(),
            snapshot.name
        );
    }
    Ok(())
}

/// Say on stderr what the snapshot cannot know about the question.
fn note(reader: &Reader, snapshot: &Snapshot, filter: &Filter, arguments: &Arguments) -> Result<(), StoreError> {
    let listings = reader.searched(snapshot.id, filter)?;
    if listings.is_empty() {
        let policy = match filter.policy {
            Some(true) => " that is known to have a lifecycle policy",
            Some(false) => " that is known to have no lifecycle policy",
            None => "",
        };
        eprint_escaped!(
            "ecrsnap: note: snapshot `{}` has no repository with that name, registry and region{policy}",
            visible(&snapshot.name)
        );
    }
    let named = |picked: &dyn Fn(&Listing) -> bool| {
        let names: Vec<_> = listings.iter().filter(|it| picked(it)).map(|it| visible(&it.repository.name)).collect();
        match names.len() {
            0 => None,
            1..=3 => Some(names.join(", ")),
            count => Some(format!("{}, {}, {} and {} more", names[0], names[1], names[2], count - 3)),
        }
    };
    if let Some(names) = named(&|listing| !listing.complete) {
        eprint_escaped!("ecrsnap: note: captured in part, so images are missing from this answer: {names}");
    }
    let wants_archived = arguments.image_status.iter().any(|status| !status.eq_ignore_ascii_case("ACTIVE"));
    let captured_at = Instant::from_micros(snapshot.captured_at)
        .map_err(|error| StoreError::Damaged(format!("the time of snapshot `{}` {error}", snapshot.name)))?;
    // If nothing is known of the filter, it may have been any. An incomplete capture is reported above.
    let asked = |listing: &Listing, test: &dyn Fn(&Coverage) -> bool| {
        listing.capture_filter.is_some_and(|filter| test(&Coverage::new(captured_at, true, Some(filter))))
    };
    if (wants_archived || arguments.image_status.is_empty())
        && let Some(names) = named(&|listing| asked(listing, &Coverage::may_hide_archived))
    {
        eprint_escaped!("ecrsnap: note: captured without archived images, which may exist: {names}");
    }
    if let Some(names) = named(&|listing| asked(listing, &|coverage| leaves_out(coverage.part(), filter))) {
        eprint_escaped!("ecrsnap: note: captured by a filter that leaves out images of the kinds asked for: {names}");
    }
    Ok(())
}

/// Whether a search asks for images that a capture did not ask for.
fn leaves_out(part: CapturedPart, filter: &Filter) -> bool {
    let by_tags = match part.by_tags {
        TagStatus::Tagged => filter.tagged != Some(true) && filter.tags.is_empty() && filter.tag_regexes.is_empty(),
        TagStatus::Untagged => filter.tagged != Some(false),
        TagStatus::Any => false,
    };
    by_tags
        || part.is_by_status()
            && (filter.statuses.is_empty() || filter.statuses.iter().any(|it| it != part.by_status.as_str()))
}
