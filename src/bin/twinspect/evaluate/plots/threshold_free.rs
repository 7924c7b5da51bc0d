//! Curves over all thresholds: ROC of pictures, overlap of regions.

use twinspect::Result;
use twinspect::metrics::Ranking;

use super::super::record::Record;
use super::{Drawn, named};
use crate::chart::{Axis, Frame, MOST_LINES, Pen, chart, in_percent};

/// Where curves of overlap end.
const PRO_LIMIT: f64 = 0.3;

struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

/// True-positive rate over false-positive rate of pictures, a line a recipe.
pub fn roc(category: &str, shown: &[&Record], drawn: &mut Vec<Drawn>) -> Result<()> {
    let mut curves = Vec::new();
    for record in shown {
        let Some(auroc) = record.image.auroc else {
            continue;
        };
        let scores: Vec<f32> = record.pictures.iter().map(|one| one.score).collect();
        let truths: Vec<bool> = record.pictures.iter().map(|one| one.is_defective).collect();
        let roc = Ranking::new(&scores, &truths)?.roc();
        curves.push(Curve {
            name: format!("{}: AUROC {:.1} %", record.variant_text(), auroc * 100.0),
            points: roc.iter().map(|point| (point.x, point.y)).collect(),
        });
    }
    draw(
        &curves,
        &format!("{category}: ROC of pictures"),
        named(&["roc", category]),
        ("good pictures called defective (%)", 1.0),
        "defective pictures found (%)",
        drawn,
    )
}

/// Mean overlap with the regions of defects over the false-positive rate of pixels, a line a recipe.
pub fn pro(category: &str, shown: &[&Record], drawn: &mut Vec<Drawn>) -> Result<()> {
    let curves = shown.iter().filter_map(|record| {
        let aupro = record.pixel?.aupro_30? * 100.0;
        Some(Curve {
            name: format!("{}: AUPRO 30 % {aupro:.1} %", record.variant_text()),
            points: record.pro_curve.clone(),
        })
    });
    draw(
        &curves.collect::<Vec<_>>(),
        &format!("{category}: overlap with defects"),
        named(&["pro", category]),
        ("good pixels called defective (%)", PRO_LIMIT),
        "mean overlap with regions of defects (%)",
        drawn,
    )
}

fn draw(
    curves: &[Curve],
    title: &str,
    name: String,
    (x_label, x_end): (&str, f64),
    y_label: &str,
    drawn: &mut Vec<Drawn>,
) -> Result<()> {
    let curves: Vec<&Curve> = curves
        .iter()
        .filter(|curve| !curve.points.is_empty())
        .take(MOST_LINES)
        .collect();
    if curves.is_empty() {
        return Ok(());
    }
    let axis = |label, end| Axis {
        label,
        // A little more than the curves need: their ends lie on the border otherwise.
        range: (-0.01 * end, 1.01 * end),
        ticks: 11,
        text: &in_percent,
    };
    let frame = Frame {
        title,
        legend: curves
            .iter()
            .enumerate()
            .map(|(number, curve)| (Pen::of(number), curve.name.clone()))
            .collect(),
        x: axis(x_label, x_end),
        y: axis(y_label, 1.0),
    };
    let svg = chart(&frame, |canvas| {
        for (number, curve) in curves.iter().enumerate() {
            canvas.line(Pen::of(number), &curve.points)?;
        }
        Ok(())
    })?;
    drawn.push(Drawn {
        name,
        title: title.to_owned(),
        svg,
    });
    Ok(())
}
