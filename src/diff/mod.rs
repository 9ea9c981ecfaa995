//! What differs between two snapshots, and the line of a tag or an image through all of them.
//!
//! [`listings`], [`spans`] and [`events`] are pure: details in, changes out. [`snapshots()`] walks two
//! snapshots of a store and hands them only what differs. Nothing here knows SQL, formats or terminals.
//!
//! A comparison goes from one capture to another, in either order of time. All words are those of the
//! order given (`from`, `to`, added, removed), so that turning it round mirrors every answer.

mod detail;
mod lineage;
mod listing;
mod mapped;
mod name_map;
mod settings;
mod snapshots;
mod tag_filter;
mod tags;

pub use detail::{FindingsChange, MemberChange};
pub use lineage::{Capture, Event, Seen, Span, TagTarget, Thing, What, capture, events, seen, spans};
pub use listing::{Changed, Changes, Options, Unmatched, listings};
pub use mapped::{MappedError, mapped};
pub use name_map::{MapKind, NameMap, NameMapError};
pub use settings::{ChangedSetting, SettingsChange, SettingsKind, changed_settings, same_policy, settings};
pub use snapshots::{Comparison, Held, RepositoryChange, Summary, Totals, snapshots};
pub use tag_filter::TagFilter;
pub use tags::TagChange;

#[cfg(test)]
mod tests;
