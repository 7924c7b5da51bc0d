//! Gaussians whose directions are kept in half precision.

use std::sync::Arc;

use twinspect::model::{Fitter, Inspector, Model};
use twinspect::options::Options;

use crate::parts::{defective, fit, good, good_parts, options, view};

const HALVES: (&str, &str) = ("statistics.factors", "float16");

/// A direction's entries are rounded by a 2048th at most; a distance adds up many of them, which cancel for the most part.
const TOLERANCE: f32 = 2e-3;

fn scores(model: Model) -> Vec<f32> {
    let mut inspector = Inspector::new(Arc::new(model), &Options::default()).unwrap();
    let pictures = [good(100), good(101), defective(102)];
    let scores = pictures
        .iter()
        .map(|picture| inspector.inspect(&view(picture), None).unwrap().score);
    scores.collect()
}

#[test]
fn halves_make_the_file_smaller_and_scores_hardly_other() {
    // Key points of a lead are kept as they are.
    let alone = ("matcher", "none");
    let fitted = |more: &[(&str, &str)]| fit(&good_parts(20), &options(more));
    let (floats, halves) = (fitted(&[alone]), fitted(&[alone, HALVES]));
    let bytes = |model: &Model| model.to_bytes().unwrap().len() as f64;
    let share = bytes(&halves) / bytes(&floats);
    assert!((0.5..0.8).contains(&share), "{share}");
    for (found, expected) in scores(halves).iter().zip(scores(floats)) {
        let off = (found - expected).abs() / expected;
        assert!(off > 0.0 && off < TOLERANCE, "{found} for {expected}");
    }
}

#[test]
fn halves_come_out_of_the_file_as_they_went_in() {
    let model = fit(&good_parts(12), &options(&[HALVES]));
    let read = Model::from_bytes(&model.to_bytes().unwrap(), &Options::default()).unwrap();
    assert_eq!(read.to_bytes().unwrap(), model.to_bytes().unwrap());
    assert_eq!(scores(read), scores(model));
}

#[test]
fn model_that_is_extended_keeps_its_halves() {
    let model = Arc::new(fit(&good_parts(12), &options(&[HALVES])));
    let mut fitter = Fitter::extending(model, &Options::default()).unwrap();
    for seed in 50..56 {
        let picture = good(seed);
        fitter
            .add(&view(&picture), None, &format!("new {seed}"))
            .unwrap();
    }
    let extended = fitter.fit(&mut ()).unwrap();
    let all: Vec<_> = (good_parts(12).into_iter())
        .chain((50..56).map(good))
        .collect();
    let at_once = fit(&all, &options(&[HALVES]));
    let size = |model: &Model| model.to_bytes().unwrap().len();
    assert!(size(&extended).abs_diff(size(&at_once)) < 4096);
    for (found, expected) in scores(extended).iter().zip(scores(at_once)) {
        // The regularisation is that of the first images.
        assert!(
            (found / expected - 1.0).abs() < 0.1,
            "{found} for {expected}"
        );
    }
}
