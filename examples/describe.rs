//! Answers `DescribeImages` for one repository from the newest snapshot, page after page.
//!
//!     cargo run --example describe -- ecrsnap.db shop/web

use ecrsnap::{Database, DescribeImagesRequest};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(repository)) = (arguments.next(), arguments.next()) else {
        return Err("expected a database and a repository name".into());
    };
    let database = Database::open(path)?;
    let snapshot = database.snapshot("latest")?;
    let mut request = DescribeImagesRequest { repository_name: Some(repository), ..Default::default() };
    loop {
        let page = database.describe_images(&snapshot, &request)?;
        for image in page.image_details {
            let tags = image.image_tags.unwrap_or_default().join(",");
            println!("{} {tags}", image.image_digest);
        }
        request.next_token = page.next_token;
        if request.next_token.is_none() {
            return Ok(());
        }
    }
}
