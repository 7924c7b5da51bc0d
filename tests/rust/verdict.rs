//! Tails of scores against scipy (`tests/data/verdict/make.py`).

use tch::Kind;
use twinspect::verdict::{Pareto, ParetoTail};

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
