//! A model that grows: images of a shifted domain, of a new pose, of a known one.

use std::sync::Arc;

use image::{Rgb, RgbImage};
use twinspect::model::{Fitter, Inspector, Model};
use twinspect::options::Options;
use twinspect::verdict::Verdict;

use super::inspect;
use crate::parts::{SIZE, defective, fit, good, good_parts, options, view};

/// Another camera or lamp: a picture is darker by a quarter, and moved by so many pixels right and down.
fn shifted(picture: &RgbImage) -> RgbImage {
    const LIGHT: f32 = 0.75;
    const MOVED_PX: (u32, u32) = (4, 3);
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        // The border is repeated.
        let from = (x.saturating_sub(MOVED_PX.0), y.saturating_sub(MOVED_PX.1));
        Rgb(picture
            .get_pixel(from.0, from.1)
            .0
            .map(|value| (f32::from(value) * LIGHT) as u8))
    })
}

/// `model` with more images.
fn grown(model: &Arc<Model>, pictures: &[RgbImage]) -> Arc<Model> {
    let mut fitter = Fitter::extending(Arc::clone(model), &Options::default()).unwrap();
    for (number, picture) in pictures.iter().enumerate() {
        let name = format!("new {number}");
        fitter.add(&view(picture), None, &name).unwrap();
    }
    Arc::new(fitter.fit(&mut ()).unwrap())
}

/// Scores of pictures, and how many of them are not called good.
fn inspected(model: &Arc<Model>, pictures: &[RgbImage]) -> (Vec<f32>, usize) {
    let mut inspector = Inspector::new(Arc::clone(model), &Options::default()).unwrap();
    let mut alarms = 0;
    let scores = pictures.iter().map(|picture| {
        let found = inspector.inspect(&view(picture), None).unwrap();
        alarms += usize::from(found.verdict != Verdict::Good);
        found.score
    });
    (scores.collect(), alarms)
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values[values.len() / 2]
}

#[test]
fn shifted_domain_gives_fewer_false_alarms_once_ten_of_it_were_added() {
    for settings in [&[][..], &[("matcher", "none")], &[("grouping", "nearest")]] {
        let model = Arc::new(fit(&good_parts(25), &options(settings)));
        let of = |seeds: std::ops::Range<u64>| -> Vec<RgbImage> { seeds.map(good).collect() };
        let siblings: Vec<RgbImage> = of(200..240).iter().map(shifted).collect();
        let added: Vec<RgbImage> = of(100..110).iter().map(shifted).collect();
        let old = of(300..340);
        let defects: Vec<RgbImage> = (400..420).map(defective).collect();

        let after = grown(&model, &added);
        assert_eq!(after.image_count(), 35);
        let ((_, alarms_before), (_, alarms_after)) =
            (inspected(&model, &siblings), inspected(&after, &siblings));
        assert!(
            alarms_before >= 20 && 4 * alarms_after <= alarms_before,
            "{settings:?}: false alarms of 40 shifted siblings: {alarms_before} before, {alarms_after} after"
        );
        let ((before, old_alarms), (now, old_alarms_now)) =
            (inspected(&model, &old), inspected(&after, &old));
        let changes = before.iter().zip(&now).map(|(a, b)| (b / a - 1.0).abs());
        let change = median(changes.collect());
        assert!(
            change < 0.15 && old_alarms_now <= old_alarms,
            "{settings:?}: scores of old siblings changed by {change} in the median, false alarms of 40: {old_alarms} before, {old_alarms_now} after"
        );
        let (_, found) = inspected(&after, &defects);
        assert!(found >= 18, "{settings:?}: {found} of 20 defects found");
    }
}

#[test]
fn new_pose_opens_a_group_and_the_others_are_not_touched() {
    let flipped = |seed| image::imageops::flip_horizontal(&good(seed));
    let settings = options(&[("groups.size", "12"), ("groups.smallest", "3")]);
    let mut pictures = good_parts(12);
    pictures.extend((50..62).map(flipped));
    let model = Arc::new(fit(&pictures, &settings));
    assert_eq!(model.groups().len(), 2);

    let elsewhere = |seed| {
        let (picture, (width, height)) = (good(seed), SIZE);
        RgbImage::from_fn(width, height, |x, y| {
            *picture.get_pixel((x + width / 2) % width, (y + height / 2) % height)
        })
    };
    let new_pose: Vec<RgbImage> = (70..76).map(elsewhere).collect();
    let opened = grown(&model, &new_pose);
    assert_eq!(opened.groups().len(), 3);
    for (old, same) in model.groups().iter().zip(opened.groups()) {
        assert!(Arc::ptr_eq(old, same), "a group that nothing joined");
    }
    let found = inspect(&opened, &elsewhere(80));
    assert_eq!((found.group, found.verdict), (2, Verdict::Good));

    let joined = grown(&model, &[flipped(301)]);
    assert_eq!(joined.groups().len(), 2);
    assert!(Arc::ptr_eq(&model.groups()[0], &joined.groups()[0]));
    let before = model.groups()[1].images().len();
    assert_eq!(joined.groups()[1].images().len(), before + 1);
}
