//! The options that say which repositories a command looks at.

use super::values::glob;
use crate::store::read::Repositories;

/// Which repositories to look at
#[derive(clap::Args)]
pub(super) struct Scope {
    /// Repositories whose name matches, such as 'shop/*'; may be repeated
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    pub(super) repository_name: Vec<String>,
    /// Repositories of this registry only
    #[arg(long, value_name = "ID")]
    registry_id: Option<String>,
    /// Repositories with this region label only
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

impl Scope {
    /// The same for the store.
    pub(super) fn repositories(&self) -> Repositories {
        Repositories {
            names: self.repository_name.clone(),
            registry_id: self.registry_id.clone(),
            region: self.region.clone(),
        }
    }
}
