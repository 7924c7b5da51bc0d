//! Models that images are added to: groups that open, groups of few images, distances that are evened out.

use std::sync::Arc;

use image::{RgbImage, imageops};
use twinspect::model::{Fitter, Model, Reason};
use twinspect::options::Options;
use twinspect::registration::Transform;
use twinspect::verdict::Verdict;

use super::inspect;
use crate::parts::{defective, fit, good, good_parts, options, view};
use crate::turned;

/// Parts that lie upright.
fn upright(seeds: std::ops::Range<u64>) -> Vec<RgbImage> {
    let pose = Transform::identity();
    seeds.map(|seed| turned::good(seed, &pose)).collect()
}

/// Parts that lie upside down.
fn upside_down(seeds: std::ops::Range<u64>) -> Vec<RgbImage> {
    upright(seeds).iter().map(imageops::rotate180).collect()
}

fn with_spot(seed: u64) -> RgbImage {
    turned::with_spot(seed, &Transform::identity())
}

fn add(model: &Arc<Model>, pictures: &[RgbImage]) -> Arc<Model> {
    let mut adding = Fitter::extending(Arc::clone(model), &Options::default()).unwrap();
    for (number, picture) in pictures.iter().enumerate() {
        let name = format!("new {number}");
        adding.add(&view(picture), None, &name).unwrap();
    }
    Arc::new(adding.fit(&mut ()).unwrap())
}

fn through_a_file(model: &Model) -> Arc<Model> {
    let bytes = model.to_bytes().unwrap();
    Arc::new(Model::from_bytes(&bytes, &Options::default()).unwrap())
}

/// Upright parts in one group; as many matches are asked for as tell them from those in the other pose.
fn of_one_pose(count: u64, more: &[(&str, &str)]) -> Arc<Model> {
    let size = ("input.size", "160");
    let both = [upright(0..12), upside_down(60..72)].concat();
    let one = fit(&both, &options(&[size]));
    let images = one.groups()[0].images().iter();
    let matches: Vec<u32> = images.map(|image| image.matches).collect();
    let (same, other) = matches.split_at(12);
    let (fewest, most) = (*same.iter().min().unwrap(), *other.iter().max().unwrap());
    assert!(
        fewest > most + 1,
        "{fewest} matches in one pose, {most} in two"
    );
    let least = ((fewest + most) / 2).to_string();
    let settings = [
        size,
        ("groups.min_matches", &*least),
        ("groups.smallest", "3"),
    ];
    let model = fit(&upright(0..count), &options(&[&settings, more].concat()));
    assert_eq!(model.groups().len(), 1);
    Arc::new(model)
}

fn sizes(model: &Model) -> Vec<usize> {
    let groups = model.groups().iter();
    groups.map(|group| group.images().len()).collect()
}

#[test]
fn enough_images_in_another_pose_open_a_group_and_leave_the_others_alone() {
    let model = of_one_pose(12, &[]);
    let grown = add(&model, &upside_down(60..72));
    assert_eq!(sizes(&grown), [12, 12]);
    assert!(Arc::ptr_eq(&grown.groups()[0], &model.groups()[0]));
    assert_eq!(grown.groups()[1].lead().name, "new 0");
    let images = grown.groups()[1].images();
    assert!(images.iter().all(|image| image.score > 0.0));

    let (before, after) = (
        inspect(&model, &with_spot(80)),
        inspect(&grown, &with_spot(80)),
    );
    assert_eq!((before.group, after.group), (0, 0));
    assert_eq!(before.score.to_bits(), after.score.to_bits());
    let turned = &upside_down(81..82)[0];
    let found = inspect(&grown, turned);
    assert_eq!(
        (found.group, found.verdict),
        (1, Verdict::Good),
        "{} of {:?}",
        found.score,
        found.thresholds
    );
    let found = inspect(&grown, &imageops::rotate180(&with_spot(82)));
    assert_eq!(
        (found.group, found.verdict),
        (1, Verdict::Defect),
        "{} of {:?}",
        found.score,
        found.thresholds
    );

    let read = through_a_file(&grown);
    assert_eq!(inspect(&read, turned).map, inspect(&grown, turned).map);
    // What comes next finds both groups.
    let more = add(&read, &[upright(90..91), upside_down(91..93)].concat());
    assert_eq!(sizes(&more), [13, 14]);
}

#[test]
fn picture_that_is_matched_with_one_lead_alone_meets_its_own() {
    let pictures = [upright(0..6), upside_down(6..12)].concat();
    let settings = [
        ("input.size", "160"),
        ("groups.size", "6"),
        ("groups.smallest", "3"),
        ("matcher.shortlist", "1"),
    ];
    let model = Arc::new(fit(&pictures, &options(&settings)));
    assert_eq!(sizes(&model), [6, 6]);
    for seed in 20..24 {
        assert_eq!(inspect(&model, &upright(seed..seed + 1)[0]).group, 0);
        assert_eq!(inspect(&model, &upside_down(seed..seed + 1)[0]).group, 1);
    }
}

#[test]
fn too_few_images_in_another_pose_join_the_best_group() {
    let model = of_one_pose(6, &[]);
    assert_eq!(sizes(&add(&model, &upside_down(60..62))), [8]);
    let full = of_one_pose(6, &[("groups.most", "1")]);
    assert_eq!(sizes(&add(&full, &upside_down(60..66))), [12]);
}

#[test]
fn images_that_are_alone_in_their_groups_give_no_threshold() {
    let settings = [
        ("input.size", "160"),
        ("registration", "similarity"),
        ("registration.turns", "1"),
        ("groups.min_matches", "300"),
        ("groups.smallest", "2"),
    ];
    let pictures = turned::good_parts(&turned::shifts(1));
    let model = Arc::new(fit(&pictures, &options(&settings)));
    let noise = |step: u32| {
        RgbImage::from_fn(turned::SIDE, turned::SIDE, |x, y| {
            let hash =
                (x / step).wrapping_mul(2_654_435_761) ^ (y / step).wrapping_mul(2_246_822_519);
            image::Rgb([(hash.wrapping_mul(3_266_489_917) >> 24) as u8; 3])
        })
    };
    let grown = add(&model, &[noise(17), noise(5)]);
    assert_eq!(sizes(&grown), [1, 1]);
    assert_eq!(grown.left_out()[0].reason, Reason::Unregistered);
    assert_eq!(grown.thresholds().image, None, "of nothing that is known");
    assert_eq!(inspect(&grown, &pictures[0]).verdict, Verdict::Undecided);
}

#[test]
fn evened_distances_still_tell_a_defect() {
    let (plain, evened) = (options(&[]), options(&[("statistics.even", "1")]));
    let pictures = good_parts(24);
    let (plain, evened) = (
        Arc::new(fit(&pictures, &plain)),
        Arc::new(fit(&pictures, &evened)),
    );
    for seed in 100..106 {
        let (a, b) = (inspect(&plain, &good(seed)), inspect(&evened, &good(seed)));
        assert_ne!(a.score, b.score);
        assert_eq!(
            b.verdict,
            Verdict::Good,
            "{} of {:?}",
            b.score,
            b.thresholds
        );
        let found = inspect(&evened, &defective(seed));
        assert_eq!(
            found.verdict,
            Verdict::Defect,
            "{} of {:?}",
            found.score,
            found.thresholds
        );
    }
}

#[test]
fn evened_model_is_the_same_through_a_file_also_after_adding() {
    for count in [1, 6, 12] {
        let model = Arc::new(fit(
            &good_parts(count),
            &options(&[("statistics.even", "0.5")]),
        ));
        let read = through_a_file(&model);
        let picture = defective(110);
        assert_eq!(inspect(&model, &picture).map, inspect(&read, &picture).map);
        let new = [good(120), good(121)];
        let (grown, grown_of_read) = (add(&model, &new), add(&read, &new));
        assert!(
            grown.to_bytes().unwrap() == grown_of_read.to_bytes().unwrap(),
            "{count} images"
        );
        let grown_read = through_a_file(&grown);
        assert_eq!(
            inspect(&grown, &picture).map,
            inspect(&grown_read, &picture).map
        );
        // An only image has no distance to the others.
        let known = grown.groups()[0].normality().spread().count();
        assert_eq!(known, if count == 1 { 2 } else { count + 2 });
    }
}

#[test]
fn few_images_are_scored_by_what_the_others_lend() {
    let settings = options(&[("matcher", "none"), ("statistics.epsilon_of", "unit")]);
    let pictures = good_parts(5);
    let model = fit(&pictures, &settings);
    assert_eq!(model.groups()[0].normality().reference().count(), 45);
    for left_out in [0, 2, 4] {
        let mut others = pictures.clone();
        others.remove(left_out);
        let expected = inspect(&Arc::new(fit(&others, &settings)), &pictures[left_out]).score;
        let found = model.groups()[0].images()[left_out].score;
        // The one by the dual form, the other by directions in single precision.
        let off = (found / expected - 1.0).abs();
        assert!(off < 1e-3, "image {left_out}: {found}, refitted {expected}");
    }
    let never = fit(&pictures, &options(&[("statistics.few", "5")]));
    assert_eq!(never.groups()[0].normality().reference().count(), 5);
}

#[test]
fn few_images_stay_so_and_are_extended_exactly() {
    let settings = options(&[("matcher", "none"), ("statistics.epsilon_of", "unit")]);
    let pictures = good_parts(6);
    for before in [1, 3] {
        let first = Arc::new(fit(&pictures[..before], &settings));
        let grown = add(&first, &pictures[before..]);
        let at_once = Arc::new(fit(&pictures, &settings));
        for picture in [good(130), defective(131)] {
            let (found, expected) = (
                inspect(&grown, &picture).score,
                inspect(&at_once, &picture).score,
            );
            let off = (found / expected - 1.0).abs();
            assert!(
                off < 1e-3,
                "{before} before: {found}, fitted at once {expected}"
            );
        }
        // New ones are compared with those that were there.
        let expected = inspect(&first, &pictures[before]).score;
        assert_eq!(grown.groups()[0].images()[before].score, expected);
        // Also beyond the number that is few: what was lent is part of the Gaussian.
        let many: Vec<RgbImage> = (140..148).map(good).collect();
        let reference = add(&grown, &many).groups()[0]
            .normality()
            .reference()
            .count();
        assert_eq!(reference, 9 * 14);
    }
}
