//! The variation model against NumPy, and in every order of calls.

mod features;
mod file;
mod shadow;
mod stored;

use ndarray::{Array2, ArrayView2};
use tch::{Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::image::{ImageView, PixelFormat};
use twinspect::legacy::{Compared, Comparison, GrayType, Learning, Sides, Tolerance, Variation};
use twinspect::options::Options;

use crate::oracle::{assert_close, npy};

const WIDTH: u32 = 31;
const HEIGHT: u32 = 24;
const PIXELS: usize = (WIDTH * HEIGHT) as usize;
/// Of views.
const MAX_PIXELS: u64 = 1 << 20;
/// Both sides compute in float64, the variation by another sum: some roundings of 2^-53.
const TOLERANCE: f64 = 1e-13;

/// Pictures of one type in memory.
struct Pictures {
    gray: GrayType,
    bytes: Vec<Vec<u8>>,
}

impl Pictures {
    fn load(gray: GrayType, name: &str) -> Self {
        let values = npy(&format!("legacy/{}_{name}", kind(gray))).flatten(0, -1);
        let values = Vec::<i32>::try_from(values).unwrap();
        let bytes = values.chunks_exact(PIXELS).map(|image| match gray {
            GrayType::Byte => image.iter().map(|value| *value as u8).collect(),
            GrayType::Uint2 => image
                .iter()
                .flat_map(|value| (*value as u16).to_ne_bytes())
                .collect(),
        });
        Self {
            gray,
            bytes: bytes.collect(),
        }
    }

    fn views(&self) -> Vec<ImageView<'_>> {
        let format = match self.gray {
            GrayType::Byte => PixelFormat::Gray8,
            GrayType::Uint2 => PixelFormat::Gray16,
        };
        let view = |bytes| ImageView::packed(format, WIDTH, HEIGHT, bytes).unwrap();
        self.bytes.iter().map(|bytes| view(bytes)).collect()
    }
}

fn kind(gray: GrayType) -> &'static str {
    match gray {
        GrayType::Byte => "byte",
        GrayType::Uint2 => "uint2",
    }
}

/// Those of tests/data/legacy/make.py.
fn tolerance(gray: GrayType) -> Tolerance {
    Tolerance {
        absolute: match gray {
            GrayType::Byte => [6.0, 9.0],
            GrayType::Uint2 => [500.0, 900.0],
        },
        relative: [2.5, 3.5],
    }
}

fn new(gray: GrayType, learning: Learning) -> Variation {
    Variation::new((WIDTH, HEIGHT), gray, learning, &Options::default()).unwrap()
}

fn prepared(gray: GrayType, learning: Learning) -> Variation {
    let train = Pictures::load(gray, "train");
    let mut model = new(gray, learning);
    if learning == Learning::Direct {
        let expected = npy(&format!("legacy/{}_direct", kind(gray)));
        let variation = expected.get(1).to_kind(Kind::Float).flatten(0, -1);
        let floats = Vec::<f32>::try_from(variation).unwrap();
        let bytes: Vec<u8> = floats
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        let variation = ImageView::packed(PixelFormat::GrayF32, WIDTH, HEIGHT, &bytes).unwrap();
        model
            .prepare_direct(&train.views()[0], &variation, &tolerance(gray))
            .unwrap();
    } else {
        model.train(&train.views()).unwrap();
        model.prepare(&tolerance(gray)).unwrap();
    }
    model
}

fn tensor(array: &Array2<f64>) -> Tensor {
    Tensor::from_slice(array.as_slice().unwrap()).view([array.nrows() as i64, array.ncols() as i64])
}

/// All four images of a model, as make.py stacks them.
fn images(model: &Variation) -> Tensor {
    let statistics = model.statistics().unwrap();
    let images = [
        tensor(&statistics.ideal),
        tensor(&statistics.variation),
        tensor(&model.lower().unwrap()),
        tensor(&model.upper().unwrap()),
    ];
    Tensor::stack(&images, 0)
}

/// What the runs of these regions cover.
fn covered(regions: &[twinspect::verdict::Region]) -> Vec<u8> {
    let mut mask = vec![0; PIXELS];
    for run in regions.iter().flat_map(|region| &region.runs) {
        let row = run.row as usize * WIDTH as usize;
        mask[row + run.column_begin as usize..=row + run.column_end as usize].fill(1);
    }
    mask
}

fn bits(map: ArrayView2<'_, f32>) -> Vec<u32> {
    map.iter().map(|value| value.to_bits()).collect()
}

/// What the pixels found.
fn found(compared: twinspect::Result<Compared>) -> Comparison {
    compared.unwrap().decided
}

/// The model as bytes: two of the same bytes are the same.
fn bytes(model: &Variation) -> Vec<u8> {
    model.to_bytes().unwrap()
}

fn same(a: &Comparison, b: &Comparison) {
    assert_eq!(bits(a.map.view()), bits(b.map.view()));
    assert_eq!(a.regions, b.regions);
}

const GRAYS: [GrayType; 2] = [GrayType::Byte, GrayType::Uint2];
const LEARNINGS: [(Learning, &str); 3] = [
    (Learning::Standard, "standard"),
    (Learning::Robust, "robust"),
    (Learning::Direct, "direct"),
];

#[test]
fn ideal_variation_and_limits_are_those_of_numpy() {
    for gray in GRAYS {
        for (learning, name) in LEARNINGS {
            let expected = npy(&format!("legacy/{}_{name}", kind(gray)));
            let found = images(&prepared(gray, learning));
            for index in 0..4 {
                assert_close(&found.get(index), &expected.get(index), TOLERANCE);
            }
        }
    }
}

#[test]
fn defect_masks_of_every_mode_are_those_of_numpy_to_the_pixel() {
    for gray in GRAYS {
        let image = Pictures::load(gray, "image");
        let image = image.views()[0];
        for (learning, name) in LEARNINGS {
            let masks = npy(&format!("legacy/{}_{name}_masks", kind(gray)));
            let expected = |index| Vec::<u8>::try_from(masks.get(index).flatten(0, -1)).unwrap();
            let model = prepared(gray, learning);
            for (index, sides) in [Sides::Absolute, Sides::Light, Sides::Dark]
                .into_iter()
                .enumerate()
            {
                let found = found(model.compare_ext(&image, None, sides));
                assert!(found.score() > 0.0);
                assert_eq!(
                    covered(&found.regions),
                    expected(index as i64),
                    "{gray:?} {name} {sides:?}"
                );
            }
            let both = found(model.compare_ext(&image, None, Sides::LightDark));
            let (light, dark) = both.regions.split_at(both.light_count);
            assert_eq!(covered(light), expected(1), "{gray:?} {name} light of both");
            assert_eq!(covered(dark), expected(2), "{gray:?} {name} dark of both");
            assert!(light.iter().all(|region| region.peak > 0.0));
            assert!(dark.iter().all(|region| region.peak < 0.0));
            same(
                &found(model.compare(&image, None)),
                &found(model.compare_ext(&image, None, Sides::Absolute)),
            );
        }
    }
}

#[test]
fn map_says_by_how_many_gray_values_a_pixel_is_outside() {
    let gray = GrayType::Byte;
    let image = Pictures::load(gray, "image");
    let model = prepared(gray, Learning::Standard);
    let found = found(model.compare_ext(&image.views()[0], None, Sides::LightDark));
    for ((place, value), gray) in found.map.indexed_iter().zip(&image.bytes[0]) {
        let gray = f64::from(*gray);
        let (upper, lower) = (model.upper().unwrap()[place], model.lower().unwrap()[place]);
        let expected = (gray - upper).max(0.0) - (lower - gray).max(0.0);
        assert_eq!(*value, expected as f32);
    }
}

#[test]
fn order_and_portions_of_training_images_do_not_matter() {
    for gray in GRAYS {
        let train = Pictures::load(gray, "train");
        let views = train.views();
        let mut at_once = new(gray, Learning::Standard);
        at_once.train(&views).unwrap();
        let mut one_by_one = new(gray, Learning::Standard);
        for view in views.iter().rev() {
            one_by_one.train(&[*view]).unwrap();
        }
        assert_eq!(
            bytes(&at_once),
            bytes(&one_by_one),
            "standard, one by one, backwards"
        );

        let (mut robust, mut backwards) =
            (new(gray, Learning::Robust), new(gray, Learning::Robust));
        robust.train(&views).unwrap();
        // What was learned before is forgotten, as HALCON says.
        backwards.train(&views[..2]).unwrap();
        backwards
            .train(&views.iter().rev().copied().collect::<Vec<_>>())
            .unwrap();
        assert_eq!(bytes(&robust), bytes(&backwards), "robust, backwards");
    }
}

#[test]
fn bottom_up_rectangle_of_a_wider_picture_is_the_same_picture() {
    let gray = GrayType::Byte;
    let image = Pictures::load(gray, "image");
    let model = prepared(gray, Learning::Robust);
    let stride = WIDTH as usize + 5;
    let mut wider = vec![77u8; stride * HEIGHT as usize];
    for (y, row) in image.bytes[0]
        .chunks_exact(WIDTH as usize)
        .rev()
        .enumerate()
    {
        wider[y * stride + 3..][..WIDTH as usize].copy_from_slice(row);
    }
    let plane = twinspect::image::Plane {
        bytes: &wider,
        top: stride * (HEIGHT as usize - 1) + 3,
    };
    let view = ImageView::new(
        PixelFormat::Gray8,
        WIDTH,
        HEIGHT,
        &[plane],
        -(stride as i64),
        0.0,
        MAX_PIXELS,
    )
    .unwrap();
    same(
        &found(model.compare(&view, None)),
        &found(model.compare(&image.views()[0], None)),
    );
}

#[test]
fn calls_out_of_order_are_errors_of_state_and_change_nothing() {
    let gray = GrayType::Byte;
    let (train, tolerance) = (Pictures::load(gray, "train"), tolerance(gray));
    let views = train.views();
    let state = |result: twinspect::Result<()>, part: &str| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State, "{error}");
        assert!(
            error.to_string().contains(part),
            "'{error}' does not say '{part}'"
        );
    };
    let mut model = new(gray, Learning::Standard);
    state(model.prepare(&tolerance).map(drop), "learned nothing yet");
    state(model.compare(&views[0], None).map(drop), "not prepared");
    state(model.upper().map(drop), "not prepared");
    state(model.statistics().map(drop), "learned nothing yet");
    state(model.clear_train_data(), "not prepared");
    state(
        model.prepare_direct(&views[0], &views[1], &tolerance),
        "not direct",
    );
    assert_eq!(bytes(&model), bytes(&new(gray, Learning::Standard)));

    let mut direct = new(gray, Learning::Direct);
    state(direct.train(&views), "prepare_direct");
    state(direct.prepare(&tolerance).map(drop), "prepare_direct");
    assert_eq!(bytes(&direct), bytes(&new(gray, Learning::Direct)));

    model.train(&views).unwrap();
    model.prepare(&tolerance).unwrap();
    let before = found(model.compare(&views[3], None));
    model.clear_train_data().unwrap();
    same(&before, &found(model.compare(&views[3], None)));
    state(model.train(&views), "cleared");
    state(model.prepare(&tolerance).map(drop), "cleared");
    state(model.statistics().map(drop), "cleared");
    assert!(model.lower().is_ok());
}

#[test]
fn wrong_sizes_types_numbers_and_thresholds_are_refused_and_change_nothing() {
    let gray = GrayType::Byte;
    let (train, wide) = (
        Pictures::load(gray, "train"),
        Pictures::load(GrayType::Uint2, "train"),
    );
    let (views, wide) = (train.views(), wide.views());
    let small = views[0].crop(0, 0, WIDTH - 1, HEIGHT).unwrap();
    let mut model = prepared(gray, Learning::Standard);
    let before = bytes(&model);
    let kind = |result: twinspect::Result<()>| result.unwrap_err().kind();

    // The good ones before a bad one do not count either.
    let error = model.train(&[views[0], small]).unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (ErrorKind::ImageSize, "images[1]")
    );
    assert_eq!(kind(model.train(&[views[0], wide[0]])), ErrorKind::Image);
    assert_eq!(kind(model.train(&[])), ErrorKind::TooFewImages);
    assert_eq!(
        kind(model.compare(&small, None).map(drop)),
        ErrorKind::ImageSize
    );
    assert_eq!(
        kind(model.compare(&wide[0], None).map(drop)),
        ErrorKind::Image
    );
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let mut wrong = tolerance(gray);
        wrong.relative[1] = bad;
        assert_eq!(
            kind(model.prepare(&wrong).map(drop)),
            ErrorKind::InvalidArgument
        );
    }
    assert_eq!(bytes(&model), before);

    let mut small = Options::default();
    small.set_text("image.max_pixels", "100").unwrap();
    let size = |width, height| {
        let model = Variation::new((width, height), gray, Learning::Robust, &small);
        kind(model.map(drop))
    };
    assert_eq!(
        [size(0, 1), size(1, 32_769), size(11, 10)],
        [ErrorKind::ImageSize; 3]
    );

    let mut direct = new(gray, Learning::Direct);
    for bad in [-1.0f32, f32::NAN, f32::INFINITY] {
        let bytes: Vec<u8> = [bad; PIXELS].iter().flat_map(|v| v.to_ne_bytes()).collect();
        let variation = ImageView::packed(PixelFormat::GrayF32, WIDTH, HEIGHT, &bytes).unwrap();
        let error = direct
            .prepare_direct(&views[0], &variation, &tolerance(gray))
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.place()),
            (ErrorKind::Image, "variation"),
            "{error}"
        );
    }
}
