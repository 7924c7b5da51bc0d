//! Models whose groups are made by a matcher with a network of its own.

use std::sync::Arc;

use image::{DynamicImage, RgbImage, imageops};
use twinspect::ErrorKind;
use twinspect::features::weights;
use twinspect::model::{Fitter, Model};
use twinspect::options::Options;

use super::inspect;
use crate::parts::{defective, fit, fitter, good, good_parts, options, view};
use crate::skip::skip;

/// Options for groups of five by XFeat; none where its weights are missing.
fn by_xfeat(more: &[(&str, &str)]) -> Option<Options> {
    if let Err(error) = weights::find("xfeat") {
        skip("models that match by xfeat", error);
        return None;
    }
    let xfeat = [
        ("matcher", "xfeat"),
        ("matcher.size", "192"),
        ("groups.size", "5"),
        ("groups.smallest", "2"),
    ];
    Some(options(&[&xfeat, more].concat()))
}

fn turned(picture: &RgbImage) -> RgbImage {
    imageops::rotate180(picture)
}

/// Good parts, every second one lying upside down.
fn two_poses(count: u64) -> Vec<RgbImage> {
    let pose = |seed| match seed % 2 {
        0 => good(seed),
        _ => turned(&good(seed)),
    };
    (0..count).map(pose).collect()
}

#[test]
fn xfeat_puts_two_poses_into_two_groups_and_finds_the_right_one_again() {
    let Some(settings) = by_xfeat(&[]) else {
        return;
    };
    let model = fit(&two_poses(10), &settings);
    let names: Vec<Vec<&str>> = model
        .groups()
        .iter()
        .map(|group| group.images().iter().map(|image| &image.name[..]).collect())
        .collect();
    assert_eq!(
        names,
        [
            ["000.png", "002.png", "004.png", "006.png", "008.png"],
            ["001.png", "003.png", "005.png", "007.png", "009.png"],
        ]
    );

    // Through a file: the lead images' key points are kept, and found again by pictures of their pose.
    let bytes = model.to_bytes().unwrap();
    let loaded = Arc::new(Model::from_bytes(&bytes, &Options::default()).unwrap());
    let model = Arc::new(model);
    for (picture, group) in [
        (good(20), 0),
        (turned(&good(21)), 1),
        (defective(22), 0),
        (turned(&defective(23)), 1),
    ] {
        let (fitted, read) = (inspect(&model, &picture), inspect(&loaded, &picture));
        assert_eq!((fitted.group, fitted.matches > 0), (group, true));
        assert_eq!(
            (fitted.score, fitted.matches, fitted.group),
            (read.score, read.matches, read.group)
        );
    }
}

#[test]
fn lead_image_without_key_points_is_named() {
    let Some(settings) = by_xfeat(&[("groups.size", "0")]) else {
        return;
    };
    let mut pictures = good_parts(4);
    pictures[0] = DynamicImage::new_rgb8(96, 64).to_rgb8();
    let error = fitter(&pictures, &settings).fit(&mut ()).unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (ErrorKind::Image, "000.png"),
        "{error}"
    );
    assert!(error.what_to_do().contains("matcher=backbone"), "{error}");
}

#[test]
fn picture_without_key_points_matches_no_lead() {
    let Some(settings) = by_xfeat(&[]) else {
        return;
    };
    let model = Arc::new(fit(&two_poses(10), &settings));
    let found = inspect(&model, &DynamicImage::new_rgb8(96, 64).to_rgb8());
    assert_eq!(found.matches, 0);
    assert_eq!(found.verdict, twinspect::verdict::Verdict::Undecided);
}

#[test]
fn added_pictures_are_matched_by_the_matcher_of_the_model() {
    let Some(settings) = by_xfeat(&[]) else {
        return;
    };
    let model = Arc::new(fit(&two_poses(10), &settings));
    let mut adding = Fitter::extending(Arc::clone(&model), &Options::default()).unwrap();
    let new = turned(&good(31));
    adding.add(&view(&new), None, "new.png").unwrap();
    let grown = adding.fit(&mut ()).unwrap();
    let sizes: Vec<usize> = grown
        .groups()
        .iter()
        .map(|group| group.images().len())
        .collect();
    assert_eq!(sizes, [5, 6]);
}

/// At the end of a long picture a part leaves the frame when it is turned by a quarter: such views have no key points.
#[test]
fn turned_lead_without_key_points_is_written_and_read() {
    let registered = [
        ("groups.size", "0"),
        ("input.size", "192"),
        ("registration", "similarity"),
        ("registration.turns", "4"),
    ];
    let Some(settings) = by_xfeat(&registered) else {
        return;
    };
    let at_the_end = |seed| {
        let mut picture = RgbImage::from_pixel(192, 64, image::Rgb([40; 3]));
        let part = imageops::crop_imm(&good(seed), 12, 10, 72, 44).to_image();
        let part = imageops::resize(&part, 44, 36, imageops::FilterType::Triangle);
        imageops::overlay(&mut picture, &part, 140, 14);
        picture
    };
    let model = Arc::new(fit(&[at_the_end(1), at_the_end(2)], &settings));
    let bytes = model.to_bytes().unwrap();
    let read = Arc::new(Model::from_bytes(&bytes, &Options::default()).unwrap());
    let (a, b) = (
        inspect(&model, &at_the_end(3)),
        inspect(&read, &at_the_end(3)),
    );
    assert_eq!((a.score, a.registration), (b.score, b.registration));
}

#[test]
fn missing_weights_of_dedode_are_named() {
    if weights::find("dedode-detector-l-v2").is_ok() {
        skip("an error of missing weights", "DeDoDe's are there");
        return;
    }
    let error = Fitter::new(&options(&[("matcher", "dedode")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
    assert!(error.to_string().contains("dedode"), "{error}");
}
