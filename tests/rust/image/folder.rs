//! Folders to the pictures in them.

use std::fs;

use twinspect::error::ErrorKind;
use twinspect::image::{Listing, list_pictures};

#[test]
fn folder_lists_pictures_in_any_capitals_and_reports_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.JPG", "a.BMP", "c.pnm", "readme.txt", ".hidden.png"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    fs::create_dir(folder.path().join("sub.png")).unwrap();
    let Listing { pictures, skipped } = list_pictures(folder.path()).unwrap();
    assert_eq!(
        pictures,
        ["a.BMP", "b.JPG", "c.pnm"].map(|name| folder.path().join(name))
    );
    assert_eq!(
        skipped,
        [".hidden.png", "readme.txt"].map(|name| folder.path().join(name))
    );
}

#[test]
fn folder_without_pictures_tells_the_cases_apart() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["empty", "texts", "parent/good"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    fs::write(root.join("texts/a.txt"), "").unwrap();
    let text = |name: &str, kind: ErrorKind| {
        let error = list_pictures(&root.join(name)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        error.to_string()
    };
    assert!(text("missing", ErrorKind::NotFound).contains("does not exist"));
    assert!(text("empty", ErrorKind::NotFound).contains("is empty"));
    assert!(text("texts", ErrorKind::NotFound).contains("another file"));
    assert!(text("parent", ErrorKind::NotFound).contains("good"));
    assert!(text("texts/a.txt", ErrorKind::InvalidArgument).contains("is a file"));
}
