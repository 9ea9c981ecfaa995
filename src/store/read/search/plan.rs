//! From a filter to tests on images.

use hashbrown::HashMap;

use super::filter::{Filter, InUse};
use super::ids::IdSet;
use super::scan::{Kinds, Test, Tests};
use super::statement::{Found, Statement, TagCondition};
use crate::model::Digest;
use crate::store::error::StoreError;
use crate::store::functions;
use crate::store::read::runs::FEW;
use crate::store::read::{Listing, Reader};
use crate::store::segment::{Column, Flag};

/// What a search does: the listings that it looks into, in their order, and the tests of their images.
pub(super) struct Plan {
    pub(super) listings: Vec<Listing>,
    pub(super) tests: Tests,
    /// The kinds of image indexes, if a test needs to know of the indexes of a listing.
    pub(super) index_kinds: Option<Kinds>,
}

impl Reader {
    /// Plan a search, except for the newest of each repository. The filter is taken apart, so that a field without a
    /// test does not compile.
    pub(super) fn plan(&self, snapshot_id: i64, filter: &Filter) -> Result<Plan, StoreError> {
        let Filter {
            // In `Statement::repositories`.
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
            // In `Walk::new`.
            latest: _,
        } = filter;
        functions::define_public(&self.connection)?;
        let mut listings = self.searched(snapshot_id, filter)?;
        let mut tests = Vec::new();
        let find = |statements: Vec<Statement>| -> Result<Found, StoreError> {
            let mut found = Found::default();
            statements.iter().try_for_each(|statement| statement.add_to(self, &mut found))?;
            Ok(found)
        };
        // Listings of which a look-up shows that they have nothing are left out: such a search costs what it finds and
        // not what there is.
        let mut few = HashMap::new();
        let mut only = |found: Found| {
            listings.retain(|listing| found.repositories.contains_key(&listing.repository_id));
            few = found.repositories;
            few.retain(|_, images| images.len() <= FEW);
            Test::Ids(found.ids, true)
        };
        let tag = |condition| Statement::tagged(snapshot_id, filter, &condition);
        if !tags.is_empty() {
            tests.push(only(find(tags.iter().map(|glob| tag(TagCondition::Glob(glob))).collect())?));
        }
        if !tag_regexes.is_empty() {
            tests.push(only(find(tag_regexes.iter().map(|regex| tag(TagCondition::Regex(regex))).collect())?));
        }
        if !without_tags.is_empty() {
            let found = find(without_tags.iter().map(|glob| tag(TagCondition::Glob(glob))).collect())?;
            tests.push(Test::Ids(found.ids, false));
        }
        if !digests.is_empty() {
            if let Some(digests) = whole(digests) {
                let of = |digest| Statement::with_digest(snapshot_id, filter, digest);
                tests.push(only(find(digests.iter().map(of).collect())?));
            }
            tests.push(Test::Digests(digests.clone()));
        }
        tests.extend(tagged.map(|tagged| Test::Flag(Flag::Tagged, tagged)));
        tests.extend(pushed_from.map(|from| Test::Within(Column::Pushed, from, i64::MAX)));
        tests.extend(pushed_before.map(|before| Test::Within(Column::Pushed, i64::MIN, before.saturating_sub(1))));
        tests.extend(pulled.map(Test::Pulled));
        if let Some(scanned) = scanned {
            let complete = Statement::kinds("scan_status = ?", &["COMPLETE".to_owned()]).found_kinds(self)?;
            tests.push(Test::Scanned(*scanned, complete));
        }
        // A size beyond what a column holds is beyond every image's.
        let bytes = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
        tests.extend(min_size.map(|size| Test::Within(Column::Size, bytes(size), i64::MAX)));
        tests.extend(max_size.map(|size| Test::Within(Column::Size, i64::MIN, bytes(size))));
        tests.extend(severity.map(Test::Severity));
        for (condition, values) in [
            ("scan_status = ?", scan_statuses),
            ("manifest_media_type GLOB ?", media_types),
            ("artifact_media_type GLOB ?", artifact_types),
            ("coalesce(image_status, 'ACTIVE') = ?", statuses),
        ] {
            if !values.is_empty() {
                tests.push(Test::Kinds(Statement::kinds(condition, values).found_kinds(self)?));
            }
        }
        tests.extend(attached.map(|attached| Test::Flag(Flag::Attached, attached)));
        tests.extend(beside_index.map(Test::BesideIndex));
        if let Some(InUse { references, wanted }) = in_use {
            let mut ids = IdSet::default();
            for listing in &listings {
                self.in_use(listing, references)?.into_iter().for_each(|id| ids.insert(id));
            }
            tests.push(Test::Ids(ids, *wanted));
        }
        let index_kinds = if beside_index.is_some() { Some(self.index_kinds()?) } else { None };
        let tests = Tests::new(tests, index_kinds.clone().unwrap_or_default()).only(few);
        Ok(Plan { listings, tests, index_kinds })
    }
}

/// The digests of a filter, if every one of them is whole: then an index finds them.
fn whole(beginnings: &[String]) -> Option<Vec<Digest>> {
    let whole = |text: &String| Digest::sha256_bytes(text).map(Digest::Sha256);
    let digests: Vec<Digest> = beginnings.iter().map(whole).collect::<Option<_>>()?;
    (!digests.is_empty()).then_some(digests)
}
