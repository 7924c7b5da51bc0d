//! Figures that others published for MVTec AD: image AUROC in per cent.
//!
//! Source: the paper's Table 1 (A. Dini and E. Rahtu), which also gives the averages of the others. They are as published:
//! with other networks, other sizes of the input, and more than good parts where something was trained.

/// A category and the paper's figure for it.
const PAPER: [(&str, f64); 15] = [
    ("bottle", 99.8),
    ("cable", 98.9),
    ("capsule", 94.1),
    ("carpet", 100.0),
    ("grid", 98.8),
    ("hazelnut", 100.0),
    ("leather", 100.0),
    ("metal_nut", 99.7),
    ("pill", 92.6),
    ("screw", 93.9),
    ("tile", 100.0),
    ("toothbrush", 98.6),
    ("transistor", 99.8),
    ("wood", 99.4),
    ("zipper", 96.6),
];

/// What each method reached on average over the fifteen categories.
pub const AVERAGES: [(&str, f64); 10] = [
    ("paper", 98.1),
    ("ConTNet", 97.9),
    ("SPADE", 96.0),
    ("PaDiM", 96.8),
    ("OrthoAD", 97.1),
    ("RIAD", 91.7),
    ("EdgeRec", 97.8),
    ("DRAEM", 98.0),
    ("PatchCore", 99.1),
    ("TPSAD", 97.3),
];

/// The paper's figure for a category of MVTec AD, known by its name.
pub fn paper(category: &str) -> Option<f64> {
    let found = PAPER.iter().find(|(name, _)| *name == category);
    found.map(|(_, auroc)| *auroc)
}

/// The mean of the paper's figures for these categories; none if one is not of MVTec AD.
pub fn paper_mean<'a>(categories: impl IntoIterator<Item = &'a str>) -> Option<f64> {
    let figures: Option<Vec<f64>> = categories.into_iter().map(paper).collect();
    let figures = figures.filter(|figures| !figures.is_empty())?;
    Some(figures.iter().sum::<f64>() / figures.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_of_the_categories_is_the_published_average_within_its_rounding() {
        let mean = paper_mean(PAPER.iter().map(|(name, _)| *name)).unwrap();
        // Each of the fifteen is rounded to 0.1, and so is the average.
        assert!((mean - AVERAGES[0].1).abs() <= 0.1, "{mean}");
        assert_eq!(paper_mean(["bottle", "part"]), None);
        assert_eq!(paper_mean([]), None);
    }
}
