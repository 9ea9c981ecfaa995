//! Where files are in a lake.
//!
//! A registry id comes from a page and may be any text; a path component is made of it that no file system takes
//! for something else. The registry's partition value begins with a letter: Spark would read `012345678901` as a
//! number and lose the zero. The real id is a column.

use std::path::{Path, PathBuf};

use crate::export::names::component;
use crate::model::Instant;

/// The folder of what is not data. Engines pass over names that begin with an underscore.
pub(super) const OWN: &str = "_ecrsnap";

/// The date of a partition: that of the capture in UTC.
pub(super) fn date(captured_at: i64) -> String {
    let text = Instant::from_micros(captured_at).map(Instant::to_utc_text).unwrap_or_default();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// The folder of a partition, below the lake.
pub(super) fn partition(table: &str, captured_at: i64, registry: &str) -> PathBuf {
    Path::new(table).join(format!("capture_date={}", date(captured_at))).join(format!("registry={}", of(registry)))
}

/// The record of a registry and region, below the lake.
pub(super) fn record(registry: &str, region: &str) -> PathBuf {
    Path::new(OWN).join("captures").join(of(registry)).join(format!("{}.json", component(region)))
}

/// The manifest, below the lake.
pub(super) fn manifest() -> PathBuf {
    Path::new(OWN).join("manifest.json")
}

/// The lock, below the lake.
pub(super) fn lock() -> PathBuf {
    Path::new(OWN).join("lock")
}

/// The folder of files that are being written, below the lake: on the same file system, so that a rename is one step.
pub(super) fn unfinished() -> PathBuf {
    Path::new(OWN).join("unfinished")
}

fn of(registry: &str) -> String {
    format!("r{}", component(registry))
}

#[cfg(test)]
mod tests {
    use super::{date, partition, record};

    #[test]
    fn paths_stay_inside_the_lake() {
        let at = 1_773_554_400_000_000;
        for (registry, expected) in [
            ("123456789012", "images/capture_date=2026-03-15/registry=r123456789012"),
            ("012345678901", "images/capture_date=2026-03-15/registry=r012345678901"),
            ("../../etc", "images/capture_date=2026-03-15/registry=r%2e.+..+etc"),
            ("", "images/capture_date=2026-03-15/registry=r%"),
        ] {
            assert_eq!(partition("images", at, registry).to_str(), Some(expected));
        }
        assert_eq!(record("1", "").to_str(), Some("_ecrsnap/captures/r1/%.json"));
        assert_eq!(record("1", "eu-west-1").to_str(), Some("_ecrsnap/captures/r1/eu-west-1.json"));
    }

    #[test]
    fn a_partition_has_the_date_in_utc() {
        for (at, expected) in [
            (1_773_554_400_000_000, "2026-03-15"),
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (86_399_999_999, "1970-01-01"),
            (86_400_000_000, "1970-01-02"),
        ] {
            assert_eq!(date(at), expected, "{at}");
        }
    }
}
