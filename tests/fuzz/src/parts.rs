//! Pictures so small, and a network so small, that a model of them is fitted in milliseconds.

use twinspect::image::{ImageView, PixelFormat};
use twinspect::options::Options;

use super::data::data;

/// Width and height of the pictures; the smallest input of a network.
pub const SIZE: (u32, u32) = (64, 64);

/// A bright plate on a dark ground in one channel, another one for every seed.
pub fn gray(seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut pixel = |place: u32| {
        let (x, y) = (place % SIZE.0, place / SIZE.0);
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let plate = (10..50).contains(&x) && (8..44).contains(&y);
        let base = if plate { 150 + x as u8 } else { 40 };
        base + (state >> 28) as u8
    };
    (0..SIZE.0 * SIZE.1).map(&mut pixel).collect()
}

/// Its pixels as a picture.
pub fn view(pixels: &[u8]) -> ImageView<'_> {
    ImageView::packed(PixelFormat::Gray8, SIZE.0, SIZE.1, pixels).expect("a picture of this size")
}

/// Keys and values for a network of two layers.
pub fn settings() -> Vec<(&'static str, String)> {
    let backbone = data("backbones/tuple.pt").display().to_string();
    vec![
        ("backbone", backbone),
        ("input.size", "64".into()),
        ("features.stages", "1,2".into()),
        ("features.grid", "2".into()),
        ("matcher.stage", "2".into()),
        ("registration", "none".into()),
        ("ground", "same".into()),
    ]
}

/// Options for that network, and these.
pub fn options(more: &[(&str, &str)]) -> Options {
    let mut options = Options::default();
    for (key, value) in settings() {
        options.set_text(key, &value).expect("an option");
    }
    for (key, value) in more {
        options.set_text(key, value).expect("an option");
    }
    options
}
