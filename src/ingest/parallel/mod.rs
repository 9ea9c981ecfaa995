//! Threads, queues and order: parsers ahead of one writer, which receives everything in the order of the sources.
//!
//! `pipeline` runs the parsers and feeds the writer; `batcher` is the sink that collects what one parser
//! finds; `work_queue` spreads the text of one large file over idle parsers. Nothing here knows what a page
//! looks like or how the store works.

pub(super) mod batcher;
pub(super) mod pipeline;
mod work_queue;
