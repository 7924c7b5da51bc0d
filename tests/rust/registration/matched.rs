//! Real pictures matched by XFeat; they lie outside of the repository, since their licences do not allow them in it.

use std::path::PathBuf;

use nalgebra::Matrix3;
use tch::{Device, Tensor};
use twinspect::Result;
use twinspect::features::weights;
use twinspect::image::{DEFAULT_MAX_PIXELS, Normalisation, Picture, Preprocessor, decode_file};
use twinspect::matching::xfeat::XFeat;
use twinspect::matching::{Keypoints, Matcher};
use twinspect::registration::{
    Motion, Pair, Points, Ransac, Registered, Transform, pairs, register, warp,
};

use crate::skip::skip;

/// XFeat with its weights and the folder of the picture sets; says why if one is missing.
pub fn set_up(what: &str) -> Option<(XFeat, PathBuf)> {
    let shared = std::env::var_os("TWINSPECT_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let sets = shared.join("data");
    if !sets.is_dir() {
        let why = format!("there is no {} (TWINSPECT_SHARED/data)", sets.display());
        skip(what, why);
        return None;
    }
    match weights::find("xfeat") {
        Ok(found) => {
            let tensors = weights::read(&found.path).unwrap();
            let xfeat = XFeat::new(&tensors, XFeat::TOP_K, 640, Device::Cpu).unwrap();
            Some((xfeat, sets))
        }
        Err(error) => {
            skip(what, error);
            None
        }
    }
}

/// A picture file at its own size, [1, 3, H, W] f32, 0 to 1.
pub fn picture(path: PathBuf) -> Tensor {
    let picture = decode_file(&path, DEFAULT_MAX_PIXELS).unwrap();
    resized(&picture, (picture.width(), picture.height()))
}

/// A picture file as a square.
pub fn picture_at(side_px: u32, path: PathBuf) -> Tensor {
    let picture = decode_file(&path, DEFAULT_MAX_PIXELS).unwrap();
    resized(&picture, (side_px, side_px))
}

fn resized(picture: &Picture, size: (u32, u32)) -> Tensor {
    let mut preprocessor = Preprocessor::new(size, Normalisation::NONE);
    preprocessor.tensor(&picture.view()).unwrap()
}

/// The picture as another exposure would show it: darker, with noise of two levels in a hundred.
pub fn seen_again(picture: &Tensor) -> Tensor {
    tch::manual_seed(7);
    picture * 0.9 + 0.03 + picture.randn_like() * 0.02
}

/// A motion given about the middle of a picture.
pub fn about_middle(matrix: Matrix3<f64>, picture: &Tensor) -> Transform {
    let (width, height) = size(picture);
    let middle = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    let from_middle = Transform::similarity(1.0, 0.0, middle).unwrap();
    let to_middle = from_middle.inverse();
    Transform::new(from_middle.matrix() * matrix * to_middle.matrix()).unwrap()
}

/// A first round that takes what it can get, and one for half-pixel places.
pub fn rounds(motion: Motion) -> [Ransac; 2] {
    let within = |tolerance_px| Ransac {
        motion,
        tolerance_px,
        ..Ransac::default()
    };
    [within(6.0), within(3.0)]
}

/// Width and height.
pub fn size(picture: &Tensor) -> (u32, u32) {
    let (_, _, height, width) = picture.size4().unwrap();
    (width as u32, height as u32)
}

/// The picture where `motion` brings it, in a frame of its own size.
pub fn moved(picture: &Tensor, motion: &Transform) -> Tensor {
    let (width, height) = size(picture);
    warp(picture, motion, width, height).unwrap().pixels
}

/// Registers `image` onto `lead`, whose key points are known, in rounds.
pub fn registered(
    xfeat: &XFeat,
    image: &Tensor,
    lead: &Keypoints,
    start: &Transform,
    rounds: &[Ransac],
) -> Option<Registered> {
    let mut match_warped = |so_far: &Transform| -> Result<Vec<Pair>> {
        let points = xfeat.detect(&moved(image, so_far))?;
        let matches = xfeat.correspond(&points, lead)?;
        pairs(&matches, in_frame(&points, 1.0), in_frame(lead, 1.0))
    };
    register(start, rounds, &mut match_warped).unwrap()
}

/// Key points in a frame that has so many pixels for each of theirs.
pub fn in_frame(points: &Keypoints, px: f64) -> Points<'_> {
    Points {
        positions: points.positions(),
        scale: (px, px),
    }
}

/// Mean and greatest distance at the corners of a picture.
pub fn corner_errors_px(a: &Transform, b: &Transform, picture: &Tensor) -> (f64, f64) {
    let (width, height) = size(picture);
    let (width, height) = (f64::from(width), f64::from(height));
    let errors = [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)].map(|corner| {
        match (a.apply(corner), b.apply(corner)) {
            (Some(a), Some(b)) => (a.0 - b.0).hypot(a.1 - b.1),
            _ => f64::INFINITY,
        }
    });
    let mean = errors.iter().sum::<f64>() / 4.0;
    (mean, errors.into_iter().fold(0.0, f64::max))
}
