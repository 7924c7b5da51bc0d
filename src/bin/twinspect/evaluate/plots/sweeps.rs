//! Image AUROC over the values of an option: the paper's Figures 2 to 4.

use twinspect::Result;

use super::super::record::Record;
use super::curve::{Series, Steps, draw as draw_curve, step};
use super::{Drawn, categories, named};

/// A plot an option and category, and the mean of the categories.
pub fn draw(records: &[Record], drawn: &mut Vec<Drawn>) -> Result<()> {
    let mut options: Vec<(&str, Vec<String>)> = Vec::new();
    for setting in records.iter().filter_map(|record| record.sweep.as_ref()) {
        let known = options.iter().position(|(key, _)| *key == setting.key);
        let place = known.unwrap_or_else(|| {
            options.push((&setting.key, Vec::new()));
            options.len() - 1
        });
        if !options[place].1.contains(&setting.value) {
            options[place].1.push(setting.value.clone());
        }
    }
    let names = categories(records);
    for (key, values) in &options {
        let mean = (names.len() > 1).then_some(None);
        for category in mean.into_iter().chain(names.iter().map(|name| Some(*name))) {
            one(category, (key, values), records, drawn)?;
        }
    }
    Ok(())
}

/// Of one category, or the mean of all; of the trials with the most good parts.
fn one(
    category: Option<&str>,
    (key, values): (&str, &[String]),
    records: &[Record],
    drawn: &mut Vec<Drawn>,
) -> Result<()> {
    let of_it = || {
        let is_of_it = |record: &&Record| category.is_none_or(|name| record.category == name);
        records.iter().filter(is_of_it)
    };
    let rank = |record: &Record| record.shots.unwrap_or(usize::MAX);
    let most = of_it().map(rank).max();
    let count = category.map_or(categories(records).len(), |_| 1);
    let mut recipes: Vec<&str> = Vec::new();
    for record in of_it() {
        if !recipes.contains(&record.recipe.as_str()) {
            recipes.push(&record.recipe);
        }
    }
    let series = recipes.into_iter().map(|recipe| {
        let at = |value: &String| {
            let those = of_it().filter(|one| one.recipe == recipe && Some(rank(one)) == most);
            let those = those.filter(|one| {
                let sweep = one.sweep.as_ref();
                sweep.is_some_and(|sweep| sweep.key == key && sweep.value == *value)
            });
            step(&those.collect::<Vec<_>>(), count)
        };
        let steps = values.iter().map(at);
        Series {
            name: recipe.to_owned(),
            steps: steps.collect(),
        }
    });
    let shown = category.unwrap_or("mean of the categories");
    draw_curve(
        named(&["sweep", key, category.unwrap_or("mean")]),
        format!("{shown}: AUROC over {key}"),
        &Steps {
            label: key,
            texts: values,
        },
        &series.collect::<Vec<_>>(),
        drawn,
    )
}
