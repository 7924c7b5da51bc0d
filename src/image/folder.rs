//! A folder to the pictures in it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// The endings of a picture's name, in any mixture of capitals.
const ENDINGS: [&str; 10] = [
    "png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", "pgm", "ppm", "pnm",
];

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The pictures by their names, sorted; at least one.
    pub pictures: Vec<PathBuf>,
    /// Hidden files and files of other kinds, sorted; subfolders are not among them.
    pub skipped: Vec<PathBuf>,
}

/// The pictures of the folder `path`, sorted by name; what lies in its subfolders is not looked at.
///
/// A picture is a file that is not hidden and ends in png, jpg, jpeg, bmp, tif, tiff, webp, pgm, ppm or pnm, in capitals or
/// not. Whether it can be decoded is found out later.
///
/// Errors: `NotFound` if `path` does not exist, is empty, or has no pictures, each with its own message;
/// `InvalidArgument` if it is a file; `Io` if it cannot be read.
pub fn list_pictures(path: &Path) -> Result<Listing> {
    let cannot_read = |error: &std::io::Error| Error::io(error, "read the folder", path);
    let is_folder = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::new(ErrorKind::NotFound, "the folder does not exist")
                .at(path)
                .hint("Check the spelling of the path."));
        }
        found => found.map_err(|error| cannot_read(&error))?.is_dir(),
    };
    if !is_folder {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "is a file, a folder of pictures is expected",
        )
        .at(path)
        .hint("Name the folder that holds it."));
    }
    let mut listing = Listing::default();
    let mut subfolders = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| cannot_read(&error))? {
        let entry = entry.map_err(|error| cannot_read(&error))?.path();
        if entry.is_dir() {
            subfolders.push(entry);
        } else if entry.is_file() && is_picture_name(&entry) {
            listing.pictures.push(entry);
        } else {
            listing.skipped.push(entry);
        }
    }
    if listing.pictures.is_empty() {
        subfolders.sort();
        return Err(no_pictures(listing.skipped.len(), &subfolders).at(path));
    }
    listing.pictures.sort();
    listing.skipped.sort();
    Ok(listing)
}

fn is_picture_name(path: &Path) -> bool {
    let hidden = path
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    !hidden && ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}

fn no_pictures(other_files: usize, subfolders: &[PathBuf]) -> Error {
    if other_files == 0 && subfolders.is_empty() {
        return Error::new(ErrorKind::NotFound, "the folder is empty")
            .hint("Put the pictures into it, or name another one.");
    }
    let message = match other_files {
        0 => "the folder has no pictures, but subfolders".to_owned(),
        1 => "the folder has no pictures, but another file".to_owned(),
        count => format!("the folder has no pictures, but {count} other files"),
    };
    let error = Error::new(ErrorKind::NotFound, message);
    if subfolders.is_empty() {
        return error.hint(format!("Pictures end in {}.", ENDINGS.join(", ")));
    }
    const SHOWN: usize = 5;
    let names = subfolders
        .iter()
        .filter_map(|folder| folder.file_name())
        .map(|name| name.to_string_lossy());
    let names = names.take(SHOWN).collect::<Vec<_>>().join(", ");
    let more = if subfolders.len() > SHOWN {
        ", ..."
    } else {
        ""
    };
    error.hint(format!(
        "Subfolders are not searched; name one of them: {names}{more}."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_name_capitals_count_and_hidden_files_do_not() {
        for (name, expected) in [
            ("a.JPG", true),
            ("b.Bmp", true),
            ("c.pnm", true),
            (".d.png", false),
            ("png", false),
            ("e.png.txt", false),
        ] {
            assert_eq!(is_picture_name(Path::new(name)), expected, "{name}");
        }
    }
}
