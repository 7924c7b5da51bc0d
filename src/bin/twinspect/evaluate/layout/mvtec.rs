//! MVTec AD: `train/good`, `test/KIND`, `ground_truth/KIND/NAME_mask.png`; good parts are the kind `good`.
//!
//! VisA as folders is the same with one kind, `bad`, and masks named as their pictures.

use std::path::Path;

use twinspect::Result;

use super::folders::{defective_tests, good_tests, name, pictures, pictures_if_any, subfolders};
use super::{Category, GOOD};

pub const LOOKED_FOR: &str = "train/good with test/KIND (MVTec AD, VisA as folders)";

/// Whether the folder is a category of this layout.
pub fn is_at(folder: &Path) -> bool {
    folder.join("train").join(GOOD).is_dir() && folder.join("test").is_dir()
}

/// Errors: `NotFound` if `train/good` has no pictures.
pub fn read(category: &str, folder: &Path) -> Result<Category> {
    let mut tests = Vec::new();
    for kind in subfolders(&folder.join("test"))? {
        let found = pictures_if_any(&kind)?;
        let kind = name(&kind);
        if kind == GOOD {
            tests.extend(good_tests(found));
        } else {
            let masks = folder.join("ground_truth").join(&kind);
            tests.extend(defective_tests(found, &kind, &masks)?);
        }
    }
    Ok(Category {
        name: category.to_owned(),
        normal: pictures(&folder.join("train").join(GOOD))?,
        tests,
    })
}

#[cfg(test)]
mod tests {
    use super::super::folders::tests::{files, part, told};
    use super::*;

    #[test]
    fn category_has_its_kinds_and_masks() {
        let root = files(&[
            "train/good/001.png",
            "train/good/000.png",
            "test/good/000.png",
            "test/bent/000.png",
            "test/bent/001.png",
            "test/cut/000.png",
            "test/empty/notes.txt",
            "ground_truth/bent/000_mask.png",
            "ground_truth/cut/000.png",
        ]);
        assert!(is_at(root.path()));
        let category = read("nut", root.path()).unwrap();
        let normal: Vec<String> = category
            .normal
            .iter()
            .map(|path| part(root.path(), path))
            .collect();
        assert_eq!(normal, ["train/good/000.png", "train/good/001.png"]);
        let one = |path: &str, kind: &str, mask: Option<&str>| {
            (path.to_owned(), kind.to_owned(), mask.map(str::to_owned))
        };
        assert_eq!(
            told(root.path(), &category.tests),
            [
                one(
                    "test/bent/000.png",
                    "BENT",
                    Some("ground_truth/bent/000_mask.png")
                ),
                one("test/bent/001.png", "BENT", None),
                one("test/cut/000.png", "CUT", Some("ground_truth/cut/000.png")),
                one("test/good/000.png", "good", None),
            ]
        );
    }

    #[test]
    fn folder_without_good_parts_is_named() {
        let root = files(&["train/good/notes.txt", "test/good/0.png"]);
        let error = read("nut", root.path()).unwrap_err();
        assert_eq!(part(root.path(), error.place()), "train/good");
    }

    #[test]
    fn folder_without_test_is_no_category() {
        assert!(!is_at(files(&["train/good/0.png"]).path()));
    }
}
