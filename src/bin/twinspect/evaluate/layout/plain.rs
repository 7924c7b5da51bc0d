//! Two folders: `good` and `bad`. Half of the good parts are fitted, the others tested.

use std::path::{Path, PathBuf};

use twinspect::{Error, ErrorKind, Result};

use super::folders::{defective_tests, good_tests, name, pictures, pictures_if_any, subfolders};
use super::{Category, GOOD};
use crate::evaluate::shots::shuffled;

pub const LOOKED_FOR: &str = "good with bad, defect, defects or defective, and masks if any";

/// Names of the folder of defective parts.
const DEFECTIVE: [&str; 4] = ["bad", "defect", "defects", "defective"];
/// Names of the folder of masks.
const MASKS: [&str; 3] = ["masks", "mask", "ground_truth"];

/// Whether the folder is a category of this layout.
pub fn is_at(folder: &Path) -> bool {
    folder.join(GOOD).is_dir() && defective(folder).is_some()
}

/// The seed decides which half of the good parts is fitted; of an odd number the larger one is.
///
/// Defective parts lie in `bad` itself, whose name is then their kind, or in a subfolder for each kind. Errors: `NotFound`
/// if there are fewer than two good parts, one to fit and one to test.
pub fn read(category: &str, folder: &Path, seed: u64) -> Result<Category> {
    let good = folder.join(GOOD);
    let all = pictures(&good)?;
    if all.len() < 2 {
        let message = "there is one good part; one half is fitted, the other tested";
        return Err(Error::new(ErrorKind::TooFewImages, message).at(good));
    }
    let (mut normal, mut rest): (Vec<PathBuf>, _) = (shuffled(&all, seed), Vec::new());
    rest.extend(normal.drain(all.len().div_ceil(2)..));
    normal.sort();
    rest.sort();
    let mut tests = Vec::new();
    if let Some(bad) = defective(folder) {
        let masks = MASKS.iter().map(|name| folder.join(name));
        let masks = masks.into_iter().find(|path| path.is_dir());
        let masks = masks.unwrap_or_else(|| folder.join(MASKS[0]));
        let found = pictures_if_any(&bad)?;
        tests.extend(defective_tests(found, &name(&bad), &masks)?);
        for kind in subfolders(&bad)? {
            let found = pictures_if_any(&kind)?;
            let kind = name(&kind);
            tests.extend(defective_tests(found, &kind, &masks.join(&kind))?);
        }
    }
    tests.extend(good_tests(rest));
    Ok(Category {
        name: category.to_owned(),
        normal,
        tests,
    })
}

fn defective(folder: &Path) -> Option<PathBuf> {
    let mut candidates = DEFECTIVE.iter().map(|name| folder.join(name));
    candidates.find(|path| path.is_dir())
}

#[cfg(test)]
mod tests {
    use super::super::folders::tests::{files, told};
    use super::*;

    #[test]
    fn good_parts_are_halved_by_the_seed_and_no_part_is_on_both_sides() {
        let names: Vec<String> = (0..9).map(|number| format!("good/{number}.png")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.extend(["defects/a.png", "masks/a.png"]);
        let root = files(&names);
        assert!(is_at(root.path()));
        let read = |seed| read("part", root.path(), seed).unwrap();
        let category = read(0);
        assert_eq!(category.normal.len(), 5);
        let told = told(root.path(), &category.tests);
        assert_eq!(told.len(), 5);
        assert_eq!(told[0].1, "DEFECTS");
        assert_eq!(told[0].2.as_deref(), Some("masks/a.png"));
        let mut all = category.normal.clone();
        all.extend(category.tests[1..].iter().map(|test| test.path.clone()));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 9);
        assert_eq!(category, read(0));
        assert_ne!(category.normal, read(1).normal);
    }

    #[test]
    fn subfolders_of_bad_are_kinds_with_masks_of_their_own() {
        let root = files(&[
            "good/0.png",
            "good/1.png",
            "bad/scratch/0.png",
            "bad/dent/0.png",
            "masks/dent/0.png",
        ]);
        let category = read("part", root.path(), 0).unwrap();
        let told = told(root.path(), &category.tests);
        assert_eq!(told[0].1, "DENT");
        assert_eq!(told[0].2.as_deref(), Some("masks/dent/0.png"));
        assert_eq!((told[1].1.as_str(), told[1].2.as_ref()), ("SCRATCH", None));
    }

    #[test]
    fn single_good_part_cannot_be_halved() {
        let root = files(&["good/0.png", "bad/0.png"]);
        let error = read("part", root.path(), 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooFewImages);
    }
}
