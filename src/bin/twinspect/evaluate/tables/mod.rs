//! Records to tables: for the terminal, Markdown, a browser, CSV and JSON.
//!
//! A row is a category, a recipe, a value of a sweep and a number of shots; the seeds are averaged in it.

mod csv;
mod html;
mod json;
mod markdown;
mod row;
mod text;

use std::path::Path;

use twinspect::Result;

use super::layout::Layout;
use super::plots::Plot;
use super::published;
use super::record::Record;
use super::store::Store;

pub use row::{Row, mean_by_seed, rows};
pub use text::{SPLIT, text};

/// What was measured.
pub struct Report<'a> {
    pub root: &'a Path,
    pub layout: Layout,
    pub records: &'a [Record],
    pub failed: &'a [Failed],
}

/// A trial that failed.
pub struct Failed {
    pub id: String,
    pub error: String,
}

impl Report<'_> {
    /// Whether any category has figures that were published.
    pub fn is_published(&self) -> bool {
        let mut records = self.records.iter();
        records.any(|record| self.published(&record.category).is_some())
    }

    /// What the paper gives for this category, in per cent.
    pub fn published(&self, category: &str) -> Option<f64> {
        let figure = published::paper(category);
        figure.filter(|_| self.layout == Layout::Mvtec)
    }

    /// What stands below a table with published figures.
    fn averages(&self) -> String {
        let averages = published::AVERAGES.iter();
        let averages: Vec<String> = averages
            .map(|(name, auroc)| format!("{name} {auroc:.1}"))
            .collect();
        format!(
            "published image AUROC, mean of MVTec AD's fifteen categories: {}",
            averages.join(", ")
        )
    }
}

/// Writes `results.json`, `results.csv`, `results.md` and `index.html`. Errors: `Io`.
pub fn write(report: &Report<'_>, plots: &[Plot], store: &Store) -> Result<()> {
    store.write("results.json", &json::json(report)?)?;
    store.write("results.csv", &csv::csv(report)?)?;
    store.write("index.html", html::html(report, plots).as_bytes())?;
    store.write("results.md", markdown::markdown(report, plots).as_bytes())
}

/// A share in per cent, with one digit after the point.
fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

#[cfg(test)]
pub mod tests {
    use twinspect::verdict::Verdict;

    use super::super::record::{Calibrated, Cost, ImageMetrics, KindMetrics, PixelMetrics, Scored};
    use super::*;

    /// A trial with one good and two defective pictures.
    pub fn record(category: &str, recipe: &str) -> Record {
        let one = |path: &str, is_defective: bool, score, verdict| Scored {
            path: path.to_owned(),
            kind: if is_defective { "bent" } else { "good" }.to_owned(),
            is_defective,
            score,
            verdict,
        };
        let pictures = vec![
            one("good/0.png", false, 1.5, Verdict::Good),
            one("bent/0.png", true, 4.25, Verdict::Defect),
            one("bent/1.png", true, 2.0, Verdict::Good),
        ];
        Record {
            format: super::super::record::FORMAT,
            id: format!("{category}_{recipe}_full_seed0"),
            fingerprint: "f00d".to_owned(),
            category: category.to_owned(),
            recipe: recipe.to_owned(),
            sweep: None,
            shots: None,
            seed: 0,
            fitted: 25,
            good: 1,
            defective: 2,
            image: ImageMetrics {
                auroc: Some(1.0),
                average_precision: Some(1.0),
                f1: Some(1.0),
                f1_threshold: Some(2.0),
            },
            pixel: Some(PixelMetrics {
                auroc: Some(0.9),
                aupro_30: Some(0.8),
                aupro_5: Some(0.5),
                ..Default::default()
            }),
            kinds: vec![KindMetrics {
                kind: "bent".to_owned(),
                pictures: 2,
                auroc: Some(1.0),
                aupro_30: Some(0.8),
                aupro_5: Some(0.5),
            }],
            calibrated: Some(Calibrated::of(3.0, &pictures)),
            cost: Cost {
                fit_s: 1.25,
                median_ms: 20.5,
                p95_ms: 31.0,
                model_bytes: 2_000_000,
                peak_memory_bytes: None,
            },
            warnings: Vec::new(),
            pictures,
            pro_curve: vec![(0.0, 0.0), (0.3, 1.0)],
            settings: [("map.sigma".to_owned(), "0".to_owned())].into(),
        }
    }

    /// A report of these records in MVTec AD's layout.
    pub fn report<'a>(records: &'a [Record], failed: &'a [Failed]) -> Report<'a> {
        Report {
            root: Path::new("mvtec"),
            layout: Layout::Mvtec,
            records,
            failed,
        }
    }
}
