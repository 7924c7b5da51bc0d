//! How the scores of good and defective pictures lie, and the calibrated threshold between them.

use twinspect::Result;

use super::super::record::Record;
use super::{Drawn, named};
use crate::chart::{Axis, Canvas, Frame, Pen, chart, in_percent};

const BINS: usize = 30;

/// From this ratio of the highest to the lowest score on the axis is logarithmic.
const WIDE: f64 = 8.0;

/// A histogram of each class, in shares of the class.
pub fn draw(record: &Record, drawn: &mut Vec<Drawn>) -> Result<()> {
    let scores = |is_defective: bool| -> Vec<f64> {
        let those = record.pictures.iter();
        let those = those.filter(|one| one.is_defective == is_defective);
        those.map(|one| f64::from(one.score)).collect()
    };
    let (good, defective) = (scores(false), scores(true));
    let threshold = record.calibrated.map(|found| f64::from(found.threshold));
    let all: Vec<f64> = good
        .iter()
        .chain(&defective)
        .copied()
        .chain(threshold)
        .collect();
    if good.is_empty() && defective.is_empty() {
        return Ok(());
    }
    let scale = Scale::of(&all);
    let classes = [
        (Pen::of(0), scale.histogram(&good), "good", good.len()),
        (
            Pen::of(1),
            scale.histogram(&defective),
            "defective",
            defective.len(),
        ),
    ];
    let highest = classes
        .iter()
        .flat_map(|(_, shares, ..)| shares)
        .copied()
        .fold(0.0, f64::max);
    let mut legend: Vec<(Pen, String)> = classes
        .iter()
        .filter(|(.., count)| *count > 0)
        .map(|(pen, _, name, count)| (*pen, format!("{name}: {count} pictures")))
        .collect();
    if let Some(threshold) = threshold {
        legend.push((Pen::mark(), format!("calibrated threshold {threshold:.2}")));
    }
    let title = format!(
        "{}, {}: scores, {} good parts fitted",
        record.category,
        record.variant_text(),
        record.fitted
    );
    let frame = Frame {
        title: &title,
        legend,
        x: Axis {
            label: if scale.is_log {
                "score of a picture (logarithmic)"
            } else {
                "score of a picture"
            },
            range: (scale.low, scale.high),
            ticks: 9,
            text: &|place| number(scale.value(*place)),
        },
        y: Axis {
            label: "share of the class (%)",
            range: (0.0, highest * 1.08),
            ticks: 8,
            text: &in_percent,
        },
    };
    let svg = chart(&frame, |canvas| {
        for (pen, shares, ..) in &classes {
            outline(canvas, *pen, &scale, shares)?;
        }
        match threshold {
            Some(threshold) => {
                let x = scale.place(threshold);
                canvas.line(Pen::mark(), &[(x, 0.0), (x, highest * 1.08)])
            }
            None => Ok(()),
        }
    })?;
    let sweep = record.sweep.as_ref().map(ToString::to_string);
    let mut parts = vec!["scores", &record.category, &record.recipe];
    parts.extend(sweep.as_deref());
    drawn.push(Drawn {
        name: named(&parts),
        title,
        svg,
    });
    Ok(())
}

/// The bars of a histogram, those that touch as one pale area with a line around it.
fn outline(canvas: &mut Canvas<'_, '_>, pen: Pen, scale: &Scale, shares: &[f64]) -> Result<()> {
    let mut first = 0;
    for run in shares.chunk_by(|a, b| (*a > 0.0) == (*b > 0.0)) {
        let mut points = vec![(scale.edge(first), 0.0)];
        for (number, share) in (first..).zip(run) {
            points.push((scale.edge(number), *share));
            points.push((scale.edge(number + 1), *share));
        }
        first += run.len();
        points.push((scale.edge(first), 0.0));
        if run[0] > 0.0 {
            canvas.area(pen, &points)?;
            canvas.line(pen, &points)?;
        }
    }
    Ok(())
}

/// Scores to places on the axis.
struct Scale {
    is_log: bool,
    low: f64,
    high: f64,
}

impl Scale {
    /// With room for all of these, of which there is one at least.
    fn of(scores: &[f64]) -> Self {
        let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
        let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let is_log = low > 0.0 && high / low > WIDE;
        let (low, high) = if is_log {
            (low.log10(), high.log10())
        } else {
            (low, high)
        };
        // Scores that are all alike need some width too.
        let margin = ((high - low) * 0.02).max(1e-3);
        Self {
            is_log,
            low: low - margin,
            high: high + margin,
        }
    }

    fn place(&self, score: f64) -> f64 {
        if self.is_log { score.log10() } else { score }
    }

    fn value(&self, place: f64) -> f64 {
        if self.is_log {
            10f64.powf(place)
        } else {
            place
        }
    }

    /// Left border of the bin of this number.
    fn edge(&self, number: usize) -> f64 {
        self.low + (self.high - self.low) * number as f64 / BINS as f64
    }

    fn histogram(&self, scores: &[f64]) -> Vec<f64> {
        let mut shares = vec![0.0; BINS];
        for score in scores {
            let part = (self.place(*score) - self.low) / (self.high - self.low);
            let bin = ((part * BINS as f64) as usize).min(BINS - 1);
            shares[bin] += 1.0 / scores.len() as f64;
        }
        shares
    }
}

/// With three digits, but no zeros that end a fraction.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histogram_holds_every_score_on_either_axis() {
        for scores in [
            vec![1.0, 2.0, 3.0],
            vec![0.5, 5.0, 5000.0],
            vec![2.0; 4],
            vec![0.0],
        ] {
            let scale = Scale::of(&scores);
            let sum: f64 = scale.histogram(&scores).iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "{scores:?}: {sum}");
            for score in scores {
                let there = scale.value(scale.place(score));
                assert!((there - score).abs() < 1e-9 * score.max(1.0));
            }
        }
        assert!(Scale::of(&[0.5, 5000.0]).is_log && !Scale::of(&[0.0, 5000.0]).is_log);
    }

    #[test]
    fn numbers_on_the_axis_have_no_zeros_that_say_nothing() {
        let texts = [50.0, 158.5, 1.25, 0.5, 0.0, 100.0, -3.0].map(number);
        assert_eq!(texts, ["50", "158", "1.25", "0.5", "0", "100", "-3"]);
    }
}
