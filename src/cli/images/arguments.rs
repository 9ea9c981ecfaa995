//! The options of `images`, and the search that they mean.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::super::stdout;
use super::super::values::{When, digest_prefix, from_one, glob, number, price, regex, size, when};
use crate::image_refs::ImageRefs;
use crate::model::{Severity, status};
use crate::store::read::search::{
    Field, Filter, Group, InUse, LastTime, Latest, LatestBy, Search, Sort, SortGroup, Tally,
};
use crate::tabular::Format;

const WHICH: &str = "Which images";
const ORDER: &str = "Order and amount";

/// Find images in a snapshot: old, large, untagged, unpulled, vulnerable
///
/// Without options it lists every image of the newest snapshot, of every status. All conditions
/// must hold; if an option is repeated, one of its values must. In a GLOB, `*` is any text
/// (including slashes), `?` one character, `[a-z]` one of a set; case matters. Ages count from the
/// time of the capture, not from now.
#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the line")]
#[command(after_help = "\
Examples:
  ecrsnap images --repository-name 'shop/*' --sort pushed:desc --limit 10
  ecrsnap images --untagged --pushed-before 30d --group-by repository
  ecrsnap images --tagged --min-severity high --output markdown
  ecrsnap images --group-by prefix --price 0.10
  kubectl get pods -A -o json | ecrsnap images --not-in-use - --pushed-before 90d
  ecrsnap images --repository-name shop/web --untagged --not-beside-index --limit 100 --output ids > ids.json
  aws ecr batch-delete-image --repository-name shop/web --image-ids file://ids.json")]
pub(in crate::cli) struct Arguments {
    /// The snapshot to search: a name, latest, latest~N, @TIME or @-AGE
    #[arg(long, value_name = "REF", default_value = "latest")]
    pub(super) snapshot: String,
    /// Repositories whose name matches; may be repeated
    #[arg(long, value_name = "GLOB", value_parser = glob, help_heading = WHICH)]
    pub(super) repository_name: Vec<String>,
    /// Repositories of this registry
    #[arg(long, value_name = "ID", help_heading = WHICH)]
    registry_id: Option<String>,
    /// Repositories with this region label
    #[arg(long, value_name = "REGION", help_heading = WHICH)]
    region: Option<String>,
    /// Images of repositories that have a lifecycle policy, as the snapshot's get-lifecycle-policy pages say
    #[arg(long, conflicts_with = "without_policy", help_heading = WHICH)]
    with_policy: bool,
    /// Images of repositories that have no lifecycle policy; one whose policy is unknown does not count
    #[arg(long, help_heading = WHICH)]
    without_policy: bool,
    /// Images with a tag that matches; may be repeated
    #[arg(long, value_name = "GLOB", value_parser = glob, help_heading = WHICH)]
    pub(super) image_tag: Vec<String>,
    /// Images with a tag in which the regular expression matches (anywhere; ^ and $ anchor it); may be repeated
    #[arg(long, value_name = "REGEX", value_parser = regex, help_heading = WHICH)]
    image_tag_regex: Vec<String>,
    /// Images without a tag that matches; may be repeated
    #[arg(long, value_name = "GLOB", value_parser = glob, help_heading = WHICH)]
    exclude_tag: Vec<String>,
    /// Images whose digest starts with PREFIX, with or without sha256:; may be repeated
    #[arg(long, value_name = "PREFIX", value_parser = digest_prefix, help_heading = WHICH)]
    image_digest: Vec<String>,
    /// Images with a tag
    #[arg(long, conflicts_with = "untagged", help_heading = WHICH)]
    tagged: bool,
    /// Images without a tag; the platforms of a multi-platform index have none either, see --not-beside-index
    #[arg(long, help_heading = WHICH)]
    untagged: bool,
    /// Possible children of an image index: untagged images, not attached to another one, in a repository with another
    /// image that is an index
    #[arg(long, conflicts_with = "not_beside_index", help_heading = WHICH)]
    beside_index: bool,
    /// Images that are not possible children of an image index
    #[arg(long, help_heading = WHICH)]
    not_beside_index: bool,
    /// Images attached to another one (signatures, SBOMs): they have a subject
    #[arg(long, conflicts_with = "not_attached", help_heading = WHICH)]
    attached: bool,
    /// Images that are not attached to another one
    #[arg(long, help_heading = WHICH)]
    not_attached: bool,
    /// Images that FILE names: references of what runs, in a form that `ecrsnap in-use` reads; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "not_in_use", help_heading = WHICH)]
    in_use: Option<PathBuf>,
    /// Images that FILE does not name
    #[arg(long, value_name = "FILE", help_heading = WHICH)]
    not_in_use: Option<PathBuf>,
    /// Images pushed before a time (2026-03-01, 2026-03-01T12:00:00Z) or an age (30d, 12h)
    #[arg(long, value_name = "WHEN", value_parser = when, help_heading = WHICH)]
    pushed_before: Option<When>,
    /// Images pushed at that time or after
    #[arg(long, value_name = "WHEN", value_parser = when, help_heading = WHICH)]
    pushed_after: Option<When>,
    /// Images whose last recorded pull was before that; with --never-pulled also those without one
    #[arg(long, value_name = "WHEN", value_parser = when, help_heading = WHICH)]
    not_pulled_since: Option<When>,
    /// Images without a recorded pull
    #[arg(long, help_heading = WHICH)]
    never_pulled: bool,
    /// Images whose last scan was completed before that; with --never-scanned also those without one
    #[arg(long, value_name = "WHEN", value_parser = when, help_heading = WHICH)]
    scanned_before: Option<When>,
    /// Images without a completed scan and without counts of findings
    #[arg(long, help_heading = WHICH)]
    never_scanned: bool,
    /// Images of at least this size: 500MB, 1.5GiB, bytes
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = WHICH)]
    min_size: Option<u64>,
    /// Images of at most this size
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = WHICH)]
    max_size: Option<u64>,
    /// Images with a finding of this severity or worse; undefined means any finding
    #[arg(long, value_name = "SEVERITY", value_parser = severity(), ignore_case = true, help_heading = WHICH)]
    min_severity: Option<Severity>,
    /// Images whose scan is in this state; may be repeated
    #[arg(long, value_name = "STATUS", value_parser = PossibleValuesParser::new(status::SCAN), ignore_case = true, help_heading = WHICH)]
    scan_status: Vec<String>,
    /// Images whose manifest has such a media type; may be repeated
    #[arg(long, value_name = "GLOB", value_parser = glob, help_heading = WHICH)]
    media_type: Vec<String>,
    /// Images that are such an artifact, '*helm*' for instance; may be repeated
    #[arg(long, value_name = "GLOB", value_parser = glob, help_heading = WHICH)]
    artifact_type: Vec<String>,
    /// Images of this status; one that has none counts as active; may be repeated
    #[arg(long, value_name = "STATUS", value_parser = PossibleValuesParser::new(status::IMAGE), ignore_case = true,
          help_heading = WHICH)]
    pub(super) image_status: Vec<String>,
    /// The newest N of each repository [default of N: 1]
    ///
    /// The conditions come first: `--untagged --latest` is the newest of the untagged images, not the newest image if
    /// it happens to be untagged. Details of one digest count once.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1", value_parser = from_one::<NonZeroU64>,
          conflicts_with = "except_latest", help_heading = ORDER)]
    latest: Option<NonZeroU64>,
    /// All but the newest N of each repository; the conditions come first, as with --latest
    #[arg(long, value_name = "N", value_parser = from_one::<NonZeroU64>, help_heading = ORDER)]
    except_latest: Option<NonZeroU64>,
    /// What makes an image newer: its push time, or the highest version among its tags
    #[arg(long, value_name = "FIELD", default_value = "pushed", hide_default_value = true,
          value_parser = named(&[("pushed", LatestBy::Pushed), ("version", LatestBy::Version)]), help_heading = ORDER)]
    latest_by: LatestBy,
    /// Sort by a field, the largest first with :desc; may be repeated; ties by repository and position
    #[arg(long, value_name = "FIELD[:desc]", long_help = sort_help(), help_heading = ORDER)]
    sort: Vec<String>,
    /// Print at most N
    #[arg(long, value_name = "N", value_parser = number, allow_negative_numbers = true, help_heading = ORDER)]
    limit: Option<u64>,
    /// Leave out the first N
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true, value_parser = number,
          allow_negative_numbers = true, help_heading = ORDER)]
    offset: u64,
    /// Print how many there are, and nothing else
    #[arg(long, conflicts_with_all = ["output", "group_by", "sort"], help_heading = ORDER)]
    pub(super) count: bool,
    /// Count images and bytes by what they have in common; may be repeated
    #[arg(long, value_name = "FIELD", long_help = group_help(), value_parser = group, help_heading = ORDER)]
    pub(super) group_by: Vec<Group>,
    /// Show the cost of a month at this price for 1 GB (1,000,000,000 bytes), in whatever currency
    #[arg(long, value_name = "PRICE", value_parser = price, conflicts_with = "count", help_heading = ORDER)]
    pub(super) price: Option<f64>,
    /// How to print them; ids is what --image-ids of the AWS CLI reads from a file
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = output())]
    pub(super) output: Output,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// As rows.
    Rows(Format),
    /// As the `imageIds` of a request.
    Ids,
}

fn output() -> impl TypedValueParser<Value = Output> {
    const IDS: &str = "ids";
    let formats = [Format::Table, Format::Json, Format::Ndjson, Format::Csv, Format::Markdown];
    let mut choices: Vec<_> = formats.iter().map(|format| (format.name(), Output::Rows(*format))).collect();
    choices.push((IDS, Output::Ids));
    stdout::choice(choices)
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    const NAMES: [&str; 6] = ["critical", "high", "medium", "low", "informational", "undefined"];
    stdout::choice(NAMES.into_iter().zip(Severity::ALL).collect())
}

fn named<T: Copy + Send + Sync + 'static>(names: &[(&'static str, T)]) -> impl TypedValueParser<Value = T> {
    stdout::choice(names.to_vec())
}

fn sort_help() -> String {
    format!(
        "Sort by a field, the largest first with :desc; may be repeated. What is equal in all of them comes by \
         repository and position; what an image does not have comes last either way.\n\nFields: {}.\n\nWith \
         --group-by: images, bytes, and the fields that it names.",
        list(&Field::NAMES)
    )
}

fn group_help() -> String {
    format!(
        "Count images and bytes by what they have in common; may be repeated.\n\nFields: {}. prefix:DEPTH takes the \
         first DEPTH parts of the repository name (prefix alone: 1), tag-prefix the first tag up to a digit, `-`, `_` \
         or `.`.",
        list(&Group::NAMES)
    )
}

/// Read a field to group by: a name, or `prefix:DEPTH`.
fn group(text: &str) -> Result<Group, String> {
    if let Some(depth) = text.strip_prefix("prefix:") {
        let depth: NonZeroU32 =
            depth.parse().map_err(|_| "expected prefix:DEPTH with a DEPTH of 1 or more".to_owned())?;
        return Ok(Group::Prefix(depth.get()));
    }
    find(&Group::NAMES, text).ok_or_else(|| format!("expected one of: {}, prefix:DEPTH", list(&Group::NAMES)))
}

fn list<T>(names: &[(&'static str, T)]) -> String {
    names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl Arguments {
    /// The file of references, if one is given.
    pub(super) fn references(&self) -> Option<&Path> {
        self.in_use.as_deref().or(self.not_in_use.as_deref())
    }

    /// Whether the images in use are asked for.
    pub(super) fn wants_in_use(&self) -> bool {
        self.in_use.is_some()
    }

    /// The images that are asked for, of a snapshot captured at that microsecond; with the references of the file.
    pub(super) fn search(&self, captured_at: i64, references: Option<&Arc<ImageRefs>>) -> Result<Search, String> {
        let mut sort = Vec::new();
        for step in &self.sort {
            let (name, descending) = direction(step)?;
            let field = find(&Field::NAMES, name).ok_or_else(|| no_field(step, &list(&Field::NAMES)))?;
            sort.push(Sort { field, descending });
        }
        Ok(Search { filter: self.filter(captured_at, references), sort, offset: self.offset, limit: self.limit })
    }

    /// The groups that are asked for.
    pub(super) fn tally(&self, captured_at: i64, references: Option<&Arc<ImageRefs>>) -> Result<Tally, String> {
        let mut sort = Vec::new();
        for step in &self.sort {
            let (name, descending) = direction(step)?;
            let group = find(&Group::NAMES, name);
            let index = self.group_by.iter().position(|by| match (by, group) {
                (Group::Prefix(_), Some(Group::Prefix(_))) => true,
                (by, group) => Some(*by) == group,
            });
            sort.push(match (name, index) {
                ("images", _) => SortGroup::Images { descending },
                ("bytes" | "size" | "cost", _) => SortGroup::Bytes { descending },
                (_, Some(index)) => SortGroup::Value { index, descending },
                (_, None) => return Err(no_field(step, "images, bytes and those of --group-by")),
            });
        }
        Ok(Tally {
            filter: self.filter(captured_at, references),
            by: self.group_by.clone(),
            sort,
            offset: self.offset,
            limit: self.limit,
        })
    }

    fn filter(&self, captured_at: i64, references: Option<&Arc<ImageRefs>>) -> Filter {
        let micros = |when: Option<When>| when.map(|when| when.micros(captured_at));
        Filter {
            repositories: self.repository_name.clone(),
            registry_id: self.registry_id.clone(),
            region: self.region.clone(),
            policy: either(self.with_policy, self.without_policy),
            tags: self.image_tag.clone(),
            tag_regexes: self.image_tag_regex.clone(),
            without_tags: self.exclude_tag.clone(),
            digests: self.image_digest.clone(),
            tagged: either(self.tagged, self.untagged),
            pushed_from: micros(self.pushed_after),
            pushed_before: micros(self.pushed_before),
            pulled: last_time(micros(self.not_pulled_since), self.never_pulled),
            scanned: last_time(micros(self.scanned_before), self.never_scanned),
            min_size: self.min_size,
            max_size: self.max_size,
            severity: self.min_severity,
            scan_statuses: self.scan_status.iter().map(|status| status.to_uppercase()).collect(),
            media_types: self.media_type.clone(),
            artifact_types: self.artifact_type.clone(),
            statuses: self.image_status.iter().map(|status| status.to_uppercase()).collect(),
            attached: either(self.attached, self.not_attached),
            beside_index: either(self.beside_index, self.not_beside_index),
            in_use: references.map(|it| InUse { references: Arc::clone(it), wanted: self.wants_in_use() }),
            latest: match (self.latest, self.except_latest) {
                (Some(count), _) => Some(Latest { count: count.get(), by: self.latest_by, except: false }),
                (None, Some(count)) => Some(Latest { count: count.get(), by: self.latest_by, except: true }),
                (None, None) => None,
            },
        }
    }
}

/// A condition of two opposite flags.
fn either(yes: bool, no: bool) -> Option<bool> {
    if yes || no { Some(yes) } else { None }
}

fn last_time(before: Option<i64>, never: bool) -> Option<LastTime> {
    match (before, never) {
        (Some(time), true) => Some(LastTime::NeverOrBefore(time)),
        (Some(time), false) => Some(LastTime::Before(time)),
        (None, true) => Some(LastTime::Never),
        (None, false) => None,
    }
}

/// A step of an order in its two parts.
fn direction(step: &str) -> Result<(&str, bool), String> {
    match step.split_once(':') {
        None | Some((_, "asc")) => Ok((step.split(':').next().unwrap_or_default(), false)),
        Some((name, "desc")) => Ok((name, true)),
        Some((_, other)) => Err(format!("--sort {step}: unknown direction `{other}`; expected asc or desc")),
    }
}

fn find<T: Copy>(names: &[(&'static str, T)], name: &str) -> Option<T> {
    names.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn no_field(step: &str, fields: &str) -> String {
    format!("--sort {step}: unknown field; expected one of: {fields}")
}

#[cfg(test)]
mod tests {
    use super::{direction, group};
    use crate::store::read::search::Group;

    #[test]
    fn a_step_has_a_field_and_a_direction() {
        for (step, expected) in [
            ("size", Some(("size", false))),
            ("size:asc", Some(("size", false))),
            ("size:desc", Some(("size", true))),
            ("size:", None),
            ("size:desc:", None),
        ] {
            assert_eq!(direction(step).ok(), expected, "{step}");
        }
    }

    #[test]
    fn a_prefix_has_a_depth() {
        for (text, expected) in [
            ("prefix", Some(Group::Prefix(1))),
            ("prefix:3", Some(Group::Prefix(3))),
            ("tag-prefix", Some(Group::TagPrefix)),
            ("prefix:0", None),
            ("prefix:", None),
            ("prefixes", None),
        ] {
            assert_eq!(group(text).ok(), expected, "{text}");
        }
    }
}
