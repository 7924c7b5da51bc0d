//! Image AUROC over something that is varied in steps, a line a recipe: mean, and the range of the seeds.

use twinspect::Result;

use super::Drawn;
use super::chart::{Axis, Frame, MOST_LINES, Pen, chart, in_percent};

/// A line: for each step of the axis the AUROC of each seed, from 0 to 1; none where nothing was measured.
pub struct Series {
    pub name: String,
    pub steps: Vec<Vec<f64>>,
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
        for (number, one) in series.iter().enumerate() {
            let pen = Pen::of(number);
            let measured = || {
                let steps = one.steps.iter().enumerate();
                let steps = steps.filter(|(_, seeds)| !seeds.is_empty());
                steps.map(|(place, seeds)| (place as f64, seeds))
            };
            if one.steps.iter().any(|seeds| seeds.len() > 1) {
                let high = |seeds: &[f64]| seeds.iter().copied().fold(0.0, f64::max);
                let low = |seeds: &[f64]| seeds.iter().copied().fold(1.0, f64::min);
                let mut band: Vec<(f64, f64)> =
                    measured().map(|(x, seeds)| (x, high(seeds))).collect();
                let mut back: Vec<(f64, f64)> =
                    measured().map(|(x, seeds)| (x, low(seeds))).collect();
                back.reverse();
                band.extend(back);
                canvas.area(pen, &band)?;
            }
            let mean = |seeds: &[f64]| seeds.iter().sum::<f64>() / seeds.len() as f64;
            let means: Vec<(f64, f64)> = measured().map(|(x, seeds)| (x, mean(seeds))).collect();
            canvas.line(pen, &means)?;
            canvas.dots(pen, &means)?;
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
