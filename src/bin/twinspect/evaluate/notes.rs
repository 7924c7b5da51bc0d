//! What a person should know of a trial's figures: which of them there cannot be, and masks that look wrong.

use ndarray::ArrayView2;

use super::layout::TestPicture;

/// The share of a picture that no defect covers.
const MOST_MARKED: f64 = 0.5;

/// Looks at the masks of a trial, one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Masks {
    count: usize,
    mostly_marked: usize,
}

impl Masks {
    /// One more mask, true where it marks a defect.
    pub fn push(&mut self, truth: ArrayView2<'_, bool>) {
        let marked = truth.iter().filter(|defective| **defective).count();
        self.count += 1;
        self.mostly_marked += usize::from(marked as f64 > MOST_MARKED * truth.len() as f64);
    }

    fn look_inverted(self) -> bool {
        self.count > 0 && self.mostly_marked == self.count
    }
}

/// Whole sentences about these tests and their masks.
pub fn notes(tests: &[TestPicture], masks: Masks) -> Vec<String> {
    let mut notes = Vec::new();
    let defective: Vec<_> = tests.iter().filter(|test| test.is_defective).collect();
    let without_mask = defective.iter().filter(|test| test.mask.is_none()).count();
    if defective.is_empty() {
        notes.push(
            "No defective picture is tested: AUROC, average precision, F1, misses and all figures of pixels are absent."
                .to_owned(),
        );
    } else if without_mask == defective.len() {
        notes.push("No defective picture has a mask: figures of pixels are absent.".to_owned());
    } else if without_mask > 0 {
        notes.push(format!(
            "{without_mask} of {} defective pictures have no mask: figures of pixels are absent.",
            defective.len()
        ));
    }
    if defective.len() == tests.len() {
        notes.push(
            "No good picture is tested: AUROC, average precision, F1 and false alarms of pictures are absent."
                .to_owned(),
        );
    }
    if masks.look_inverted() {
        notes.push(
            "Every mask marks more than half of its picture: black and white may be the wrong way round."
                .to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use ndarray::Array2;

    use super::*;

    fn test(is_defective: bool, has_mask: bool) -> TestPicture {
        TestPicture {
            path: PathBuf::from("a.png"),
            kind: String::new(),
            is_defective,
            mask: has_mask.then(|| PathBuf::from("m.png")),
        }
    }

    #[test]
    fn what_is_missing_is_said_and_nothing_else() {
        let of = |tests: &[TestPicture]| notes(tests, Masks::default()).join(" ");
        let (good, bad, masked) = (test(false, false), test(true, false), test(true, true));
        assert_eq!(of(&[good.clone(), masked.clone()]), "");
        assert!(of(std::slice::from_ref(&good)).starts_with("No defective picture is tested"));
        assert!(of(std::slice::from_ref(&masked)).starts_with("No good picture is tested"));
        assert!(of(&[good.clone(), bad.clone()]).starts_with("No defective picture has a mask"));
        assert!(of(&[good, bad, masked]).starts_with("1 of 2 defective pictures"));
    }

    #[test]
    fn masks_look_inverted_only_if_every_one_marks_most_of_its_picture() {
        let mask = |marked| Array2::from_shape_fn((2, 5), |(y, x)| 5 * y + x < marked);
        let mut masks = Masks::default();
        assert!(!masks.look_inverted());
        masks.push(mask(6).view());
        assert!(masks.look_inverted());
        masks.push(mask(5).view());
        assert!(!masks.look_inverted());
    }
}
