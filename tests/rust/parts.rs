//! Small pictures of a made-up part, and options that inspect them with a backbone of two layers.
//!
//! The TorchScript module is one that `tests/data/backbones/make.py` writes, so what needs no trained network runs
//! everywhere and in milliseconds.

use image::{Rgb, RgbImage};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use twinspect::image::{ImageView, PixelFormat};
use twinspect::model::{Fitter, Model};
use twinspect::options::Options;

use crate::oracle::data;

/// Width and height of the pictures.
pub const SIZE: (u32, u32) = (96, 64);

/// Where [`defective`] puts its spot: (x, y, side).
pub const SPOT: (u32, u32, u32) = (60, 20, 12);

/// A bright plate with a hole on a dark ground, with light and noise of its own.
pub fn good(seed: u64) -> RgbImage {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let light: f32 = rng.random_range(0.92..1.08);
    RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        let plate = (12..84).contains(&x) && (10..54).contains(&y);
        let hole = (x as f32 - 30.0).hypot(y as f32 - 32.0) < 8.0;
        let base = if plate && !hole {
            150.0 + x as f32 * 0.4
        } else {
            40.0
        };
        let noise = || base * light;
        let mut channel = || (noise() + rng.random_range(-6.0..6.0)) as u8;
        Rgb([channel(), channel(), channel()])
    })
}

/// The same with a dark spot.
pub fn defective(seed: u64) -> RgbImage {
    let mut picture = good(seed);
    let (left, top, side) = SPOT;
    for y in top..top + side {
        for x in left..left + side {
            picture.put_pixel(x, y, Rgb([20, 20, 20]));
        }
    }
    picture
}

/// A picture's pixels as they are.
pub fn view(picture: &RgbImage) -> ImageView<'_> {
    ImageView::packed(
        PixelFormat::Rgb8,
        picture.width(),
        picture.height(),
        picture.as_raw(),
    )
    .unwrap()
}

/// Settings for the small backbone, as `--set` takes them.
pub fn settings() -> Vec<(&'static str, String)> {
    let backbone = data("backbones/tuple.pt").display().to_string();
    vec![
        ("backbone", backbone),
        ("input.size", "96".into()),
        ("features.stages", "1,2".into()),
        ("features.grid", "2".into()),
        ("matcher.stage", "2".into()),
        // What is left to the images has tests of its own.
        ("registration", "none".into()),
        ("ground", "same".into()),
    ]
}

/// Options for the small backbone, and these.
pub fn options(more: &[(&str, &str)]) -> Options {
    let mut options = Options::default();
    for (key, value) in settings() {
        options.set_text(key, &value).unwrap();
    }
    for (key, value) in more {
        options.set_text(key, value).unwrap();
    }
    options
}

/// A fitter that has been given these pictures.
pub fn fitter(pictures: &[RgbImage], options: &Options) -> Fitter {
    let mut fitter = Fitter::new(options).unwrap();
    for (number, picture) in pictures.iter().enumerate() {
        fitter
            .add(&view(picture), None, &format!("{number:03}.png"))
            .unwrap();
    }
    fitter
}

/// A model of these pictures.
pub fn fit(pictures: &[RgbImage], options: &Options) -> Model {
    fitter(pictures, options).fit(&mut ()).unwrap()
}

/// `count` good parts.
pub fn good_parts(count: u64) -> Vec<RgbImage> {
    (0..count).map(good).collect()
}
