//! Files of the repository that targets work with.

use std::path::{Path, PathBuf};

/// A file under `tests/data`, from this package as well as from the crate's own tests.
pub fn data(path: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = package.ancestors().map(|folder| folder.join("tests/data"));
    let folder = folders.into_iter().find(|folder| folder.is_dir());
    folder.expect("tests/data of the repository").join(path)
}
