//! The weights folder: where it is, what is in it, and whether that is what it should be.
//!
//! A file is trusted for its content, never for its name: a published file must have the SHA-256 of the table.
//! A file that the user imported (see `import`) has no published digest; it stands in the folder as
//! `NAME.safetensors` beside a `NAME.safetensors.sha256` written at the import, and must still have that digest. The note
//! guards against damage and mix-ups, not against somebody who may write into the folder; such a person can replace the
//! program too. A published file goes before an imported one of the same name, and a wrong one is an error, never skipped.

use std::fs;
use std::path::{Path, PathBuf};

use super::digest;
use super::table::{WEIGHT_FILES, WeightFile, entry};
use crate::error::{Error, ErrorKind, Result};

/// Names the weights folder; without it the user's data folder is taken.
pub const FOLDER_VARIABLE: &str = "TWINSPECT_WEIGHTS";

/// A weight file that was found and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// Its SHA-256, 64 lower-case hexadecimal digits: what tells these weights from any others.
    pub sha256: String,
}

/// What the folder holds for one known file.
#[derive(Clone, Debug)]
pub enum State {
    /// Neither the published file nor an imported one.
    Absent,
    /// The published file, with its published digest.
    Published(Found),
    /// A file of the user's, with the digest of its import.
    Imported(Found),
    /// A file that is damaged, is another one, or cannot be read.
    Wrong(Error),
}

/// The weights folder: `TWINSPECT_WEIGHTS` if set and not empty, else `twinspect/weights` in the user's data folder. It need
/// not exist.
///
/// Errors: `NotFound` if the system knows no data folder for this user.
pub fn folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()) {
        return Ok(folder.into());
    }
    let folders = directories::BaseDirs::new().ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            "the system names no data folder for this user",
        )
        .hint(format!(
            "Set {FOLDER_VARIABLE} to the folder of the weights."
        ))
    })?;
    Ok(folders.data_dir().join("twinspect").join("weights"))
}

/// The checked weight file of that name in the [`folder`].
///
/// Errors: `InvalidArgument` for an unknown name, `Weights` if it is missing or not the expected one, `Io`.
pub fn find(name: &str) -> Result<Found> {
    find_in(name, &folder()?)
}

/// The checked weight file of that name in a folder of the caller's choice; see [`find`].
pub fn find_in(name: &str, folder: &Path) -> Result<Found> {
    let file = entry(name)?;
    match state(file, folder) {
        State::Published(found) | State::Imported(found) => Ok(found),
        State::Wrong(error) => Err(error),
        State::Absent => Err(Error::new(ErrorKind::Weights, format!("there is no {}", file.file))
            .at(folder)
            .hint(format!("Get it with `twinspect weights get {name}`, or set {FOLDER_VARIABLE} to the folder that holds it."))),
    }
}

/// What the folder holds for every known file, in the order of [`WEIGHT_FILES`]; reads every byte of them.
pub fn verify(folder: &Path) -> Vec<(&'static WeightFile, State)> {
    WEIGHT_FILES
        .iter()
        .map(|file| (file, state(file, folder)))
        .collect()
}

/// The file that would be used for a name, unchecked; none if it is absent.
pub fn present(file: &WeightFile, folder: &Path) -> Option<PathBuf> {
    [folder.join(file.file), imported_path(file, folder)]
        .into_iter()
        .find(|path| path.exists())
}

/// Where an imported file of that name stands.
pub(super) fn imported_path(file: &WeightFile, folder: &Path) -> PathBuf {
    folder.join(format!("{}.safetensors", file.name))
}

/// The note with an imported file's digest, in the form of `sha256sum`.
pub(super) fn note_path(imported: &Path) -> PathBuf {
    let mut path = imported.as_os_str().to_owned();
    path.push(".sha256");
    path.into()
}

fn state(file: &WeightFile, folder: &Path) -> State {
    let published = folder.join(file.file);
    let imported = imported_path(file, folder);
    let checked = if published.exists() {
        check_published(file, published).map(State::Published)
    } else if imported.exists() {
        check_imported(file, imported).map(State::Imported)
    } else {
        Ok(State::Absent)
    };
    checked.unwrap_or_else(State::Wrong)
}

fn check_published(file: &WeightFile, path: PathBuf) -> Result<Found> {
    let sha256 = digest::check(&path, file.sha256).map_err(|error| {
        error.hint(format!(
            "Get it again with `twinspect weights get {}`.",
            file.name
        ))
    })?;
    Ok(Found { path, sha256 })
}

fn check_imported(file: &WeightFile, path: PathBuf) -> Result<Found> {
    let again = format!(
        "Import it again with `twinspect weights import FILE --name {}`.",
        file.name
    );
    let note = fs::read_to_string(note_path(&path)).unwrap_or_default();
    let Some(expected) = note.split_whitespace().next() else {
        let text = "was not imported: there is no .sha256 note beside it";
        return Err(Error::new(ErrorKind::Weights, text).at(path).hint(again));
    };
    let sha256 = digest::check(&path, expected).map_err(|error| error.hint(again))?;
    Ok(Found { path, sha256 })
}
