//! The SQL of a search, with its values in the order of its question marks.

use rusqlite::types::Value;

use super::fields::{self, Field, SortGroup};
use super::filter::{Filter, InUse, LastTime, Latest, LatestBy};
use super::sum::SUM;
use super::{Search, Tally};
use crate::model::children::filters_that_hide_indexes;
use crate::model::media::INDEX_TYPES;
use crate::model::{Digest, Severity};
use crate::store::row::digest_prefix;

/// The place of an image in its listing.
pub(super) const POSITION: &str = "(lc.start + cr.\"offset\" + i.id - cr.image_id)";

/// The order in which the walk comes, so that `SQLite` sees that nothing is left to sort.
const WALK: &str = "name, registry_id, region, start, \"offset\", image_id";

/// The temporary tables of [`Statement::tables`] and [`empty_table`], each of ids: of images, or of repositories in
/// the case of [`INDEXES`] and [`SEVERAL_INDEXES`].
const WANTED: &str = "temp.wanted_tag";
const MATCHED: &str = "temp.matched_tag";
const UNWANTED: &str = "temp.unwanted_tag";
const DIGESTS: &str = "temp.wanted_digest";
const INDEXES: &str = "temp.index_repository";
const SEVERAL_INDEXES: &str = "temp.several_indexes";
pub(super) const NEWEST: &str = "temp.newest";
pub(super) const IN_USE: &str = "temp.in_use";

/// The kinds of image indexes.
fn index_kinds() -> String {
    format!("(SELECT id FROM image_kind WHERE manifest_media_type IN ('{}'))", INDEX_TYPES.join("', '"))
}

/// One statement.
#[derive(Debug, Default)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    /// The table that the walk goes through; its condition holds by that alone.
    walked: Option<&'static str>,
}

impl Statement {
    /// The ids of the repositories that a filter looks into.
    pub(super) fn repositories(snapshot_id: i64, filter: &Filter) -> Self {
        let mut statement = Statement::default();
        statement.add("SELECT r.id FROM repository r CROSS JOIN snapshot_listing sl ON sl.repository_id = r.id");
        statement.add(" WHERE sl.snapshot_id = ?").bind(snapshot_id).repository_conditions(filter);
        statement
    }

    /// Makes and fills the tables of what the filter looks up before the walk: images by tag or whole digest, and
    /// repositories with an index.
    pub(super) fn tables(snapshot_id: i64, filter: &Filter) -> Vec<Self> {
        let mut statements = Vec::new();
        let mut table = |name: &str, conditions: Vec<(String, Value)>| {
            if conditions.is_empty() {
                return;
            }
            statements.extend(empty_table(name));
            for (condition, value) in conditions {
                let mut fill = Statement::default();
                fill.add(&format!("INSERT OR IGNORE INTO {name} SELECT t.image_id FROM repository r"));
                fill.add(" CROSS JOIN snapshot_listing sl ON sl.snapshot_id = ? AND sl.repository_id = r.id");
                fill.bind(snapshot_id).add(&condition).bind(value);
                fill.add(" WHERE true").repository_conditions(filter);
                statements.push(fill);
            }
        };
        let tags =
            |condition: &str| format!(" CROSS JOIN tag_index t ON t.repository_id = r.id AND t.tag {condition} ?");
        let globs = |globs: &[String]| {
            let one = |glob: &String| (tags(if is_exact(glob) { "=" } else { "GLOB" }), Value::from(glob.clone()));
            globs.iter().map(one).collect()
        };
        table(WANTED, globs(&filter.tags));
        table(UNWANTED, globs(&filter.without_tags));
        table(MATCHED, filter.tag_regexes.iter().map(|regex| (tags("REGEXP"), Value::from(regex.clone()))).collect());
        if let Some(digests) = whole_digests(filter) {
            let by_digest = " CROSS JOIN digest_index t ON t.repository_id = r.id AND t.digest_lead = ?";
            table(DIGESTS, digests.iter().map(|it| (by_digest.to_owned(), digest_prefix(it).into())).collect());
        }
        if filter.beside_index.is_some() {
            for (table, least) in [(INDEXES, 1), (SEVERAL_INDEXES, 2)] {
                statements.extend(empty_table(table));
                statements.push(Statement::index_repositories(snapshot_id, filter, table, least));
            }
        }
        statements
    }

    /// Adds the repositories whose listing shows so many indexes, or may hide some. The rule is
    /// [`crate::model::ListedIndexes`].
    fn index_repositories(snapshot_id: i64, filter: &Filter, table: &str, least: u32) -> Self {
        let mut fill = Statement::default();
        fill.add(&format!("INSERT INTO {table} SELECT r.id FROM repository r"));
        fill.add(" CROSS JOIN snapshot_listing sl ON sl.snapshot_id = ? AND sl.repository_id = r.id");
        fill.bind(snapshot_id);
        let hiding: Vec<String> = filters_that_hide_indexes().map(|filter| format!("'{filter}'")).collect();
        fill.add(" WHERE (NOT sl.complete OR coalesce(sl.capture_filter IN (");
        fill.add(&hiding.join(", ")).add("), false) OR (SELECT count(*)");
        fill.add(" FROM (SELECT DISTINCT i.digest FROM listing_chunk lc CROSS JOIN chunk_run cr ON cr.chunk_id = lc.chunk_id");
        fill.add(" CROSS JOIN image i ON i.id BETWEEN cr.image_id AND cr.image_id + cr.length - 1");
        fill.add(&format!(" WHERE lc.listing_id = sl.listing_id AND i.kind_id IN {}", index_kinds()));
        fill.add(&format!(" LIMIT {least})) = {least})")).repository_conditions(filter);
        fill
    }

    /// Adds the newest images of a repository to their table. One repository at a time, since the best few of a walk
    /// need no sort of all of it.
    pub(super) fn newest(snapshot_id: i64, filter: &Filter, repository_id: i64, latest: Latest) -> Self {
        let mut statement = Statement::default();
        statement.add(&format!("INSERT OR IGNORE INTO {NEWEST} SELECT image_id FROM ("));
        statement.ranked(snapshot_id, filter, repository_id, latest.by).limit(Some(latest.count), 0);
        statement
    }

    /// The images of a repository and their digests, the newest first.
    pub(super) fn by_age(snapshot_id: i64, filter: &Filter, repository_id: i64, by: LatestBy) -> Self {
        let mut statement = Statement::default();
        statement.add("SELECT image_id, digest FROM (").ranked(snapshot_id, filter, repository_id, by);
        statement
    }

    fn ranked(&mut self, snapshot_id: i64, filter: &Filter, repository_id: i64, by: LatestBy) -> &mut Self {
        let keys: &[Field] = match by {
            LatestBy::Pushed => &[Field::Pushed],
            LatestBy::Version => &[Field::Version, Field::Pushed],
        };
        let sql: Vec<String> = keys.iter().map(|field| field.sql()).collect();
        self.walk(snapshot_id, filter, &sql).image_conditions(filter);
        self.add(" AND r.id = ?) ORDER BY ").bind(repository_id);
        for index in 0..keys.len() {
            self.order(&format!("key{index}"), true);
        }
        self.add(WALK)
    }

    /// Adds an image to a table.
    pub(super) fn add_to(table: &str, image_id: i64) -> Self {
        let mut statement = Statement::default();
        statement.add(&format!("INSERT OR IGNORE INTO {table} VALUES (?)")).bind(image_id);
        statement
    }

    /// Whether a listing that a filter looks into has several details of one digest.
    pub(super) fn repeats(snapshot_id: i64, filter: &Filter) -> Self {
        let mut statement = Statement::default();
        statement.add("SELECT r.id FROM repository r CROSS JOIN snapshot_listing sl ON sl.snapshot_id = ?");
        statement.bind(snapshot_id).add(" AND sl.repository_id = r.id");
        statement.add(" CROSS JOIN listing l ON l.id = sl.listing_id WHERE l.digests < l.images");
        statement.repository_conditions(filter);
        statement
    }

    /// The images of a search: id, position and repository.
    pub(super) fn images(snapshot_id: i64, search: &Search) -> Self {
        let mut statement = Statement::default();
        statement.add("SELECT image_id, position, repository_id FROM (");
        let keys: Vec<String> = search.sort.iter().map(|sort| sort.field.sql()).collect();
        statement.selected(snapshot_id, &search.filter, &keys).add(") ORDER BY ");
        for (index, sort) in search.sort.iter().enumerate() {
            statement.order(&format!("key{index}"), sort.descending);
        }
        statement.add(WALK).limit(search.limit, search.offset);
        statement
    }

    /// How many there are; several details of one digest count once.
    pub(super) fn count(snapshot_id: i64, search: &Search, repeats: bool) -> Self {
        let mut statement = Statement::default();
        statement.add("SELECT count(*) FROM (SELECT 1 FROM (");
        statement.selected(snapshot_id, &search.filter, &[]).add(")");
        if repeats {
            statement.add(" GROUP BY repository_id, digest");
        }
        // Only then is a walk to be cut short; without, SQLite counts as it goes.
        if search.limit.is_some() || search.offset > 0 {
            statement.limit(search.limit, search.offset);
        }
        statement.add(")");
        statement
    }

    /// The groups of a tally: their values, images and bytes. Of several details of one digest the last counts.
    pub(super) fn tally(snapshot_id: i64, tally: &Tally, repeats: bool) -> Self {
        let values: Vec<String> = (0..tally.by.len()).map(|index| format!("key{index}")).collect();
        let mut statement = Statement::default();
        statement.add("SELECT ");
        for value in &values {
            statement.add(value).add(", ");
        }
        statement.add(&format!("count(*) AS images, {SUM}(size_bytes) AS bytes FROM ("));
        if repeats {
            // Columns beside a max() are those of its row.
            statement.add("SELECT max(position), size_bytes");
            for value in &values {
                statement.add(", ").add(value);
            }
            statement.add(" FROM (");
        }
        let keys: Vec<String> = tally.by.iter().map(|group| group.sql()).collect();
        statement.selected(snapshot_id, &tally.filter, &keys).add(")");
        if repeats {
            statement.add(" GROUP BY repository_id, digest)");
        }
        if !values.is_empty() {
            statement.add(" GROUP BY ").add(&values.join(", "));
        }
        statement.add(" ORDER BY ");
        for sort in &tally.sort {
            match *sort {
                SortGroup::Value { index, descending } => statement.order(&format!("key{index}"), descending),
                SortGroup::Images { descending } => statement.order("images", descending),
                SortGroup::Bytes { descending } => statement.order("bytes", descending),
            }
        }
        for value in &values {
            statement.order(value, false);
        }
        // The last key, so that the list does not end in a comma.
        statement.add("images").limit(tally.limit, tally.offset);
        statement
    }

    /// The walk over what a filter selects.
    fn selected(&mut self, snapshot_id: i64, filter: &Filter, keys: &[String]) -> &mut Self {
        match filter.latest {
            Some(Latest { except: false, .. }) => self.walk_through(Some(NEWEST), snapshot_id, filter, keys),
            Some(Latest { except: true, .. }) => {
                self.walk(snapshot_id, filter, keys).image_conditions(filter).add(&format!(" AND i.id NOT IN {NEWEST}"))
            }
            None => self.walk(snapshot_id, filter, keys).image_conditions(filter),
        }
    }

    /// The walk over the repositories' images, or over those that a table holds, if the filter has one.
    fn walk(&mut self, snapshot_id: i64, filter: &Filter, keys: &[String]) -> &mut Self {
        let few = |table: &'static str| {
            (
                Some(table),
                format!(" AND r.id IN (SELECT i.repository_id FROM {table} w JOIN image i ON i.id = w.image_id)"),
            )
        };
        let (table, condition) = if whole_digests(filter).is_some() {
            few(DIGESTS)
        } else if !filter.tags.is_empty() && filter.tags.iter().all(|tag| is_exact(tag)) {
            few(WANTED)
        } else if !filter.tags.is_empty() {
            (Some(WANTED), String::new())
        } else if !filter.tag_regexes.is_empty() {
            (Some(MATCHED), String::new())
        } else {
            (None, String::new())
        };
        self.walk_through(table, snapshot_id, filter, keys).add(&condition)
    }

    /// `CROSS JOIN` fixes the way: by name to the repository, its listing, the chunks, their runs, the
    /// images of a run; or, of these, the ones in a table of image ids.
    fn walk_through(
        &mut self,
        table: Option<&'static str>,
        snapshot_id: i64,
        filter: &Filter,
        keys: &[String],
    ) -> &mut Self {
        self.walked = table;
        // The id of the table that is walked: SQLite sees the order in which that one comes.
        self.add(if table.is_some() { "SELECT w.image_id" } else { "SELECT i.id" });
        self.add(" AS image_id, r.id AS repository_id, r.name, r.registry_id, r.region, lc.start,");
        self.add(&format!(" cr.\"offset\", {POSITION} AS position, i.size_bytes, i.digest"));
        for (index, key) in keys.iter().enumerate() {
            self.add(&format!(", {key} AS key{index}"));
        }
        self.add(" FROM repository r CROSS JOIN snapshot_listing sl ON sl.snapshot_id = ? AND sl.repository_id = r.id");
        self.bind(snapshot_id);
        self.add(" CROSS JOIN listing_chunk lc ON lc.listing_id = sl.listing_id");
        self.add(" CROSS JOIN chunk_run cr ON cr.chunk_id = lc.chunk_id");
        let run = "BETWEEN cr.image_id AND cr.image_id + cr.length - 1";
        self.add(&match table {
            None => format!(" CROSS JOIN image i ON i.id {run}"),
            Some(table) => format!(" CROSS JOIN {table} w ON w.image_id {run} CROSS JOIN image i ON i.id = w.image_id"),
        });
        self.add(" WHERE true").repository_conditions(filter)
    }

    fn repository_conditions(&mut self, filter: &Filter) -> &mut Self {
        // One glob seeks in the index by name. With several the plus keeps SQLite from looking for each in
        // turn, after which it would have to sort.
        let one = filter.repositories.len() == 1;
        self.any(if one { "r.name GLOB ?" } else { "+r.name GLOB ?" }, &filter.repositories);
        self.maybe(" AND r.registry_id = ?", filter.registry_id.clone());
        self.maybe(" AND r.region = ?", filter.region.clone());
        if let Some(policy) = filter.policy {
            self.add(" AND EXISTS (SELECT 1 FROM snapshot_policy p WHERE p.snapshot_id = sl.snapshot_id");
            self.add(" AND p.repository_id = r.id AND p.policy_id IS ").add(if policy { "NOT NULL)" } else { "NULL)" });
        }
        self
    }

    /// The conditions on an image. The filter is taken apart, so that a field without a condition does not compile.
    fn image_conditions(&mut self, filter: &Filter) -> &mut Self {
        let Filter {
            // In `repository_conditions`.
            repositories: _,
            registry_id: _,
            region: _,
            policy: _,
            tags,
            tag_regexes,
            without_tags,
            digests,
            tagged,
            pushed_from,
            pushed_before,
            pulled,
            scanned,
            min_size,
            max_size,
            severity,
            scan_statuses,
            media_types,
            artifact_types,
            statuses,
            attached,
            beside_index,
            in_use,
            // In `selected`.
            latest: _,
        } = filter;
        self.in_table(WANTED, !tags.is_empty(), true);
        self.in_table(MATCHED, !tag_regexes.is_empty(), true);
        self.in_table(UNWANTED, !without_tags.is_empty(), false);
        self.digests(digests);
        if let Some(tagged) = tagged {
            self.add(if *tagged { " AND " } else { " AND NOT " }).add(fields::TAGGED);
        }
        self.maybe(" AND i.pushed_at >= ?", *pushed_from);
        self.maybe(" AND i.pushed_at < ?", *pushed_before);
        self.last_time("i.pulled_at", "i.pulled_at IS NULL", *pulled);
        self.last_time(
            "i.scan_completed_at",
            "(i.scan_completed_at IS NULL AND i.severity_counts IS NULL
                AND i.kind_id NOT IN (SELECT id FROM image_kind WHERE scan_status = 'COMPLETE'))",
            *scanned,
        );
        // A size beyond what a column holds is beyond every image's.
        let bytes = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
        self.maybe(" AND i.size_bytes >= ?", min_size.map(bytes));
        self.maybe(" AND i.size_bytes <= ?", max_size.map(bytes));
        if let Some(severity) = *severity {
            let found: Vec<_> = match severity {
                Severity::Other => vec![fields::found(severity)],
                least => Severity::ALL.into_iter().filter(|it| *it <= least).map(fields::found).collect(),
            };
            self.add(&format!(" AND ({})", found.join(" OR ")));
        }
        self.kinds("scan_status = ?", scan_statuses);
        self.kinds("manifest_media_type GLOB ?", media_types);
        self.kinds("artifact_media_type GLOB ?", artifact_types);
        self.kinds("coalesce(image_status, 'ACTIVE') = ?", statuses);
        if let Some(attached) = attached {
            self.add(if *attached { " AND i.subject_digest IS NOT NULL" } else { " AND i.subject_digest IS NULL" });
        }
        if let Some(beside) = beside_index {
            self.add(if *beside { " AND " } else { " AND NOT " });
            self.add(&format!("(NOT {} AND i.subject_digest IS NULL", fields::TAGGED));
            self.add(&format!(" AND i.repository_id IN {INDEXES}"));
            self.add(&format!(" AND (i.kind_id NOT IN {}", index_kinds()));
            self.add(&format!(" OR i.repository_id IN {SEVERAL_INDEXES}))"));
        }
        if let Some(InUse { references: _, wanted }) = in_use {
            self.in_table(IN_USE, true, *wanted);
        }
        self
    }

    /// An image that a table holds, or does not hold, if the table was filled.
    fn in_table(&mut self, table: &str, filled: bool, holds: bool) {
        if filled && self.walked != Some(table) {
            self.add(&format!(" AND i.id {} {table}", if holds { "IN" } else { "NOT IN" }));
        }
    }

    fn last_time(&mut self, column: &str, never: &str, asked: Option<LastTime>) {
        match asked {
            Some(LastTime::Before(time)) => self.add(&format!(" AND {column} < ?")).bind(time),
            Some(LastTime::Never) => self.add(&format!(" AND {never}")),
            Some(LastTime::NeverOrBefore(time)) => self.add(&format!(" AND ({never} OR {column} < ?)")).bind(time),
            None => self,
        };
    }

    /// One of the beginnings: of a digest in bytes as a range of bytes, of any other as text.
    fn digests(&mut self, beginnings: &[String]) {
        if beginnings.is_empty() {
            return;
        }
        self.add(" AND (false");
        for text in beginnings {
            self.add(" OR substr(i.digest, 1, ?) = ?").bind(text.chars().count() as i64).bind(text.clone());
            if let Some((from, to)) = digest_range(text) {
                self.add(" OR i.digest BETWEEN ? AND ?").bind(from).bind(to);
            }
        }
        self.add(")");
    }

    /// A condition on the texts that thousands of images share: asked of each text once.
    fn kinds(&mut self, condition: &str, values: &[String]) {
        if !values.is_empty() {
            self.add(" AND i.kind_id IN (SELECT id FROM image_kind WHERE true").any(condition, values).add(")");
        }
    }

    /// One of several values, where there are any.
    fn any(&mut self, condition: &str, values: &[String]) -> &mut Self {
        if values.is_empty() {
            return self;
        }
        // One value alone stands bare: only then can a GLOB seek in an index.
        let alternatives = vec![condition; values.len()].join(" OR ");
        self.values.extend(values.iter().cloned().map(Value::from));
        self.add(&if values.len() == 1 { format!(" AND {condition}") } else { format!(" AND ({alternatives})") })
    }

    fn maybe(&mut self, condition: &str, value: Option<impl Into<Value>>) -> &mut Self {
        match value {
            Some(value) => self.add(condition).bind(value),
            None => self,
        }
    }

    /// What has no value comes last, whichever way.
    fn order(&mut self, key: &str, descending: bool) {
        self.add(key).add(if descending { " DESC" } else { "" }).add(" NULLS LAST, ");
    }

    fn limit(&mut self, limit: Option<u64>, offset: u64) {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        // -1 is no limit.
        self.add(" LIMIT ? OFFSET ?").bind(limit.map_or(-1, number)).bind(number(offset));
    }

    fn add(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self
    }
}

/// Whether a glob has no wildcard, so that it matches one text only.
fn is_exact(glob: &str) -> bool {
    !glob.contains(['*', '?', '['])
}

/// The digests of a filter, if every one of them is whole: then an index finds them.
fn whole_digests(filter: &Filter) -> Option<Vec<Digest>> {
    let whole = |text: &String| Digest::sha256_bytes(text).map(Digest::Sha256);
    let digests: Vec<Digest> = filter.digests.iter().map(whole).collect::<Option<_>>()?;
    (!digests.is_empty()).then_some(digests)
}

/// Makes a table of image ids that is empty, even if an earlier search has filled it.
pub(super) fn empty_table(table: &str) -> [Statement; 3] {
    ["PRAGMA temp_store = MEMORY", "CREATE TABLE IF NOT EXISTS {} (image_id INTEGER PRIMARY KEY)", "DELETE FROM {}"]
        .map(|sql| Statement { sql: sql.replace("{}", table), ..Statement::default() })
}

/// The smallest and largest 32 bytes whose text begins like that.
fn digest_range(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    // `sha256` alone begins every one of them.
    let digits = if "sha256:".starts_with(text) { "" } else { text.strip_prefix("sha256:")? };
    if digits.len() > 64 {
        return None;
    }
    let filled = |with: char| {
        let padded: String = digits.chars().chain(std::iter::repeat(with)).take(64).collect();
        crate::model::Digest::sha256_bytes(&format!("sha256:{padded}")).map(Vec::from)
    };
    Some((filled('0')?, filled('f')?))
}

#[cfg(test)]
mod tests {
    use rusqlite::params_from_iter;

    use super::super::fields::{Field, Sort};
    use super::{Filter, Search, Statement, digest_range};
    use crate::store::open;

    /// The plan of a search, step by step.
    fn plan(search: &Search) -> Vec<String> {
        let connection = open::model().expect("a schema");
        let run = |sql: &str, statement: &Statement| -> Vec<String> {
            let mut prepared = connection.prepare(sql).expect("a statement");
            let mut rows = prepared.query(params_from_iter(&statement.values)).expect("its values");
            let mut steps = Vec::new();
            while let Some(row) = rows.next().expect("a row") {
                steps.push(row.get("detail").expect("a step"));
            }
            steps
        };
        for statement in Statement::tables(1, &search.filter) {
            assert!(run(&statement.sql, &statement).is_empty());
        }
        let statement = Statement::images(1, search);
        run(&format!("EXPLAIN QUERY PLAN {}", statement.sql), &statement)
    }

    /// The walk comes in order by itself, so that `--limit 10` ends after ten images.
    #[test]
    fn nothing_is_sorted_without_a_sort() {
        let plain = Filter::default();
        let tags = Filter { tags: vec!["v*".to_owned(), "w".to_owned()], ..Filter::default() };
        let some = Filter {
            repositories: vec!["shop/*".to_owned(), "tools/*".to_owned()],
            statuses: vec!["ACTIVE".to_owned()],
            tagged: Some(true),
            ..Filter::default()
        };
        for filter in [plain, tags, some] {
            let steps = plan(&Search { filter, limit: Some(10), ..Search::default() });
            assert!(steps.iter().all(|step| !step.contains("TEMP B-TREE")), "{steps:#?}");
            let scans: Vec<_> = steps.iter().filter(|step| step.starts_with("SCAN")).collect();
            assert!(scans.iter().all(|step| step.starts_with("SCAN r ") || step.contains("image_kind")), "{steps:#?}");
        }
        let sort = vec![Sort { field: Field::Size, descending: true }];
        let steps = plan(&Search { sort, ..Search::default() });
        assert!(steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:#?}");
    }

    #[test]
    fn one_repository_is_sought() {
        for (glob, how) in [("shop/web", "name>? AND name<?"), ("shop/*", "name>? AND name<?")] {
            let filter = Filter { repositories: vec![glob.to_owned()], ..Filter::default() };
            let steps = plan(&Search { filter, ..Search::default() });
            assert!(steps[0].contains(how), "{glob}: {steps:#?}");
        }
    }

    #[test]
    fn a_beginning_is_a_range_of_bytes() {
        let bytes = |first: &[u8], rest: u8| {
            let mut bytes = vec![rest; 32];
            bytes[..first.len()].copy_from_slice(first);
            bytes
        };
        for (text, expected) in [
            ("", Some((bytes(&[], 0), bytes(&[], 0xff)))),
            ("sha2", Some((bytes(&[], 0), bytes(&[], 0xff)))),
            ("sha256:", Some((bytes(&[], 0), bytes(&[], 0xff)))),
            ("sha256:a", Some((bytes(&[0xa0], 0), bytes(&[0xaf], 0xff)))),
            ("sha256:0fa", Some((bytes(&[0x0f, 0xa0], 0), bytes(&[0x0f, 0xaf], 0xff)))),
            ("sha256:A", None),
            ("sha256:é", None),
            ("sha512:a", None),
        ] {
            assert_eq!(digest_range(text), expected, "{text}");
        }
        assert_eq!(digest_range(&format!("sha256:{}", "0".repeat(65))), None);
    }
}
