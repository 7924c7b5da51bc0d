//! Records to curves and histograms, as SVG without scripts or fonts of its own.
//!
//! Of each category and recipe the trial with the most good parts and the first seed is drawn; the curves over shots and
//! over the values of a sweep take all.

mod curve;
mod scores;
mod shots;
mod sweeps;
mod threshold_free;

use twinspect::Result;

use super::plan::file_name;
use super::record::Record;
use super::store::Store;

/// A picture of the report.
pub struct Plot {
    /// Below the report's folder.
    pub file: String,
    pub title: String,
}

/// What is to be written.
struct Drawn {
    name: String,
    title: String,
    svg: String,
}

/// Draws what the records allow, and writes it to `plots/`. Errors: `Io`.
pub fn draw(records: &[Record], store: &Store) -> Result<Vec<Plot>> {
    let mut drawn = Vec::new();
    shots::draw(records, &mut drawn)?;
    sweeps::draw(records, &mut drawn)?;
    for category in categories(records) {
        let of_it: Vec<&Record> = records
            .iter()
            .filter(|record| record.category == category)
            .collect();
        let shown = headline(&of_it);
        threshold_free::roc(category, &shown, &mut drawn)?;
        threshold_free::pro(category, &shown, &mut drawn)?;
        for record in shown {
            scores::draw(record, &mut drawn)?;
        }
    }
    let mut plots = Vec::new();
    for Drawn { name, title, svg } in drawn {
        let file = format!("plots/{name}.svg");
        store.write(&file, svg.as_bytes())?;
        plots.push(Plot { file, title });
    }
    Ok(plots)
}

/// In the order of the trials.
fn categories(records: &[Record]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for record in records {
        if !names.contains(&record.category.as_str()) {
            names.push(&record.category);
        }
    }
    names
}

/// Of each recipe, and each value of a sweep, the trial with the most good parts and the first seed.
fn headline<'a>(records: &[&'a Record]) -> Vec<&'a Record> {
    let mut shown: Vec<&Record> = Vec::new();
    for record in records {
        let rank = |one: &Record| (one.shots.unwrap_or(usize::MAX), std::cmp::Reverse(one.seed));
        match shown
            .iter_mut()
            .find(|one| (&one.recipe, &one.sweep) == (&record.recipe, &record.sweep))
        {
            Some(known) if rank(known) < rank(record) => *known = record,
            Some(_) => {}
            None => shown.push(record),
        }
    }
    shown
}

/// The name of a plot's file, of these parts.
fn named(parts: &[&str]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| file_name(part)).collect();
    parts.join("_")
}

#[cfg(test)]
mod tests {
    use super::super::sweep::Setting;
    use super::super::tables::tests::record;
    use super::*;

    #[test]
    fn trials_are_drawn_with_every_plot_that_they_allow() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut records = Vec::new();
        for (shots, value) in [(Some(1), "1"), (None, "1"), (None, "3")] {
            let mut one = record("nut & <bolt>", "default");
            one.shots = shots;
            one.sweep = Some(Setting {
                key: "adaptor.patch".to_owned(),
                value: value.to_owned(),
            });
            records.push(one);
        }
        let plots = draw(&records, &store).unwrap();
        for kind in ["shots", "sweep", "roc", "pro", "scores"] {
            let found = plots.iter().find(|plot| plot.file.contains(kind));
            let found = found.unwrap_or_else(|| panic!("no plot of {kind}"));
            let svg = std::fs::read_to_string(folder.path().join(&found.file)).unwrap();
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
            assert!(!svg.contains("<bolt>"), "{kind}: a name is not escaped");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{kind}");
        }
    }

    #[test]
    fn trials_without_defects_or_scores_are_left_out_without_failure() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut one = record("nut", "default");
        one.pictures.clear();
        one.pro_curve.clear();
        one.image.auroc = None;
        one.calibrated = None;
        assert!(draw(&[one], &store).unwrap().is_empty());
        assert!(draw(&[], &store).unwrap().is_empty());
    }
}
