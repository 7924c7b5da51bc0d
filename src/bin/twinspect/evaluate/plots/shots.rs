//! Image AUROC over the number of good parts: the paper's Figures 5 and 6.

use twinspect::Result;

use super::super::record::Record;
use super::curve::{Series, Steps, draw as draw_curve, step};
use super::{Drawn, categories, named};

/// A plot a category, and the mean of them, if more than one number of good parts was tried.
pub fn draw(records: &[Record], drawn: &mut Vec<Drawn>) -> Result<()> {
    let mut shots: Vec<Option<usize>> = records.iter().map(|record| record.shots).collect();
    shots.sort_by_key(|shots| shots.unwrap_or(usize::MAX));
    shots.dedup();
    if shots.len() < 2 {
        return Ok(());
    }
    let names = categories(records);
    let mean = (names.len() > 1).then_some(None);
    for category in mean.into_iter().chain(names.iter().map(|name| Some(*name))) {
        one(category, &shots, records, drawn)?;
    }
    Ok(())
}

/// Of one category, or the mean of all.
fn one(
    category: Option<&str>,
    shots: &[Option<usize>],
    records: &[Record],
    drawn: &mut Vec<Drawn>,
) -> Result<()> {
    let of_it = || {
        let is_of_it = |record: &&Record| category.is_none_or(|name| record.category == name);
        records.iter().filter(is_of_it)
    };
    let count = category.map_or(categories(records).len(), |_| 1);
    let mut variants: Vec<String> = Vec::new();
    for record in of_it() {
        let name = record.variant_text();
        if !variants.contains(&name) {
            variants.push(name);
        }
    }
    let series: Vec<Series> = variants
        .into_iter()
        .map(|name| {
            let at = |shots: &Option<usize>| {
                let those = of_it().filter(|one| one.variant_text() == name && one.shots == *shots);
                step(&those.collect::<Vec<_>>(), count)
            };
            let steps = shots.iter().map(at);
            Series {
                steps: steps.collect(),
                name,
            }
        })
        .collect();
    let texts = shots
        .iter()
        .map(|shots| shots.map_or("full".to_owned(), |shots| shots.to_string()));
    let steps = Steps {
        label: "good parts that were fitted (number)",
        texts: &texts.collect::<Vec<_>>(),
    };
    let shown = category.unwrap_or("mean of the categories");
    draw_curve(
        named(&["shots", category.unwrap_or("mean")]),
        format!("{shown}: AUROC over good parts"),
        &steps,
        &series,
        drawn,
    )
}
