//! Expected values that scripts under `tests/data` wrote, and how they are compared.

use std::path::PathBuf;

use tch::{Kind, Tensor};

/// A file under `tests/data`.
pub fn data(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(path)
}

/// The array `tests/data/NAME.npy`.
pub fn npy(name: &str) -> Tensor {
    let path = data(&format!("{name}.npy"));
    Tensor::read_npy(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Fails unless the shapes are equal and no value differs by more than `tolerance` times the largest expected one.
#[track_caller]
pub fn assert_close(found: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(found.size(), expected.size(), "shapes differ");
    let (found, expected) = (found.to_kind(Kind::Double), expected.to_kind(Kind::Double));
    let largest = expected.abs().max().double_value(&[]);
    let error = (&found - &expected).abs().max().double_value(&[]) / largest.max(f64::MIN_POSITIVE);
    assert!(
        error <= tolerance,
        "largest error {error:.3e} of the largest value {largest:.6}, allowed {tolerance:.1e}"
    );
}

/// Fails unless the shapes are equal and every value has a relative error of at most `tolerance`.
#[track_caller]
pub fn assert_each_close(found: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(found.size(), expected.size(), "shapes differ");
    let (found, expected) = (found.to_kind(Kind::Double), expected.to_kind(Kind::Double));
    let error = ((&found - &expected).abs() / expected.abs().clamp_min(f64::MIN_POSITIVE))
        .max()
        .double_value(&[]);
    assert!(
        error <= tolerance,
        "largest relative error {error:.3e}, allowed {tolerance:.1e}"
    );
}
