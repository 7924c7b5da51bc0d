//! The low-rank Gaussian against the full covariance, inverted in float64 (`tests/data/statistics/make.py`).

mod bank;
mod published;

use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::statistics::{Fitted, GaussianBuilder, LowRankGaussian};

use crate::oracle::{assert_each_close, npy};

/// The features are float32; the distances lose about the square root of their condition number.
const TOLERANCE: f64 = 1e-4;

fn samples(name: &str) -> Vec<Tensor> {
    let all = npy(&format!("statistics/{name}_samples"));
    (0..all.size()[0]).map(|image| all.get(image)).collect()
}

fn fit(samples: &[Tensor], epsilon: f64) -> Fitted {
    fit_onto(GaussianBuilder::new(epsilon), samples)
}

fn fit_onto(mut builder: GaussianBuilder, samples: &[Tensor]) -> Fitted {
    for sample in samples {
        builder.push(sample, &mut || Ok(())).unwrap();
    }
    builder.finish(&mut || Ok(())).unwrap()
}

#[track_caller]
fn assert_distances(gaussian: &LowRankGaussian, name: &str) {
    let (tests, expected) = (
        npy(&format!("statistics/{name}_tests")),
        npy(&format!("statistics/{name}_distances")),
    );
    for test in 0..tests.size()[0] {
        assert_each_close(
            &gaussian.distances(&tests.get(test)).unwrap(),
            &expected.get(test),
            TOLERANCE,
        );
    }
}

#[test]
fn distance_equals_the_full_inverse() {
    for name in [
        "few",
        "two",
        "one",
        "more_than_channels",
        "constant",
        "duplicates",
    ] {
        println!("{name}");
        assert_distances(&fit(&samples(name), 0.01).gaussian, name);
    }
    assert_distances(
        &fit(&samples("large_epsilon"), 2.5).gaussian,
        "large_epsilon",
    );
}

#[test]
fn leave_one_out_equals_refitting_without_the_image() {
    for (name, epsilon) in [
        ("few", 0.01),
        ("two", 0.01),
        ("more_than_channels", 0.01),
        ("duplicates", 0.01),
        ("large_epsilon", 2.5),
    ] {
        println!("{name}");
        let fitted = fit(&samples(name), epsilon);
        let expected = npy(&format!("statistics/{name}_leave_one_out"));
        // Of more images than channels the first are merged, and the last ones are known.
        let known = fitted.leave_one_out.size()[0];
        let expected = expected.narrow(0, expected.size()[0] - known, known);
        assert_each_close(&fitted.leave_one_out, &expected, TOLERANCE);
    }
}

#[test]
fn leave_one_out_of_identical_images_is_zero() {
    let left_out = fit(&samples("constant"), 0.01).leave_one_out;
    assert!(left_out.max().double_value(&[]) < 1e-3, "{left_out}");
}

#[test]
fn merged_images_change_nothing() {
    // 60 images of 12 channels: the builder holds 13 at most.
    let all = samples("more_than_channels");
    let fitted = fit(&all, 0.01);
    assert!(
        fitted.leave_one_out.size()[0] < all.len() as i64,
        "nothing was merged, so nothing was tested"
    );
    assert_eq!(fitted.gaussian.count(), 60);
    assert_distances(&fitted.gaussian, "more_than_channels");
}

#[test]
fn extending_equals_fitting_everything_at_once() {
    for name in ["few", "more_than_channels", "duplicates"] {
        let all = samples(name);
        for split in [1, 2, all.len() - 1] {
            let first = fit(&all[..split], 0.01).gaussian;
            let extended = fit_onto(GaussianBuilder::extending(first), &all[split..]);
            assert_distances(&extended.gaussian, name);
            let known = extended.leave_one_out.size()[0];
            let expected = npy(&format!("statistics/{name}_leave_one_out"));
            assert_each_close(
                &extended.leave_one_out,
                &expected.narrow(0, expected.size()[0] - known, known),
                1e-3,
            );
        }
    }
}

#[test]
fn order_of_images_does_not_matter() {
    let mut all = samples("few");
    all.reverse();
    assert_distances(&fit(&all, 0.01).gaussian, "few");
}

#[test]
fn samples_left_out_together_equal_refitting_without_them() {
    let all = samples("more_than_channels");
    let gaussian = fit(&all, 0.01).gaussian;
    for together in [1, 3, 6] {
        let without = fit(&all[together..], 0.01).gaussian;
        let expected = without.distances(&all[0]).unwrap();
        let found = gaussian.leave_out(&all[..together]).unwrap();
        println!("{together} of {}", all.len());
        assert_each_close(&found, &expected, TOLERANCE);
    }
    let all = samples("few");
    let gaussian = fit(&all, 0.01).gaussian;
    for together in [2, 5] {
        let without = fit(&all[together..], 0.01).gaussian;
        let expected = without.distances(&all[0]).unwrap();
        let found = gaussian.leave_out(&all[..together]).unwrap();
        println!("{together} of {}", all.len());
        // Of fewer samples than channels the difference has few digits left.
        assert_each_close(&found, &expected, 1e-2);
    }
}

#[test]
fn leave_one_out_of_merged_images_equals_refitting_too() {
    let name = "more_than_channels";
    let gaussian = fit(&samples(name), 0.01).gaussian;
    let expected = npy(&format!("statistics/{name}_leave_one_out"));
    for (image, sample) in samples(name).iter().enumerate() {
        assert_each_close(
            &gaussian.leave_one_out(sample).unwrap(),
            &expected.get(image as i64),
            TOLERANCE,
        );
    }
    let two = fit(&samples("two"), 0.01).gaussian;
    assert_eq!(
        two.leave_one_out(&samples("two")[0]).unwrap_err().kind(),
        ErrorKind::TooFewImages
    );
}

#[test]
fn tiny_epsilon_keeps_distances_of_identical_images_finite() {
    let gaussian = fit(&samples("constant"), 1e-9).gaussian;
    let distances = gaussian
        .distances(&npy("statistics/constant_tests").get(0))
        .unwrap();
    assert!(
        distances.isfinite().all().int64_value(&[]) == 1,
        "{distances}"
    );
}

#[test]
fn distance_to_the_mean_is_zero_and_never_nan() {
    let gaussian = fit(&samples("few"), 0.01).gaussian;
    let distances = gaussian.distances(gaussian.mean()).unwrap();
    assert_eq!(distances.max().double_value(&[]), 0.0);
}

#[test]
fn wrong_shape_and_values_that_are_not_finite_are_errors() {
    let gaussian = fit(&samples("few"), 0.01).gaussian;
    let narrow = Tensor::zeros([5, 39], (Kind::Float, Device::Cpu));
    let error = gaussian.distances(&narrow).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(
        error.message().contains("[5, 39]") && error.message().contains("[5, 40]"),
        "{error}"
    );
    let nan = Tensor::full([5, 40], f64::NAN, (Kind::Float, Device::Cpu));
    assert_eq!(
        gaussian.distances(&nan).unwrap_err().kind(),
        ErrorKind::Numeric
    );

    let mut builder = GaussianBuilder::new(0.01);
    assert_eq!(
        builder.push(&nan, &mut || Ok(())).unwrap_err().kind(),
        ErrorKind::Numeric
    );
    builder.push(&samples("few")[0], &mut || Ok(())).unwrap();
    assert_eq!(
        builder.push(&narrow, &mut || Ok(())).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert_eq!(
        GaussianBuilder::new(0.01)
            .finish(&mut || Ok(()))
            .unwrap_err()
            .kind(),
        ErrorKind::TooFewImages
    );
}

#[test]
fn stored_parts_that_cannot_be_a_gaussian_are_refused() {
    let ones = |shape: &[i64]| Tensor::ones(shape, (Kind::Float, Device::Cpu));
    let of = |count, epsilon, variances| {
        LowRankGaussian::from_parts(count, epsilon, ones(&[4, 3]), ones(&[4, 2, 3]), variances)
    };
    assert!(of(3, 0.01, ones(&[4, 2])).is_ok());
    for (count, epsilon, variances) in [
        (0, 0.01, ones(&[4, 2])),
        (u64::MAX, 0.01, ones(&[4, 2])),
        (3, 0.0, ones(&[4, 2])),
        (3, f64::NAN, ones(&[4, 2])),
        (3, 0.01, ones(&[4, 3])),
        (3, 0.01, -ones(&[4, 2])),
        (3, 0.01, ones(&[4, 2]) / 0.0),
        (3, 0.01, ones(&[4, 2]).to_kind(Kind::Double)),
    ] {
        let error = of(count, epsilon, variances).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
    }
}

#[test]
fn decomposition_can_be_cancelled() {
    let mut builder = GaussianBuilder::new(0.01);
    for sample in samples("few") {
        builder.push(&sample, &mut || Ok(())).unwrap();
    }
    let cancel = || Err(twinspect::Error::new(ErrorKind::Cancelled, "enough"));
    assert_eq!(
        builder.finish(&mut { cancel }).unwrap_err().kind(),
        ErrorKind::Cancelled
    );
}
