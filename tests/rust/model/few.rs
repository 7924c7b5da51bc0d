//! Few normal images: what is borrowed, and flipped and turned copies of them.

use std::sync::Arc;

use image::RgbImage;
use image::imageops::{flip_horizontal, flip_vertical, rotate90, rotate180};
use twinspect::model::copies::Orientation;
use twinspect::model::{Fitter, Model, NormalImage};
use twinspect::options::Options;
use twinspect::verdict::Verdict;

use super::inspect;
use crate::parts::{SIZE, defective, fit, fitter, good, good_parts, options, view};

/// Settings that learn from these copies, and match nothing: whether a picture lies rightly is no question then.
fn copies(which: &str) -> Vec<(&str, &str)> {
    vec![("fit.copies", which), ("matcher", "none")]
}

fn scores(model: &Model) -> Vec<f32> {
    given(model).map(|image| image.score).collect()
}

fn given(model: &Model) -> impl Iterator<Item = &NormalImage> {
    let images = model.groups().iter().flat_map(|group| group.images());
    images.filter(|image| image.copy.is_none())
}

/// A square picture of the part.
fn square(seed: u64) -> RgbImage {
    image::imageops::crop_imm(&good(seed), 8, 0, 64, 64).to_image()
}

#[test]
fn copies_are_learned_from_and_do_not_count() {
    for (which, expected) in [("none", 0), ("flips", 2), ("turns", 1), ("all", 3)] {
        let model = fit(&good_parts(5), &options(&copies(which)));
        let images = model.groups()[0].images();
        assert_eq!(
            (model.image_count(), images.len()),
            (5, 5 * (1 + expected)),
            "{which}"
        );
        assert_eq!(model.groups()[0].lead().copy, None);
        assert!(model.left_out().is_empty(), "{:?}", model.left_out());
        assert!(scores(&model).iter().all(|score| *score > 0.0));
    }
    let squares: Vec<RgbImage> = (0..5).map(square).collect();
    let model = fit(&squares, &options(&copies("all")));
    assert_eq!(model.groups()[0].images().len(), 5 * 6);
}

#[test]
fn part_that_lies_otherwise_is_good_where_its_copies_were_learned_from() {
    type Turn = fn(&RgbImage) -> RgbImage;
    let turns: [(&str, &str, Turn); 3] = [
        ("flips", "left to right", |picture| flip_horizontal(picture)),
        ("flips", "upside down", |picture| flip_vertical(picture)),
        ("turns", "by 180 degrees", |picture| rotate180(picture)),
    ];
    for (which, how, turned) in turns {
        let score = |model: &Arc<Model>, seed| inspect(model, &turned(&good(seed))).score;
        let without = Arc::new(fit(&good_parts(12), &options(&copies("none"))));
        let with = Arc::new(fit(&good_parts(12), &options(&copies(which))));
        let (before, after) = (score(&without, 90), score(&with, 90));
        assert!(
            after < 0.7 * before,
            "{how}: {after} with copies, {before} without"
        );
        let found = inspect(&with, &turned(&defective(91)));
        assert!(
            found.score > after,
            "{how}: a defect has {}, a good part {after}",
            found.score
        );
    }
    let squares: Vec<RgbImage> = (0..12).map(square).collect();
    let score = |which| {
        let model = Arc::new(fit(&squares, &options(&copies(which))));
        inspect(&model, &rotate90(&square(90))).score
    };
    let (before, after) = (score("none"), score("turns"));
    assert!(after < 0.7 * before, "{after} with turns, {before} without");
}

#[test]
fn score_of_a_normal_image_is_its_score_against_the_others_and_their_copies() {
    // Few images that borrow, few that do not, more samples than the backbone has channels, and a bank.
    for (count, more) in [
        (3, ("statistics.few", "64")),
        (3, ("statistics.few", "0")),
        (12, ("statistics.few", "0")),
        (9, ("grouping", "nearest")),
    ] {
        let pictures = good_parts(count);
        let mut settings = copies("flips");
        settings.extend([("statistics.epsilon_of", "unit"), more]);
        let settings = options(&settings);
        let found = scores(&fit(&pictures, &settings));
        for left_out in [0, count as usize - 1] {
            let mut others = pictures.clone();
            let picture = others.remove(left_out);
            let expected = inspect(&Arc::new(fit(&others, &settings)), &picture).score;
            // What is merged is kept in single precision.
            assert!(
                (found[left_out] / expected - 1.0).abs() < 5e-3,
                "{more:?}, image {left_out} of {count}: {}, refitted {expected}",
                found[left_out]
            );
        }
    }
}

#[test]
fn part_that_is_its_own_mirror_image_is_not_given_twice() {
    // The same to the last bit when it is flipped left to right.
    let symmetric = |seed| {
        let half = good(seed);
        RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
            *half.get_pixel(x.min(SIZE.0 - 1 - x), y)
        })
    };
    let pictures: Vec<RgbImage> = (0..6).map(symmetric).collect();
    let settings = options(&copies("flips"));
    let model = Arc::new(fit(&pictures, &settings));
    assert_eq!(model.image_count(), 6);
    assert!(model.left_out().is_empty(), "{:?}", model.left_out());
    // A new one scores as the old ones did without themselves: not lower because they knew their copy.
    let plain = fit(&pictures, &options(&copies("none")));
    let middle = |scores: Vec<f32>| scores.iter().sum::<f32>() / scores.len() as f32;
    let (own, unflipped) = (middle(scores(&model)), middle(scores(&plain)));
    assert!(
        own > 0.5 * unflipped,
        "{own} with copies, {unflipped} without"
    );

    let mut again = Fitter::extending(Arc::clone(&model), &Options::default()).unwrap();
    again.add(&view(&pictures[2]), None, "again").unwrap();
    again.add(&view(&symmetric(9)), None, "new").unwrap();
    assert_eq!(again.count(), 2);
    let extended = again.fit(&mut ()).unwrap();
    assert_eq!((extended.image_count(), extended.left_out().len()), (7, 1));
    assert_eq!(extended.groups()[0].images().len(), 7 * 3);
}

#[test]
fn copies_join_groups_by_how_they_lie() {
    let settings = [
        ("fit.copies", "flips"),
        ("groups.size", "12"),
        ("groups.smallest", "3"),
    ];
    let model = Arc::new(fit(&good_parts(12), &options(&settings)));
    assert_eq!(model.image_count(), 12);
    assert!(model.groups().len() > 1, "one group");
    assert_eq!(model.groups()[0].lead().copy, None);
    let flipped = inspect(&model, &flip_horizontal(&good(300)));
    let group = &model.groups()[flipped.group];
    assert_eq!(group.lead().copy, Some(Orientation::LeftRight));
    assert_eq!(flipped.verdict, Verdict::Good);
}

#[test]
fn copies_that_cannot_be_moved_onto_the_lead_are_not_named() {
    let settings = [("fit.copies", "all"), ("registration", "similarity")];
    let more = [("registration.turns", "4"), ("registration.inliers", "4")];
    let settings = options(&[settings, more].concat());
    let model = fit(&good_parts(6), &settings);
    let unnamed = model.left_out().iter().all(|image| {
        let mut given = given(&model);
        given.all(|known| known.name != image.name)
    });
    assert!(unnamed, "{:?}", model.left_out());
    assert_eq!(model.image_count() + model.left_out().len(), 6);
}

#[test]
fn outlier_is_dropped_with_its_copies() {
    let mut pictures = good_parts(27);
    pictures.extend((70..72).map(defective));
    let mut settings = copies("flips");
    settings.push(("fit.outliers", "drop"));
    let model = fit(&pictures, &options(&settings));
    let mut names: Vec<&str> = model.left_out().iter().map(|image| &*image.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["027.png", "028.png"]);
    assert_eq!(model.groups()[0].images().len(), 27 * 3);
}

#[test]
fn copies_are_remembered_by_the_file() {
    let model = fit(&good_parts(4), &options(&copies("turns")));
    let bytes = model.to_bytes().unwrap();
    let loaded = Model::from_bytes(&bytes, &Options::default()).unwrap();
    let of = |model: &Model| -> Vec<Option<Orientation>> {
        let images = model.groups()[0].images().iter();
        images.map(|image| image.copy).collect()
    };
    assert_eq!(of(&loaded), of(&model));
    assert_eq!(loaded.image_count(), 4);
    let picture = defective(5);
    let (a, b) = (Arc::new(model), Arc::new(loaded));
    assert_eq!(inspect(&a, &picture).score, inspect(&b, &picture).score);
}

#[test]
fn failed_fit_of_copies_can_be_done_again() {
    let mut fitter = fitter(&good_parts(3), &options(&copies("all")));
    assert_eq!(fitter.count(), 3);
    let cancelled = fitter.fit(&mut |_: &str, done: u64, _: u64| done < 5);
    assert!(cancelled.is_err());
    assert_eq!(fitter.fit(&mut ()).unwrap().image_count(), 3);
}

#[test]
fn fit_from_few_images_gives_finite_scores_that_tell_a_defect() {
    for count in [1, 2, 4, 8] {
        let model = Arc::new(fit(&good_parts(count), &options(&[])));
        let score = |picture| inspect(&model, &picture).score;
        let good_scores = (20..30).map(|seed| score(good(seed)));
        let highest = good_scores.fold(0.0, f32::max);
        for seed in 20..30 {
            let found = score(defective(seed));
            assert!(
                found > highest,
                "{found} of a defect, {highest} of good parts, {count} images"
            );
        }
        assert_eq!(model.thresholds().image.is_some(), count > 1);
        let scores: Vec<f32> = model.groups()[0]
            .images()
            .iter()
            .map(|image| image.score)
            .collect();
        assert!(
            scores
                .iter()
                .all(|score| score.is_finite() && (*score > 0.0) == (count > 1))
        );
    }
}

#[test]
fn identical_and_constant_pictures_are_one_image_and_give_finite_scores() {
    let constant = RgbImage::from_pixel(SIZE.0, SIZE.1, image::Rgb([128, 128, 128]));
    for picture in [good(1), constant] {
        let model = Arc::new(fit(&vec![picture.clone(); 6], &options(&[])));
        assert_eq!(model.image_count(), 1);
        let (same, other) = (inspect(&model, &picture), inspect(&model, &defective(1)));
        assert_eq!(same.verdict, Verdict::Undecided);
        assert!(same.score.is_finite() && other.score.is_finite());
        assert!(
            same.score < other.score,
            "{} of {}",
            same.score,
            other.score
        );
    }
}

#[test]
fn identical_and_few_pictures_are_warned_of() {
    let same = fit(&vec![good(1); 6], &options(&[]));
    assert!(
        same.warnings()[0].contains("learned is one picture"),
        "{:?}",
        same.warnings()
    );
    assert!(fit(&good_parts(4), &options(&[])).warnings()[0].contains("4 good parts are few"));
    assert!(fit(&good_parts(12), &options(&[])).warnings().is_empty());
}

#[test]
fn two_images_and_a_strict_rate_give_no_threshold_and_no_verdict() {
    let model = Arc::new(fit(
        &good_parts(2),
        &options(&[("verdict.false_alarm_rate", "0.000001")]),
    ));
    assert_eq!(model.thresholds().image, None);
    assert!(
        model.warnings()[0].contains("no threshold"),
        "{:?}",
        model.warnings()
    );
    assert_eq!(inspect(&model, &defective(3)).verdict, Verdict::Undecided);
}
