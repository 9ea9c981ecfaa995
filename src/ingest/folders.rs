//! What a folder says about the pages in it: the manifest of an export, and the region of its repositories.
//!
//! Pages of details do not say their region or the filter of their capture, and an empty one does not say its
//! repository. `scripts/export.sh` and `ecrsnap export` write a manifest, `ecrsnap-export.json`, that does. Without
//! one, the ARNs of describe-repositories pages say the region of the details in the same folder.
//!
//! Both are found while the folder is read. What was read before with other facts is read again, so the session
//! keeps the facts here from one attempt to the next. A folder inside of an archive is a folder like any other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::parse::row::Defaults;
use crate::model::{EXPORT_MANIFEST_VERSION, Instant};

/// A manifest: what an export says about the pages in its folder and in the folders below.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    /// The version of the format.
    ecrsnap_export: u32,
    /// When the capture was made.
    #[serde(default)]
    captured_at: Option<String>,
    /// The registry of pages that do not say it.
    #[serde(default)]
    registry_id: Option<String>,
    /// The region of all pages.
    #[serde(default)]
    region: Option<String>,
    /// The `--filter` of the describe-images calls.
    #[serde(default)]
    capture_filter: Option<String>,
    /// `registry` if the images of every repository of the registry were captured.
    #[serde(default)]
    scope: Option<String>,
    /// The repository of each file of describe-images or list-images pages, by the file's name.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Repositories that have no lifecycle policy.
    #[serde(default)]
    pub(super) without_lifecycle_policy: Vec<String>,
}

impl Manifest {
    /// Read a manifest.
    ///
    /// # Errors
    /// It is not one, or one that only a newer program reads. The message is about the file's content.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let manifest: Manifest =
            serde_json::from_str(text).map_err(|error| format!("the manifest of an export: {error}"))?;
        if manifest.ecrsnap_export > EXPORT_MANIFEST_VERSION {
            return Err(format!(
                "the manifest of an export has version {}, and this program reads up to {EXPORT_MANIFEST_VERSION}; use a newer one",
                manifest.ecrsnap_export
            ));
        }
        if let Some(scope) = manifest.scope.as_ref().filter(|scope| *scope != "registry") {
            let scope = crate::model::visible(scope);
            return Err(format!("the manifest of an export: unknown scope `{scope}`; expected `registry`"));
        }
        manifest.captured_at()?;
        Ok(manifest)
    }

    /// When the capture was made.
    fn captured_at(&self) -> Result<Option<Instant>, String> {
        let read = |text: &String| {
            Instant::from_text(text).map_err(|error| format!("the manifest of an export: capturedAt {error}"))
        };
        self.captured_at.as_ref().map(read).transpose()
    }
}

/// What is known of the folders of an ingest.
#[derive(Clone, Debug, Default)]
pub(super) struct Folders {
    /// What the command line says of every page.
    options: Defaults,
    manifests: BTreeMap<String, Manifest>,
    /// The regions in the ARNs of each folder.
    regions: BTreeMap<String, BTreeSet<String>>,
    /// Those of all folders.
    all_regions: BTreeSet<String>,
}

impl Folders {
    /// Nothing but what the command line says.
    pub(super) fn new(options: Defaults) -> Self {
        Folders { options, ..Folders::default() }
    }

    /// What holds for pages of `member` that do not say it themselves.
    pub(super) fn defaults(&self, member: &str) -> Defaults {
        let mut defaults = self.options.clone();
        let folder = folder_of(member);
        if let Some((at, manifest)) = self.manifest(folder) {
            defaults.registry_id = defaults.registry_id.or_else(|| manifest.registry_id.clone());
            defaults.region = defaults.region.or_else(|| manifest.region.clone());
            if at == folder {
                let name = manifest.files.get(name_of(member));
                defaults.repository_name = defaults.repository_name.or_else(|| name.cloned());
            }
        }
        if defaults.region.is_none() {
            defaults.region = self.only_region(folder);
        }
        defaults
    }

    /// The manifest of a folder or of the nearest one above it, and the folder that has it.
    fn manifest<'f>(&self, folder: &'f str) -> Option<(&'f str, &Manifest)> {
        let mut at = folder;
        loop {
            if let Some(manifest) = self.manifests.get(at) {
                return Some((at, manifest));
            }
            if at.is_empty() {
                return None;
            }
            at = folder_of(at);
        }
    }

    /// The region of a folder, if its ARNs say just one; else that of all folders, if they do.
    fn only_region(&self, folder: &str) -> Option<String> {
        let one = |regions: &BTreeSet<String>| if regions.len() == 1 { regions.first().cloned() } else { None };
        match self.regions.get(folder) {
            Some(regions) => one(regions),
            None => one(&self.all_regions),
        }
    }

    /// The region that the command line or a manifest says for a page.
    pub(super) fn said_region(&self, member: &str) -> Option<&str> {
        let manifest = self.manifest(folder_of(member));
        self.options.region.as_deref().or_else(|| manifest.and_then(|(_, manifest)| manifest.region.as_deref()))
    }

    /// Take note of a manifest; whether that is new.
    pub(super) fn add_manifest(&mut self, member: &str, manifest: &Manifest) -> bool {
        let folder = folder_of(member).to_owned();
        self.manifests.insert(folder, manifest.clone()).as_ref() != Some(manifest)
    }

    /// Take note of the regions in a page's ARNs; whether that changes what holds for any page.
    pub(super) fn add_regions(&mut self, member: &str, found: &[String]) -> bool {
        if self.said_region(member).is_some() || found.is_empty() {
            return false;
        }
        let folder = folder_of(member);
        let before = (self.only_region(folder), self.only_region(""));
        self.regions.entry(folder.to_owned()).or_default().extend(found.iter().cloned());
        self.all_regions.extend(found.iter().cloned());
        before != (self.only_region(folder), self.only_region(""))
    }

    /// Whether a page is of an export of a whole registry.
    pub(super) fn is_whole_registry(&self, member: &str) -> bool {
        self.manifest(folder_of(member)).is_some_and(|(_, manifest)| manifest.scope.is_some())
    }

    /// The filter of the capture of a page.
    pub(super) fn capture_filter(&self, member: &str) -> Option<&str> {
        self.manifest(folder_of(member)).and_then(|(_, manifest)| manifest.capture_filter.as_deref())
    }

    /// The newest capture time of the manifests.
    pub(super) fn captured_at(&self) -> Option<Instant> {
        // Manifest::parse has read it.
        self.manifests.values().filter_map(|manifest| manifest.captured_at().ok().flatten()).max()
    }
}

/// The folder of a file or of an archive's member: `a/b` for `a/b/c.json`, `a.tar!b` for `a.tar!b/c.json`.
fn folder_of(member: &str) -> &str {
    member.rfind(['/', '\\', '!']).map_or("", |at| &member[..at])
}

/// Its name in the folder.
fn name_of(member: &str) -> &str {
    member.rfind(['/', '\\', '!']).map_or(member, |at| &member[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::{Defaults, Folders, Manifest};

    fn manifest(text: &str) -> Manifest {
        Manifest::parse(text).unwrap()
    }

    #[test]
    fn the_nearest_manifest_counts_and_options_count_more() {
        let mut folders = Folders::new(Defaults::default());
        let outer = manifest(r#"{"ecrsnapExport": 1, "registryId": "1", "region": "eu-west-1"}"#);
        let inner = manifest(
            r#"{"ecrsnapExport": 1, "registryId": "2", "region": "eu-west-2", "captureFilter": "imageStatus=ANY",
                "files": {"shop+web.json": "shop/web"}, "future": 1}"#,
        );
        assert!(folders.add_manifest("export/ecrsnap-export.json", &outer));
        assert!(folders.add_manifest("export/b/ecrsnap-export.json", &inner));
        assert!(!folders.add_manifest("export/b/ecrsnap-export.json", &inner));
        let of = |member: &str| {
            let Defaults { registry_id, repository_name, region } = folders.defaults(member);
            (registry_id.unwrap_or_default(), repository_name.unwrap_or_default(), region.unwrap_or_default())
        };
        let expected =
            |registry: &str, name: &str, region: &str| (registry.to_owned(), name.to_owned(), region.to_owned());
        assert_eq!(of("export/a/x.json"), expected("1", "", "eu-west-1"));
        assert_eq!(of("export/b/shop+web.json"), expected("2", "shop/web", "eu-west-2"));
        assert_eq!(of("export/b/other.json"), expected("2", "", "eu-west-2"));
        // A file of that name further down is another file.
        assert_eq!(of("export/b/c/shop+web.json"), expected("2", "", "eu-west-2"));
        assert_eq!(of("elsewhere/shop+web.json"), expected("", "", ""));
        assert_eq!(folders.capture_filter("export/b/c/d.tar!e/x"), Some("imageStatus=ANY"));
        assert_eq!(folders.capture_filter("export/x"), None);
        let said = Defaults { region: Some("ap-south-1".to_owned()), ..Defaults::default() };
        let mut folders = Folders::new(said);
        folders.add_manifest("export/ecrsnap-export.json", &outer);
        assert_eq!(folders.defaults("export/x").region.as_deref(), Some("ap-south-1"));
    }

    #[test]
    fn the_region_of_arns_holds_for_their_folder_or_for_all() {
        let region = |folders: &Folders, member: &str| folders.defaults(member).region;
        let found = |name: &str| vec![name.to_owned()];
        let mut folders = Folders::new(Defaults::default());
        assert!(folders.add_regions("e/a/repositories.json", &found("eu-west-1")));
        assert!(!folders.add_regions("e/a/page-2.json", &found("eu-west-1")));
        assert_eq!(region(&folders, "e/a/web.json").as_deref(), Some("eu-west-1"));
        assert_eq!(region(&folders, "e/b/web.json").as_deref(), Some("eu-west-1"));
        assert!(folders.add_regions("e/b/repositories.json", &found("eu-west-2")));
        assert_eq!(region(&folders, "e/a/web.json").as_deref(), Some("eu-west-1"));
        assert_eq!(region(&folders, "e/b/web.json").as_deref(), Some("eu-west-2"));
        assert_eq!(region(&folders, "e/c/web.json"), None);
        assert!(folders.add_regions("e/b/repositories.json", &found("eu-west-3")));
        assert_eq!(region(&folders, "e/b/web.json"), None);
        assert!(!folders.add_regions("e/b/repositories.json", &[]));
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        for (text, expected) in [
            ("{}", "missing field `ecrsnapExport`"),
            (r#"{"ecrsnapExport": 2}"#, "version 2, and this program reads up to 1"),
            (r#"{"ecrsnapExport": 1, "scope": "some"}"#, "unknown scope `some`"),
            (r#"{"ecrsnapExport": 1, "capturedAt": "soon"}"#, "capturedAt"),
            (r#"{"ecrsnapExport": 1, "files": []}"#, "invalid type"),
        ] {
            let refused = Manifest::parse(text).unwrap_err();
            assert!(refused.contains(expected), "{text}: {refused}");
        }
    }
}
