//! `images`: a search over one snapshot.

mod arguments;
mod columns;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

pub(super) use arguments::Arguments;
use arguments::Output;

use super::advice::print_store_error;
use super::stdout::{Ended, print, print_from};
use super::{REFUSED, print_error};
use crate::coverage::{CapturedPart, Coverage};
use crate::model::capture_filter::TagStatus;
use crate::model::{Instant, visible};
use crate::store::StoreError;
use crate::store::read::search::{Filter, Image, Search, Tally};
use crate::store::read::{Listing, Reader, Snapshot};
use crate::tabular::{Format, rows};

/// How many ids `BatchDeleteImage` takes.
const IDS_OF_A_CALL: usize = 100;

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
    let reader = Reader::open(db)?;
    let snapshot = reader.snapshot(&arguments.snapshot)?;
    let refused = |message: String| {
        print_error(&message, None);
        Ok(REFUSED)
    };
    if !arguments.group_by.is_empty() {
        let Output::Rows(format) = arguments.output else {
            return refused("--output ids prints images, and --group-by counts them; leave one of them out".to_owned());
        };
        let tally = match arguments.tally(snapshot.captured_at) {
            Ok(tally) => tally,
            Err(message) => return refused(message),
        };
        note(&reader, &snapshot, &tally.filter, arguments)?;
        return groups(&reader, &snapshot, &tally, format);
    }
    let search = match arguments.search(snapshot.captured_at) {
        Ok(search) => search,
        Err(message) => return refused(message),
    };
    note(&reader, &snapshot, &search.filter, arguments)?;
    if arguments.count {
        let count = reader.count(snapshot.id, &search)?;
        return Ok(print(|out| writeln!(out, "{count}")));
    }
    match arguments.output {
        Output::Rows(format) => Ok(print_from(|out| list(&reader, &snapshot, &search, format, out))),
        Output::Ids => ids(&reader, &snapshot, &search),
    }
}

fn list(
    reader: &Reader,
    snapshot: &Snapshot,
    search: &Search,
    format: Format,
    out: &mut dyn Write,
) -> Result<(), Ended> {
    let columns = columns::of(format);
    let mut rows = rows(format, columns.iter().map(|column| column.head.clone()).collect(), out);
    reader.search(snapshot.id, search, |image| {
        let cells: Vec<_> = columns.iter().map(|column| (column.cell)(image)).collect();
        Ok::<_, Ended>(rows.row(&cells)?)
    })?;
    Ok(rows.finish()?)
}

fn groups(reader: &Reader, snapshot: &Snapshot, tally: &Tally, format: Format) -> Result<u8, StoreError> {
    let groups = reader.tally(snapshot.id, tally)?;
    Ok(print(|out| {
        let mut rows = rows(format, columns::of_groups(&tally.by), out);
        for group in &groups {
            rows.row(&columns::group(&tally.by, group))?;
        }
        rows.finish()
    }))
}

/// Print the digests as a request has them. An image with several tags is one digest; deleting it
/// takes all of them.
fn ids(reader: &Reader, snapshot: &Snapshot, search: &Search) -> Result<u8, StoreError> {
    let mut repositories = BTreeSet::new();
    let mut digests = Vec::new();
    let mut seen = BTreeSet::new();
    reader.search(snapshot.id, search, |Image { repository, detail, .. }| {
        repositories.insert((repository.name.clone(), repository.registry_id.clone(), repository.region.clone()));
        if seen.insert(detail.image_digest.clone()) {
            digests.push(detail.image_digest.to_string());
        }
        Ok::<_, StoreError>(())
    })?;
    if repositories.len() > 1 {
        let names: Vec<_> = repositories.iter().take(3).map(|(name, ..)| visible(name)).collect();
        let more = repositories.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        print_error(
            &format!("--output ids is for one repository; these images are of {}{more}", names.join(", ")),
            Some("choose one with --repository-name (and --registry-id or --region where the name is not enough)"),
        );
        return Ok(REFUSED);
    }
    if digests.is_empty() {
        eprint_escaped!("ecrsnap: note: no images; the AWS CLI refuses an empty list");
    }
    if digests.len() > IDS_OF_A_CALL {
        let count = digests.len();
        eprint_escaped!(
            "ecrsnap: note: {count} images; batch-delete-image takes {IDS_OF_A_CALL} a call: \
             --limit {IDS_OF_A_CALL}, then --limit {IDS_OF_A_CALL} --offset {IDS_OF_A_CALL}, and so on"
        );
    }
    let ids: Vec<_> = digests.iter().map(|digest| serde_json::json!({ "imageDigest": digest })).collect();
    Ok(print(|out| {
        serde_json::to_writer_pretty(&mut *out, &ids)?;
        writeln!(out)
    }))
}

/// Say what the snapshot cannot know of the question, so that nobody takes it for a fact.
fn note(reader: &Reader, snapshot: &Snapshot, filter: &Filter, arguments: &Arguments) -> Result<(), StoreError> {
    let listings = reader.searched(snapshot.id, filter)?;
    if listings.is_empty() {
        eprint_escaped!(
            "ecrsnap: note: no repository of snapshot `{}` is of that name, registry and region",
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
    // Without a word about the filter it may have been any. How far the capture went is said above.
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

/// Whether a search asks for images that are no part of a capture.
fn leaves_out(part: CapturedPart, filter: &Filter) -> bool {
    let by_tags = match part.by_tags {
        TagStatus::Tagged => filter.tagged != Some(true) && filter.tags.is_empty(),
        TagStatus::Untagged => filter.tagged != Some(false),
        TagStatus::Any => false,
    };
    by_tags
        || part.is_by_status()
            && (filter.statuses.is_empty() || filter.statuses.iter().any(|it| it != part.by_status.as_str()))
}
