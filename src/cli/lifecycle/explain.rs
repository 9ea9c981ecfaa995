//! How each rule sees an image.

use super::gather::{Evaluated, Gathered};
use super::images::fate;
use super::{Arguments, LifecycleError, Output};
use crate::cli::stdout::print;
use crate::cli::stdout::rows;
use crate::lifecycle::{Count, Fate, Rule, RuleView, TagSelection, explain};
use crate::tabular::{Cell, Column, Format};

/// Print a row for each rule and image.
pub(super) fn run(gathered: &Gathered, wanted: &str, arguments: &Arguments) -> Result<u8, LifecycleError> {
    let Output::Rows(format) = arguments.output else {
        return Err(LifecycleError::Ids("--output ids prints images, and --explain explains one".to_owned()));
    };
    let found: Vec<(&Evaluated, usize)> = gathered
        .repositories
        .iter()
        .flat_map(|one| (0..one.images.len()).filter(|place| is_it(one, *place, wanted)).map(move |place| (one, place)))
        .collect();
    if found.is_empty() {
        return Err(LifecycleError::NoImage(crate::model::visible(wanted)));
    }
    gathered.note();
    let heads = vec![
        Column::text("repositoryName", "REPOSITORY"),
        Column::text("imageTags", "TAGS"),
        Column::text("imageDigest", "DIGEST"),
        Column::number("rulePriority", "RULE"),
        Column::text("rule", "SELECTS"),
        Column::text("matches", "MATCHES"),
        Column::text("because", "BECAUSE"),
        Column::text("count", "COUNT"),
        Column::text("result", "RESULT"),
    ];
    let printed = print(|out| {
        let mut rows = rows(format, heads, out);
        for (one, place) in &found {
            for view in explain(&one.policy, &one.images, *place, gathered.at) {
                rows.row(&row(one, *place, &view, format))?;
            }
        }
        rows.finish()
    });
    Ok(gathered.status(printed))
}

/// Whether an image has that tag, or a digest that begins so.
fn is_it(one: &Evaluated, place: usize, wanted: &str) -> bool {
    let image = &one.images[place];
    let digest = image.digest.to_string();
    let digits = digest.split_once(':').map_or("", |(_, digits)| digits);
    let prefix = wanted.len() >= 7 && (digest.starts_with(wanted) || digits.starts_with(wanted));
    image.tags.iter().any(|tag| tag == wanted) || prefix
}

fn row<'c>(one: &'c Evaluated, place: usize, view: &RuleView, format: Format) -> Vec<Cell<'c>> {
    let image = &one.images[place];
    let rule = &one.policy.rules[view.rule];
    let tags = Some(&*image.tags).filter(|tags| !tags.is_empty());
    // People read a name once.
    let again = view.rule > 0 && matches!(format, Format::Table | Format::Markdown);
    let mut cells = vec![Cell::text(&*one.repository.name), Cell::of(tags, Cell::List), Cell::Digest(&image.digest)];
    if again {
        cells = vec![Cell::Absent, Cell::Absent, Cell::Absent];
    }
    cells.extend([
        Cell::Integer(rule.priority),
        Cell::text(rule.summary()),
        Cell::Flag(view.matched),
        Cell::text(because(rule, view, image.tags.is_empty())),
        Cell::text(count(rule, view)),
        Cell::text(result(one, place, view)),
    ]);
    cells
}

/// Why a rule matches an image or does not.
fn because(rule: &Rule, view: &RuleView, untagged: bool) -> String {
    if !view.in_class {
        return format!("the image is not in the storage class {}", rule.storage_class.name());
    }
    match &rule.tags {
        TagSelection::Any => "every image".to_owned(),
        _ if untagged => "untagged".to_owned(),
        TagSelection::Untagged => "tagged".to_owned(),
        TagSelection::Prefixes(_) | TagSelection::Patterns(_) => {
            let part = |it: &crate::lifecycle::TagMatch| match &it.tag {
                Some(tag) => format!("{tag} matches {}", it.pattern),
                None => format!("no tag matches {}", it.pattern),
            };
            view.tags.iter().map(part).collect::<Vec<_>>().join("; ")
        }
    }
}

/// The place of an image in the count of a rule.
fn count(rule: &Rule, view: &RuleView) -> String {
    match (rule.count, view.place, view.days) {
        (Count::MoreThan(_), Some((place, of)), _) => format!("{place} of {of} from the youngest"),
        (Count::MoreThan(_), None, _) => String::new(),
        (_, _, Some(days)) => {
            let since = match rule.count {
                Count::DaysSincePulled(_) => "the last use",
                Count::DaysSinceArchived(_) => "it was archived",
                _ => "the push",
            };
            format!("{days} d since {since}")
        }
        _ => "no time to count from".to_owned(),
    }
}

/// What comes of it.
fn result(one: &Evaluated, place: usize, view: &RuleView) -> String {
    let verdict = &one.evaluation.verdicts[place];
    let owner = verdict.rule.map(|rule| one.policy.rules[rule].priority);
    match (verdict.rule == Some(view.rule), view.matched, view.met) {
        (true, ..) if verdict.fate == Fate::Stays => "keeps it".to_owned(),
        (true, ..) if verdict.fate == Fate::Unknown => {
            "unknown: it depends on whether untagged images are children of an index".to_owned()
        }
        (true, ..) => fate(&one.policy, verdict).to_owned(),
        (false, true, true) => format!("would act; rule {} shields it", owner.unwrap_or_default()),
        (false, true, false) => format!("only counts it; it belongs to rule {}", owner.unwrap_or_default()),
        (false, false, _) => String::new(),
    }
}
