//! Pictures that are moved onto their lead image before they are compared.

use std::sync::{Arc, LazyLock};

use image::{Rgb, RgbImage, imageops};
use twinspect::ErrorKind;
use twinspect::features::weights;
use twinspect::image::{ImageView, Mask, PixelFormat};
use twinspect::model::{Fitter, Inspection, Inspector, LeftOut, Model, Reason};
use twinspect::options::Options;
use twinspect::registration::Transform;
use twinspect::verdict::{Calibration, Verdict};

use super::inspect;
use crate::parts::{fit, fitter, options, view};
use crate::skip::skip;
use crate::turned::{
    DIRT, SIDE, SPOT, good, good_parts, pose, poses, shifts, with_dirt, with_spot,
};

/// Angles that no normal image has, and shifts of their own.
const ANGLES: [f64; 5] = [0.0, 33.0, 90.0, 200.0, 347.0];
const SHIFT: (f64, f64) = (3.0, -4.0);

/// Where the part's corners come to lie on the lead: 0.06 px was measured (2026-11-25). A quarter of the tightest tolerance
/// that key points alone are held to.
const SAME_PLACE_PX: f64 = 0.5;

/// Locations are 16 pixels apart: a peak is in the middle of one that the spot lies in, or of one next to it.
const PEAK_PX: f64 = 16.0;

/// Inputs as large as the pictures, moved onto their lead.
const REGISTERED: [(&str, &str); 4] = [
    ("input.size", "160"),
    ("registration", "similarity"),
    ("registration.turns", "12"),
    ("matcher.stage", "2"),
];

/// For parts that are only shifted, with the small backbone: it runs everywhere.
fn shifted_only(more: &[(&str, &str)]) -> Options {
    let upright = [("registration.turns", "1")];
    options(&[&REGISTERED[..], &upright, more].concat())
}

/// For parts at any angle; none where the default network's weights are missing.
fn at_any_angle(more: &[(&str, &str)]) -> Option<Options> {
    if let Err(error) = weights::find("efficientnet-lite0") {
        skip("parts at any angle", error);
        return None;
    }
    let mut options = Options::default();
    for (key, value) in REGISTERED.iter().chain(more) {
        options.set_text(key, value).unwrap();
    }
    Some(options)
}

/// One model of parts at any angle for all tests that only ask it.
fn any_angle() -> Option<&'static Arc<Model>> {
    static MODEL: LazyLock<Option<Arc<Model>>> = LazyLock::new(|| {
        let options = at_any_angle(&[])?;
        Some(Arc::new(fit(&good_parts(&poses(8)), &options)))
    });
    MODEL.as_ref()
}

fn shifted_model(count: u64, more: &[(&str, &str)]) -> Arc<Model> {
    Arc::new(fit(&good_parts(&shifts(count)), &shifted_only(more)))
}

/// How far from where they lie on the lead the part's corners are brought.
fn off_px(found: &Inspection, pose: &Transform) -> f64 {
    let side = f64::from(SIDE);
    let to_lead = found.registration.expect("it is registered").to_lead;
    let to_lead = to_lead.resized(side, side).unwrap();
    let corners = [(28.0, 44.0), (132.0, 44.0), (28.0, 116.0), (110.0, 116.0)];
    let off = corners.map(|corner: (f64, f64)| {
        let back = to_lead.apply(pose.apply(corner).unwrap()).unwrap();
        (back.0 - corner.0).hypot(back.1 - corner.1)
    });
    off.into_iter().fold(0.0, f64::max)
}

/// How far the map's peak is from a place in the picture.
fn peak_off_px(found: &Inspection, (x, y): (f64, f64)) -> f64 {
    let highest = found.map.indexed_iter().max_by(|a, b| a.1.total_cmp(b.1));
    let ((row, column), _) = highest.unwrap();
    (column as f64 + 0.5 - x).hypot(row as f64 + 0.5 - y)
}

/// What is no such part: nothing, noise, and blocks at random.
fn strangers() -> [(&'static str, RgbImage); 3] {
    let random = |step: u32| {
        RgbImage::from_fn(SIDE, SIDE, |x, y| {
            let hash =
                (x / step).wrapping_mul(2_654_435_761) ^ (y / step).wrapping_mul(2_246_822_519);
            Rgb([(hash.wrapping_mul(3_266_489_917) >> 24) as u8; 3])
        })
    };
    [
        ("blank", RgbImage::from_pixel(SIDE, SIDE, Rgb([40; 3]))),
        ("noise", random(1)),
        ("blocks", random(23)),
    ]
}

#[test]
fn picture_is_brought_onto_the_lead_from_any_angle() {
    let Some(model) = any_angle() else { return };
    assert_eq!(model.left_out(), []);
    for (seed, degrees) in (100..).zip(ANGLES) {
        let pose = pose(degrees, SHIFT);
        let found = inspect(model, &good(seed, &pose));
        let off = off_px(&found, &pose);
        assert!(off < SAME_PLACE_PX, "{degrees} degrees: {off} px off");
        assert_eq!(
            found.verdict,
            Verdict::Good,
            "{degrees} degrees: {} of {:?}",
            found.score,
            found.thresholds
        );
    }
}

#[test]
fn defect_is_found_on_the_part_and_beside_it_whatever_the_angle() {
    let Some(model) = any_angle() else { return };
    for (seed, degrees) in (200..).zip(ANGLES) {
        let pose = pose(degrees, SHIFT);
        let beside = (f64::from(DIRT.0), f64::from(DIRT.1));
        for (what, picture, place) in [
            ("spot", with_spot(seed, &pose), pose.apply(SPOT).unwrap()),
            ("dirt", with_dirt(seed, &pose), beside),
        ] {
            let found = inspect(model, &picture);
            assert_eq!(
                found.verdict,
                Verdict::Defect,
                "{what} at {degrees} degrees: {} of {:?}",
                found.score,
                found.thresholds
            );
            let off = peak_off_px(&found, place);
            assert!(off < PEAK_PX, "{what} at {degrees} degrees: {off} px off");
            let worst = &found.regions[0];
            let (row, column) = (worst.row - place.1, worst.column - place.0);
            assert!(
                row.hypot(column) < PEAK_PX,
                "{what} at {degrees} degrees: {place:?}, {worst:?}"
            );
            assert!(
                off_px(&found, &pose) < SAME_PLACE_PX,
                "{what} pulls the part"
            );
        }
    }
}

#[test]
fn defect_outside_of_the_mask_is_not_seen_on_a_moved_part() {
    let Some(model) = any_angle() else { return };
    let pose = pose(33.0, SHIFT);
    let picture = with_spot(300, &pose);
    let (x, y) = pose.apply(SPOT).unwrap();
    // Twice a location's reach around the spot.
    let is_far = |i: u32| {
        let (column, row) = (f64::from(i % SIDE), f64::from(i / SIDE));
        (column - x).hypot(row - y) > 40.0
    };
    let bytes: Vec<u8> = (0..SIDE * SIDE).map(|i| u8::from(is_far(i))).collect();
    let mask = ImageView::packed(PixelFormat::Gray8, SIDE, SIDE, &bytes).unwrap();
    let mask = Mask::new(mask).unwrap();
    let mut inspector = Inspector::new(Arc::clone(model), &Options::default()).unwrap();
    let mut masked = |picture| inspector.inspect(&view(picture), Some(&mask)).unwrap();
    let found = masked(&picture);
    let of_a_good_part = masked(&good(300, &pose)).score;
    let masked = found.score;
    let seen = inspect(model, &picture).score;
    assert!(
        // The network sees a little of the spot from beyond the mask.
        masked < 1.3 * of_a_good_part && seen > 2.0 * masked,
        "{masked} masked, {seen} seen, {of_a_good_part} of the same part without the spot"
    );
    let hidden = found
        .map
        .iter()
        .zip(&bytes)
        .filter(|(_, shown)| **shown == 0);
    assert!(hidden.clone().count() > 4000 && hidden.into_iter().all(|(value, _)| *value == 0.0));
}

#[test]
fn picture_of_something_else_is_not_registered_and_undecided() {
    let Some(model) = any_angle() else { return };
    for (what, picture) in strangers() {
        let found = inspect(model, &picture);
        assert_eq!(
            found.registration, None,
            "{what}: {} matches",
            found.matches
        );
        assert_eq!(found.verdict, Verdict::Undecided, "{what}");
        assert!(found.score.is_finite() && found.map.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn normal_images_that_cannot_be_registered_are_left_out_and_named() {
    let Some(options) = at_any_angle(&[]) else {
        return;
    };
    let mut fitter = fitter(&good_parts(&poses(2)), &options);
    for (what, picture) in strangers() {
        fitter.add(&view(&picture), None, what).unwrap();
    }
    let model = fitter.fit(&mut ()).unwrap();
    let unregistered = |name: &str| LeftOut {
        name: name.to_owned(),
        reason: Reason::Unregistered,
    };
    let expected = ["blank", "noise", "blocks"].map(unregistered);
    assert_eq!(model.left_out(), expected);
    assert_eq!(model.image_count(), 2);
}

#[test]
fn first_picture_of_something_else_leads_nothing() {
    for (what, stranger) in strangers() {
        let mut fitter = Fitter::new(&shifted_only(&[])).unwrap();
        fitter.add(&view(&stranger), None, what).unwrap();
        for (number, part) in good_parts(&shifts(6)).iter().enumerate() {
            let name = format!("{number:03}.png");
            fitter.add(&view(part), None, &name).unwrap();
        }
        let model = fitter.fit(&mut ()).unwrap();
        let left_out = LeftOut {
            name: what.to_owned(),
            reason: Reason::Unregistered,
        };
        assert_eq!(model.left_out(), [left_out]);
        assert_eq!(
            (model.image_count(), &*model.groups()[0].lead().name),
            (6, "000.png")
        );
    }
}

#[test]
fn leads_own_score_raises_no_threshold() {
    let model = shifted_model(12, &[]);
    let group = &model.groups()[0];
    let (lead, others): (Vec<_>, Vec<_>) = group
        .images()
        .iter()
        .partition(|image| image.name == group.lead().name);
    let highest = others.iter().map(|image| image.score).fold(0.0, f32::max);
    // It alone was not resampled, and stands out: otherwise this would test nothing.
    assert!(lead[0].score > highest, "{} and {highest}", lead[0].score);
    let scores: Vec<f32> = others.iter().map(|image| image.score).collect();
    let false_alarm_rate = model.recipe().false_alarm_rate;
    let expected = Calibration {
        scores: &scores,
        false_alarm_rate,
    }
    .threshold();
    assert_eq!(model.thresholds().image, Some(expected.unwrap()));
}

#[test]
fn richer_motions_find_what_a_similarity_does() {
    for motion in ["affine", "homography"] {
        let Some(options) = at_any_angle(&[("registration", motion), ("registration.turns", "6")])
        else {
            return;
        };
        let model = Arc::new(fit(&good_parts(&poses(1)), &options));
        let pose = pose(62.0, SHIFT);
        let off = off_px(&inspect(&model, &good(400, &pose)), &pose);
        assert!(off < SAME_PLACE_PX, "{motion}: {off} px off");
    }
}

#[test]
fn few_registered_images_are_enough_to_tell_a_defect() {
    for count in [1, 2, 3] {
        let model = shifted_model(count, &[]);
        assert_eq!(
            (model.image_count(), model.left_out()),
            (count as usize, &[][..])
        );
        let pose = pose(0.0, (-8.0, 16.0));
        let highest = (500..505).map(|seed| inspect(&model, &good(seed, &pose)).score);
        let highest = highest.fold(0.0, f32::max);
        for picture in [with_spot(505, &pose), with_dirt(506, &pose)] {
            let found = inspect(&model, &picture);
            assert!(
                found.score > highest,
                "{} of a defect, {highest} of good parts, {count} images",
                found.score
            );
            // The lead's own score counts for no threshold, and one score makes none.
            let threshold = model.thresholds().image;
            assert!(count > 2 || threshold.is_none());
            assert_eq!(found.verdict == Verdict::Undecided, threshold.is_none());
        }
    }
}

#[test]
fn registered_model_gives_the_same_scores_through_a_file_also_after_adding() {
    for settings in [&[][..], &[("grouping", "nearest"), ("nearest.count", "3")]] {
        let model = shifted_model(9, settings);
        let read = through_a_file(&model);
        assert_same_scores(&model, &read);
        let (grown, grown_of_read) = (added(&model), added(&read));
        assert_eq!(grown.image_count(), 11);
        let bytes = |model: &Model| model.to_bytes().unwrap();
        assert!(
            bytes(&grown) == bytes(&grown_of_read),
            "{settings:?}: what is added to a model that was read is not what is added to the model"
        );
        assert_same_scores(&grown, &through_a_file(&grown));
        // Which locations show the part, and how maps are blended, stays.
        let part = |model: &Model| {
            let part = model.groups()[0].part().unwrap();
            (part.mask().clone(), part.blend)
        };
        assert_eq!(part(&grown), part(&model));
    }
}

#[test]
fn added_image_that_cannot_be_registered_is_left_out() {
    let model = shifted_model(3, &[]);
    let mut adding = Fitter::extending(Arc::clone(&model), &Options::default()).unwrap();
    let blank = RgbImage::new(SIDE, SIDE);
    adding.add(&view(&blank), None, "blank").unwrap();
    let grown = adding.fit(&mut ()).unwrap();
    assert_eq!(grown.left_out()[0].reason, Reason::Unregistered);
    assert!(Arc::ptr_eq(&grown.groups()[0], &model.groups()[0]));
}

#[test]
fn registering_twice_gives_the_same_bits() {
    let bytes = || shifted_model(4, &[]).to_bytes().unwrap();
    assert!(bytes() == bytes(), "two models of the same pictures differ");
}

#[test]
fn picture_of_another_size_is_brought_onto_the_lead_too() {
    let model = shifted_model(4, &[]);
    let moved = pose(0.0, (-8.0, 16.0));
    let picture = with_dirt(650, &moved);
    let (width, height) = (SIDE * 2, SIDE * 3);
    let large = imageops::resize(&picture, width, height, imageops::FilterType::Triangle);
    let found = inspect(&model, &large);
    assert_eq!(found.map.dim(), (height as usize, width as usize));
    assert!(
        off_px(&found, &moved) < 2.0,
        "{} px off",
        off_px(&found, &moved)
    );
    let place = (f64::from(DIRT.0) * 2.0, f64::from(DIRT.1) * 3.0);
    let off = peak_off_px(&found, place);
    assert!(off < 3.0 * PEAK_PX, "{off} px off");
}

#[test]
fn registration_is_reported_and_can_be_cancelled() {
    let mut fitter = fitter(&good_parts(&shifts(3)), &shifted_only(&[]));
    let mut seen = Vec::new();
    let mut cancelling = |stage: &str, done: u64, total: u64| {
        if stage == "registering good parts" {
            seen.push((done, total));
        }
        seen.len() < 2
    };
    let error = fitter.fit(&mut cancelling).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(seen, [(0, 3), (1, 3)]);
    assert_eq!(fitter.fit(&mut ()).unwrap().image_count(), 3);
}

#[test]
fn registration_without_a_matcher_is_refused() {
    let error = Fitter::new(&shifted_only(&[("matcher", "none")])).unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (ErrorKind::InvalidArgument, "registration")
    );
}

#[test]
fn registering_inspectors_on_several_threads_agree_bit_for_bit() {
    let model = shifted_model(4, &[]);
    let pictures = [
        good(600, &pose(0.0, (8.0, -8.0))),
        with_spot(601, &pose(0.0, (-16.0, 0.0))),
    ];
    let scores = || {
        pictures
            .each_ref()
            .map(|picture| inspect(&model, picture).score)
    };
    let expected = scores();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(scores(), expected));
        }
    });
}

fn through_a_file(model: &Model) -> Arc<Model> {
    let bytes = model.to_bytes().unwrap();
    Arc::new(Model::from_bytes(&bytes, &Options::default()).unwrap())
}

fn added(model: &Arc<Model>) -> Arc<Model> {
    let mut adding = Fitter::extending(Arc::clone(model), &Options::default()).unwrap();
    for (seed, shift) in [(700, (8.0, 16.0)), (701, (-8.0, 8.0))] {
        let picture = good(seed, &pose(0.0, shift));
        adding.add(&view(&picture), None, "later").unwrap();
    }
    Arc::new(adding.fit(&mut ()).unwrap())
}

fn assert_same_scores(a: &Arc<Model>, b: &Arc<Model>) {
    let moved = pose(0.0, (16.0, -8.0));
    for picture in [good(800, &moved), with_spot(801, &moved)] {
        let (a, b) = (inspect(a, &picture), inspect(b, &picture));
        assert!(a.registration.is_some());
        assert_eq!(
            (a.score.to_bits(), a.registration, a.matches, a.nearest),
            (b.score.to_bits(), b.registration, b.matches, b.nearest)
        );
        assert_eq!(a.map, b.map);
    }
}
