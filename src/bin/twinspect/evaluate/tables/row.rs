//! Trials that differ by their seed only, as one row; and the means of rows over categories.

use super::super::published;
use super::super::record::{Counted, Record};
use super::Report;

/// Trials of one recipe, sweep and number of shots: of one category, or of all.
pub struct Row<'a> {
    /// Its category, or how many there are.
    pub name: String,
    /// At least one.
    pub records: Vec<&'a Record>,
    pub is_mean: bool,
    /// In per cent.
    pub published: Option<f64>,
}

/// The mean, and how far single seeds lie from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// Rows by category and recipe in the order of the trials, the fewest shots first; then the means over categories if there
/// are several.
pub fn rows<'a>(report: &Report<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    let mut means: Vec<Row<'a>> = Vec::new();
    for record in report.records {
        let same = |row: &&mut Row<'_>| is_same(row.records[0], record);
        match rows
            .iter_mut()
            .filter(|row| row.name == record.category)
            .find(same)
        {
            Some(row) => row.records.push(record),
            None => rows.push(Row {
                name: record.category.clone(),
                records: vec![record],
                is_mean: false,
                published: report.published(&record.category),
            }),
        }
        match means.iter_mut().find(same) {
            Some(row) => row.records.push(record),
            None => means.push(Row {
                name: String::new(),
                records: vec![record],
                is_mean: true,
                published: None,
            }),
        }
    }
    sort(&mut rows);
    sort(&mut means);
    for mut mean in means {
        let categories = categories(&mean.records);
        if categories.len() < 2 {
            continue;
        }
        mean.name = format!("mean of {}", categories.len());
        mean.published = published::paper_mean(categories).filter(|_| {
            mean.records
                .iter()
                .all(|one| report.published(&one.category).is_some())
        });
        rows.push(mean);
    }
    rows
}

fn sort(rows: &mut [Row<'_>]) {
    let mut order: Vec<(String, String)> = Vec::new();
    let key = |row: &Row<'_>| (row.name.clone(), row.first().variant_text());
    for row in rows.iter() {
        if !order.contains(&key(row)) {
            order.push(key(row));
        }
    }
    let place = |row: &Row<'_>| order.iter().position(|known| *known == key(row));
    let category = |row: &Row<'_>| order.iter().position(|(name, _)| *name == row.name);
    rows.sort_by_cached_key(|row| {
        let shots = row.first().shots.unwrap_or(usize::MAX);
        (category(row), place(row), shots)
    });
}

fn is_same(a: &Record, b: &Record) -> bool {
    (&a.recipe, &a.sweep, a.shots) == (&b.recipe, &b.sweep, b.shots)
}

impl Row<'_> {
    /// The first of its trials, which says what they share.
    pub fn first(&self) -> &Record {
        self.records[0]
    }

    /// The mean over categories for each seed, then over the seeds; none if a trial lacks it.
    pub fn spread(&self, value: impl Fn(&Record) -> Option<f64>) -> Option<Spread> {
        let means = mean_by_seed(&self.records, value)?;
        Some(Spread {
            mean: mean(&means),
            low: means.iter().copied().fold(f64::INFINITY, f64::min),
            high: means.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }

    /// A count over all of its trials; none if a trial lacks it.
    ///
    /// The interval is left out where seeds count the same pictures again: those are no independent trials.
    pub fn counted(&self, value: impl Fn(&Record) -> Option<Counted>) -> Option<Counted> {
        let (mut count, mut of) = (0, 0);
        for record in &self.records {
            let counted = value(record)?;
            count += counted.count;
            of += counted.of;
        }
        let counted = Counted::from((count, of));
        Some(if self.seeds().len() > 1 {
            Counted {
                low: None,
                high: None,
                ..counted
            }
        } else {
            counted
        })
    }

    /// The seeds, each once.
    pub fn seeds(&self) -> Vec<u64> {
        seeds(&self.records)
    }
}

/// Each once.
fn categories<'a>(records: &[&'a Record]) -> Vec<&'a str> {
    let names = records.iter().map(|record| record.category.as_str());
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// For each seed the mean of its trials, one a category; none if a trial lacks the value.
pub fn mean_by_seed(
    records: &[&Record],
    value: impl Fn(&Record) -> Option<f64>,
) -> Option<Vec<f64>> {
    let of_seed = |seed: u64| {
        let those = records.iter().filter(|record| record.seed == seed);
        let values: Option<Vec<f64>> = those.map(|record| value(record)).collect();
        values.map(|values| mean(&values))
    };
    seeds(records).into_iter().map(of_seed).collect()
}

fn seeds(records: &[&Record]) -> Vec<u64> {
    let mut seeds: Vec<u64> = records.iter().map(|record| record.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    seeds
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::super::tests::{record, report};
    use super::*;

    #[test]
    fn seeds_are_averaged_in_a_row_and_categories_in_the_last_ones() {
        let mut records = Vec::new();
        for (category, seed, auroc) in [
            ("bottle", 0, 0.8),
            ("bottle", 1, 1.0),
            ("screw", 0, 0.4),
            ("screw", 1, 0.5),
        ] {
            let mut one = record(category, "default");
            one.seed = seed;
            one.image.auroc = Some(auroc);
            records.push(one);
        }
        let report = report(&records, &[]);
        let rows = rows(&report);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["bottle", "screw", "mean of 2"]);
        let spread = |row: &Row<'_>| row.spread(|one| one.image.auroc).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        near(spread(&rows[0]).mean, 0.9);
        near(spread(&rows[0]).low, 0.8);
        near(spread(&rows[2]).mean, 0.675);
        near(spread(&rows[2]).low, 0.6);
        near(spread(&rows[2]).high, 0.75);
        near(rows[0].published.unwrap(), 99.8);
        near(rows[2].published.unwrap(), (99.8 + 93.9) / 2.0);

        let misses = rows[0].counted(|one| one.calibrated.map(|found| found.misses));
        let misses = misses.unwrap();
        assert_eq!((misses.count, misses.of, misses.low), (2, 4, None));
    }

    #[test]
    fn shots_of_a_recipe_stand_together_the_fewest_first() {
        let mut records = Vec::new();
        for (recipe, shots) in [("b", Some(8)), ("a", Some(8)), ("b", None), ("b", Some(1))] {
            let mut one = record("nut", recipe);
            one.shots = shots;
            records.push(one);
        }
        let report = report(&records, &[]);
        let rows = rows(&report);
        let names = rows.iter().map(|row| row.first());
        let names: Vec<_> = names.map(|one| (one.recipe.as_str(), one.shots)).collect();
        assert_eq!(
            names,
            [("b", Some(1)), ("b", Some(8)), ("b", None), ("a", Some(8))]
        );
    }

    #[test]
    fn value_that_one_trial_lacks_has_no_mean() {
        let mut records = [record("bottle", "default"), record("screw", "default")];
        records[1].pixel = None;
        let report = report(&records, &[]);
        let rows = rows(&report);
        let pixel = |one: &Record| one.pixel.and_then(|pixel| pixel.auroc);
        assert_eq!(rows[0].spread(pixel).map(|found| found.mean), Some(0.9));
        assert_eq!(rows[2].spread(pixel), None);
    }
}
