//! Image AUROC over something that is varied in steps, a line a recipe: mean, and the range of the seeds.

use twinspect::Result;

use super::super::record::Record;
use super::super::tables::mean_by_seed;
use super::Drawn;
use crate::chart::{Axis, Frame, MOST_LINES, Pen, chart, in_percent};

/// A line: for each step of the axis the AUROC of each seed, from 0 to 1; none where nothing was measured.
pub struct Series {
    pub name: String,
    pub steps: Vec<Vec<f64>>,
}

impl Series {
    /// Places on the axis, and of the seeds there what `of` says; none where nothing was measured.
    fn points(&self, of: impl Fn(&[f64]) -> f64) -> Vec<(f64, f64)> {
        let steps = self.steps.iter().enumerate();
        let measured = steps.filter(|(_, seeds)| !seeds.is_empty());
        measured
            .map(|(place, seeds)| (place as f64, of(seeds)))
            .collect()
    }
}

/// The AUROC of each seed at one step: the mean over categories, if all of so many were measured; else none.
pub fn step(records: &[&Record], categories: usize) -> Vec<f64> {
    let mut names: Vec<&str> = records.iter().map(|one| one.category.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < categories {
        return Vec::new();
    }
    mean_by_seed(records, |one| one.image.auroc).unwrap_or_default()
}

/// What is varied.
pub struct Steps<'a> {
    pub label: &'a str,
    /// One text a step, which stand at equal distances.
    pub texts: &'a [String],
}

/// Draws the lines, if there is anything to draw.
pub fn draw(
    name: String,
    title: String,
    steps: &Steps<'_>,
    series: &[Series],
    drawn: &mut Vec<Drawn>,
) -> Result<()> {
    let series = &series[..series.len().min(MOST_LINES)];
    let every = || {
        series
            .iter()
            .flat_map(|one| one.steps.iter().flatten().copied())
    };
    if every().next().is_none() {
        return Ok(());
    }
    let lowest = every().fold(1.0, f64::min);
    // The next lower multiple of 5 %, and some more than nothing between it and the lines.
    let low = (((lowest - 0.02) * 20.0).floor() / 20.0).max(0.0);
    let text = |place: &f64| {
        let is_step = (place - place.round()).abs() < 1e-6 && *place > -0.5;
        let text = steps.texts.get(place.round().max(0.0) as usize);
        text.filter(|_| is_step).cloned().unwrap_or_default()
    };
    let frame = Frame {
        title: &title,
        legend: series
            .iter()
            .enumerate()
            .map(|(number, one)| (Pen::of(number), legend(one)))
            .collect(),
        x: Axis {
            label: steps.label,
            range: (-0.3, steps.texts.len() as f64 - 0.7),
            ticks: steps.texts.len(),
            text: &text,
        },
        y: Axis {
            label: "image AUROC (%)",
            range: (low, 1.0 + (1.0 - low) * 0.02),
            ticks: 10,
            text: &in_percent,
        },
    };
    let svg = chart(&frame, |canvas| {
        // A band over a line would change its colour.
        for (number, one) in series.iter().enumerate() {
            if one.steps.iter().any(|seeds| seeds.len() > 1) {
                let high = |seeds: &[f64]| seeds.iter().copied().fold(0.0, f64::max);
                let low = |seeds: &[f64]| seeds.iter().copied().fold(1.0, f64::min);
                let (mut band, back) = (one.points(high), one.points(low));
                band.extend(back.into_iter().rev());
                canvas.area(Pen::of(number), &band)?;
            }
        }
        for (number, one) in series.iter().enumerate() {
            let means = one.points(|seeds| seeds.iter().sum::<f64>() / seeds.len() as f64);
            canvas.line(Pen::of(number), &means)?;
            canvas.dots(Pen::of(number), &means)?;
        }
        Ok(())
    })?;
    drawn.push(Drawn { name, title, svg });
    Ok(())
}

fn legend(series: &Series) -> String {
    let seeds = series.steps.iter().map(Vec::len).max().unwrap_or(0);
    if seeds > 1 {
        format!("{}: mean, lowest to highest of {seeds} seeds", series.name)
    } else {
        series.name.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tables::tests::record;
    use super::*;

    #[test]
    fn mean_over_fewer_categories_than_there_are_is_none() {
        let records = [record("nut", "default"), record("bolt", "default")];
        assert_eq!(step(&[&records[0], &records[1]], 2), [1.0]);
        assert!(step(&[&records[0]], 2).is_empty());
        assert!(step(&[], 0).is_empty());
    }
}
