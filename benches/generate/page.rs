//! Pages as text: as the AWS CLI v2 prints them, or one detail a line as `jq -c '.imageDetails[]'` does.
//!
//! Everything written here is made by this program, so no string needs an escape.

use std::io::{self, Write};

use crate::registry::{Image, Scan};

/// The account of everything that is made up.
const REGISTRY: &str = "123456789012";

/// How a detail is laid out.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Layout {
    /// Inside a page, indented by four spaces a level.
    Page,
    /// Alone, without a space.
    Line,
}

/// Writes details one after another, and the text around them.
pub(crate) struct Page<W: Write> {
    out: W,
    layout: Layout,
    text: Vec<u8>,
    depth: usize,
    empty: bool,
}

impl<W: Write> Page<W> {
    /// Begins a page.
    pub(crate) fn begin(out: W, layout: Layout) -> io::Result<Self> {
        let mut page = Self { out, layout, text: Vec::with_capacity(4096), depth: 0, empty: true };
        if layout == Layout::Page {
            page.open(b'{');
            page.key("imageDetails");
            page.open(b'[');
        }
        page.flush()?;
        Ok(page)
    }

    /// Ends the page, with the token of the next one where there is one.
    pub(crate) fn end(mut self, token: Option<&str>) -> io::Result<W> {
        if self.layout == Layout::Page {
            self.close(b']');
            if let Some(token) = token {
                self.string("nextToken", token);
            }
            self.close(b'}');
            self.text.push(b'\n');
        }
        self.flush()?;
        Ok(self.out)
    }

    /// One more detail, its members in the order of the API's model.
    pub(crate) fn detail(&mut self, repository: &str, image: &Image) -> io::Result<()> {
        if self.layout == Layout::Page {
            self.next();
        }
        self.open(b'{');
        self.string("registryId", REGISTRY);
        self.string("repositoryName", repository);
        self.digest("imageDigest", &image.digest);
        if !image.tags.is_empty() {
            self.key("imageTags");
            self.open(b'[');
            for tag in &image.tags {
                self.next();
                write!(self.text, "\"{tag}\"")?;
            }
            self.close(b']');
        }
        self.number("imageSizeInBytes", image.size);
        self.instant("imagePushedAt", image.pushed_at * 1_000);
        if let Some(scan) = &image.scan {
            self.scan(scan);
        }
        self.string("imageManifestMediaType", image.media.manifest);
        if let Some(artifact) = image.media.artifact {
            self.string("artifactMediaType", artifact);
        }
        if let Some(at) = image.pulled_at {
            self.instant("lastRecordedPullTime", at);
        }
        if let Some(subject) = &image.subject {
            self.digest("subjectManifestDigest", subject);
        }
        self.string("imageStatus", if image.archived { "ARCHIVED" } else { "ACTIVE" });
        if let Some(at) = image.archived_at {
            self.instant("lastArchivedAt", at * 1_000);
        }
        if let Some(at) = image.activated_at {
            self.instant("lastActivatedAt", at * 1_000);
        }
        self.close(b'}');
        if self.layout == Layout::Line {
            self.text.push(b'\n');
        }
        self.flush()
    }

    fn scan(&mut self, scan: &Scan) {
        self.key("imageScanStatus");
        self.open(b'{');
        self.string("status", scan.status);
        self.string("description", scan.description);
        self.close(b'}');
        let Some(findings) = &scan.findings else { return };
        self.key("imageScanFindingsSummary");
        self.open(b'{');
        self.instant("imageScanCompletedAt", findings.completed_at * 1_000);
        self.instant("vulnerabilitySourceUpdatedAt", findings.source_updated_at * 1_000);
        self.key("findingSeverityCounts");
        self.open(b'{');
        for (severity, count) in &findings.counts {
            self.number(severity, *count);
        }
        self.close(b'}');
        self.close(b'}');
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }

    fn open(&mut self, bracket: u8) {
        self.text.push(bracket);
        self.depth += 1;
        self.empty = true;
    }

    fn close(&mut self, bracket: u8) {
        self.depth -= 1;
        // An empty collection stays on its line.
        if !self.empty {
            self.line();
        }
        self.text.push(bracket);
        self.empty = false;
    }

    fn next(&mut self) {
        if !self.empty {
            self.text.push(b',');
        }
        self.empty = false;
        self.line();
    }

    fn line(&mut self) {
        if self.layout == Layout::Page {
            self.text.push(b'\n');
            self.text.resize(self.text.len() + 4 * self.depth, b' ');
        }
    }

    fn key(&mut self, name: &str) {
        self.next();
        self.text.push(b'"');
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(if self.layout == Layout::Page { b"\": " } else { b"\":" });
    }

    fn string(&mut self, name: &str, value: &str) {
        self.key(name);
        self.text.push(b'"');
        self.text.extend_from_slice(value.as_bytes());
        self.text.push(b'"');
    }

    fn number(&mut self, name: &str, value: u64) {
        self.key(name);
        self.text.extend_from_slice(value.to_string().as_bytes());
    }

    fn digest(&mut self, name: &str, [a, b, c, d]: &[u64; 4]) {
        self.string(name, &format!("sha256:{a:016x}{b:016x}{c:016x}{d:016x}"));
    }

    /// An instant in the form of the CLI v2 in UTC: six digits of fraction, or none.
    fn instant(&mut self, name: &str, millis: u64) {
        let (seconds, millis) = (millis / 1_000, millis % 1_000);
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        let fraction = if millis == 0 { String::new() } else { format!(".{millis:03}000") };
        self.string(name, &format!("{}T{hour:02}:{minute:02}:{second:02}{fraction}+00:00", date(seconds)));
    }
}

/// The calendar date of an instant after 1970 in seconds: Hinnant's days-to-civil.
pub(crate) fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months are counted from March, so that the leap day is the last of its year.
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
