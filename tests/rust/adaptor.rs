//! Adaptor and smoothing against PyTorch and SciPy in float64 (`tests/data/features/make.py`).

use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::features::adaptor::{Adaptor, Border, Pooling};
use twinspect::features::smooth;

use crate::oracle::{assert_close, npy};

/// Sums of at most 1,200 float32 numbers of order 1.
const TOLERANCE: f64 = 2e-6;

fn stages() -> [Tensor; 2] {
    [npy("features/fine"), npy("features/coarse")]
}

#[test]
fn adaptor_mean_equals_pytorch_on_the_finer_and_on_the_coarser_grid() {
    for (border, name) in [(Border::Zero, "zero"), (Border::Replicate, "replicate")] {
        let adaptor = Adaptor {
            pooling: Pooling::Mean,
            patch: 3,
            border,
        };
        for (grid, kind) in [((8, 12), "fine"), ((4, 6), "coarse")] {
            let found = adaptor.adapt(&stages(), grid).unwrap();
            assert_close(
                &found,
                &npy(&format!("features/mean_{name}_{kind}_grid")),
                TOLERANCE,
            );
        }
    }
}

#[test]
fn adaptor_adaptive_equals_unfold_and_adaptive_avg_pool1d() {
    for (patch, channels) in [(3, 10), (5, 33)] {
        let adaptor = Adaptor {
            pooling: Pooling::Adaptive(channels),
            patch,
            border: Border::Zero,
        };
        let found = adaptor.adapt(&[npy("features/fine")], (8, 12)).unwrap();
        assert_close(
            &found,
            &npy(&format!("features/adaptive_{patch}_{channels}")),
            TOLERANCE,
        );
    }
}

#[test]
fn adaptor_single_location_averages_its_own_values() {
    // One location, p = 1, six channels to four values: [0,2) [1,3) [3,5) [4,6).
    let map = Tensor::from_slice(&[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]).reshape([1, 6, 1, 1]);
    let adaptor = Adaptor {
        pooling: Pooling::Adaptive(4),
        patch: 1,
        border: Border::Zero,
    };
    let expected = Tensor::from_slice(&[1.5f32, 2.5, 4.5, 5.5]).reshape([1, 4, 1, 1]);
    assert_close(&adaptor.adapt(&[map], (1, 1)).unwrap(), &expected, 0.0);
}

#[test]
fn adaptor_even_patch_and_no_stage_are_errors() {
    let even = Adaptor {
        pooling: Pooling::Mean,
        patch: 4,
        border: Border::Zero,
    };
    assert_eq!(
        even.adapt(&stages(), (8, 12)).unwrap_err().place(),
        "adaptor.patch"
    );
    let none = Adaptor {
        pooling: Pooling::Mean,
        patch: 3,
        border: Border::Zero,
    };
    assert_eq!(
        none.adapt(&[], (8, 12)).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
}

#[test]
fn smoothing_equals_scipy() {
    for sigma in ["0.5", "2.0"] {
        let found = smooth::gaussian(&npy("features/fine"), sigma.parse().unwrap()).unwrap();
        assert_close(&found, &npy(&format!("features/smooth_{sigma}")), TOLERANCE);
    }
}

#[test]
fn smoothing_keeps_a_constant_and_sigma_zero_keeps_everything() {
    let constant = Tensor::full([1, 2, 5, 3], 7.0, (Kind::Float, Device::Cpu));
    assert_close(
        &smooth::gaussian(&constant, 9.0).unwrap(),
        &constant,
        TOLERANCE,
    );
    assert_eq!(
        smooth::gaussian(&npy("features/fine"), 0.0).unwrap(),
        npy("features/fine")
    );
}
