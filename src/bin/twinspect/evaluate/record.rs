//! What a trial found, as it is written to its file and to `results.json`; docs/evaluate.md explains the keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use twinspect::metrics::{PixelCounts, Point, Ranking, clopper_pearson};
use twinspect::verdict::Verdict;

use super::sweep::Setting;

/// Counts up when a key changes its meaning.
pub const FORMAT: u32 = 1;

/// Of the intervals around counted rates.
const CONFIDENCE: f64 = 0.95;

/// One trial. Shares and areas are from 0 to 1, absent ones null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub format: u32,
    pub id: String,
    pub fingerprint: String,
    pub category: String,
    pub recipe: String,
    pub sweep: Option<Setting>,
    /// Good parts that were asked for; null for all.
    pub shots: Option<usize>,
    pub seed: u64,
    /// Good parts that were fitted.
    pub fitted: usize,
    pub good: usize,
    pub defective: usize,
    pub image: ImageMetrics,
    /// Null where a defective picture has no mask.
    pub pixel: Option<PixelMetrics>,
    pub kinds: Vec<KindMetrics>,
    /// Null if there were too few good parts for a threshold.
    pub calibrated: Option<Calibrated>,
    pub cost: Cost,
    pub warnings: Vec<String>,
    pub pictures: Vec<Scored>,
    /// False-positive rate and overlap, up to a rate of 0.3.
    pub pro_curve: Vec<(f64, f64)>,
    /// Options of the recipe at their effective values.
    pub settings: BTreeMap<String, String>,
}

/// Of the scores of whole pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImageMetrics {
    pub auroc: Option<f64>,
    pub average_precision: Option<f64>,
    pub f1: Option<f64>,
    /// From this score on a picture is defective, for the best F1.
    pub f1_threshold: Option<f32>,
}

/// Of the values of anomaly maps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PixelMetrics {
    pub auroc: Option<f64>,
    pub average_precision: Option<f64>,
    pub f1: Option<f64>,
    pub f1_threshold: Option<f32>,
    pub aupro_30: Option<f64>,
    pub aupro_5: Option<f64>,
}

/// One kind of defect against all good pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindMetrics {
    pub kind: String,
    pub pictures: usize,
    pub auroc: Option<f64>,
    pub aupro_30: Option<f64>,
    pub aupro_5: Option<f64>,
}

/// Verdicts at the threshold that was calibrated from good parts alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    pub threshold: f32,
    /// Good pictures that were called defective, of all good ones.
    pub false_alarms: Counted,
    /// Defective pictures that were called good, of all defective ones.
    pub misses: Counted,
    pub undecided_good: u64,
    pub undecided_defective: u64,
}

/// A counted rate and its interval of Clopper and Pearson at 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    pub count: u64,
    pub of: u64,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Time and memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// With opening the network and decoding the good parts.
    pub fit_s: f64,
    /// Of inspecting a picture that is decoded.
    pub median_ms: f64,
    /// 95 of 100 pictures took no longer.
    pub p95_ms: f64,
    pub model_bytes: u64,
    /// Of the process since it started, so of earlier trials as well; null where the system does not say.
    pub peak_memory_bytes: Option<u64>,
}

/// One picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// Below the root.
    pub path: String,
    pub kind: String,
    pub is_defective: bool,
    pub score: f32,
    pub verdict: Verdict,
}

impl Record {
    /// The shots as typed.
    pub fn shots_text(&self) -> String {
        self.shots
            .map_or("full".to_owned(), |shots| shots.to_string())
    }

    /// The recipe, and what is varied of it.
    pub fn variant_text(&self) -> String {
        match &self.sweep {
            Some(setting) => format!("{} {setting}", self.recipe),
            None => self.recipe.clone(),
        }
    }
}

impl From<&Ranking> for ImageMetrics {
    fn from(ranking: &Ranking) -> Self {
        let best = ranking.best_f1();
        Self {
            auroc: ranking.auroc(),
            average_precision: ranking.average_precision(),
            f1: best.map(|best| best.f1),
            f1_threshold: best.map(|best| best.threshold),
        }
    }
}

impl From<&PixelCounts> for PixelMetrics {
    fn from(pixels: &PixelCounts) -> Self {
        let best = pixels.best_f1();
        Self {
            auroc: pixels.auroc(),
            average_precision: pixels.average_precision(),
            f1: best.map(|best| best.f1),
            f1_threshold: best.map(|best| best.threshold),
            aupro_30: pixels.pro(0.3),
            aupro_5: pixels.pro(0.05),
        }
    }
}

impl Calibrated {
    /// Of pictures that were judged at this threshold.
    pub fn of(threshold: f32, pictures: &[Scored]) -> Self {
        let count = |is_defective: bool, verdict: Verdict| {
            let those = pictures
                .iter()
                .filter(|one| one.is_defective == is_defective);
            let (mut count, mut of) = (0, 0);
            for one in those {
                of += 1;
                count += u64::from(one.verdict == verdict);
            }
            (count, of)
        };
        Self {
            threshold,
            false_alarms: count(false, Verdict::Defect).into(),
            misses: count(true, Verdict::Good).into(),
            undecided_good: count(false, Verdict::Undecided).0,
            undecided_defective: count(true, Verdict::Undecided).0,
        }
    }
}

impl From<(u64, u64)> for Counted {
    /// So many of so many.
    fn from((count, of): (u64, u64)) -> Self {
        let interval = clopper_pearson(count, of, CONFIDENCE);
        Self {
            count,
            of,
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
        }
    }
}

/// At most some 200 points of a curve, up to x = `limit`, where it is cut; enough for a picture of it.
pub fn thinned(curve: &[Point], limit: f64) -> Vec<(f64, f64)> {
    const STEPS: f64 = 200.0;
    let mut kept: Vec<(f64, f64)> = Vec::new();
    let mut before: Option<Point> = None;
    for point in curve {
        if let Some(last) = before.filter(|_| point.x > limit) {
            let share = (limit - last.x) / (point.x - last.x);
            kept.push((last.x, last.y));
            kept.push((limit, last.y + share * (point.y - last.y)));
            break;
        }
        let is_far = kept.last().is_none_or(|(x, y)| {
            (point.x - x) / limit >= 1.0 / STEPS || point.y - y >= 1.0 / STEPS
        });
        if is_far {
            kept.push((point.x, point.y));
        }
        before = Some(*point);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undecided_pictures_are_neither_alarms_nor_misses() {
        let one = |is_defective, verdict| Scored {
            path: String::new(),
            kind: String::new(),
            is_defective,
            score: 1.0,
            verdict,
        };
        let pictures = [
            one(false, Verdict::Good),
            one(false, Verdict::Defect),
            one(false, Verdict::Undecided),
            one(true, Verdict::Good),
            one(true, Verdict::Defect),
        ];
        let found = Calibrated::of(1.0, &pictures);
        assert_eq!((found.false_alarms.count, found.false_alarms.of), (1, 3));
        assert_eq!((found.misses.count, found.misses.of), (1, 2));
        assert_eq!((found.undecided_good, found.undecided_defective), (1, 0));
        let none = Calibrated::of(1.0, &[]);
        assert_eq!((none.misses.of, none.misses.high), (0, None));
    }

    #[test]
    fn thinned_curve_is_cut_at_the_limit() {
        let curve: Vec<Point> = (0..=10_000)
            .map(|step| f64::from(step) / 10_000.0)
            .map(|x| Point { x, y: x })
            .collect();
        let kept = thinned(&curve, 0.3);
        assert!(kept.len() < 410, "{}", kept.len());
        let (x, y) = kept[kept.len() - 1];
        assert!((x - 0.3).abs() < 1e-9 && (y - 0.3).abs() < 1e-9);
        assert!(kept.is_sorted_by(|a, b| a.0 <= b.0));
        assert_eq!(thinned(&[], 0.3), []);
    }
}
