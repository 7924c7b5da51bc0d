//! Pictures and maps in another frame.

use std::f64::consts::FRAC_PI_2;

use ndarray::Array2;
use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::registration::{Transform, warp, warp_map};

use super::{MOTIONS, transform};
use crate::oracle::npy;

/// Of pixels from 0 to 1: places in double precision, rounded to single precision once.
const TOLERANCE: f64 = 1e-7;

/// What is exact but for places of which the last bit is wrong.
const EXACT: f64 = 1e-12;

fn picture() -> Tensor {
    npy("registration/picture")
}

fn assert_pixels(found: &Tensor, expected: &Tensor, tolerance: f64, what: &str) {
    assert_eq!(found.size(), expected.size(), "{what}");
    let error = (found - expected).abs().max().double_value(&[]);
    assert!(
        error <= tolerance,
        "{what}: off by {error:.1e}, allowed {tolerance:.0e}"
    );
}

fn shift(x: f64, y: f64) -> Transform {
    Transform::similarity(1.0, 0.0, (x, y)).unwrap()
}

#[test]
fn warps_equal_scikit_images() {
    for (_, name) in MOTIONS {
        let warped = warp(&picture(), &transform(&format!("warp_{name}")), 40, 28).unwrap();
        let expected = npy(&format!("registration/warp_{name}_pixels"));
        assert_pixels(&warped.pixels, &expected, TOLERANCE, name);
        let valid = npy(&format!("registration/warp_{name}_valid")).to_kind(Kind::Bool);
        assert_eq!(warped.is_valid, valid, "{name}");
    }
}

#[test]
fn identity_gives_the_picture_back() {
    let warped = warp(&picture(), &Transform::identity(), 32, 24).unwrap();
    assert_pixels(&warped.pixels, &picture(), EXACT, "identity");
    assert!(bool::try_from(warped.is_valid.all()).unwrap());
}

#[test]
fn shift_by_whole_pixels_is_exact_and_what_was_not_seen_is_marked() {
    let warped = warp(&picture(), &shift(5.0, -3.0), 32, 24).unwrap();
    let expected = picture().narrow(2, 3, 21).narrow(3, 0, 27);
    let found = warped.pixels.narrow(2, 0, 21).narrow(3, 5, 27);
    assert_pixels(&found, &expected, EXACT, "shift");
    let valid = Tensor::zeros([24, 32], (Kind::Bool, Device::Cpu));
    let _ = valid.narrow(0, 0, 21).narrow(1, 5, 27).fill_(1);
    assert_eq!(warped.is_valid, valid);
    // The border is repeated where nothing was seen.
    let left = warped.pixels.narrow(3, 0, 5).narrow(2, 0, 21);
    assert_pixels(
        &left,
        &expected.narrow(3, 0, 1).expand_as(&left),
        EXACT,
        "border",
    );
}

#[test]
fn quarter_turns_equal_rot90() {
    let (mut turned, mut expected) = (picture(), picture());
    for turn in 1..=4 {
        // From the x axis to the y axis about (0, 0), then right by the height: the old bottom is the new left.
        let (_, _, height, width) = turned.size4().unwrap();
        let quarter = Transform::similarity(1.0, FRAC_PI_2, (height as f64, 0.0)).unwrap();
        let warped = warp(&turned, &quarter, height as u32, width as u32).unwrap();
        expected = expected.rot90(-1, [2, 3]);
        assert_pixels(&warped.pixels, &expected, EXACT, &format!("turn {turn}"));
        assert!(bool::try_from(warped.is_valid.all()).unwrap());
        turned = warped.pixels;
    }
}

#[test]
fn warp_there_and_back_gives_a_smooth_picture_back() {
    let wave = |x: usize, y: usize| ((0.1 * x as f32).sin() + (0.1 * y as f32).cos()) / 2.0;
    let map = Array2::from_shape_fn((64, 64), |(y, x)| wave(x, y));
    let there = Transform::similarity(1.05, 0.3, (10.0, -7.0)).unwrap();
    let (warped, _) = warp_map(&map, &there, 64, 64).unwrap();
    let (back, _) = warp_map(&warped, &there.inverse(), 64, 64).unwrap();

    // Only where neither border comes in.
    let is_inside = |(x, y): (f64, f64)| (2.0..62.0).contains(&x) && (2.0..62.0).contains(&y);
    let middles = map
        .indexed_iter()
        .map(|((y, x), _)| (x as f64 + 0.5, y as f64 + 0.5));
    let inside: Vec<(f64, f64)> = middles
        .filter(|p| is_inside(*p) && is_inside(there.apply(*p).unwrap()))
        .collect();
    assert!(inside.len() > 2000, "{}", inside.len());
    for (x, y) in inside {
        let place = [y as usize, x as usize];
        let error = (back[place] - map[place]).abs();
        // Each way cuts off the bends between two pixels: 0.1^2 / 8 in x and in y, halved by the amplitude.
        assert!(error < 2.0 * 0.00125, "at {place:?}: off by {error:.1e}");
    }
}

#[test]
fn map_comes_back_to_its_own_picture() {
    let mut own = Array2::zeros((24, 32));
    own[[20, 3]] = 9.0;
    let to_lead = shift(11.0, -15.0);
    let (on_lead, _) = warp_map(&own, &to_lead, 40, 30).unwrap();
    assert_eq!(on_lead.dim(), (30, 40));
    assert!((on_lead[[5, 14]] - 9.0f32).abs() < 1e-6);
    let (back, is_valid) = warp_map(&on_lead, &to_lead.inverse(), 32, 24).unwrap();
    assert!((back[[20, 3]] - 9.0).abs() < 1e-6, "{}", back[[20, 3]]);
    assert!((back.sum() - 9.0).abs() < 1e-6, "{}", back.sum());
    // Rows 0 to 14 of the picture lie above the lead's frame, the three columns at the right beside it.
    let expected = Array2::from_shape_fn((24, 32), |(y, x)| y >= 15 && x < 29);
    assert_eq!(is_valid, expected);
}

#[test]
fn large_frame_is_computed_in_bands_that_fit() {
    // Bands of 43 rows.
    let (width, height) = (1500, 1500);
    let map = Array2::from_shape_fn((15, 15), |(y, x)| (x + 2 * y) as f32);
    let (warped, _) = warp_map(
        &map,
        &Transform::scaling(100.0, 100.0).unwrap(),
        width,
        height,
    )
    .unwrap();
    for (y, x) in [
        (50, 50),
        (85, 60),
        (86, 60),
        (1419, 777),
        (1418, 1400),
        (1449, 1449),
    ] {
        let expected = (x as f32 + 0.5) / 100.0 - 0.5 + 2.0 * ((y as f32 + 0.5) / 100.0 - 0.5);
        let found = warped[[y, x]];
        assert!(
            (found - expected).abs() < 1e-4,
            "at row {y}, column {x}: {found}, expected {expected}"
        );
    }
}

#[test]
fn pixels_behind_the_horizon_are_finite_and_not_valid() {
    let mut numbers: [f64; 9] = Transform::identity().into();
    numbers[6] = 1.0 / 16.0;
    // Brings x to 16 x / (16 + x), so nothing of the frame from 16 on was seen.
    let tilted = Transform::try_from(numbers).unwrap();
    let warped = warp(&picture(), &tilted, 200, 24).unwrap();
    assert!(bool::try_from(warped.pixels.isfinite().all()).unwrap());
    assert!(!bool::try_from(warped.is_valid.narrow(1, 16, 184).any()).unwrap());
    assert!(bool::try_from(warped.is_valid.get(0).narrow(0, 0, 10).all()).unwrap());
}

#[test]
fn frames_and_pictures_without_pixels_report_image_size() {
    let identity = Transform::identity();
    for (width, height) in [(0, 24), (32, 0)] {
        let error = warp(&picture(), &identity, width, height).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::ImageSize,
            "{width} x {height}: {error}"
        );
    }
    let error = warp_map(&Array2::zeros((0, 3)), &identity, 3, 3).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ImageSize, "{error}");
    let flat = Tensor::zeros([3, 4], (Kind::Float, Device::Cpu));
    assert_eq!(
        warp(&flat, &identity, 3, 3).unwrap_err().kind(),
        ErrorKind::Torch
    );
}

#[test]
fn frame_beyond_all_memory_reports_memory() {
    for height in [u32::MAX, u32::MAX / 64] {
        let error = warp(&picture(), &Transform::identity(), u32::MAX, height).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Memory, "{error}");
    }
}

#[test]
fn turned_map_in_any_memory_order_is_the_same() {
    let map = Array2::from_shape_fn((5, 7), |(y, x)| (x * 3 + y) as f32);
    let turned = map.t().to_owned();
    assert!(!map.t().is_standard_layout());
    let direct = warp_map(&turned, &shift(0.5, 0.25), 5, 7).unwrap();
    let lazy = warp_map(&map.reversed_axes(), &shift(0.5, 0.25), 5, 7).unwrap();
    assert_eq!(direct, lazy);
}
