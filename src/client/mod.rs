//! What the AWS CLI does around a call: the argument line, the paginator, `--query`, the output
//! formats, the error frames and the exit status, in both release lines.
//!
//! The way of a call: `argparse` and `args` read the line by the tables of `options`;
//! [`params`] makes a checked request of it; `paginate` asks the service for page after page
//! through `call`; `present` feeds them to a format of [`crate::output`], through a
//! [`crate::query`] if there is one; `error` words what goes wrong. `driver` puts them in
//! order.
//!
//! Nothing here knows SQL or where the data is: the service comes through a function of the
//! caller's. Nothing asks the machine either, except for [`machine`], which makes an [`Environment`].

pub(crate) mod argparse;
mod args;
mod aws_config;
mod call;
mod delayed_writer;
mod driver;
mod environment;
mod error;
pub(crate) mod help;
pub mod machine;
pub(crate) mod options;
mod pager;
mod paginate;
pub mod params;
mod present;
mod projected_row;
mod python;
mod settings;
mod suggest;
mod time;
mod token;
mod tzrules;
mod usage;
mod zone;

pub use args::{answers, command_of};
pub use driver::{Open, OpenError, run};
pub use environment::Environment;
pub use options::CommandOption;
pub use pager::{Pager, PagerCommand};
pub use settings::Selection;
pub use zone::Zone;
