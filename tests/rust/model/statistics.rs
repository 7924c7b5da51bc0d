//! What pictures can be compared with other than Gaussians: found, stored, extended, left out.

use std::sync::Arc;

use twinspect::ErrorKind;
use twinspect::model::reference::Reference;
use twinspect::model::{Fitter, Model, Recipe};
use twinspect::options::Options;
use twinspect::verdict::Verdict;

use super::inspect;
use crate::parts::{defective, fit, good, good_parts, options, settings, view};
use crate::turned;

/// Options of each kind, by a name.
fn kinds() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    vec![
        ("anywhere", vec![("statistics", "neighbour")]),
        (
            "near",
            vec![("statistics", "neighbour"), ("neighbour.reach", "1")],
        ),
        (
            "nearest images",
            vec![
                ("statistics", "neighbour"),
                ("grouping", "nearest"),
                ("nearest.count", "5"),
            ],
        ),
        (
            "coreset",
            vec![
                ("statistics", "neighbour"),
                ("neighbour.share", "0.1"),
                ("neighbour.support", "4"),
            ],
        ),
        (
            "projected coreset",
            vec![
                ("statistics", "neighbour"),
                ("neighbour.share", "0.1"),
                ("neighbour.projection", "4"),
            ],
        ),
        ("subspace", vec![("statistics", "subspace")]),
        (
            "channels",
            vec![("embedding", "channels"), ("embedding.channels", "6")],
        ),
        (
            "orthogonal",
            vec![("embedding", "orthogonal"), ("embedding.channels", "6")],
        ),
        ("ground", vec![("ground", "level")]),
    ]
}

fn through_a_file(model: &Model) -> Arc<Model> {
    let bytes = model.to_bytes().unwrap();
    Arc::new(Model::from_bytes(&bytes, &Options::default()).unwrap())
}

#[test]
fn defect_is_found_by_each_kind_and_scores_survive_a_file() {
    for (name, settings) in kinds() {
        let model = Arc::new(fit(&good_parts(24), &options(&settings)));
        let (fine, bad) = (inspect(&model, &good(70)), inspect(&model, &defective(71)));
        // Two layers that were never trained say little of where features lie in general.
        let expected = match name {
            "subspace" => bad.verdict,
            _ => Verdict::Defect,
        };
        assert_eq!(
            bad.verdict, expected,
            "{name}: {} of {:?}",
            bad.score, bad.thresholds
        );
        assert!(bad.score > fine.score, "{name}");
        assert_eq!(
            fine.verdict,
            Verdict::Good,
            "{name}: {} of {:?}",
            fine.score,
            fine.thresholds
        );
        let stored = through_a_file(&model);
        assert_eq!(inspect(&stored, &defective(71)).score, bad.score, "{name}");
        assert_eq!(
            stored.to_bytes().unwrap(),
            model.to_bytes().unwrap(),
            "{name}"
        );
    }
}

/// An image's own score is that of a picture that the model has not seen: about as high as those of unseen good parts.
#[test]
fn images_left_out_score_as_unseen_ones_do() {
    for (name, settings) in kinds() {
        let model = Arc::new(fit(&good_parts(24), &options(&settings)));
        let median = |mut scores: Vec<f32>| {
            scores.sort_by(f32::total_cmp);
            scores[scores.len() / 2]
        };
        let images = model.groups()[0].images().iter();
        let own = median(images.map(|image| image.score).collect());
        let unseen = (100..120).map(|seed| inspect(&model, &good(seed)).score);
        let unseen = median(unseen.collect());
        let seen = (0..20).map(|seed| inspect(&model, &good(seed)).score);
        let seen = median(seen.collect());
        assert!(
            (0.75..1.5).contains(&(own / unseen)),
            "{name}: {own} left out, {unseen} unseen"
        );
        // A subspace does not remember single images.
        let is_remembered = name == "subspace" || seen < unseen;
        assert!(is_remembered, "{name}: {seen} seen, {unseen} unseen");
    }
}

/// Where pictures are moved onto their lead the part has a reference of its own, of the same kind.
#[test]
fn part_that_is_moved_has_a_reference_of_the_same_kind() {
    let poses = turned::poses(24);
    let parts = turned::good_parts(&poses);
    let moved = [("registration", "similarity"), ("input.size", "160")];
    let kept = ["near", "coreset", "subspace", "orthogonal"];
    for (name, settings) in kinds() {
        if !kept.contains(&name) {
            continue;
        }
        let model = Arc::new(fit(&parts, &options(&[&moved, &settings[..]].concat())));
        let kind = std::mem::discriminant(model.groups()[0].normality().reference());
        let part = model.groups()[0].part().unwrap();
        assert_eq!(std::mem::discriminant(part.reference()), kind, "{name}");
        let pose = turned::pose(33.0, (2.0, -3.0));
        let bad = inspect(&model, &turned::with_spot(91, &pose));
        assert!(bad.registration.is_some() && bad.score > 0.0, "{name}");
        let stored = inspect(&through_a_file(&model), &turned::with_spot(91, &pose));
        assert_eq!(stored.score, bad.score, "{name}");
    }
}

#[test]
fn images_are_added_to_each_kind() {
    for (name, settings) in kinds() {
        let model = Arc::new(fit(&good_parts(16), &options(&settings)));
        let mut adding = Fitter::extending(Arc::clone(&model), &Options::default()).unwrap();
        for seed in 40..52 {
            adding
                .add(&view(&good(seed)), None, &format!("new {seed}"))
                .unwrap();
        }
        let more = Arc::new(adding.fit(&mut ()).unwrap());
        assert_eq!(more.image_count(), 28, "{name}");
        let before = inspect(&model, &good(45)).score;
        let after = inspect(&more, &good(45)).score;
        // A subspace does not remember single images.
        if name != "subspace" {
            assert!(after < before, "{name}: {before} before, {after} after");
            let bad = inspect(&more, &defective(71));
            assert_eq!(bad.verdict, Verdict::Defect, "{name}");
        }
        let again = through_a_file(&more);
        assert_eq!(inspect(&again, &good(45)).score, after, "{name}");
    }
}

#[test]
fn coreset_keeps_the_share_that_was_asked_for_also_when_images_are_added() {
    let share = [("statistics", "neighbour"), ("neighbour.share", "0.1")];
    let kept = |model: &Model| match model.groups()[0].normality().reference() {
        Reference::Coreset(coreset, _) => coreset.members().size()[0],
        other => panic!("a coreset, not {other:?}"),
    };
    let model = Arc::new(fit(&good_parts(10), &options(&share)));
    let (width, height) = model.grid_size();
    let locations = i64::from(width * height);
    assert_eq!(kept(&model), locations);
    let mut adding = Fitter::extending(Arc::clone(&model), &Options::default()).unwrap();
    for seed in 40..50 {
        adding
            .add(&view(&good(seed)), None, &format!("new {seed}"))
            .unwrap();
    }
    assert_eq!(kept(&adding.fit(&mut ()).unwrap()), 2 * locations);
}

#[test]
fn options_that_do_not_go_together_are_named() {
    let many = [
        (
            vec![
                ("statistics", "neighbour"),
                ("neighbour.share", "0.1"),
                ("neighbour.reach", "1"),
            ],
            "neighbour.share",
        ),
        (
            vec![
                ("statistics", "neighbour"),
                ("neighbour.share", "0.1"),
                ("grouping", "nearest"),
            ],
            "neighbour.share",
        ),
        (
            vec![("statistics", "neighbour"), ("neighbour.support", "9")],
            "neighbour.support",
        ),
        (
            vec![("statistics", "subspace"), ("grouping", "nearest")],
            "statistics",
        ),
        (
            vec![("ground", "level"), ("registration", "similarity")],
            "ground",
        ),
        (vec![("ground", "level"), ("groups.size", "25")], "ground"),
    ];
    for (settings, place) in many {
        let error = Recipe::from_options(&options(&settings)).unwrap_err();
        assert_eq!(
            (error.kind(), error.place()),
            (ErrorKind::InvalidArgument, place)
        );
        assert!(!error.what_to_do().is_empty(), "{error}");
    }
    let error = Fitter::new(&options(&[
        ("embedding", "channels"),
        ("embedding.channels", "9999"),
    ]));
    assert_eq!(error.unwrap_err().place(), "embedding.channels");
}

#[test]
fn each_rival_runs_on_a_backbone_of_two_layers() {
    let small = settings();
    for recipe in ["padim", "orthoad", "patchcore", "spade", "rad", "subspace"] {
        let mut options = Options::default();
        options.apply_recipe(recipe).unwrap();
        for (key, value) in &small {
            options.set_text(key, value).unwrap();
        }
        options.set_text("embedding.channels", "8").unwrap();
        options
            .set_text(
                "neighbour.share",
                if recipe == "patchcore" { "0.05" } else { "1" },
            )
            .unwrap();
        let model = Arc::new(fit(&good_parts(20), &options));
        let (fine, bad) = (inspect(&model, &good(70)), inspect(&model, &defective(71)));
        assert!(
            bad.score > 1.1 * fine.score,
            "{recipe}: {} {}",
            bad.score,
            fine.score
        );
    }
}

/// A coreset of one member has nothing to weigh by; weighed all the same, each distance would be 0 and each defect good.
#[test]
fn defect_is_not_good_where_one_feature_is_kept() {
    let blank = image::RgbImage::from_pixel(96, 64, image::Rgb([90, 90, 90]));
    let settings = [
        ("statistics", "neighbour"),
        ("neighbour.share", "0.001"),
        ("neighbour.support", "9"),
    ];
    let model = Arc::new(fit(&[blank], &options(&settings)));
    let Reference::Coreset(coreset, _) = model.groups()[0].normality().reference() else {
        panic!("a coreset");
    };
    assert_eq!(coreset.members().size()[0], 1);
    assert!(inspect(&model, &defective(3)).score > 0.0);
}
