//! What is left to the first good parts: whether pictures are moved, and whether the ground is scaled.

use std::sync::Arc;

use image::RgbImage;
use twinspect::model::{Fitter, Model};
use twinspect::options::Options;
use twinspect::registration::Transform;
use twinspect::verdict::Verdict;

use super::inspect;
use crate::parts::{fit, fitter, options, view};
use crate::turned;

/// Options that leave it open, for pictures large enough to be matched.
fn open(more: &[(&str, &str)]) -> Options {
    let open = [
        ("registration", "auto"),
        ("ground", "auto"),
        ("input.size", "160"),
    ];
    options(&[&open, more].concat())
}

fn alike(seeds: std::ops::Range<u64>) -> Vec<RgbImage> {
    let pose = Transform::identity();
    seeds.map(|seed| turned::good(seed, &pose)).collect()
}

/// Each turned further than the one before, about the middle.
fn at_any_angle(seeds: std::ops::Range<u64>) -> Vec<RgbImage> {
    seeds
        .map(|seed| turned::good(seed, &turned::pose(67.0 * seed as f64, (0.0, 0.0))))
        .collect()
}

fn texts(model: &Model) -> [String; 2] {
    ["registration", "ground"].map(|key| model.options().text(key).unwrap())
}

#[test]
fn parts_that_lie_alike_are_not_moved_and_their_ground_is_scaled() {
    let model = Arc::new(fit(&alike(0..20), &open(&[])));
    assert_eq!(texts(&model), ["none", "level"]);
    let pose = model.pose().unwrap();
    assert!(pose.is_fixed(), "{pose:?}");
    assert!(model.groups()[0].normality().ground().is_some());
    let bytes = model.to_bytes().unwrap();
    let stored = Model::from_bytes(&bytes, &Options::default()).unwrap();
    assert_eq!(stored.pose(), Some(pose));
    let spot = turned::with_spot(30, &Transform::identity());
    assert_eq!(inspect(&Arc::new(stored), &spot).verdict, Verdict::Defect);
}

#[test]
fn parts_at_any_angle_are_moved() {
    let model = fit(&at_any_angle(0..20), &open(&[]));
    assert_eq!(texts(&model), ["similarity", "same"]);
    assert!(model.pose().unwrap().varies());
    assert!(model.groups()[0].part().is_some());
}

#[test]
fn what_was_decided_stays_when_images_are_added_and_fitted_again() {
    let mut fitter = fitter(&alike(0..18), &open(&[]));
    assert_eq!(texts(&fitter.fit(&mut ()).unwrap()), ["none", "level"]);
    for (number, picture) in at_any_angle(40..44).iter().enumerate() {
        let name = format!("more {number}");
        fitter.add(&view(picture), None, &name).unwrap();
    }
    let model = Arc::new(fitter.fit(&mut ()).unwrap());
    assert_eq!(texts(&model), ["none", "level"]);
    let mut adding = Fitter::extending(Arc::clone(&model), &Options::default()).unwrap();
    adding
        .add(&view(&alike(50..51)[0]), None, "one more")
        .unwrap();
    let more = adding.fit(&mut ()).unwrap();
    assert_eq!((texts(&more), more.pose()), (texts(&model), model.pose()));
    assert_eq!(
        more.groups()[0].normality().ground(),
        model.groups()[0].normality().ground()
    );
}

#[test]
fn few_images_decide_too_and_one_decides_nothing() {
    let few = fit(&alike(0..4), &open(&[]));
    assert_eq!(texts(&few), ["none", "level"]);
    let one = fit(&alike(0..1), &open(&[]));
    assert_eq!(texts(&one), ["none", "same"]);
}

#[test]
fn what_is_said_is_not_asked_of_the_images() {
    for (settings, expected) in [
        (vec![("registration", "none")], ["none", "same"]),
        (vec![("ground", "same")], ["none", "same"]),
        (vec![("matcher", "none")], ["none", "same"]),
        (vec![("groups.size", "10")], ["none", "same"]),
        (vec![("ground", "level")], ["none", "level"]),
    ] {
        let model = fit(&alike(0..17), &open(&settings));
        assert_eq!(texts(&model), expected, "{settings:?}");
    }
}
