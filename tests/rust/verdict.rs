//! Tails and drifts of scores against scipy (`tests/data/verdict/make.py`), and how often a drift is found where there is none.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::Kind;
use twinspect::verdict::{Drift, Pareto, ParetoTail};

use crate::oracle::npy;

/// The library's grid of possible shapes and scales is six times as coarse in each as the oracle's.
const GRID_TOLERANCE: f64 = 5e-3;

fn values(name: &str) -> Vec<f64> {
    let array = npy(&format!("verdict/{name}"));
    Vec::<f64>::try_from(array.to_kind(Kind::Double).flatten(0, -1)).unwrap()
}

#[test]
fn pareto_is_that_of_scipy() {
    let rows = values("pareto");
    assert_eq!(rows.len() % 5, 0);
    for row in rows.chunks(5) {
        let [shape, scale, excess, survival, log_density] = row else {
            unreachable!()
        };
        let pareto = Pareto {
            shape: *shape,
            scale: *scale,
        };
        // Twelve digits: both take a power of a number near 1 where the shape is near 0.
        let found = pareto.survival(*excess);
        assert!((found - survival).abs() <= 1e-12, "{row:?}: {found}");
        let found = pareto.log_density(*excess);
        let is_close = (found - log_density).abs() <= 1e-9 * (1.0 + log_density.abs());
        assert!(is_close || found == *log_density, "{row:?}: {found}");
    }
}

#[test]
fn tail_predicts_what_brute_integration_does() {
    let shares = values("shares");
    for name in ["few", "heavy", "light", "many"] {
        let tail = ParetoTail::fit(&values(&format!("{name}_excesses"))).unwrap();
        for (share, expected) in shares.iter().zip(values(&format!("{name}_quantiles"))) {
            let found = tail.quantile(*share);
            let error = (found / expected - 1.0).abs();
            assert!(
                error <= GRID_TOLERANCE,
                "{name} at {share}: {found}, expected {expected}, relative error {error:.1e}"
            );
        }
    }
}

fn scores(name: &str) -> Vec<f32> {
    let scores = values(name).into_iter();
    scores.map(|score| score as f32).collect()
}

#[test]
fn drift_is_that_of_scipy_after_every_part() {
    for name in ["small", "large", "fall"] {
        let normal = scores(&format!("drift_{name}_normal"));
        let mut drift = Drift::new(&normal, None).unwrap();
        assert_eq!(drift.references(), normal.len(), "no score stands apart");
        let sums = values(&format!("drift_{name}_cusum"));
        let tests = values(&format!("drift_{name}_ks"));
        let parts = scores(&format!("drift_{name}_parts"));
        for (number, (score, expected)) in parts.iter().zip(&sums).enumerate() {
            drift.push(*score);
            let found = drift.cusum();
            assert!(
                (found - expected).abs() <= 1e-9 * (1.0 + expected),
                "{name}, part {number}: {found}, expected {expected}"
            );
            if (number + 1) % drift.window() == 0 {
                let place = 2 * (number / drift.window());
                let (distance, p) = (tests[place], tests[place + 1]);
                let found = drift.comparison().unwrap();
                assert!(
                    (found.distance - distance).abs() < 1e-12,
                    "{name}: {found:?}"
                );
                // Exact counts of paths as doubles: 1 less their share loses what is below 1e-12.
                assert!(
                    (found.p - p).abs() <= 1e-9 * p + 1e-12,
                    "{name}: {found:?}, expected {p}"
                );
            }
        }
        let rise = sums.iter().position(|sum| *sum >= drift.limit());
        assert_eq!(
            drift.rise_at(),
            rise.map(|place| place as u64 + 1),
            "{name}"
        );
        let change = tests.chunks(2).position(|test| test[1] < drift.least_p());
        let window = drift.window() as u64;
        let change = change.map(|place| (place as u64 + 1) * window);
        assert_eq!(drift.change_at(), change, "{name}");
    }
}

/// A standard normal number, by Box and Muller.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// Run lengths of the CUSUM until its alarm, at most so many parts.
fn run_lengths(runs: u64, images: usize, shift: f64, most: u64) -> Vec<u64> {
    let runs = (0..runs).map(|seed| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut score = |shift: f64| (3.0 + 0.2 * (normal(&mut random) + shift)).exp() as f32;
        let images: Vec<f32> = (0..images).map(|_| score(0.0)).collect();
        // As a rate of 2 % puts it.
        let threshold = (3.0f64 + 0.2 * 2.054).exp() as f32;
        let mut drift = Drift::new(&images, Some(threshold)).unwrap();
        while drift.rise_at().is_none() && drift.parts() < most {
            drift.push(score(shift));
        }
        drift.rise_at().unwrap_or(most)
    });
    runs.collect()
}

#[test]
fn drift_is_seldom_found_where_there_is_none_and_soon_where_there_is() {
    for (images, alarms) in [(20, 0.08), (50, 0.03), (200, 0.01)] {
        let most = 1000;
        let lengths = run_lengths(200, images, 0.0, most);
        let early = lengths.iter().filter(|length| **length < most).count();
        let share = early as f64 / lengths.len() as f64;
        assert!(
            share <= alarms,
            "{images} images: {share} within {most} parts"
        );
    }
    for (images, shift, parts) in [(50, 1.0, 90), (50, 2.0, 25), (20, 2.0, 30), (200, 1.0, 60)] {
        let mut lengths = run_lengths(101, images, shift, 2000);
        lengths.sort_unstable();
        assert!(
            lengths[50] <= parts,
            "{images} images, {shift}: {}",
            lengths[50]
        );
    }
}

#[test]
fn change_is_found_in_one_window_of_a_thousand_where_there_is_none() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut found = 0;
    let windows = 4000;
    for _ in 0..windows {
        let images: Vec<f32> = (0..40).map(|_| normal(&mut random).exp() as f32).collect();
        let mut drift = Drift::new(&images, None).unwrap();
        for _ in 0..drift.window() {
            drift.push(normal(&mut random).exp() as f32);
        }
        found += u64::from(drift.change_at().is_some());
    }
    // 4 are expected; as many as 12 come once in 1,000 times.
    assert!(found <= 12, "{found} of {windows}");
}
