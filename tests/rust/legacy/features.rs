//! The engine `features`: its limits against models that are fitted without each image, and in every order of calls.

use std::sync::Arc;

use image::RgbImage;
use twinspect::model::Inspector;

use super::*;
use crate::parts;

/// Made so that the distances of an image to a model without it are those that the fit has: no regularisation that depends
/// on the images, nothing borrowed from neighbours.
const EXACT: [(&str, &str); 3] = [
    ("statistics.epsilon_of", "unit"),
    ("statistics.epsilon", "0.01"),
    ("statistics.few", "0"),
];

pub const AUTOMATIC: Tolerance = Tolerance {
    absolute: [-1.0; 2],
    relative: [3.0; 2],
};

pub fn options(more: &[(&str, &str)]) -> Options {
    let mut all = vec![("variation.engine", "features")];
    all.extend_from_slice(more);
    parts::options(&all)
}

/// The gray values of a picture.
pub fn gray(picture: &RgbImage) -> Vec<u8> {
    image::imageops::grayscale(picture).into_raw()
}

pub fn good(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|seed| gray(&parts::good(seed))).collect()
}

pub fn view(pixels: &[u8]) -> ImageView<'_> {
    let (width, height) = parts::SIZE;
    ImageView::packed(PixelFormat::Gray8, width, height, pixels).unwrap()
}

pub fn new(options: &Options) -> Variation {
    Variation::new(parts::SIZE, GrayType::Byte, Learning::Standard, options).unwrap()
}

pub fn train(model: &mut Variation, pictures: &[Vec<u8>]) {
    let views: Vec<ImageView<'_>> = pictures.iter().map(|pixels| view(pixels)).collect();
    model.train(&views).unwrap();
}

pub fn prepared(pictures: u64, tolerance: &Tolerance, options: &Options) -> Variation {
    let mut model = new(options);
    train(&mut model, &good(pictures));
    model.prepare(tolerance).unwrap();
    model
}

/// Whether a region covers the middle of the spot that a defective part has.
fn covers_spot(found: &Comparison) -> bool {
    let (left, top, side) = parts::SPOT;
    let (x, y) = ((left + side / 2) as i32, (top + side / 2) as i32);
    let runs = found.regions.iter().flat_map(|region| &region.runs);
    runs.into_iter()
        .any(|run| run.row == y && (run.column_begin..=run.column_end).contains(&x))
}

#[test]
fn spot_is_found_on_its_side_and_good_parts_pass() {
    let model = prepared(16, &AUTOMATIC, &options(&[]));
    for seed in 100..106 {
        let part = gray(&parts::good(seed));
        let compared = model.compare(&view(&part), None).unwrap();
        assert_eq!(
            compared.verdict(),
            twinspect::verdict::Verdict::Good,
            "{seed}"
        );
        assert!(compared.agrees.is_none() && compared.shadow.is_none());
        let spot = gray(&parts::defective(seed));
        let compare = |sides| found(model.compare_ext(&view(&spot), None, sides));
        assert!(covers_spot(&compare(Sides::Absolute)), "{seed}");
        assert!(covers_spot(&compare(Sides::Dark)), "{seed}");
        assert!(!covers_spot(&compare(Sides::Light)), "{seed}");
        let both = compare(Sides::LightDark);
        let dark = &both.regions[both.light_count..];
        assert!(!dark.is_empty() && dark.iter().all(|region| region.peak < 0.0));
    }
}

#[test]
fn limits_are_mean_and_deviation_of_maps_of_models_without_the_image() {
    const COUNT: u64 = 6;
    let options = options(&EXACT);
    let pictures = good(COUNT);
    let (width, height) = parts::SIZE;
    let mut maps = Vec::new();
    for left_out in 0..COUNT as usize {
        let mut fitter = twinspect::model::Fitter::new(&options).unwrap();
        for (number, pixels) in pictures.iter().enumerate() {
            if number != left_out {
                fitter
                    .add(&view(pixels), None, &number.to_string())
                    .unwrap();
            }
        }
        let model = Arc::new(fitter.fit(&mut ()).unwrap());
        let mut inspector = Inspector::new(model, &options).unwrap();
        let map = inspector
            .inspect(&view(&pictures[left_out]), None)
            .unwrap()
            .map;
        maps.push(map.mapv(f64::from));
    }
    let count = COUNT as f64;
    let shape = (height as usize, width as usize);
    let mean = maps.iter().fold(Array2::zeros(shape), |sum, map| sum + map) / count;
    let squares = maps
        .iter()
        .fold(Array2::zeros(shape), |sum: Array2<f64>, map| {
            sum + (map - &mean).mapv(|d| d * d)
        });
    let deviation = (squares / count).mapv(f64::sqrt);

    let tolerance = Tolerance {
        absolute: [0.0, 0.5],
        relative: [2.0, 0.0],
    };
    let model = prepared(COUNT, &tolerance, &options);
    // Both compute distances in float32, of other sums: some 1e-4 of the distances.
    let close = |found: Array2<f64>, expected: Array2<f64>| {
        let worst = (&found - &expected)
            .mapv(f64::abs)
            .into_iter()
            .fold(0.0, f64::max);
        let scale = expected.into_iter().fold(0.0, f64::max);
        assert!(worst < 1e-3 * scale, "{worst} of {scale}");
    };
    close(model.upper().unwrap(), &mean + 2.0 * &deviation);
    close(model.lower().unwrap(), &mean + 0.5);
}

#[test]
fn automatic_limits_are_not_below_the_calibrated_threshold() {
    let options = options(&[]);
    let model = prepared(16, &AUTOMATIC, &options);
    let mut fitter = twinspect::model::Fitter::new(&options).unwrap();
    for (number, pixels) in good(16).iter().enumerate() {
        fitter
            .add(&view(pixels), None, &number.to_string())
            .unwrap();
    }
    let threshold = fitter.fit(&mut ()).unwrap().thresholds().pixel.unwrap();
    let lowest = model.upper().unwrap().into_iter().fold(f64::MAX, f64::min);
    assert_eq!(lowest as f32, threshold);
}

#[test]
fn training_in_portions_extends_the_model() {
    let pictures = good(12);
    let tolerance = Tolerance {
        absolute: [0.0; 2],
        relative: [3.0; 2],
    };
    let mut model = new(&options(&EXACT));
    for portion in pictures.chunks(5) {
        train(&mut model, portion);
        model.prepare(&tolerance).unwrap();
    }
    let at_once = prepared(12, &tolerance, &options(&EXACT));
    let spot = gray(&parts::defective(100));
    let (a, b) = (
        found(model.compare(&view(&spot), None)),
        found(at_once.compare(&view(&spot), None)),
    );
    assert!(covers_spot(&a) && covers_spot(&b));
    // The statistics are those of all images; only the limits come from other comparisons.
    let upper = |model: &Variation| model.upper().unwrap().mean().unwrap();
    assert!((upper(&model) / upper(&at_once) - 1.0).abs() < 0.3);
}

#[test]
fn what_fails_changes_nothing() {
    let options = options(&[]);
    let mut model = new(&options);
    let one = good(1);
    train(&mut model, &one);
    let before = bytes(&model);
    let error = model.prepare(&AUTOMATIC).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooFewImages, "{error}");
    assert_eq!(bytes(&model), before);
    let image = view(&one[0]);
    assert_eq!(
        model.compare(&image, None).unwrap_err().kind(),
        ErrorKind::State
    );
    assert_eq!(
        model.clear_train_data().unwrap_err().kind(),
        ErrorKind::State
    );
    let wrong = Tolerance {
        relative: [-1.0, 1.0],
        ..AUTOMATIC
    };
    assert_eq!(
        model.prepare(&wrong).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert_eq!(bytes(&model), before);

    train(&mut model, &good(8)[1..]);
    model.prepare(&AUTOMATIC).unwrap();
    model.clear_train_data().unwrap();
    assert_eq!(
        model.prepare(&AUTOMATIC).unwrap_err().kind(),
        ErrorKind::State
    );
    assert!(model.compare(&image, None).is_ok());
    let direct = Variation::new(parts::SIZE, GrayType::Byte, Learning::Direct, &options);
    assert_eq!(direct.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn threshold_that_is_a_gray_value_is_warned_of() {
    let mut model = new(&options(&[]));
    train(&mut model, &good(12));
    let of = |absolute| Tolerance {
        absolute: [absolute; 2],
        relative: [2.0; 2],
    };
    let is_warned =
        |warnings: Vec<String>| warnings.iter().any(|text| text.contains("no gray value"));
    assert!(!is_warned(model.prepare(&of(-1.0)).unwrap()));
    assert!(is_warned(model.prepare(&of(2000.0)).unwrap()));
    assert!(!is_warned(model.prepare(&of(0.0)).unwrap()));
}

#[test]
fn robust_model_leaves_out_a_bad_picture_and_forgets_earlier_calls() {
    let robust = |pictures: &[&[Vec<u8>]]| {
        let mut model =
            Variation::new(parts::SIZE, GrayType::Byte, Learning::Robust, &options(&[])).unwrap();
        for pictures in pictures {
            train(&mut model, pictures);
        }
        model.prepare(&AUTOMATIC).unwrap();
        model
    };
    let mut with_bad = good(14);
    with_bad.push(gray(&parts::defective(200)));
    let spot = gray(&parts::defective(201));
    let model = robust(&[&with_bad]);
    assert!(covers_spot(&found(model.compare(&view(&spot), None))));
    let again = robust(&[&good(3), &with_bad]);
    assert_eq!(bytes(&again), bytes(&model));
}

#[test]
fn mask_says_what_is_compared() {
    let model = prepared(12, &AUTOMATIC, &options(&[]));
    let (width, height) = parts::SIZE;
    let spot = gray(&parts::defective(100));
    let (left, top, side) = parts::SPOT;
    let mut pixels = vec![255u8; (width * height) as usize];
    // The features see around them.
    for y in top - 16..top + side + 16 {
        for x in left - 16..left + side + 16 {
            pixels[(y * width + x) as usize] = 0;
        }
    }
    let mask = twinspect::image::Mask::new(view(&pixels)).unwrap();
    assert!(covers_spot(&found(model.compare(&view(&spot), None))));
    assert!(!covers_spot(&found(
        model.compare(&view(&spot), Some(&mask))
    )));
    let none = vec![0u8; pixels.len()];
    let none = twinspect::image::Mask::new(view(&none)).unwrap();
    let error = model.compare(&view(&spot), Some(&none)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Image);
}

#[test]
fn threads_compare_at_once_and_find_the_same() {
    let model = prepared(8, &AUTOMATIC, &options(&[]));
    let pictures: Vec<Vec<u8>> = (100..104)
        .map(|seed| gray(&parts::defective(seed)))
        .collect();
    let alone: Vec<Comparison> = pictures
        .iter()
        .map(|pixels| found(model.compare(&view(pixels), None)))
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (pixels, alone) in pictures.iter().zip(&alone) {
                    same(&found(model.compare(&view(pixels), None)), alone);
                }
            });
        }
    });
}
