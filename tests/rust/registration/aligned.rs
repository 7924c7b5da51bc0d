//! Alignment by gray values, on made-up pictures.

use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::registration::{Motion, Template, Transform};

use super::matched::{about_middle, corner_errors_px, moved};
use super::{MOTIONS, transform_within};

/// The picture was interpolated when it was moved, and is again: 0.021 px was measured (2026-11-25).
const ALIGNED_PX: f64 = 0.1;

/// Soft blobs, 0 to 1.
fn blobs(seed: i64, (width, height): (i64, i64)) -> Tensor {
    tch::manual_seed(seed);
    let coarse = Tensor::rand([1, 3, height / 8, width / 8], (Kind::Float, Device::Cpu));
    coarse.upsample_bicubic2d([height, width], false, None, None)
}

fn error_px(found: &Transform, motion: &Transform, lead: &Tensor) -> f64 {
    corner_errors_px(found, &motion.inverse(), lead).1
}

#[test]
fn picture_moved_by_some_pixels_is_brought_back() {
    let lead = blobs(1, (160, 120));
    let mut worst = 0.0f64;
    for (motion, name) in MOTIONS {
        let template = Template::new(&lead, motion).unwrap();
        for seed in 0..10 {
            let truth = about_middle(transform_within(3.0, motion, seed), &lead);
            let image = moved(&lead, &truth);
            let found = template.align(&image, &Transform::identity()).unwrap();
            let found = found.unwrap_or_else(|| panic!("{name}, seed {seed}: not settled"));
            let error = error_px(&found, &truth, &lead);
            worst = worst.max(error);
            assert!(error <= ALIGNED_PX, "{name}, seed {seed}: {error:.3} px");
        }
    }
    println!("{worst:.3} px");
}

#[test]
fn start_is_improved_and_not_begun_anew() {
    let lead = blobs(2, (160, 120));
    let truth = Transform::similarity(1.0, 0.9, (70.0, -40.0)).unwrap();
    let near = Transform::similarity(1.0, -0.89, (-12.0, 80.0)).unwrap();
    let image = moved(&lead, &truth);
    let template = Template::new(&lead, Motion::Similarity).unwrap();
    let (x, y) = truth.inverse().apply((80.0, 60.0)).unwrap();
    let (u, v) = near.apply((80.0, 60.0)).unwrap();
    let shift = Transform::similarity(1.0, 0.0, (x - u + 1.0, y - v - 1.0)).unwrap();
    let found = template.align(&image, &near.then(&shift).unwrap()).unwrap();
    let error = error_px(&found.unwrap(), &truth, &lead);
    assert!(error <= ALIGNED_PX, "{error:.3} px");
}

#[test]
fn brightness_and_a_defect_do_not_pull() {
    let lead = blobs(3, (160, 120));
    let truth = Transform::similarity(1.01, 0.01, (1.5, -2.0)).unwrap();
    let image = moved(&lead, &truth) * 0.7 + 0.1;
    let _ = image.narrow(2, 30, 36).narrow(3, 50, 48).fill_(1.0);
    let template = Template::new(&lead, Motion::Similarity).unwrap();
    let found = template.align(&image, &Transform::identity()).unwrap();
    let error = error_px(&found.unwrap(), &truth, &lead);
    println!("{error:.3} px");
    // A tenth of the picture is wrong.
    assert!(error <= 0.5, "{error:.3} px");
}

#[test]
fn pictures_that_determine_no_motion_give_none() {
    let lead = blobs(4, (160, 120));
    let flat = lead.ones_like() * 0.5;
    for (motion, name) in MOTIONS {
        let template = Template::new(&flat, motion).unwrap();
        let found = template.align(&lead, &Transform::identity()).unwrap();
        assert_eq!(found, None, "{name} onto a flat lead");
        // Nothing of the picture is in the frame.
        let template = Template::new(&lead, motion).unwrap();
        let away = Transform::similarity(1.0, 0.0, (500.0, 0.0)).unwrap();
        assert_eq!(template.align(&lead, &away).unwrap(), None, "{name} away");
    }
}

#[test]
fn lead_below_five_pixels_is_refused() {
    let lead = Tensor::zeros([1, 1, 4, 9], (Kind::Float, Device::Cpu));
    let error = Template::new(&lead, Motion::Affine).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ImageSize);
    assert!(error.to_string().contains("9 x 4"), "{error}");
}
