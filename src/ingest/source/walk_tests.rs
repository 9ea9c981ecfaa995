//! Folders made for the purpose, and what is found in them.

use super::{find, subfolders};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with these files in it, each with its own name as its content.
fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    folder
}

/// The names that are found, without the folder's own, and the errors.
fn names(folder: &Path, paths: &[&str]) -> (Vec<String>, Vec<String>) {
    let paths: Vec<PathBuf> =
        paths.iter().map(|&path| if path == "-" { "-".into() } else { folder.join(path) }).collect();
    let found = find(&paths, || Box::new(io::empty()));
    let prefix = format!("{}/", folder.display());
    let strip = |text: String| text.replace(&prefix, "");
    (
        found.sources.iter().map(|source| strip(source.name().to_owned())).collect(),
        found.errors.iter().map(|error| strip(error.to_string())).collect(),
    )
}

#[test]
fn folders_are_walked_in_natural_order() {
    let root = folder(&[
        "page-10.json",
        "page-2.json",
        "page.json",
        "app/b.json",
        "app/deep/er/a.json",
        "day-10/x",
        "day-9/x",
        ".DS_Store",
        "app/._b.json",
        "app/b.json~",
        "#b.json#",
        "__MACOSX/x",
        ".git/config",
    ]);
    let (sources, errors) = names(root.path(), &["."]);
    let expected = [
        "./app/b.json",
        "./app/deep/er/a.json",
        "./day-9/x",
        "./day-10/x",
        "./page.json",
        "./page-2.json",
        "./page-10.json",
    ];
    assert_eq!((&sources[..], &errors[..]), (&expected.map(str::to_owned)[..], &[][..]));
    // What is named itself keeps its place, and is read whatever it is called.
    let (sources, _) = names(root.path(), &["page-10.json", ".DS_Store", "day-9", "page-2.json", ".git"]);
    assert_eq!(sources, ["page-10.json", ".DS_Store", "day-9/x", "page-2.json", ".git/config"]);
}

#[test]
fn sizes_and_times_are_known_beforehand() {
    let root = folder(&["page.json"]);
    let path = root.path().join("page.json");
    let found = find(&[path.clone(), "-".into()], || Box::new(io::empty()));
    let (file, stdin) = (&found.sources[0], &found.sources[1]);
    assert_eq!(file.bytes(), Some(9));
    assert_eq!(file.modified(), fs::metadata(&path).unwrap().modified().ok());
    assert_eq!(file.path(), Some(path.as_path()));
    assert_eq!((stdin.name(), stdin.bytes(), stdin.modified()), ("standard input", None, None));
    assert_eq!(stdin.path(), None);
}

#[test]
fn what_cannot_be_found_is_said_and_the_rest_is_found() {
    let root = folder(&["a.json", "only-hidden/.x"]);
    fs::create_dir(root.path().join("empty")).unwrap();
    let (sources, errors) = names(root.path(), &["missing", "-", "empty", "a.json", "only-hidden", "a.json/b", "-"]);
    assert_eq!(sources, ["standard input", "a.json"]);
    assert_eq!(
        errors,
        [
            "missing: no such file or folder",
            "empty: the folder has no file to read",
            "only-hidden: the folder has no file to read",
            "a.json/b: no such file or folder",
            "-: standard input can be read only once, but `-` is given more than once",
        ]
    );
}

#[test]
fn subfolders_are_listed_in_natural_order() {
    let root = folder(&["2024-10/x", "2024-9/x", ".cache/x", "readme.txt", "2024-9/nested/x"]);
    let found = subfolders(root.path()).unwrap();
    assert_eq!(found.folders, ["2024-9", "2024-10"].map(|name| root.path().join(name)));
    assert_eq!(found.files, [root.path().join("readme.txt")]);
    let error = subfolders(&root.path().join("readme.txt")).unwrap_err();
    assert!(error.to_string().ends_with("readme.txt: not a folder"));
    assert!(subfolders(&root.path().join("no")).unwrap_err().to_string().ends_with("no such file or folder"));
}

#[cfg(unix)]
mod links {
    use super::{folder, names};
    use crate::ingest::source::{find, subfolders};
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn links_give_each_file_once() {
        let root = folder(&["z/page.json", "..data/hidden.json"]);
        let other = folder(&["far.json", "sub/near.json"]);
        let at = |name: &str| root.path().join(name);
        symlink("z", at("latest")).unwrap();
        symlink("..", at("z/up")).unwrap();
        symlink(root.path(), at("z/root")).unwrap();
        symlink("..data", at("mounted")).unwrap();
        symlink("..data/hidden.json", at("link.json")).unwrap();
        symlink(other.path(), at("other")).unwrap();
        symlink(other.path(), at("other-again")).unwrap();
        symlink(root.path(), other.path().join("back")).unwrap();
        symlink("gone", at("broken.json")).unwrap();
        let (sources, errors) = names(root.path(), &["."]);
        assert_eq!(
            sources,
            ["./link.json", "./mounted/hidden.json", "./other/far.json", "./other/sub/near.json", "./z/page.json"]
        );
        assert_eq!(errors, ["./broken.json: a link to something that does not exist"]);
    }

    #[test]
    fn a_link_to_the_newest_day_is_no_day() {
        let root = folder(&["day-1/x", "day-2/x"]);
        let other = folder(&["x"]);
        symlink("day-2", root.path().join("latest")).unwrap();
        symlink(other.path(), root.path().join("day-3")).unwrap();
        let found = subfolders(root.path()).unwrap();
        assert_eq!(found.folders, ["day-1", "day-2", "day-3"].map(|name| root.path().join(name)));
    }

    #[test]
    fn a_link_to_itself_is_an_error_and_a_socket_is_passed_over() {
        let root = folder(&["a.json"]);
        symlink("loop", root.path().join("loop")).unwrap();
        let _socket = UnixListener::bind(root.path().join("socket")).unwrap();
        let (sources, errors) = names(root.path(), &["."]);
        assert_eq!(sources, ["./a.json"]);
        assert!(errors.len() == 1 && errors[0].starts_with("./loop: cannot be read: "), "{errors:?}");
    }

    #[test]
    fn a_name_that_is_no_unicode_is_found() {
        let root = folder(&[]);
        let path = root.path().join(std::ffi::OsStr::from_bytes(b"p\xe4ge.json"));
        std::fs::write(&path, "x").unwrap();
        let found = find(&[root.path().to_owned()], || Box::new(io::empty()));
        assert_eq!(found.sources[0].path(), Some(path.as_path()));
        assert!(found.sources[0].name().ends_with("p\u{fffd}ge.json"));
    }
}
