//! Pictures that nobody should judge: told from parts by their frames, whatever the score says.

use std::path::Path;
use std::sync::Arc;

use image::imageops::{blur, crop_imm};
use image::{Rgb, RgbImage};
use tch::{CModule, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::image::{ImageView, PixelFormat, Plane};
use twinspect::model::{Fitter, Inspection, Inspector, Model};
use twinspect::options::{Options, RECIPES};
use twinspect::verdict::{Finding, Verdict};

use super::hostile::Parts;
use crate::parts::{SIZE, defective, fit, good, good_parts, options, view};

fn inspector(model: &Arc<Model>, more: &[(&str, &str)]) -> Inspector {
    let mut options = Options::default();
    for (key, value) in more {
        options.set_text(key, value).unwrap();
    }
    Inspector::new(Arc::clone(model), &options).unwrap()
}

fn findings(inspection: &Inspection) -> Vec<Finding> {
    inspection.health.as_ref().unwrap().findings.clone()
}

/// A picture of each gray value that `of` makes of one of a good part.
fn changed(of: impl Fn(u32, u32, u8) -> f32) -> RgbImage {
    let mut picture = good(70);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        pixel.0 = pixel.0.map(|value| of(x, y, value) as u8);
    }
    picture
}

/// Frames that are none of a part, and what must be found in each.
fn bad_frames() -> Vec<(&'static str, RgbImage, Finding)> {
    let flat = |gray| RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb([gray; 3]));
    let half = |_, y, value: u8| if y < 32 { value.into() } else { 0.0 };
    vec![
        ("black", flat(0), Finding::TooDark),
        ("black", flat(0), Finding::Black),
        ("black", flat(0), Finding::Flat),
        ("white", flat(255), Finding::Saturated),
        ("white", flat(255), Finding::Flat),
        ("gray", flat(130), Finding::Blurred),
        ("half of a frame", changed(half), Finding::Black),
        (
            "a quarter of the light",
            changed(|_, _, value| f32::from(value) / 4.0),
            Finding::TooDark,
        ),
        (
            "12 bits read as 16",
            changed(|_, _, value| f32::from(value) / 16.0),
            Finding::TooDark,
        ),
        (
            "noise of a covered lens",
            changed(|x, y, _| ((x * 7 + y * 13) % 4) as f32),
            Finding::TooDark,
        ),
        (
            "four times the light",
            changed(|_, _, value| (4.0 * f32::from(value)).min(255.0)),
            Finding::Saturated,
        ),
        ("out of focus", blur(&good(70), 6.0), Finding::Blurred),
    ]
}

#[test]
fn bad_frame_is_undecided_and_score_and_map_are_given() {
    let model = Arc::new(fit(&good_parts(25), &options(&[])));
    for (name, picture, expected) in bad_frames() {
        let found = inspector(&model, &[])
            .inspect(&view(&picture), None)
            .unwrap();
        assert!(
            findings(&found).contains(&expected),
            "{name}: {:?}",
            found.health
        );
        assert_eq!(found.verdict, Verdict::Undecided, "{name}");
        assert!(found.score > 0.0 && found.map.dim() == (64, 96));
        // As it would be without, where that is asked for.
        let reported = inspector(&model, &[("health", "report")]).inspect(&view(&picture), None);
        let reported = reported.unwrap();
        let by_score = Verdict::of(found.score, model.thresholds().image);
        let lost = reported.matches * 10 < 3 * model.groups()[0].fewest_matches();
        assert!(reported.verdict == by_score || lost, "{name}");
        assert_eq!(reported.health, found.health);
    }
}

#[test]
fn good_and_defective_parts_are_fine_of_few_images_and_of_many() {
    for count in [1, 2, 4, 25] {
        let model = Arc::new(fit(&good_parts(count), &options(&[("matcher", "none")])));
        let mut inspector = inspector(&model, &[]);
        for seed in 100..110 {
            for picture in [good(seed), defective(seed)] {
                let found = inspector.inspect(&view(&picture), None).unwrap();
                assert_eq!(findings(&found), [], "{count}: {:?}", found.health);
                assert_eq!(
                    found.verdict,
                    Verdict::of(found.score, model.thresholds().image)
                );
            }
        }
        for (name, picture, _) in bad_frames() {
            let found = inspector.inspect(&view(&picture), None).unwrap();
            assert!(!findings(&found).is_empty(), "{count}: {name}");
            assert_eq!(found.verdict, Verdict::Undecided, "{count}: {name}");
        }
    }
}

#[test]
fn picture_of_other_proportions_is_undecided_and_one_of_another_size_is_not() {
    let model = Arc::new(fit(&good_parts(12), &options(&[("matcher", "none")])));
    let mut inspector = inspector(&model, &[]);
    let part = crop_imm(&good(60), 0, 0, 80, 64).to_image();
    let found = inspector.inspect(&view(&part), None).unwrap();
    assert_eq!(
        (findings(&found), found.verdict),
        (vec![Finding::Proportions], Verdict::Undecided)
    );
    let large = image::imageops::resize(&good(60), 192, 128, image::imageops::FilterType::Triangle);
    let found = inspector.inspect(&view(&large), None).unwrap();
    assert_eq!(findings(&found), [], "{:?}", found.health);
}

#[test]
fn limits_are_those_of_all_images_after_saving_and_adding() {
    let options = options(&[]);
    let model = fit(&good_parts(12), &options);
    let all = model.frame_limits().unwrap();
    assert_eq!(all.images, 12);
    let loaded = Model::from_bytes(&model.to_bytes().unwrap(), &Options::default()).unwrap();
    assert_eq!(loaded.frame_limits(), Some(all));
    let mut fitter = Fitter::extending(Arc::new(loaded), &options).unwrap();
    for seed in 12..20 {
        fitter.add(&view(&good(seed)), None, "more").unwrap();
    }
    let extended = fitter.fit(&mut ()).unwrap().frame_limits().unwrap();
    assert_eq!(
        Some(extended),
        fit(&good_parts(20), &options).frame_limits()
    );
    assert_eq!(extended.images, 20);
}

/// The model without what it remembers of its normal images' frames, as files of before had none.
fn without_frames(model: &Model) -> Arc<Model> {
    let mut parts = Parts::of(model);
    for image in parts.header["groups"][0]["images"].as_array_mut().unwrap() {
        assert!(image.as_object_mut().unwrap().remove("frame").is_some());
    }
    Arc::new(Model::from_bytes(&parts.file(), &Options::default()).unwrap())
}

#[test]
fn model_of_an_old_file_knows_no_limits_and_judges_by_the_score() {
    let old = without_frames(&fit(&good_parts(12), &options(&[("matcher", "none")])));
    assert_eq!(old.frame_limits(), None);
    let black = RgbImage::new(SIZE.0, SIZE.1);
    let found = inspector(&old, &[]).inspect(&view(&black), None).unwrap();
    let health = found.health.unwrap();
    assert!(health.is_fine() && health.limits.is_none());
    assert_eq!((health.frame.brightness, health.frame.black), (0.0, 1.0));
    assert_eq!(found.verdict, Verdict::Defect);
}

#[test]
fn frame_that_no_picture_can_have_is_a_damaged_file() {
    let model = fit(&good_parts(3), &options(&[]));
    for (key, value) in [
        ("brightness", -0.1),
        ("contrast", 1.5),
        ("sharpness", 5.0),
        ("black", 1e9),
        ("saturated", -1e-3),
        ("proportions", 0.0),
    ] {
        let mut parts = Parts::of(&model);
        parts.header["groups"][0]["images"][1]["frame"][key] = value.into();
        let error = Model::from_bytes(&parts.file(), &Options::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{key}");
        assert!(
            error.to_string().contains("the frame of '001.png'"),
            "{error}"
        );
    }
}

#[test]
fn repeated_pictures_are_counted_and_undecided_where_asked() {
    let model = Arc::new(fit(&good_parts(12), &options(&[])));
    let mut counting = inspector(&model, &[]);
    let mut deciding = inspector(&model, &[("health.repeats", "2")]);
    let (first, other) = (good(60), good(61));
    // The same pixels in another place, with something between the rows.
    let row = SIZE.0 as usize * 3;
    let padded: Vec<u8> = first
        .as_raw()
        .chunks(row)
        .flat_map(|row| row.iter().copied().chain([7, 7, 7, 7]))
        .collect();
    let plane = Plane {
        bytes: &padded,
        top: 0,
    };
    let stride = row as i64 + 4;
    let padded = ImageView::new(
        PixelFormat::Rgb8,
        SIZE.0,
        SIZE.1,
        &[plane],
        stride,
        0.0,
        1 << 20,
    );
    let padded = padded.unwrap();
    let frames = [
        (view(&first), 0),
        (padded, 1),
        (view(&first), 2),
        (view(&first), 3),
        (view(&other), 0),
        (view(&first), 0),
    ];
    for (frame, repeats) in frames {
        let counted = counting.inspect(&frame, None).unwrap();
        let decided = deciding.inspect(&frame, None).unwrap();
        assert_eq!(counted.health.as_ref().unwrap().repeats, repeats);
        assert_eq!(findings(&counted), []);
        let expected = match repeats {
            0 | 1 => (vec![], counted.verdict),
            _ => (vec![Finding::Repeated], Verdict::Undecided),
        };
        assert_eq!((findings(&decided), decided.verdict), expected, "{repeats}");
        // What is made up is no picture of a camera.
        counting.warm_up(PixelFormat::Rgb8, SIZE.0, SIZE.1).unwrap();
        assert_eq!(counted.score, decided.score);
    }
}

#[test]
fn tiles_are_measured_over_the_whole_frame() {
    let settings = [
        ("input.size", "0"),
        ("tile.size", "64"),
        ("tile.overlap", "32"),
        ("matcher", "none"),
    ];
    let large = |picture: &RgbImage| {
        image::imageops::resize(picture, 384, 256, image::imageops::FilterType::Triangle)
    };
    let pictures: Vec<RgbImage> = good_parts(6).iter().map(large).collect();
    let model = Arc::new(fit(&pictures, &options(&settings)));
    let mut inspector = inspector(&model, &[]);
    let found = inspector
        .inspect(&view(&large(&defective(9))), None)
        .unwrap();
    assert_eq!(findings(&found), [], "{:?}", found.health);
    let mut half = large(&good(9));
    for (_, y, pixel) in half.enumerate_pixels_mut() {
        if y >= 128 {
            *pixel = Rgb([0; 3]);
        }
    }
    let found = inspector.inspect(&view(&half), None).unwrap();
    assert!(
        findings(&found).contains(&Finding::Black),
        "{:?}",
        found.health
    );
    let black = found.health.unwrap().frame.black;
    assert!((0.45..0.55).contains(&black), "{black}");
}

/// A backbone whose features are not numbers for a picture with a black pixel: a module for `--set backbone=`.
fn sick_backbone(folder: &Path) -> String {
    let input = Tensor::zeros([1, 3, 64, 96], (Kind::Float, tch::Device::Cpu));
    let mut stage = |inputs: &[Tensor]| {
        let picture = &inputs[0];
        // Normalised, black is -2.12 in the first channel, and the darkest pixel of a good part above -1.7.
        let sick = (picture.amin([1, 2, 3], true) + 1.95).sqrt() * 0.0;
        let both = Tensor::cat(&[picture, &picture.square()], 1) + sick;
        vec![both.avg_pool2d([8, 8], [8, 8], [0, 0], false, true, None::<i64>)]
    };
    let module = CModule::create_by_tracing("Sick", "forward", &[input], &mut stage).unwrap();
    let path = folder.join("sick.pt");
    module.save(&path).unwrap();
    path.display().to_string()
}

#[test]
fn features_that_are_no_numbers_are_an_error_with_every_recipe() {
    let folder = tempfile::tempdir().unwrap();
    let backbone = sick_backbone(folder.path());
    let mut sick = good(90);
    sick.put_pixel(5, 5, Rgb([0; 3]));
    for recipe in RECIPES {
        let mut options = Options::default();
        options.apply_recipe(recipe.name).unwrap();
        for (key, value) in [
            ("backbone", backbone.as_str()),
            ("input.size", "96"),
            ("features.stages", "1"),
            ("features.grid", "1"),
            ("adaptor.channels", "8"),
            ("embedding.channels", "4"),
            ("matcher", "none"),
            ("registration", "none"),
            ("ground", "same"),
        ] {
            options.set_text(key, value).unwrap();
        }
        let model = Arc::new(fit(&good_parts(12), &options));
        let mut inspector = inspector(&model, &[]);
        let fine = inspector.inspect(&view(&good(90)), None).unwrap();
        assert!(fine.score.is_finite(), "{}", recipe.name);
        let error = inspector.inspect(&view(&sick), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Numeric, "{}: {error}", recipe.name);
        let mut fitter = Fitter::new(&options).unwrap();
        let fitted = [good(0), sick.clone(), good(1)]
            .iter()
            .try_for_each(|picture| fitter.add(&view(picture), None, "picture"));
        let fitted = fitted.and_then(|()| fitter.fit(&mut ()).map(|_| ()));
        let error = fitted.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Numeric, "{}: {error}", recipe.name);
    }
}

#[test]
fn good_parts_alone_are_compared_with_the_normal_images() {
    let model = Arc::new(fit(&good_parts(30), &options(&[("matcher", "none")])));
    let mut inspector = inspector(&model, &[]);
    let parts = |inspector: &Inspector| inspector.drift().unwrap().parts();
    let black = RgbImage::new(SIZE.0, SIZE.1);
    let found = inspector.inspect(&view(&good(200)), None).unwrap();
    assert_eq!(found.verdict, Verdict::Good, "{}", found.score);
    assert_eq!(parts(&inspector), 1);
    for picture in [defective(201), black] {
        inspector.inspect(&view(&picture), None).unwrap();
    }
    inspector
        .warm_up(PixelFormat::Rgb8, SIZE.0, SIZE.1)
        .unwrap();
    assert_eq!(parts(&inspector), 1);
    let own = model.thresholds().image.unwrap();
    inspector.set_thresholds(Some(own), None);
    assert_eq!(parts(&inspector), 1, "the same threshold changes nothing");
    inspector.set_thresholds(Some(1.01 * own), None);
    assert_eq!(parts(&inspector), 0, "another one begins anew");
    inspector.inspect(&view(&good(202)), None).unwrap();
    inspector.reset_drift();
    assert_eq!(parts(&inspector), 0);
    // The model says the same of itself without its tensors.
    assert_eq!(
        model.description().unwrap().left_out_scores(),
        model.left_out_scores()
    );
    assert_eq!(model.left_out_scores().len(), 30);
    let few = Arc::new(fit(&good_parts(3), &options(&[])));
    assert!(self::inspector(&few, &[]).drift().is_none());
}
