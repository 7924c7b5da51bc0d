//! What every layout asks of folders: subfolders, pictures, and the mask of a picture.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use twinspect::image::list_pictures;
use twinspect::{Error, ErrorKind, Result};

use super::{GOOD, TestPicture};

/// Subfolders that are not hidden, sorted; links to folders are among them.
pub fn subfolders(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: &std::io::Error| Error::io(error, "read the folder", folder);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(&error))? {
        let path = entry.map_err(|error| failed(&error))?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && !name.as_encoded_bytes().starts_with(b".") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The pictures of a folder, sorted; none if there is no such folder or it has no pictures.
pub fn pictures_if_any(folder: &Path) -> Result<Vec<PathBuf>> {
    match list_pictures(folder) {
        Ok(listing) => Ok(listing.pictures),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The pictures of a folder that must have some, sorted.
pub fn pictures(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(list_pictures(folder)?.pictures)
}

/// The good pictures of a test.
pub fn good_tests(pictures: Vec<PathBuf>) -> impl Iterator<Item = TestPicture> {
    pictures.into_iter().map(|path| TestPicture {
        path,
        kind: GOOD.to_owned(),
        is_defective: false,
        mask: None,
    })
}

/// The defective pictures of a test, and their masks in `masks`.
pub fn defective_tests(
    pictures: Vec<PathBuf>,
    kind: &str,
    masks: &Path,
) -> Result<impl Iterator<Item = TestPicture> + use<>> {
    let masks = Masks::in_folder(masks)?;
    let kind = kind.to_owned();
    Ok(pictures.into_iter().map(move |path| TestPicture {
        mask: masks.of(&path),
        path,
        kind: kind.clone(),
        is_defective: true,
    }))
}

/// Masks of a folder by the name of the picture that each belongs to.
struct Masks(HashMap<String, PathBuf>);

impl Masks {
    fn in_folder(folder: &Path) -> Result<Self> {
        let pictures = pictures_if_any(folder)?.into_iter();
        Ok(Self(pictures.map(|path| (stem(&path), path)).collect()))
    }

    /// `NAME_mask` as in MVTec AD, or `NAME`, whatever the ending.
    fn of(&self, picture: &Path) -> Option<PathBuf> {
        let name = stem(picture);
        let found = self.0.get(&format!("{name}_mask"));
        found.or_else(|| self.0.get(&name)).cloned()
    }
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// The name of a folder as a kind of defect.
pub fn name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A folder of empty files of these names.
    pub fn files(names: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for name in names {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        root
    }

    /// A path below the root, with strokes as they are written in tests.
    pub fn part(root: &Path, path: impl AsRef<Path>) -> String {
        let below = path.as_ref().strip_prefix(root).unwrap();
        below.display().to_string().replace('\\', "/")
    }

    /// Path, kind and mask of each picture to test; a kind in capitals is defective.
    pub fn told(root: &Path, tests: &[TestPicture]) -> Vec<(String, String, Option<String>)> {
        let told = |test: &TestPicture| {
            let kind = if test.is_defective {
                test.kind.to_uppercase()
            } else {
                test.kind.clone()
            };
            let mask = test.mask.as_ref().map(|mask| part(root, mask));
            (part(root, &test.path), kind, mask)
        };
        tests.iter().map(told).collect()
    }

    #[test]
    fn mask_is_found_by_either_name_and_any_ending() {
        let root = files(&[
            "m/a_mask.png",
            "m/b.bmp",
            "m/a_mask_mask.png",
            "m/notes.txt",
        ]);
        let masks = Masks::in_folder(&root.path().join("m")).unwrap();
        let of = |name: &str| {
            masks
                .of(Path::new(name))
                .map(|mask| part(root.path(), mask))
        };
        assert_eq!(of("a.jpg").as_deref(), Some("m/a_mask.png"));
        assert_eq!(of("b.png").as_deref(), Some("m/b.bmp"));
        assert_eq!(of("a_mask.png").as_deref(), Some("m/a_mask_mask.png"));
        assert_eq!(of("c.png"), None);
        let none = Masks::in_folder(&root.path().join("nowhere")).unwrap();
        assert_eq!(none.of(Path::new("a.png")), None);
    }

    #[test]
    fn subfolders_are_sorted_and_hidden_ones_left_out() {
        let root = files(&["b/x", "a/x", ".git/x", "file.png"]);
        let found = subfolders(root.path()).unwrap();
        let found: Vec<String> = found.iter().map(|path| name(path)).collect();
        assert_eq!(found, ["a", "b"]);
    }
}
