//! BTAD: `train/ok`, `test/ok`, `test/ko`, `ground_truth/ko/NAME.png` or `.bmp`.

use std::path::Path;

use twinspect::Result;

use super::Category;
use super::folders::{defective_tests, good_tests, pictures, pictures_if_any};

pub const LOOKED_FOR: &str = "train/ok with test/ok or test/ko (BTAD)";

const GOOD: &str = "ok";
const DEFECTIVE: &str = "ko";

/// Whether the folder is a category of this layout.
pub fn is_at(folder: &Path) -> bool {
    let test = folder.join("test");
    folder.join("train").join(GOOD).is_dir()
        && (test.join(GOOD).is_dir() || test.join(DEFECTIVE).is_dir())
}

/// Errors: `NotFound` if `train/ok` has no pictures.
pub fn read(name: &str, folder: &Path) -> Result<Category> {
    let test = folder.join("test");
    let masks = folder.join("ground_truth").join(DEFECTIVE);
    let defective = pictures_if_any(&test.join(DEFECTIVE))?;
    let mut tests: Vec<_> = defective_tests(defective, DEFECTIVE, &masks)?.collect();
    tests.extend(good_tests(pictures_if_any(&test.join(GOOD))?));
    Ok(Category {
        name: name.to_owned(),
        normal: pictures(&folder.join("train").join(GOOD))?,
        tests,
    })
}

#[cfg(test)]
mod tests {
    use super::super::folders::tests::{files, told};
    use super::*;

    #[test]
    fn ok_is_good_and_ko_has_masks_of_either_ending() {
        let root = files(&[
            "train/ok/0.bmp",
            "test/ok/1.bmp",
            "test/ko/2.bmp",
            "test/ko/3.bmp",
            "ground_truth/ko/2.png",
            "ground_truth/ko/3.bmp",
        ]);
        assert!(is_at(root.path()));
        let category = read("01", root.path()).unwrap();
        assert_eq!(category.normal.len(), 1);
        let told = told(root.path(), &category.tests);
        let kinds: Vec<&str> = told.iter().map(|(_, kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["KO", "KO", "good"]);
        assert_eq!(told[0].2.as_deref(), Some("ground_truth/ko/2.png"));
        assert_eq!(told[1].2.as_deref(), Some("ground_truth/ko/3.bmp"));
    }
}
