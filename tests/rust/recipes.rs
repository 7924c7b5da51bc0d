//! The recipes at work: each fits and inspects, with networks that are at hand in the place of its own.

use std::sync::Arc;

use image::imageops::rotate180;
use twinspect::ErrorKind;
use twinspect::features::weights;
use twinspect::model::reference::Reference;
use twinspect::model::{Fitter, Inspection, Inspector, Model};
use twinspect::options::Options;
use twinspect::verdict::Verdict;

use crate::parts::{defective, fit, good, settings, view};
use crate::skip::skip;

fn paper(more: &[(&str, &str)]) -> Options {
    let mut options = Options::default();
    options.apply_recipe("paper").unwrap();
    for (key, value) in more {
        options.set_text(key, value).unwrap();
    }
    options
}

fn inspect(model: &Arc<Model>, seed: u64) -> [Inspection; 2] {
    let mut inspector = Inspector::new(Arc::clone(model), &Options::default()).unwrap();
    [good(seed), defective(seed)].map(|picture| inspector.inspect(&view(&picture), None).unwrap())
}

#[test]
fn paper_runs_on_a_backbone_of_two_layers() {
    let backbone = &settings()[0].1;
    let options = paper(&[
        ("backbone", backbone),
        ("features.stages", "2"),
        ("features.grid", "2"),
        ("input.size", "96"),
        ("matcher", "backbone"),
        ("matcher.stage", "2"),
    ]);
    let pictures: Vec<_> = (0..25).map(good).collect();
    let model = Arc::new(fit(&pictures, &options));
    let [fine, bad] = inspect(&model, 60);
    assert!(bad.score > 2.0 * fine.score, "{} {}", bad.score, fine.score);
    assert_eq!(bad.verdict, Verdict::Defect);
}

/// The paper's steps one by one, with a smaller trained network and a matcher that are free to use.
#[test]
fn paper_with_trained_networks_groups_poses_and_finds_a_defect() {
    for name in ["efficientnet-lite0", "xfeat"] {
        if let Err(error) = weights::find(name) {
            skip("the paper's recipe with trained networks", error);
            return;
        }
    }
    let options = paper(&[
        ("backbone", "efficientnet-lite0"),
        ("matcher", "xfeat"),
        ("matcher.size", "192"),
        ("groups.size", "12"),
    ]);
    let pictures: Vec<_> = (0..24)
        .map(|seed| match seed % 2 {
            0 => good(seed),
            _ => rotate180(&good(seed)),
        })
        .collect();
    let model = Arc::new(fit(&pictures, &options));
    let sizes: Vec<usize> = model
        .groups()
        .iter()
        .map(|group| group.images().len())
        .collect();
    assert_eq!(sizes, [12, 12]);
    // Stage 4 has stride 32; 700 channels of 320 channels times nine neighbours.
    let (width, height) = model.input_size();
    assert_eq!(model.grid_size(), (width / 32, height / 32));
    let Reference::Gaussian(gaussian) = model.groups()[0].normality().reference() else {
        panic!("the paper has a Gaussian a group");
    };
    assert_eq!(gaussian.mean().size()[1], 700);
    let [fine, bad] = inspect(&model, 60);
    assert!(bad.score > fine.score, "{} {}", bad.score, fine.score);
    assert_eq!(fine.group, 0);
}

#[test]
fn paper_without_its_weights_says_how_to_get_them() {
    if weights::find("resnet50").is_ok() {
        skip("an error of missing weights", "those of resnet50 are there");
        return;
    }
    let error = Fitter::new(&paper(&[])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
    let hint = error.what_to_do();
    assert!(hint.contains("twinspect weights get resnet50"), "{error}");
}
