//! The options of `images`, and the search that they mean.

use std::num::NonZeroU64;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::super::stdout;
use super::super::values::{When, from_one, number, size, when};
use crate::model::{Severity, status};
use crate::store::read::search::{Field, Filter, Group, Pulled, Search, Sort, SortGroup, Tally};
use crate::tabular::Format;

const WHICH: &str = "Which images";
const ORDER: &str = "Order and amount";

/// Find images in a snapshot: old, large, untagged, unpulled, vulnerable
///
/// Without options it lists every image of the newest snapshot, of every status. All conditions
/// must hold; of an option that is given several times, one value must. In a GLOB `*` is any text
/// (slashes too), `?` one character, `[a-z]` one of a set, and capitals count. Ages count from the
/// capture and not from now.
#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the line")]
#[command(after_help = "\
Examples:
  ecrsnap images --repository-name 'shop/*' --sort pushed:desc --limit 10
  ecrsnap images --untagged --pushed-before 30d --group-by repository
  ecrsnap images --tagged --min-severity high --output markdown
  ecrsnap images --repository-name shop/web --untagged --limit 100 --output ids > ids.json
  aws ecr batch-delete-image --repository-name shop/web --image-ids file://ids.json")]
pub(in crate::cli) struct Arguments {
    /// The snapshot to search: a name, latest, latest~N, @TIME or @-AGE
    #[arg(long, value_name = "REF", default_value = "latest")]
    pub(super) snapshot: String,
    /// Repositories with such a name; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = WHICH)]
    repository_name: Vec<String>,
    /// Repositories of this registry
    #[arg(long, value_name = "ID", help_heading = WHICH)]
    registry_id: Option<String>,
    /// Repositories with this region label
    #[arg(long, value_name = "REGION", help_heading = WHICH)]
    region: Option<String>,
    /// Images with such a tag; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = WHICH)]
    image_tag: Vec<String>,
    /// Images without such a tag; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = WHICH)]
    exclude_tag: Vec<String>,
    /// Images whose digest begins so, with or without sha256:; may be repeated
    #[arg(long, value_name = "PREFIX", help_heading = WHICH)]
    image_digest: Vec<String>,
    /// Images with a tag
    #[arg(long, conflicts_with = "untagged", help_heading = WHICH)]
    tagged: bool,
    /// Images without a tag; those of a multi-platform index have none either
    #[arg(long, help_heading = WHICH)]
    untagged: bool,
    /// Images pushed before a time (2026-03-01, 2026-03-01T12:00:00Z) or an age (30d, 12h)
    #[arg(long, value_name = "WHEN", value_parser = when, help_heading = WHICH)]
    pushed_before: Option<When>,
    /// Images pushed at that time or after
    #[arg(long, value_name = "WHEN", value_parser = when, help_heading = WHICH)]
    pushed_after: Option<When>,
    /// Images whose last recorded pull was before that; with --never-pulled also those without one
    #[arg(long, value_name = "WHEN", value_parser = when, help_heading = WHICH)]
    not_pulled_since: Option<When>,
    /// Images of which no pull was ever recorded
    #[arg(long, help_heading = WHICH)]
    never_pulled: bool,
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
    #[arg(long, value_name = "GLOB", help_heading = WHICH)]
    media_type: Vec<String>,
    /// Images that are such an artifact, '*helm*' for instance; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = WHICH)]
    artifact_type: Vec<String>,
    /// Images of this status; one that has none counts as active; may be repeated
    #[arg(long, value_name = "STATUS", value_parser = PossibleValuesParser::new(status::IMAGE), ignore_case = true,
          help_heading = WHICH)]
    pub(super) image_status: Vec<String>,
    /// Of what was found, the newest N of each repository by push time [default of N: 1]
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1", value_parser = from_one::<NonZeroU64>,
          help_heading = ORDER)]
    latest: Option<NonZeroU64>,
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
    #[arg(long, value_name = "FIELD", value_parser = named(&Group::NAMES), help_heading = ORDER)]
    pub(super) group_by: Vec<Group>,
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

fn list<T>(names: &[(&'static str, T)]) -> String {
    names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl Arguments {
    /// The images that are asked for, of a snapshot captured at that microsecond.
    pub(super) fn search(&self, captured_at: i64) -> Result<Search, String> {
        let mut sort = Vec::new();
        for step in &self.sort {
            let (name, descending) = direction(step)?;
            let field = find(&Field::NAMES, name).ok_or_else(|| no_field(step, &list(&Field::NAMES)))?;
            sort.push(Sort { field, descending });
        }
        Ok(Search { filter: self.filter(captured_at), sort, offset: self.offset, limit: self.limit })
    }

    /// The groups that are asked for.
    pub(super) fn tally(&self, captured_at: i64) -> Result<Tally, String> {
        let mut sort = Vec::new();
        for step in &self.sort {
            let (name, descending) = direction(step)?;
            let group = find(&Group::NAMES, name);
            let index = self.group_by.iter().position(|by| Some(*by) == group);
            sort.push(match (name, index) {
                ("images", _) => SortGroup::Images { descending },
                ("bytes" | "size", _) => SortGroup::Bytes { descending },
                (_, Some(index)) => SortGroup::Value { index, descending },
                (_, None) => return Err(no_field(step, "images, bytes and those of --group-by")),
            });
        }
        Ok(Tally {
            filter: self.filter(captured_at),
            by: self.group_by.clone(),
            sort,
            offset: self.offset,
            limit: self.limit,
        })
    }

    fn filter(&self, captured_at: i64) -> Filter {
        let micros = |when: Option<When>| when.map(|when| when.micros(captured_at));
        Filter {
            repositories: self.repository_name.clone(),
            registry_id: self.registry_id.clone(),
            region: self.region.clone(),
            tags: self.image_tag.clone(),
            without_tags: self.exclude_tag.clone(),
            digests: self.image_digest.iter().map(|text| digest(text)).collect(),
            tagged: if self.tagged || self.untagged { Some(self.tagged) } else { None },
            pushed_from: micros(self.pushed_after),
            pushed_before: micros(self.pushed_before),
            pulled: match (micros(self.not_pulled_since), self.never_pulled) {
                (Some(time), true) => Some(Pulled::NeverOrBefore(time)),
                (Some(time), false) => Some(Pulled::Before(time)),
                (None, true) => Some(Pulled::Never),
                (None, false) => None,
            },
            min_size: self.min_size,
            max_size: self.max_size,
            severity: self.min_severity,
            scan_statuses: self.scan_status.iter().map(|status| status.to_uppercase()).collect(),
            media_types: self.media_type.clone(),
            artifact_types: self.artifact_type.clone(),
            statuses: self.image_status.iter().map(|status| status.to_uppercase()).collect(),
            newest: self.latest.map(NonZeroU64::get),
        }
    }
}

/// A prefix with its algorithm: hexadecimal digits alone are those of a sha256.
fn digest(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        format!("sha256:{}", text.to_ascii_lowercase())
    } else {
        text.to_owned()
    }
}

/// A step of an order in its two parts.
fn direction(step: &str) -> Result<(&str, bool), String> {
    match step.split_once(':') {
        None | Some((_, "asc")) => Ok((step.split(':').next().unwrap_or_default(), false)),
        Some((name, "desc")) => Ok((name, true)),
        Some((_, other)) => Err(format!("--sort {step}: `{other}` is neither asc nor desc")),
    }
}

fn find<T: Copy>(names: &[(&'static str, T)], name: &str) -> Option<T> {
    names.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn no_field(step: &str, fields: &str) -> String {
    format!("--sort {step}: there is no such field; there are {fields}")
}

#[cfg(test)]
mod tests {
    use super::{digest, direction};

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
    fn digits_alone_are_of_a_sha256() {
        for (text, expected) in [
            ("0Fa1", "sha256:0fa1"),
            ("sha256:0Fa1", "sha256:0Fa1"),
            ("sha512:0f", "sha512:0f"),
            ("sha256", "sha256"),
            ("", "sha256:"),
        ] {
            assert_eq!(digest(text), expected, "{text}");
        }
    }
}
