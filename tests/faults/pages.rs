//! Saved pages of a registry of any size, written by rule.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

/// Write a folder of pages: `images` details in `repositories`, of which those whose number is a multiple of
/// `change` differ from one `day` to the next.
pub(super) fn write(folder: &Path, images: u64, repositories: u64, change: u64, day: u64) {
    fs::create_dir_all(folder).expect("a folder");
    for repository in 0..repositories {
        let file = File::create(folder.join(format!("r{repository}.json"))).expect("a file");
        let mut out = BufWriter::new(file);
        out.write_all(b"{\"imageDetails\": [").expect("a page");
        for number in (repository..images).step_by(repositories as usize) {
            let version = if number.is_multiple_of(change) { day } else { 0 };
            let comma = if number == repository { "" } else { "," };
            write!(
                out,
                "{comma}\n{{\"registryId\":\"123456789012\",\"repositoryName\":\"team/r{repository}\",\
                 \"imageDigest\":\"sha256:{:016x}{number:016x}{:032x}\",\"imageTags\":[\"v{number}\"],\
                 \"imageSizeInBytes\":{},\"imagePushedAt\":{}.5,\"imageStatus\":\"ACTIVE\",\
                 \"imageManifestMediaType\":\"application/vnd.oci.image.manifest.v1+json\",\
                 \"lastRecordedPullTime\":{}.25}}",
                number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                number + 1,
                1_000_000 + number,
                1_700_000_000 + number,
                1_760_000_000 + version * 86_400,
            )
            .expect("a page");
        }
        out.write_all(b"\n]}\n").and_then(|()| out.flush()).expect("a page");
    }
}
