//! The columns of an image, each one once: its name, the member that it holds, and what kind of value it has.
//!
//! Statements, the hash of an image and the way back to a detail follow from the tables here by name. A new member
//! gets a line in one of the tables and an arm in `Home::of`. This module knows no statement, and not how a page
//! spells a value.

use std::borrow::Cow;
use std::ops::{Index, IndexMut};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql};

use crate::model::{Digest, Member};

/// Defines an enum of columns that hold the same kind of value, and an array with a value for each.
macro_rules! columns {
    (
        $(#[$about:meta])* $Column:ident,
        $(#[$about_array:meta])* $Array:ident,
        $($variant:ident = $column:literal, $member:ident, $name:literal;)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Column {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl $Column {
            /// All of them, in the order in which they are hashed.
            pub const ALL: [$Column; [$($column),*].len()] = [$($Column::$variant),*];

            /// The name of its column.
            pub const fn column(self) -> &'static str {
                match self { $($Column::$variant => $column,)* }
            }

            /// The member of a detail that holds it, itself or as a member of its object.
            pub const fn member(self) -> Member {
                match self { $($Column::$variant => Member::$member,)* }
            }

            /// Its name in a page, within the object that it is in.
            pub const fn name(self) -> &'static str {
                match self { $($Column::$variant => $name,)* }
            }
        }

        $(#[$about_array])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $Array<T>([T; $Column::ALL.len()]);

        impl<T> $Array<T> {
            /// With the value that `value` has for each.
            pub fn from_fn(mut value: impl FnMut($Column) -> T) -> Self {
                $Array($Column::ALL.map(|column| value(column)))
            }

            /// A value for each that `value` makes of the one here.
            pub fn map<U>(&self, mut value: impl FnMut(&T) -> U) -> $Array<U> {
                $Array::from_fn(|column| value(&self[column]))
            }

            /// The columns with their values, in the order in which they are hashed.
            pub fn iter(&self) -> impl Iterator<Item = ($Column, &T)> {
                $Column::ALL.into_iter().zip(&self.0)
            }
        }

        impl<T> Index<$Column> for $Array<T> {
            type Output = T;

            fn index(&self, column: $Column) -> &T {
                &self.0[column as usize]
            }
        }

        impl<T> IndexMut<$Column> for $Array<T> {
            fn index_mut(&mut self, column: $Column) -> &mut T {
                &mut self.0[column as usize]
            }
        }
    };
}

columns! {
    /// An instant of an image: a column of `image` in microseconds since 1970.
    Time,
    /// A value for each [`Time`].
    Times,
    Pushed = "pushed_at", ImagePushedAt, "imagePushedAt";
    Scanned = "scan_completed_at", ImageScanFindingsSummary, "imageScanCompletedAt";
    SourceUpdated = "vulnerability_source_updated_at", ImageScanFindingsSummary, "vulnerabilitySourceUpdatedAt";
    Pulled = "pulled_at", LastRecordedPullTime, "lastRecordedPullTime";
    Archived = "archived_at", LastArchivedAt, "lastArchivedAt";
    Activated = "activated_at", LastActivatedAt, "lastActivatedAt";
}

columns! {
    /// A text that thousands of images share: a column of `image_kind`.
    KindText,
    /// A value for each [`KindText`].
    KindTexts,
    ManifestMediaType = "manifest_media_type", ImageManifestMediaType, "imageManifestMediaType";
    ArtifactMediaType = "artifact_media_type", ArtifactMediaType, "artifactMediaType";
    ImageStatus = "image_status", ImageStatus, "imageStatus";
    ScanStatus = "scan_status", ImageScanStatus, "status";
    ScanDescription = "scan_description", ImageScanStatus, "description";
}

/// Where the store has the value of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// The registry of the image's repository.
    RegistryId,
    /// The name of the image's repository.
    RepositoryName,
    /// The column `digest`.
    Digest,
    /// The column `tags`.
    Tags,
    /// The column `size_bytes`.
    Size,
    /// The column of an instant.
    Time(Time),
    /// The column `subject_digest`.
    SubjectDigest,
    /// A column of the image's kind.
    Kind(KindText),
    /// `imageScanStatus`: texts of the kind.
    ScanStatus,
    /// `imageScanFindingsSummary`: two instants and the counts.
    Findings,
}

impl Home {
    /// That of a member.
    pub(crate) const fn of(member: Member) -> Home {
        match member {
            Member::RegistryId => Home::RegistryId,
            Member::RepositoryName => Home::RepositoryName,
            Member::ImageDigest => Home::Digest,
            Member::ImageTags => Home::Tags,
            Member::ImageSizeInBytes => Home::Size,
            Member::ImagePushedAt => Home::Time(Time::Pushed),
            Member::ImageScanStatus => Home::ScanStatus,
            Member::ImageScanFindingsSummary => Home::Findings,
            Member::ImageManifestMediaType => Home::Kind(KindText::ManifestMediaType),
            Member::ArtifactMediaType => Home::Kind(KindText::ArtifactMediaType),
            Member::LastRecordedPullTime => Home::Time(Time::Pulled),
            Member::SubjectManifestDigest => Home::SubjectDigest,
            Member::ImageStatus => Home::Kind(KindText::ImageStatus),
            Member::LastArchivedAt => Home::Time(Time::Archived),
            Member::LastActivatedAt => Home::Time(Time::Activated),
        }
    }
}

/// A column of `image` behind `id`, `hash`, `repository_id` and `kind_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Digest,
    Tags,
    Size,
    Time(Time),
    SeverityCounts,
    SubjectDigest,
    Rest,
}

impl Column {
    /// All of them, in the order in which they are read and hashed.
    pub(crate) const ALL: [Column; 6 + Time::ALL.len()] = {
        use Column::{Digest, Rest, SeverityCounts, Size, SubjectDigest, Tags, Time as At};
        let mut all = [Digest; 6 + Time::ALL.len()];
        (all[1], all[2]) = (Tags, Size);
        let mut time = 0;
        while time < Time::ALL.len() {
            all[3 + time] = At(Time::ALL[time]);
            time += 1;
        }
        (all[3 + time], all[4 + time], all[5 + time]) = (SeverityCounts, SubjectDigest, Rest);
        all
    };

    /// Its index in [`Column::ALL`].
    pub(crate) const fn place(self) -> usize {
        match self {
            Column::Digest => 0,
            Column::Tags => 1,
            Column::Size => 2,
            Column::Time(time) => 3 + time as usize,
            Column::SeverityCounts => 3 + Time::ALL.len(),
            Column::SubjectDigest => 4 + Time::ALL.len(),
            Column::Rest => 5 + Time::ALL.len(),
        }
    }

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Column::Digest => "digest",
            Column::Tags => "tags",
            Column::Size => "size_bytes",
            Column::Time(time) => time.column(),
            Column::SeverityCounts => "severity_counts",
            Column::SubjectDigest => "subject_digest",
            Column::Rest => "rest",
        }
    }

    /// Their names for a statement, with `table` in front of each (`i.`, or nothing).
    pub(crate) fn list(table: &str) -> String {
        listed(table, Column::ALL.iter().map(|column| column.name()))
    }
}

impl KindText {
    /// The names of the columns for a statement, with `table` in front of each (`k.`, or nothing).
    pub(crate) fn list(table: &str) -> String {
        listed(table, KindText::ALL.iter().map(|text| text.column()))
    }
}

fn listed<'n>(table: &str, names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("{table}{name}")).collect::<Vec<_>>().join(", ")
}

/// The values of an image's columns, as the store has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns<'a> {
    /// The manifest's digest.
    pub digest: Cow<'a, Digest>,
    /// A JSON array of the tags.
    pub tags: Option<&'a str>,
    /// Bytes.
    pub size_bytes: Option<i64>,
    /// Microseconds since 1970.
    pub times: Times<Option<i64>>,
    /// A JSON object of findings by severity.
    pub severity_counts: Option<&'a str>,
    /// The subject's digest.
    pub subject_digest: Option<Cow<'a, Digest>>,
    /// A JSON object of what has no column; see `schema/README.md`.
    pub rest: Option<&'a str>,
}

impl<'a> Columns<'a> {
    /// Those of a row that has [`Column::ALL`] from the index `first` on.
    pub(crate) fn read(row: &'a Row<'_>, first: usize) -> Result<Self, Unreadable> {
        let value = |column: Column| row.get_ref(first + column.place()).unwrap_or(ValueRef::Null);
        let text = |column| value(column).as_str_or_null().map_err(|_| Unreadable::Text);
        let number = |column| value(column).as_i64_or_null().map_err(|_| Unreadable::Number);
        let digest = |column| digest_of(value(column)).map(|digest| digest.map(Cow::Owned));
        let mut times = Times::default();
        for time in Time::ALL {
            times[time] = number(Column::Time(time))?;
        }
        Ok(Columns {
            digest: digest(Column::Digest)?.ok_or(Unreadable::NoDigest)?,
            tags: text(Column::Tags)?,
            size_bytes: number(Column::Size)?,
            times,
            severity_counts: text(Column::SeverityCounts)?,
            subject_digest: digest(Column::SubjectDigest)?,
            rest: text(Column::Rest)?,
        })
    }

    /// The value of a column.
    pub(crate) fn value(&self, column: Column) -> ColumnValue<'_> {
        match column {
            Column::Digest => ColumnValue::Digest(Some(&self.digest)),
            Column::Tags => ColumnValue::Text(self.tags),
            Column::Size => ColumnValue::Number(self.size_bytes),
            Column::Time(time) => ColumnValue::Number(self.times[time]),
            Column::SeverityCounts => ColumnValue::Text(self.severity_counts),
            Column::SubjectDigest => ColumnValue::Digest(self.subject_digest.as_deref()),
            Column::Rest => ColumnValue::Text(self.rest),
        }
    }
}

/// The value of a column by its kind; `None` is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnValue<'a> {
    Text(Option<&'a str>),
    Number(Option<i64>),
    /// Stored as 32 bytes, or as the text of one that is not `sha256:<64 hex>`.
    Digest(Option<&'a Digest>),
}

impl ColumnValue<'_> {
    pub(crate) fn is_null(self) -> bool {
        matches!(self, ColumnValue::Text(None) | ColumnValue::Number(None) | ColumnValue::Digest(None))
    }
}

impl ToSql for ColumnValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            ColumnValue::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            ColumnValue::Number(Some(number)) => ValueRef::Integer(*number),
            ColumnValue::Digest(Some(Digest::Sha256(bytes))) => ValueRef::Blob(bytes),
            ColumnValue::Digest(Some(Digest::Other(text))) => ValueRef::Text(text.as_bytes()),
            ColumnValue::Text(None) | ColumnValue::Number(None) | ColumnValue::Digest(None) => ValueRef::Null,
        }))
    }
}

/// Why the columns of a row cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Text,
    Number,
    Digest,
    NoDigest,
}

impl Unreadable {
    /// A sentence that calls the image `image`.
    pub(crate) fn of(self, image: &str) -> String {
        match self {
            Unreadable::Text => format!("a text of {image} cannot be read"),
            Unreadable::Number => format!("a number of {image} cannot be read"),
            Unreadable::Digest => "a digest is neither 32 bytes nor text".to_owned(),
            Unreadable::NoDigest => format!("{image} has no digest"),
        }
    }
}

/// A digest column that need not be there: 32 bytes, text, or NULL.
pub(crate) fn digest_of(value: ValueRef<'_>) -> Result<Option<Digest>, Unreadable> {
    let digest = match value {
        ValueRef::Null => return Ok(None),
        ValueRef::Blob(bytes) => bytes.try_into().ok().map(Digest::Sha256),
        ValueRef::Text(text) => std::str::from_utf8(text).ok().map(|text| Digest::Other(text.into())),
        ValueRef::Integer(_) | ValueRef::Real(_) => None,
    };
    digest.map(Some).ok_or(Unreadable::Digest)
}

/// The columns that the first version of the schema had, which an image's hash covers whatever they hold. Later ones
/// are in it only if they hold something, with their names: an image without them keeps the hash that it had.
impl Column {
    pub(crate) const fn is_first(self) -> bool {
        !matches!(self, Column::Time(time) if time as usize > Time::Activated as usize)
    }
}

impl KindText {
    pub(crate) const fn is_first(self) -> bool {
        self as usize <= KindText::ScanDescription as usize
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Home, KindText, Time};
    use crate::model::Member;

    #[test]
    fn a_column_has_its_place_and_the_member_that_it_is_the_home_of() {
        for (place, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column.place(), place);
        }
        for member in Member::ALL {
            match Home::of(member) {
                Home::Time(time) => assert_eq!((time.member(), time.name()), (member, member.name())),
                Home::Kind(text) => assert_eq!((text.member(), text.name()), (member, member.name())),
                _ => {}
            }
        }
        let homes: Vec<Home> = Member::ALL.into_iter().map(Home::of).collect();
        for time in Time::ALL {
            assert!(time.member() == Member::ImageScanFindingsSummary || homes.contains(&Home::Time(time)));
        }
        for text in KindText::ALL {
            assert!(text.member() == Member::ImageScanStatus || homes.contains(&Home::Kind(text)));
        }
    }
}
