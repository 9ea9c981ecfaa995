//! From text to details: every shape in which people save a response, without threads and without the store's tables.
//!
//! `page` recognizes the envelopes and drives the parse, with the table of names in `page_kind`; `item` reads one
//! value of a page. `yaml` turns YAML into JSON on the way, and `extract` takes pages out of
//! surrounding text. Two readers of a
//! detail exist, `detail` (any JSON, through `serde_json`) and `fast_json` (the AWS CLI's own formatting);
//! `fast_path` chooses between them, and skips text that the store has read before (`fingerprint`). `row`
//! turns a detail into the columns of the store.
//!
//! `records` reads the pages of other commands that belong to a capture.
//!
//! Nothing here knows about threads, files or SQL. A parser hands what it finds to a [`page::Sink`].

pub(super) mod anomalies;
mod capture;
pub(super) mod detail;
mod detail_values;
pub(super) mod extract;
pub(super) mod fast_json;
pub(super) mod fast_path;
pub(super) mod fingerprint;
mod item;
mod json_scan;
mod minify;
pub(super) mod page;
pub(super) mod page_kind;
pub(super) mod records;
pub(super) mod row;
mod span_scan;
mod time;
pub(super) mod window;
mod wrong_input;
mod yaml;
