//! `--query` against Python's jmespath: recorded cases, random ones, and the `JMESPath` project's.

mod cases;
mod compliance;
mod differential;
mod generate;
mod pruned;
