//! Rankings, pixel counts and intervals against scikit-learn, anomalib and scipy (`tests/data/metrics/make.py`).

use ndarray::Array3;
use tch::{Kind, Tensor};
use twinspect::metrics::{PixelCounts, Point, Ranking, clopper_pearson};

use crate::oracle::npy;

/// Both sum in float64.
const ROUNDING: f64 = 1e-12;

/// anomalib sums the pixels of all pictures in float32.
const ANOMALIB: f64 = 1e-6;

fn load(name: &str) -> Tensor {
    npy(&format!("metrics/{name}"))
}

fn values<T: tch::kind::Element>(name: &str, kind: Kind) -> Vec<T>
where
    Vec<T>: TryFrom<Tensor, Error = tch::TchError>,
{
    load(name).to_kind(kind).flatten(0, -1).try_into().unwrap()
}

fn rows<const N: usize>(name: &str) -> Vec<[f64; N]> {
    let all: Vec<f64> = values(name, Kind::Double);
    all.chunks_exact(N)
        .map(|row| row.try_into().unwrap())
        .collect()
}

fn truth(name: &str) -> Vec<bool> {
    let all: Vec<u8> = values(name, Kind::Uint8);
    all.iter().map(|value| *value == 1).collect()
}

#[track_caller]
fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    println!("{what}: {found}, error {error:.1e}, allowed {tolerance:.1e}");
    assert!(
        error <= tolerance,
        "{what}: {found}, expected {expected}, error {error:.3e}, allowed {tolerance:.1e}"
    );
}

#[track_caller]
fn assert_curve(found: &[Point], name: &str) {
    let expected = rows::<2>(name);
    assert_eq!(found.len(), expected.len(), "{name}");
    for (point, [x, y]) in found.iter().zip(expected) {
        let error = (point.x - x).abs().max((point.y - y).abs());
        assert!(error <= ROUNDING, "{name}: {point:?}, expected {x}, {y}");
    }
}

#[test]
fn ranking_equals_scikit_learn() {
    for name in ["distinct", "ties"] {
        let scores: Vec<f32> = values(&format!("{name}_scores"), Kind::Float);
        let ranking = Ranking::new(&scores, &truth(&format!("{name}_truth"))).unwrap();
        let best = ranking.best_f1().unwrap();
        let [auroc, precision, f1, threshold] = rows(&format!("{name}_numbers"))[0];
        assert_near(name, ranking.auroc().unwrap(), auroc, ROUNDING);
        assert_near(
            name,
            ranking.average_precision().unwrap(),
            precision,
            ROUNDING,
        );
        assert_near(name, best.f1, f1, ROUNDING);
        assert_eq!(f64::from(best.threshold), threshold, "{name}");
        assert_curve(&ranking.roc(), &format!("{name}_roc"));
        let curve = format!("{name}_precision_recall");
        assert_curve(&ranking.precision_recall(), &curve);
    }
}

/// The maps of one case; `rounded` down to the lower ends of their bins, where counting in bins loses nothing.
fn counted(name: &str, rounded: bool) -> PixelCounts {
    let shape = (6, 40, 48);
    let maps = values(&format!("{name}_maps"), Kind::Float);
    let mut maps = Array3::<f32>::from_shape_vec(shape, maps).unwrap();
    if rounded {
        maps.mapv_inplace(|value| f32::from_bits(value.to_bits() & !0x7FFF));
    }
    let truths = Array3::from_shape_vec(shape, truth("truths")).unwrap();
    let mut pixels = PixelCounts::default();
    for (map, truth) in maps.outer_iter().zip(truths.outer_iter()) {
        let truth = truth.iter().any(|defective| *defective).then_some(truth);
        pixels.push(map, truth).unwrap();
    }
    pixels
}

/// How far the area under a curve of bins may be from the exact one, up to x = `limit` and divided by it: half of each step.
fn bound(curve: &[Point], limit: f64) -> f64 {
    let steps = curve.windows(2).filter(|ends| ends[0].x < limit);
    let twice: f64 = steps
        .map(|ends| (ends[1].x - ends[0].x) * (ends[1].y - ends[0].y))
        .sum();
    twice / 2.0 / limit
}

#[test]
fn pixels_on_the_ends_of_bins_are_exact() {
    for name in ["wide", "narrow"] {
        let pixels = counted(name, true);
        let best = pixels.best_f1().unwrap();
        let [auroc, precision, f1, threshold] = rows(&format!("{name}_rounded_numbers"))[0];
        assert_near(name, pixels.auroc().unwrap(), auroc, ROUNDING);
        assert_near(
            name,
            pixels.average_precision().unwrap(),
            precision,
            ROUNDING,
        );
        assert_near(name, best.f1, f1, ROUNDING);
        assert_eq!(f64::from(best.threshold), threshold, "{name}");
        for [limit, float64, anomalib] in rows(&format!("{name}_rounded_pro")) {
            let what = format!("{name}, AUPRO at {limit}");
            let found = pixels.pro(limit).unwrap();
            assert_near(&what, found, float64, ROUNDING);
            assert_near(&what, found, anomalib, ANOMALIB);
        }
    }
}

#[test]
fn areas_of_any_pixels_are_within_their_bound() {
    // The bound of AUROC, so that a loose one fails too: tight where the values spread over powers of two, and loose where
    // all of them lie between 10 and 13.
    for (name, most) in [("wide", 1e-3), ("narrow", 1e-2)] {
        let pixels = counted(name, false);
        let (roc, curve) = (pixels.roc(), pixels.pro_curve());
        let [auroc, ..] = rows::<4>(&format!("{name}_exact_numbers"))[0];
        let allowed = bound(&roc, 1.0);
        assert!(allowed < most, "{name}: {allowed:.1e} is no useful bound");
        assert_near(name, pixels.auroc().unwrap(), auroc, allowed);
        for [limit, float64, anomalib] in rows(&format!("{name}_exact_pro")) {
            let what = format!("{name}, AUPRO at {limit}");
            let (found, allowed) = (pixels.pro(limit).unwrap(), bound(&curve, limit));
            assert_near(&what, found, float64, allowed);
            assert_near(&what, found, anomalib, allowed + ANOMALIB);
        }
    }
}

#[test]
fn thresholds_of_any_pixels_lose_little() {
    // Measured: 8e-5 and 1e-3 where the values spread, 1.3e-3 and 3.2e-3 where they lie between 10 and 13.
    for (name, most) in [("wide", 2e-3), ("narrow", 5e-3)] {
        let pixels = counted(name, false);
        let [_, precision, f1, _] = rows(&format!("{name}_exact_numbers"))[0];
        let found = pixels.average_precision().unwrap();
        assert_near(name, found, precision, most);
        let best = pixels.best_f1().unwrap();
        assert_near(name, best.f1, f1, most);
        assert!(
            best.f1 <= f1,
            "{name}: {best:?} beats {f1} of all thresholds"
        );
    }
}

#[test]
fn points_of_a_pro_curve_lie_on_the_exact_one() {
    for name in ["wide", "narrow"] {
        let curve = counted(name, false).pro_curve();
        let expected = rows::<2>(&format!("{name}_pro_curve"));
        assert!(expected.len() > 10);
        for [x, y] in expected {
            let is_it = |point: &Point| (point.x - x).abs().max((point.y - y).abs()) <= ROUNDING;
            assert!(curve.iter().any(is_it), "{name}: no point at {x}, {y}");
        }
    }
}

#[test]
fn clopper_pearson_equals_scipy() {
    let expected = rows::<5>("clopper_pearson");
    assert_eq!(expected.len(), 70);
    for [events, trials, confidence, low, high] in expected {
        let found = clopper_pearson(events as u64, trials as u64, confidence).unwrap();
        let what = format!("{events} of {trials} at {confidence}");
        // What the logarithms of factorials lose: measured 4e-10 up to a million trials, 2e-6 at 10^9.
        let tolerance = if trials > 1e6 { 1e-5 } else { 1e-9 };
        assert_near(&what, found.low, low, tolerance * low);
        assert_near(&what, found.high, high, tolerance * high);
    }
}
