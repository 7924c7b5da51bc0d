//! Thresholds that are moved, and the statistics that stay.

use std::sync::Arc;

use twinspect::ErrorKind;
use twinspect::model::{Fitter, Inspector, Model, Moved, Origin, Thresholds};
use twinspect::options::Options;
use twinspect::verdict::{Method, Verdict};

use super::inspect;
use crate::parts::{defective, fit, fitter, good, good_parts, options, view};

fn both(threshold: f32) -> Thresholds {
    Thresholds {
        image: Some(threshold),
        pixel: Some(threshold),
    }
}

fn moved() -> Origin {
    Origin {
        moved: Some(Moved::today(3, 2)),
        ..Origin::default()
    }
}

#[test]
fn moved_thresholds_change_verdicts_and_no_score() {
    let model = Arc::new(fit(&good_parts(12), &options(&[])));
    let picture = defective(40);
    let before = inspect(&model, &picture);
    assert_eq!(before.verdict, Verdict::Defect);
    let loose = model.with_thresholds(both(2.0 * before.score), moved());
    let loose = Arc::new(loose.unwrap());
    let after = inspect(&loose, &picture);
    assert_eq!(after.score.to_bits(), before.score.to_bits());
    assert_eq!((after.verdict, after.regions.len()), (Verdict::Good, 0));
    assert_eq!(loose.origin().moved, Some(Moved::today(3, 2)));
    assert!(
        Arc::ptr_eq(&loose.groups()[0], &model.groups()[0]),
        "the statistics were copied"
    );
}

#[test]
fn impossible_thresholds_are_refused() {
    let model = fit(&good_parts(4), &options(&[]));
    for wrong in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let error = model.with_thresholds(both(wrong), moved()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
    let error = model.with_thresholds(both(1.5), model.origin().clone());
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn origin_outlives_the_file_and_ends_with_the_next_fit() {
    let model = fit(&good_parts(12), &options(&[]));
    let image = model.origin().image.unwrap();
    assert_eq!((image.method, image.scores), (Method::Tail, 12));
    let bytes = model.to_bytes().unwrap();
    let loaded = Model::from_bytes(&bytes, &Options::default()).unwrap();
    assert_eq!(loaded.origin(), model.origin());

    let moved = Arc::new(loaded.with_thresholds(both(1.5), moved()).unwrap());
    let mut extending = Fitter::extending(Arc::clone(&moved), &Options::default()).unwrap();
    extending.add(&view(&good(50)), None, "50.png").unwrap();
    let extended = extending.fit(&mut ()).unwrap();
    assert_eq!(extended.origin().moved, None);
    assert_eq!(extended.origin().image.unwrap().scores, 13);
    assert_ne!(extended.thresholds(), moved.thresholds());
}

#[test]
fn learned_pictures_are_known_again() {
    let mut fitter = fitter(&good_parts(6), &options(&[]));
    let model = Arc::new(fitter.fit(&mut ()).unwrap());
    let mut inspector = Inspector::new(model, &Options::default()).unwrap();
    assert_eq!(inspector.learned(&view(&good(2))).unwrap(), Some("002.png"));
    assert_eq!(inspector.learned(&view(&good(60))).unwrap(), None);
}
