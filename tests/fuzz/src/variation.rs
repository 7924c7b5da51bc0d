//! A variation model's file, as bytes with a right checksum, and used if it can be read.

use std::sync::OnceLock;

use arbitrary::Unstructured;
use twinspect::ErrorKind;
use twinspect::image::{ImageView, PixelFormat};
use twinspect::legacy::{GrayType, Learning, Sides, Tolerance, Variation};
use twinspect::options::Options;

use super::edits::edited;
use super::framed::{framed, repaired};
use super::{claims, parts};

/// What its file begins with.
pub const MAGIC: &[u8; 16] = b"TWINSPECT-PIXEL\n";

/// The version of its file.
pub const VERSION: u32 = 2;

/// What an input begins with that edits a model which compares features; any other one is a file.
pub const EDITS: &[u8; 16] = b"TWINSPECT-EDITS\n";

/// Larger models are read but not used: their pictures take long without being wrong.
const MOST_PIXELS: u64 = 1 << 14;

/// Reads the bytes as they are, and with a right checksum.
pub fn run(bytes: &[u8]) {
    if let Some(edits) = bytes.strip_prefix(EDITS) {
        let mut input = Unstructured::new(edits);
        if let Ok(file) = edited_model(&mut input) {
            read(&file);
        }
        return;
    }
    read(bytes);
    if let Some(file) = repaired(bytes, MAGIC, VERSION) {
        read(&file);
    }
}

fn edited_model(input: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    static CONTENTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let contents = CONTENTS.get_or_init(|| ["features", "both"].map(content).to_vec());
    let content = input.choose(contents)?.clone();
    Ok(framed(&edited(content, input)?, MAGIC, VERSION))
}

/// Of a model that has learned from pictures, and has others waiting.
fn content(engine: &str) -> Vec<u8> {
    let options = parts::options(&[("variation.engine", engine)]);
    let pictures: Vec<_> = (0..4).map(parts::gray).collect();
    let views: Vec<_> = pictures.iter().map(|pixels| parts::view(pixels)).collect();
    let learning = Learning::Standard;
    let mut model =
        Variation::new(parts::SIZE, GrayType::Byte, learning, &options).expect("a new model");
    model.train(&views[..3]).expect("pictures of its size");
    model.prepare(&TOLERANCES[0]).expect("a trained model");
    model.train(&views[3..]).expect("pictures of its size");
    let file = model.to_bytes().expect("a model of ours");
    file[60..].to_vec()
}

const TOLERANCES: [Tolerance; 3] = [
    Tolerance {
        absolute: [20.0, 10.0],
        relative: [3.0, 2.0],
    },
    Tolerance {
        absolute: [0.0; 2],
        relative: [1e300; 2],
    },
    Tolerance {
        absolute: [f64::MAX; 2],
        relative: [0.0; 2],
    },
];

fn read(file: &[u8]) {
    let options = parts::options(&[]);
    match Variation::from_bytes(file, &options) {
        Ok(model) => {
            again(&model, &options);
            let (width, height) = model.size();
            if u64::from(width) * u64::from(height) <= MOST_PIXELS {
                used(model, &options);
            }
        }
        Err(error) => {
            let kinds = [
                ErrorKind::Format,
                ErrorKind::Version,
                ErrorKind::Weights,
                ErrorKind::Unsupported,
            ];
            claims::is_refused(&error, &kinds);
        }
    }
}

/// What can be written can be read, and says the same.
fn again(model: &Variation, options: &Options) {
    let file = model.to_bytes().expect("a model that was read");
    let read = Variation::from_bytes(&file, options).expect("a file of ours");
    assert!(read.to_bytes().expect("a model of ours") == file);
}

/// Every call that a host may make next; none may do worse than to fail.
fn used(mut model: Variation, options: &Options) {
    let _ = (model.statistics(), model.upper(), model.lower());
    let (width, height) = model.size();
    let bytes_per_pixel = match model.gray() {
        GrayType::Byte => 1,
        GrayType::Uint2 => 2,
    };
    let format = match model.gray() {
        GrayType::Byte => PixelFormat::Gray8,
        GrayType::Uint2 => PixelFormat::Gray16,
    };
    let count = width as usize * height as usize * bytes_per_pixel;
    let pictures =
        [3_usize, 7].map(|step| (0..count).map(|i| (i * step) as u8).collect::<Vec<_>>());
    let views: Vec<ImageView<'_>> = pictures
        .iter()
        .map(|pixels| ImageView::packed(format, width, height, pixels).expect("its own size"))
        .collect();
    compare(&model, &views[0]);
    for (tolerance, view) in TOLERANCES.iter().zip(views.iter().cycle()) {
        let _ = model.train(&[*view]);
        let _ = model.prepare_direct(view, view, tolerance);
        if model.prepare(tolerance).is_ok() {
            compare(&model, view);
        }
        again(&model, options);
    }
    if model.clear_train_data().is_ok() {
        again(&model, options);
    }
}

fn compare(model: &Variation, view: &ImageView<'_>) {
    for sides in [Sides::Absolute, Sides::LightDark] {
        match model.compare_ext(view, None, sides) {
            Ok(found) => {
                assert!(found.decided.score() >= 0.0, "{}", found.decided.score());
                let (width, height) = model.size();
                assert_eq!(found.decided.map.dim(), (height as usize, width as usize));
            }
            Err(error) => claims::is_one_line(error.message()),
        }
    }
}
