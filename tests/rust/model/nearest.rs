//! Pictures that are compared with the normal images most like them.

use std::sync::Arc;

use image::{RgbImage, imageops};
use nalgebra::{DMatrix, DVector};
use tch::{CModule, Device, Kind, Tensor};
use twinspect::ErrorKind;
use twinspect::image::Preprocessor;
use twinspect::map::upsample::anomaly_map;
use twinspect::model::{Fitter, Model};
use twinspect::options::Options;

use super::inspect;
use crate::parts::{SIZE, defective, fit, fitter, good, good_parts, options, view};

/// By the most similar images; no matcher, so that one group is sure.
fn by_nearest(count: &str, more: &[(&str, &str)]) -> Options {
    let nearest = [
        ("grouping", "nearest"),
        ("nearest.count", count),
        ("matcher", "none"),
    ];
    options(&[&nearest, more].concat())
}

/// What the model's network and adaptor make of a picture, [L, C'] f32, computed without the model.
fn features(model: &Model, picture: &RgbImage) -> Tensor {
    let (network, recipe) = (model.network(), model.recipe());
    let mut preprocessor = Preprocessor::new(model.input_size(), network.normalisation());
    let input = preprocessor.tensor(&view(picture)).unwrap();
    let maps = network.backbone().forward(&input, &recipe.stages).unwrap();
    let (width, height) = model.grid_size();
    let grid = (i64::from(height), i64::from(width));
    let adapted = recipe.adaptor.adapt(&maps, grid).unwrap();
    adapted.flatten(2, 3).squeeze_dim(0).tr().contiguous()
}

fn rows(features: &Tensor) -> Vec<DVector<f64>> {
    let features = features.to_kind(Kind::Double);
    (0..features.size()[0])
        .map(|row| DVector::from_vec(Vec::try_from(features.get(row)).unwrap()))
        .collect()
}

/// Distances by the definition, from images as half precision keeps them.
fn reference(images: &[&Tensor], picture: &Tensor, epsilon: f64) -> Vec<f32> {
    let images: Vec<_> = images
        .iter()
        .map(|image| rows(&image.to_kind(Kind::Half)))
        .collect();
    let (count, picture) = (images.len(), rows(picture));
    let distance = |(place, feature): (usize, &DVector<f64>)| {
        let mean = images
            .iter()
            .map(|image| &image[place])
            .sum::<DVector<f64>>()
            / count as f64;
        let mut covariance = DMatrix::identity(feature.len(), feature.len()) * epsilon;
        for image in &images {
            let off = &image[place] - &mean;
            covariance += &off * off.transpose() / (count - 1).max(1) as f64;
        }
        let off = feature - mean;
        let solved = covariance.cholesky().unwrap().solve(&off);
        off.dot(&solved).sqrt() as f32
    };
    picture.iter().enumerate().map(distance).collect()
}

/// Cosine of the features place by place, averaged, in double precision.
fn likeness(image: &Tensor, picture: &Tensor) -> f64 {
    let (image, picture) = (rows(&image.to_kind(Kind::Half)), rows(picture));
    let pairs = image.iter().zip(&picture);
    let cosines = pairs.map(|(a, b)| a.dot(b) / (a.norm() * b.norm()));
    cosines.sum::<f64>() / picture.len() as f64
}

#[test]
fn scores_are_those_of_the_chosen_images_by_the_definition() {
    let pictures = good_parts(12);
    for count in [1, 4, 100] {
        let model = Arc::new(fit(&pictures, &by_nearest(&count.to_string(), &[])));
        let known: Vec<Tensor> = pictures.iter().map(|part| features(&model, part)).collect();
        let epsilon = model.groups()[0].normality().reference().epsilon();
        let (width, height) = model.grid_size();
        let score = |images: &[&Tensor], picture: &Tensor| {
            let distances = Tensor::from_slice(&reference(images, picture, epsilon));
            let distances = distances.view([i64::from(height), i64::from(width)]);
            let map = anomaly_map(&distances, SIZE.0, SIZE.1).unwrap();
            map.iter().copied().fold(0.0, f32::max)
        };
        let best = |picture: &Tensor, without: Option<usize>| {
            let mut order: Vec<usize> = (0..12).filter(|image| Some(*image) != without).collect();
            let likeness = |image: &usize| likeness(&known[*image], picture);
            order.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
            order.truncate(count);
            order
        };
        let chosen = |numbers: &[usize]| -> Vec<&Tensor> {
            numbers.iter().map(|image| &known[*image]).collect()
        };
        for picture in [good(40), defective(41)] {
            let found = inspect(&model, &picture);
            let picture = features(&model, &picture);
            assert_eq!(found.nearest, best(&picture, None));
            let expected = score(&chosen(&found.nearest), &picture);
            // Features of a picture are the same bits; what is left is rounding of the result to 24 bits, and of the map.
            let off = (found.score / expected - 1.0).abs();
            assert!(
                off < 1e-5,
                "{count} images: {}, not {expected}",
                found.score
            );
        }
        // Its own score is that of an image beside the others, which it is not among.
        for (number, image) in model.groups()[0].images().iter().enumerate() {
            let others = best(&known[number], Some(number));
            let expected = score(&chosen(&others), &known[number]);
            let off = (image.score / expected - 1.0).abs();
            assert!(
                off < 1e-5,
                "image {number}: {}, not {expected}",
                image.score
            );
        }
    }
}

#[test]
fn image_is_never_compared_with_itself() {
    let model = fit(&good_parts(2), &by_nearest("5", &[]));
    let epsilon = model.groups()[0].normality().reference().epsilon();
    let pictures = good_parts(2);
    let known: Vec<Tensor> = pictures.iter().map(|part| features(&model, part)).collect();
    for (number, other) in [(0, 1), (1, 0)] {
        // From one image: the Euclidean distance in units of the root of epsilon.
        let off = &known[number] - known[other].to_kind(Kind::Half);
        let furthest = off.square().sum_dim_intlist(1, false, Kind::Double).max();
        let expected = (furthest.double_value(&[]) / epsilon).sqrt();
        let found = f64::from(model.groups()[0].images()[number].peak);
        // The map's maximum lies at a location's middle or beside it, lower by what interpolation takes.
        assert!(
            (0.8..1.001).contains(&(found / expected)),
            "image {number}: {found}, not {expected}"
        );
    }
}

#[test]
fn chosen_images_lie_as_the_picture_does() {
    let turned = |seed| imageops::rotate180(&good(seed));
    let pose = |seed| {
        if seed % 2 == 0 {
            good(seed)
        } else {
            turned(seed)
        }
    };
    let pictures: Vec<RgbImage> = (0..16).map(pose).collect();
    let mixed = Arc::new(fit(&pictures, &by_nearest("6", &[("matcher", "backbone")])));
    assert_eq!(mixed.groups().len(), 1);
    for (picture, parity) in [
        (good(50), 0),
        (defective(51), 0),
        (turned(52), 1),
        (imageops::rotate180(&defective(53)), 1),
    ] {
        let found = inspect(&mixed, &picture);
        assert_eq!(found.nearest.len(), 6);
        assert!(
            found.nearest.iter().all(|image| image % 2 == parity),
            "{:?} of pose {parity}",
            found.nearest
        );
    }
    // As if there were no images in the other pose, but for the regularisation, which follows from all.
    let settings = [("statistics.epsilon_of", "unit")];
    let mixed = Arc::new(fit(&pictures, &by_nearest("6", &settings)));
    let upright: Vec<RgbImage> = pictures.iter().step_by(2).cloned().collect();
    let alone = Arc::new(fit(&upright, &by_nearest("6", &settings)));
    let (mixed, alone) = (inspect(&mixed, &good(60)), inspect(&alone, &good(60)));
    assert_eq!(mixed.score.to_bits(), alone.score.to_bits());
}

#[test]
fn model_with_its_bank_gives_the_same_scores_through_a_file_and_is_extended() {
    let settings = by_nearest("5", &[("statistics.epsilon_of", "unit")]);
    let pictures = good_parts(12);
    let first = Arc::new(fit(&pictures[..8], &settings));
    let bytes = first.to_bytes().unwrap();
    let read = Arc::new(Model::from_bytes(&bytes, &Options::default()).unwrap());
    let picture = defective(70);
    let of = |model: &Arc<Model>| {
        let found = inspect(model, &picture);
        (found.score.to_bits(), found.nearest)
    };
    assert_eq!(of(&first), of(&read));

    let mut adding = Fitter::extending(read, &Options::default()).unwrap();
    for (number, picture) in pictures.iter().enumerate().skip(8) {
        adding
            .add(&view(picture), None, &format!("{number:03}.png"))
            .unwrap();
    }
    let extended = Arc::new(adding.fit(&mut ()).unwrap());
    let at_once = Arc::new(fit(&pictures, &settings));
    assert_eq!(of(&extended), of(&at_once));
    // Those that came later are scored beside all; those before keep theirs.
    let scores = |model: &Model| -> Vec<f32> {
        let images = model.groups()[0].images().iter();
        images.map(|image| image.score).collect()
    };
    assert_eq!(scores(&extended)[..8], scores(&first)[..]);
    assert_eq!(scores(&extended)[8..], scores(&at_once)[8..]);
}

#[test]
fn bank_of_one_image_is_compared_with_and_grows() {
    let model = Arc::new(fit(&good_parts(1), &by_nearest("25", &[])));
    let (fine, broken) = (inspect(&model, &good(80)), inspect(&model, &defective(81)));
    assert_eq!(
        (&fine.nearest[..], model.thresholds().image),
        (&[0][..], None)
    );
    assert!(fine.score.is_finite() && fine.score < broken.score);
    let mut adding = Fitter::extending(model, &Options::default()).unwrap();
    adding.add(&view(&good(82)), None, "second").unwrap();
    let grown = adding.fit(&mut ()).unwrap();
    assert!(grown.groups()[0].images()[1].score > 0.0);
}

#[test]
fn features_that_half_precision_cannot_hold_are_an_error_that_names_the_picture() {
    // The picture itself as a feature map, up to 100000.
    let trial = Tensor::zeros([1, 3, 64, 96], (Kind::Float, Device::Cpu));
    let mut large = |inputs: &[Tensor]| {
        vec![inputs[0].avg_pool2d([8, 8], [8, 8], [0, 0], false, true, None::<i64>) * 100_000.0]
    };
    let module = CModule::create_by_tracing("large", "forward", &[trial], &mut large).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.pt");
    module.save(&path).unwrap();
    let stage = [("features.stages", "1"), ("features.grid", "1")];
    let mut settings = by_nearest("5", &stage);
    settings
        .set_text("backbone", path.to_str().unwrap())
        .unwrap();
    let dark = RgbImage::from_pixel(SIZE.0, SIZE.1, image::Rgb([110; 3]));
    let bright = RgbImage::from_pixel(SIZE.0, SIZE.1, image::Rgb([255; 3]));
    let error = fitter(&[dark.clone(), bright.clone()], &settings)
        .fit(&mut ())
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (ErrorKind::Numeric, "001.png"),
        "{error}"
    );
    assert!(error.message().contains("half precision"), "{error}");
    // A picture that is inspected is not halved: it is far from all that is known.
    let model = Arc::new(fit(&[dark], &settings));
    assert!(inspect(&model, &bright).score > 1e3);
}

#[test]
fn picture_without_any_light_is_compared_like_any_other() {
    let mut pictures = good_parts(5);
    pictures.push(RgbImage::new(SIZE.0, SIZE.1));
    for by in ["place", "mean"] {
        let model = Arc::new(fit(&pictures, &by_nearest("3", &[("nearest.by", by)])));
        let found = inspect(&model, &RgbImage::new(SIZE.0, SIZE.1));
        assert_eq!(found.nearest[0], 5, "by {by}");
        assert!(found.score.is_finite());
    }
}
