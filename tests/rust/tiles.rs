//! Pictures whose features are computed in tiles: the same maps as of those seen at once.

use std::sync::Arc;

use image::{Rgb, RgbImage};
use tch::{Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::features::backbone::{Architecture, Backbone};
use twinspect::features::tiles::{TilePlan, Tiles};
use twinspect::image::{Normalisation, Preprocessor, Window};
use twinspect::model::{Fitter, Inspection, Inspector, Model};
use twinspect::options::Options;

use crate::backbones::weights_of_shapes;
use crate::oracle::data;
use crate::parts::{fit, options, view};

/// The two layers see 4 pixels beyond a location, the neighbourhoods and the smoothing here up to 24.
const TILES: [(&str, &str); 2] = [("tile.size", "64"), ("tile.overlap", "32")];

/// Each picture's own size, and no matches.
const OWN_SIZE: [(&str, &str); 2] = [("input.size", "0"), ("matcher", "none")];

const CORESET: [(&str, &str); 3] = [
    ("statistics", "neighbour"),
    ("neighbour.share", "0.1"),
    ("neighbour.support", "3"),
];

/// Waves with a little noise, and the last of the pictures with a dark spot near its lower right corner.
fn sheets(count: u32, (width, height): (u32, u32)) -> Vec<RgbImage> {
    (0..count)
        .map(|number| {
            RgbImage::from_fn(width, height, |x, y| {
                let wave = (x as f32 / 9.0).sin() * (y as f32 / 7.0).cos();
                let noise = (x * 7919 + y * 104_729 + number * 1_299_709) % 1009 % 17;
                let spot = number + 1 == count && x + 30 > width && y + 25 > height;
                let value = if spot { 30.0 } else { 128.0 + 80.0 * wave };
                let value = value as u8 + noise as u8;
                Rgb([value, value.wrapping_add(9), 255 - value])
            })
        })
        .collect()
}

fn with(more: &[&[(&str, &str)]]) -> Options {
    options(&more.concat())
}

fn inspect(model: &Arc<Model>, picture: &RgbImage) -> Inspection {
    Inspector::new(Arc::clone(model), &Options::default())
        .unwrap()
        .inspect(&view(picture), None)
        .unwrap()
}

/// A model of all but the last picture, and the inspection of that one.
fn inspected(pictures: &[RgbImage], options: &Options) -> (Arc<Model>, Inspection) {
    let (last, good) = pictures.split_last().unwrap();
    let model = Arc::new(fit(good, options));
    let found = inspect(&model, last);
    (model, found)
}

/// Largest difference of two maps, as a share of the highest value.
fn off(found: &Inspection, expected: &Inspection) -> f32 {
    assert_eq!(found.map.dim(), expected.map.dim());
    let pairs = found.map.iter().zip(&expected.map);
    let off = pairs.fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
    off / expected.score
}

#[test]
fn map_equals_that_of_the_whole_everywhere() {
    let settings: [&[(&str, &str)]; 5] = [
        &[],
        &CORESET,
        &[("adaptor.border", "zero"), ("features.sigma", "0.4")],
        &[
            ("adaptor", "adaptive"),
            ("adaptor.channels", "7"),
            ("features.grid", "1"),
        ],
        &[
            ("embedding", "orthogonal"),
            ("embedding.channels", "5"),
            ("features.grid", "1"),
        ],
    ];
    // Sides that the strides divide, odd ones, last tiles that are small, and tiles along one axis only.
    for size in [(320, 192), (301, 203), (265, 129), (400, 90)] {
        let pictures = sheets(4, size);
        for more in settings {
            let (_, whole) = inspected(&pictures, &with(&[&OWN_SIZE, more]));
            let (model, tiled) = inspected(&pictures, &with(&[&OWN_SIZE, &TILES, more]));
            assert_eq!(model.input_size(), size);
            // Features differ by a few units in the last place, by the order of sums; distances to a Gaussian by more.
            let off = off(&tiled, &whole);
            assert!(off < 2e-4, "{size:?}, {more:?}: {off}");
            assert!((tiled.score - whole.score).abs() < 2e-4 * whole.score);
        }
    }
}

#[test]
fn lite_pads_tiles_as_it_pads_the_whole() {
    // Its padding depends on whether a side is odd, at each of its layers.
    let architecture = Architecture::EfficientNetLite0;
    let tensors = weights_of_shapes(&data("backbones/shapes.json"), &architecture.to_string());
    let backbone = Backbone::from_tensors(architecture, &tensors, Device::Cpu).unwrap();
    let plan = TilePlan {
        size_px: 64,
        overlap_px: 128,
    };
    for (width, height) in [(448i64, 96i64), (453, 95)] {
        let input = Tensor::rand([1, 3, height, width], (Kind::Float, Device::Cpu));
        let whole = &backbone.forward(&input, &[2]).unwrap()[0];
        let tiles = Tiles::new(plan, (width as u32, height as u32), &[8]);
        assert!(tiles.count() > 1);
        for tile in tiles.iter() {
            let Window { x, width, .. } = tile.window();
            let seen = input.narrow(3, x.into(), width.into());
            let map = &backbone.forward(&seen, &[2]).unwrap()[0];
            let [_, (columns, left)] = tile.kept(8);
            let count = columns.end - columns.start;
            let expected = whole.narrow(3, columns.start, count);
            let off = (map.narrow(3, left, count) - &expected).abs().max();
            let off = off.double_value(&[]) / expected.abs().max().double_value(&[]);
            assert!(off < 1e-5, "{off}");
        }
    }
}

#[test]
fn picture_that_fits_into_a_tile_is_seen_at_once() {
    let pictures = sheets(4, (200, 150));
    let large = [("tile.size", "256"), ("tile.overlap", "64")];
    let (model, whole) = inspected(&pictures, &with(&[&OWN_SIZE]));
    let (tiled_model, tiled) = inspected(&pictures, &with(&[&OWN_SIZE, &large]));
    assert_eq!(tiled.map, whole.map);
    assert_eq!(tiled.score, whole.score);
    let digest = |model: &Model| model.groups()[0].images()[0].digest.clone();
    assert_eq!(digest(&tiled_model), digest(&model));
}

#[test]
fn resized_picture_is_cut_as_if_it_had_been_resized_first() {
    for (size, input) in [((640, 403), (211, 129)), ((97, 61), (300, 190))] {
        let picture = &sheets(1, size)[0];
        let mut preprocessor = Preprocessor::new(input, Normalisation::IMAGENET);
        let whole = preprocessor.tensor(&view(picture)).unwrap();
        for (x, y, width, height) in [(0, 0, 64, 64), (50, 33, 70, 81), (147, 65, 64, 64)] {
            let window = Window {
                x,
                y,
                width,
                height,
            };
            let part = preprocessor.window(&view(picture), window).unwrap();
            let expected = whole.narrow(2, y.into(), height.into());
            let expected = expected.narrow(3, x.into(), width.into());
            let off = (part - expected).abs().max().double_value(&[]);
            assert!(off < 2e-6, "{size:?} to {input:?}, {window:?}: {off:e}");
        }
        let outside = Window {
            x: input.0 - 3,
            y: 0,
            width: 4,
            height: 1,
        };
        let error = preprocessor.window(&view(picture), outside).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn model_is_stored_and_takes_pictures_of_other_sizes() {
    let pictures = sheets(4, (300, 200));
    let options = with(&[&OWN_SIZE, &TILES, &CORESET]);
    let (model, found) = inspected(&pictures, &options);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.twin");
    model.save(&path).unwrap();
    let loaded = Arc::new(Model::load(&path, &Options::default()).unwrap());
    let again = inspect(&loaded, &pictures[3]);
    assert_eq!(again.map, found.map);
    let other = inspect(&loaded, &sheets(1, (150, 170))[0]);
    assert_eq!(other.map.dim(), (170, 150));
    let larger = inspect(&loaded, &sheets(1, (700, 500))[0]);
    assert_eq!(larger.map.dim(), (500, 700));

    let mut extending = Fitter::extending(Arc::clone(&loaded), &Options::default()).unwrap();
    extending.add(&view(&pictures[3]), None, "new").unwrap();
    assert_eq!(extending.fit(&mut ()).unwrap().image_count(), 4);
}

#[test]
fn copies_are_found_and_learned_pictures_known() {
    let pictures = sheets(3, (300, 200));
    let options = with(&[&OWN_SIZE, &TILES]);
    let twice = [&pictures[..], &pictures[1..2]].concat();
    let model = Arc::new(fit(&twice, &options));
    assert_eq!((model.image_count(), model.left_out().len()), (3, 1));
    let mut inspector = Inspector::new(Arc::clone(&model), &Options::default()).unwrap();
    let known = inspector.learned(&view(&pictures[2])).unwrap();
    assert_eq!(known, Some("002.png"));
    let thumbnail = model.groups()[0].thumbnail();
    assert_eq!(thumbnail.dimensions(), (128, 85));
}

#[test]
fn tiles_alone_settle_what_is_left_open_and_the_rest_is_refused() {
    let mut defaults = options(&[("tile.size", "64")]);
    for key in ["registration", "ground"] {
        defaults.set_text(key, "auto").unwrap();
    }
    let model = fit(&sheets(3, (300, 200)), &defaults);
    assert!(model.recipe().registration.is_none() && model.recipe().matcher.is_none());

    for (more, place) in [
        (&[("registration", "similarity")], "registration"),
        (&[("ground", "level")], "ground"),
        (&[("fit.copies", "flips")], "fit.copies"),
        (&[("groups.size", "25")], "matcher"),
        (&[("tile.size", "60")], "tile.size"),
        (&[("tile.overlap", "8")], "tile.overlap"),
        (&[("adaptor.patch", "15")], "tile.overlap"),
    ] {
        let error = Fitter::new(&with(&[&TILES, more])).unwrap_err();
        assert_eq!(
            (error.kind(), error.place()),
            (ErrorKind::InvalidArgument, place),
            "{more:?}: {error}"
        );
    }
}

#[test]
fn input_that_is_too_large_to_be_seen_at_once_is_refused() {
    let (width, height) = (8200, 2100);
    let picture = RgbImage::new(width, height);
    let mut fitter = Fitter::new(&with(&[&OWN_SIZE])).unwrap();
    let error = fitter.add(&view(&picture), None, "large").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("tile.size=512"), "{error}");
}
