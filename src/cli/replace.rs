//! Writes a result file so that a failure leaves the old one unchanged.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::Builder;

/// Write a file: first next to it, then rename over it. A full disk or an interruption leaves the old file
/// unchanged. What is not a regular file (a pipe, a device) is written directly. A symbolic link stays, and
/// its target is replaced. The new file has the permissions of the old one.
///
/// # Errors
/// If the file, or a file next to it, cannot be written.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let old = match fs::metadata(path) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if old.as_ref().is_some_and(|old| !old.is_file()) || (old.is_none() && path.is_symlink()) {
        // Opened without creating a directory's or a device's replacement.
        return File::options().write(true).create(true).truncate(true).open(path)?.write_all(content);
    }
    let target = if old.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Otherwise the error names a file that the user did not ask for.
    fs::metadata(folder)?;
    let mut builder = Builder::new();
    builder.prefix(".ecrsnap-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The process's umask applies, as for any new file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(folder)?;
    temporary.write_all(content)?;
    if let Some(old) = old {
        temporary.as_file().set_permissions(old.permissions())?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::replace;

    #[test]
    fn a_file_is_made_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        for content in ["one", "another"] {
            replace(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left next to it");
        assert!(replace(&folder.path().join("no/such/folder"), b"x").is_err());
        assert!(replace(folder.path(), b"x").is_err(), "a folder is not a file");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().unwrap();
        let (file, link, dangling) = (folder.path().join("f"), folder.path().join("l"), folder.path().join("d"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        symlink(folder.path().join("later"), &dangling).unwrap();
        replace(&dangling, b"made").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("later")).unwrap(), "made");
        replace("/dev/null".as_ref(), b"gone").unwrap();
    }
}
