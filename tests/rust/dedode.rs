//! DeDoDe against kornia's in double precision (tests/data/dedode/make.py), and what it refuses.

use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::features::weights::Tensors;
use twinspect::matching::dedode::{DeDoDe, Descriptor};
use twinspect::matching::{Keypoints, Matcher, Sight};

use crate::backbones::{spread, weights_of_shapes};
use crate::oracle::{assert_close, assert_each_close, data, npy};

const KEYPOINTS: u32 = 128;

/// The layers that no activation follows have half the spread, as in make.py.
fn weights(network: &str) -> Tensors {
    let mut tensors = weights_of_shapes(&data("dedode/shapes.json"), network);
    for (name, tensor) in &mut tensors {
        if name.starts_with("decoder") && name.ends_with(".3.weight") {
            *tensor = &*tensor * 0.5;
        }
    }
    tensors
}

fn matcher(budget: u32) -> DeDoDe {
    DeDoDe::new(
        &weights("dedode-detector-l"),
        &weights("dedode-descriptor-b"),
        Descriptor::B,
        budget,
        Device::Cpu,
    )
    .unwrap()
}

fn picture() -> Tensor {
    spread("input", &[1, 3, 112, 140], 0.0, 1.0)
}

/// Rows of key points in the order of their pixels: scores that differ by less than f32's rounding may change places.
fn by_pixel(positions: &Tensor, rows: &Tensor) -> Tensor {
    let pixel = positions.select(1, 1) * 140.0 + positions.select(1, 0);
    rows.index_select(0, &pixel.argsort(0, false))
}

fn assert_keypoints(found: &Keypoints, descriptors: &str, tolerance: f64) {
    let expected = npy("dedode/positions");
    let positions = found.positions();
    // Positions are whole pixels and a half; kornia's went through -1 to 1 in f32.
    assert_close(
        &by_pixel(positions, positions),
        &by_pixel(&expected, &expected),
        1e-6,
    );
    assert_close(
        &by_pixel(positions, found.descriptors()),
        &by_pixel(&expected, &npy(descriptors)),
        tolerance,
    );
}

#[test]
fn score_map_equals_kornia() {
    let scores = matcher(KEYPOINTS).score_map(&picture()).unwrap();
    // f32 against double precision: measured on 2026-11-25, 4.6e-6 of every value.
    assert_each_close(&scores, &npy("dedode/scores"), 2e-5);
    let sum = scores.sum(Kind::Double).double_value(&[]);
    assert!((sum - 1.0).abs() < 1e-5, "the probabilities sum to {sum}");
}

#[test]
fn keypoints_and_descriptors_b_equal_kornia() {
    let found = matcher(KEYPOINTS).detect(&picture()).unwrap();
    // f32 against double precision: measured on 2026-11-25, 8.6e-7 of the largest value.
    assert_keypoints(&found, "dedode/descriptors_b", 5e-6);
}

#[test]
fn keypoints_and_descriptors_g_equal_kornia() {
    let transformer = weights_of_shapes(&data("vit/shapes.json"), "dinov2-vitl14");
    let matcher = DeDoDe::new(
        &weights("dedode-detector-l"),
        &weights("dedode-descriptor-g"),
        Descriptor::G {
            transformer: &transformer,
        },
        KEYPOINTS,
        Device::Cpu,
    )
    .unwrap();
    let found = matcher.detect(&picture()).unwrap();
    // f32 against double precision: measured on 2026-11-25, 7.2e-7 of the largest value.
    assert_keypoints(&found, "dedode/descriptors_g", 5e-6);
}

#[test]
fn matches_equal_the_authors_matcher() {
    let keypoints = |name: &str| {
        let descriptors = npy(name);
        let positions = Tensor::zeros([descriptors.size()[0], 2], (Kind::Float, Device::Cpu));
        Keypoints::new(positions, descriptors).unwrap()
    };
    let (image, lead) = (keypoints("dedode/image"), keypoints("dedode/lead"));
    let found = matcher(1).correspond(&image, &lead).unwrap();
    assert_eq!(found, npy("dedode/pairs"));
}

#[test]
fn descriptors_have_length_one_and_the_budget_is_kept() {
    let found = matcher(50).detect(&picture()).unwrap();
    assert_eq!(found.positions().size(), [50, 2]);
    let lengths = found
        .descriptors()
        .square()
        .sum_dim_intlist(1, false, Kind::Double);
    let error = (lengths - 1.0).abs().max().double_value(&[]);
    assert!(error < 1e-5, "squared lengths are off by {error:e}");
}

#[test]
fn sight_is_a_picture_of_whole_patches() {
    let expected = Sight::Picture {
        longer_side_px: 784,
        multiple_px: 14,
    };
    assert_eq!(matcher(1).sight(), expected);
}

#[test]
fn wrong_picture_is_refused() {
    let matcher = matcher(10);
    let wrong = [
        (
            Tensor::zeros([1, 3, 112, 141], (Kind::Float, Device::Cpu)),
            "[1, 3, 112, 141]",
        ),
        (
            Tensor::zeros([2, 3, 14, 14], (Kind::Float, Device::Cpu)),
            "[2, 3, 14, 14]",
        ),
        (
            Tensor::zeros([1, 3, 0, 14], (Kind::Float, Device::Cpu)),
            "[1, 3, 0, 14]",
        ),
        (
            Tensor::zeros([1, 3, 14, 14], (Kind::Uint8, Device::Cpu)),
            "Uint8",
        ),
        (Tensor::new(), "undefined"),
    ];
    for (picture, found) in wrong {
        let error = matcher.detect(&picture).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.message().contains(found), "{error}");
    }
}

#[test]
fn weights_of_another_network_are_refused() {
    let detector = weights("dedode-detector-l");
    let error = DeDoDe::new(&detector, &detector, Descriptor::B, 10, Device::Cpu).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights);
    assert!(error.message().contains("decoder.layers."), "{error}");
}

#[test]
fn budget_of_zero_is_refused() {
    let none = Tensors::new();
    let error = DeDoDe::new(&none, &none, Descriptor::B, 0, Device::Cpu).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}
