//! Prints the tags that are on another image in the newest snapshot than in the one before it.
//!
//!     cargo run --example moved_tags -- ecrsnap.db

use ecrsnap::{Database, DiffOptions, Repositories};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("expected a database")?;
    let database = Database::open(path)?;
    let (before, after) = (database.snapshot("latest~1")?, database.snapshot("latest")?);
    let comparison = database.diff((&before, &after), &Repositories::default(), DiffOptions::default())?;
    for repository in &comparison.repositories {
        for tag in &repository.changes.tags {
            if let (Some(from), Some(to)) = (&tag.from, &tag.to) {
                println!("{}:{} {from} -> {to}", repository.repository.name, tag.tag);
            }
        }
    }
    Ok(())
}
