//! Circuit boards that were moved, brought back onto their references: the difference then shows the defects.

use std::collections::BTreeMap;
use std::path::Path;

use image::{GrayImage, Luma};
use imageproc::region_labelling::{Connectivity, connected_components};
use tch::{Kind, Tensor};
use twinspect::matching::Matcher;
use twinspect::matching::xfeat::XFeat;
use twinspect::registration::{Motion, Template, Transform, warp};

use super::matched::{
    about_middle, corner_errors_px, moved, picture, registered, rounds, set_up, size,
};

/// The set's pairs are not aligned to a pixel themselves, so that only how a moved board differs from the same board
/// unmoved can be judged.
const HALF_A_PIXEL: f64 = 0.5;

/// All forty take minutes.
const EVERY: usize = 1;

/// A board, its reference, and white boxes around its defects.
struct Board {
    name: String,
    image: Tensor,
    reference: Tensor,
    boxes: GrayImage,
}

fn boards(root: &Path) -> impl Iterator<Item = Board> {
    let names = std::fs::read_dir(root.join("reference")).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names.into_iter().step_by(EVERY).map(|name| Board {
        image: picture(root.join(format!("test/{name}.jpg"))),
        reference: picture(root.join(format!("reference/{name}.jpg"))),
        boxes: image::open(root.join(format!("ground_truth/{name}_mask.png")))
            .unwrap()
            .to_luma8(),
        name,
    })
}

/// Turned by 1 to 5 degrees to either side, and shifted.
fn small_motion(number: usize, picture: &Tensor) -> Transform {
    let degrees = (1.0 + (number % 5) as f64) * if number % 2 == 0 { 1.0 } else { -1.0 };
    let shift = (5.3 + (number % 7) as f64, -7.8 + 1.7 * (number % 3) as f64);
    let motion = Transform::similarity(1.0, degrees.to_radians(), shift).unwrap();
    about_middle(*motion.matrix(), picture)
}

/// By points alone, and by gray values.
fn onto_reference(xfeat: &XFeat, image: &Tensor, reference: &Tensor) -> Option<[Transform; 2]> {
    let points = xfeat.detect(reference).unwrap();
    let (start, rounds) = (Transform::identity(), rounds(Motion::Similarity));
    let found = registered(xfeat, image, &points, &start, &rounds)?.transform;
    let template = Template::new(reference, Motion::Similarity).unwrap();
    Some([found, template.align(image, &found).unwrap()?])
}

/// How many boxes hold a greater difference than 99.5 % of the pixels outside of boxes, and the mean difference there.
fn boxes_seen(board: &Board, image: &Tensor, motion: &Transform) -> (usize, f64) {
    let (width, height) = size(&board.reference);
    let warped = warp(image, motion, width, height).unwrap();
    let gray = |picture: &Tensor| picture.mean_dim([1i64].as_slice(), true, Kind::Float);
    let is_valid = warped.is_valid.to_kind(Kind::Float);
    let difference =
        (gray(&warped.pixels) - gray(&board.reference)).abs() * is_valid.view_as_picture();
    // Over 5 x 5 pixels: binary pictures differ by 1 along every edge that is off.
    let difference = difference.avg_pool2d([5, 5], [1, 1], [2, 2], false, true, None);
    let values: Vec<f32> = difference.flatten(0, -1).try_into().unwrap();
    let is_valid: Vec<f32> = is_valid.flatten(0, -1).try_into().unwrap();

    let labels = connected_components(&board.boxes, Connectivity::Eight, Luma([0]));
    let (mut greatest, mut outside) = (BTreeMap::<u32, f32>::new(), Vec::new());
    for ((label, value), is_valid) in labels.pixels().zip(values).zip(is_valid) {
        match label.0[0] {
            0 if is_valid > 0.0 => outside.push(value),
            0 => {}
            label => {
                let greatest = greatest.entry(label).or_default();
                *greatest = greatest.max(value);
            }
        }
    }
    let place = outside.len() * 995 / 1000;
    let quantile = *outside.select_nth_unstable_by(place, f32::total_cmp).1;
    let mean = outside.iter().map(|value| f64::from(*value)).sum::<f64>() / outside.len() as f64;
    let seen = greatest.values().filter(|value| **value > quantile);
    (seen.count(), mean)
}

trait AsPicture {
    fn view_as_picture(&self) -> Tensor;
}

impl AsPicture for Tensor {
    fn view_as_picture(&self) -> Tensor {
        self.unsqueeze(0).unsqueeze(0)
    }
}

fn count(boxes: &GrayImage) -> usize {
    let labels = connected_components(boxes, Connectivity::Eight, Luma([0]));
    labels.pixels().map(|label| label.0[0]).max().unwrap_or(0) as usize
}

#[test]
fn moved_boards_come_onto_their_references_and_show_their_defects() {
    let Some((xfeat, sets)) = set_up("boards moved off their references") else {
        return;
    };
    let _no_grad = tch::no_grad_guard();
    let (mut boxes, mut seen) = (0, [0; 3]);
    for (number, board) in boards(&sets.join("deeppcb")).enumerate() {
        let Board {
            name,
            image,
            reference,
            ..
        } = &board;
        let motion = small_motion(number, image);
        let image_moved = moved(image, &motion);
        let [_, unmoved] = onto_reference(&xfeat, image, reference).unwrap();
        let [by_points, aligned] = onto_reference(&xfeat, &image_moved, reference).unwrap();
        let expected = motion.inverse().then(&unmoved).unwrap();
        let (own, _) = corner_errors_px(&unmoved, &Transform::identity(), image);
        let (points_off, _) = corner_errors_px(&by_points, &expected, image);
        let (mean, most) = corner_errors_px(&aligned, &expected, image);
        boxes += count(&board.boxes);
        let states = [
            boxes_seen(&board, &image_moved, &Transform::identity()),
            boxes_seen(&board, &image_moved, &by_points),
            boxes_seen(&board, &image_moved, &aligned),
        ];
        for (sum, (found, _)) in seen.iter_mut().zip(states) {
            *sum += found;
        }
        let [still, still_aligned] =
            [Transform::identity(), unmoved].map(|t| boxes_seen(&board, image, &t).1);
        println!(
            "{name}: the pair is off by {own:.2} px (difference {still:.4}, aligned {still_aligned:.4}); moved {points_off:.2} px by points, {mean:.2} px aligned, {most:.2} px at most; {states:?}"
        );
        if mean > HALF_A_PIXEL {
            println!("FAILED {name}");
        }
    }
    println!("{boxes} boxes; seen unregistered, by points, aligned: {seen:?}");
    assert!(seen[2] > seen[0], "{seen:?} of {boxes} boxes");
}
