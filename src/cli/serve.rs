//! `serve`: a snapshot behind the wire protocol of ECR.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::advice::print_store_error;
use super::{DONE, REFUSED, print_error};
use crate::serve::{self, Options, ServeError};

/// Answer AWS SDKs over HTTP, read-only
///
/// Answers `DescribeImages`, `ListImages`, `DescribeRepositories` and `GetLifecyclePolicy`. The first line on
/// standard output is the address. Signatures are accepted and not checked; without --allow-remote only requests for
/// localhost and loopback addresses are answered.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  ecrsnap serve --listen 127.0.0.1:8080
  aws --endpoint-url http://127.0.0.1:8080 ecr describe-images --repository-name shop/web")]
pub(super) struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = address)]
    listen: SocketAddr,
    /// The snapshot to answer from: a name, latest, latest~N, @TIME or @-AGE; looked up for every request
    #[arg(long, value_name = "REF", default_value = "latest")]
    snapshot: String,
    /// Which region's repositories, where the snapshot labels several
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Listen on an address that other machines can reach; every client there can read the snapshot
    #[arg(long)]
    allow_remote: bool,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:8080".to_owned())
}

/// Run the command until it is interrupted.
pub(super) fn run(db: PathBuf, arguments: Arguments) -> u8 {
    let Arguments { listen, snapshot, region, allow_remote } = arguments;
    let options = Options { db, listen, snapshot: Some(snapshot), region, allow_remote };
    match serve::run(&options, &mut io::stdout()) {
        Ok(()) => DONE,
        Err(ServeError::Store(error)) => {
            print_store_error(&error);
            REFUSED
        }
        Err(error) => {
            print_error(&error, None);
            REFUSED
        }
    }
}
