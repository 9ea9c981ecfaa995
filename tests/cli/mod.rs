//! The built program from end to end, and what must hold of the library for any input.
//!
//! A case is a session: command lines in a folder of its own, with an empty environment. What each
//! printed to either stream and its exit status make one text, which is compared with a file in
//! `golden/`. `ECRSNAP_BLESS=1` writes those files again; read the difference before it is kept.

mod again;
mod archives;
mod certainty;
mod connected;
mod days;
mod demo;
mod describe;
mod details;
mod diff;
mod documents;
mod errors;
mod export;
mod filters;
mod histories;
mod history;
mod images;
mod in_use;
mod ingest;
mod lake;
mod lifecycle;
mod loops;
mod maps;
mod merge;
mod properties;
mod report;
mod report_figures;
mod repositories;
mod scheduled;
mod scope;
mod session;
mod shell;
mod snapshots;
mod splits;
mod sql;
mod verify;
