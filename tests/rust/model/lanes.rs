//! Several pictures at once: what comes of them is what comes of one after the other, bit for bit and in order.

use std::sync::Arc;

use image::RgbImage;
use twinspect::image::ImageView;
use twinspect::model::inspect::Pictured;
use twinspect::model::{Fitter, Inspector, Model};
use twinspect::options::Options;
use twinspect::{Error, ErrorKind, Result};

use crate::parts::{defective, fit, good, good_parts, options, view};
use crate::turned;

/// A picture that another thread may look at.
struct Part(RgbImage);

impl Pictured for Part {
    fn view(&self) -> ImageView<'_> {
        view(&self.0)
    }
}

fn in_lanes<'a>(lanes: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("lanes", lanes), ("threads", "1")], more].concat()
}

fn run_options(lanes: &str, more: &[(&str, &str)]) -> Options {
    let mut options = Options::default();
    for (key, value) in in_lanes(lanes, more) {
        options.set_text(key, value).unwrap();
    }
    options
}

/// A model of these, and what became of each, by its name; an error stands for a picture that could not be read.
fn fitted(pictures: &[Result<RgbImage>], options: &Options) -> (Model, Vec<String>) {
    let mut fitter = Fitter::new(options).unwrap();
    let mut said = Vec::new();
    let pictures = pictures.iter().enumerate().map(|(number, picture)| {
        let picture = picture.clone().map(Part);
        (format!("part {number}"), picture)
    });
    fitter
        .add_each(pictures, |_, name, added| {
            said.push(match added {
                Ok(()) => name.to_owned(),
                Err(error) => format!("{name}: {error}"),
            });
            Ok(())
        })
        .unwrap();
    (fitter.fit(&mut ()).unwrap(), said)
}

fn unreadable() -> Error {
    Error::new(ErrorKind::Image, "no picture")
}

#[test]
fn fit_of_parts_at_any_angle_makes_the_same_model() {
    // More than the survey looks at, so that what it decides holds for some that come before and some after.
    let angles = (0..20).map(|seed| turned::pose(67.0 * seed as f64, (0.0, 0.0)));
    let mut pictures: Vec<Result<RgbImage>> = angles
        .enumerate()
        .map(|(seed, pose)| Ok(turned::good(seed as u64, &pose)))
        .collect();
    pictures.insert(0, Err(unreadable()));
    pictures.insert(7, Err(unreadable()));
    // Given twice.
    pictures.push(pictures[3].clone());
    let open = [
        ("registration", "auto"),
        ("ground", "auto"),
        ("input.size", "160"),
    ];
    let made = |lanes: &str| fitted(&pictures, &options(&in_lanes(lanes, &open)));
    let (alone, said) = made("1");
    assert!(alone.recipe().registration.is_some(), "{:?}", alone.pose());
    assert_eq!(said.len(), pictures.len());
    assert!(said[0].starts_with("part 0: ") && said[7].contains("no picture"));
    assert_eq!(said[8], "part 8");
    let one_by_one = {
        let mut fitter = Fitter::new(&options(&in_lanes("1", &open))).unwrap();
        for (number, picture) in pictures.iter().enumerate() {
            if let Ok(picture) = picture {
                let name = format!("part {number}");
                fitter.add(&view(picture), None, &name).unwrap();
            }
        }
        fitter.fit(&mut ()).unwrap().to_bytes().unwrap()
    };
    assert!(alone.to_bytes().unwrap() == one_by_one);
    for lanes in ["2", "3", "0"] {
        let (together, heard) = made(lanes);
        assert_eq!(heard, said);
        assert!(together.to_bytes().unwrap() == one_by_one, "{lanes} lanes");
    }
}

#[test]
fn more_images_than_channels_make_the_same_model() {
    // 24 channels: the first images are merged twice.
    let pictures: Vec<Result<RgbImage>> = (0..60).map(|seed| Ok(good(seed))).collect();
    let bytes = |lanes: &str| {
        let (model, _) = fitted(&pictures, &options(&in_lanes(lanes, &[])));
        model.to_bytes().unwrap()
    };
    let alone = bytes("1");
    assert!(bytes("4") == alone);
}

#[test]
fn inspections_are_those_of_one_picture_after_the_other() {
    let model = Arc::new(fit(&good_parts(12), &options(&[])));
    let pictures: Vec<Result<RgbImage>> = (40..52)
        .map(|seed| match seed % 4 {
            0 => Err(unreadable()),
            1 => Ok(defective(seed)),
            // Each of these is there twice.
            _ => Ok(good(seed / 4)),
        })
        .collect();
    let found = |lanes: &str| {
        let repeated = run_options(lanes, &[("health.repeats", "1")]);
        let mut inspector = Inspector::new(Arc::clone(&model), &repeated).unwrap();
        let mut found = Vec::new();
        let given = pictures.iter().map(|picture| picture.clone().map(Part));
        inspector
            .inspect_each(given.enumerate(), |number, inspected| {
                found.push(match inspected {
                    Ok((part, inspection)) => {
                        assert!(part.0 == *pictures[number].as_ref().unwrap());
                        let line = inspection.to_json(&model).unwrap().to_string();
                        (number, line, inspection.map.into_raw_vec_and_offset().0)
                    }
                    Err(error) => (number, error.to_string(), Vec::new()),
                });
                Ok(())
            })
            .unwrap();
        let drift = inspector.drift().map(|drift| format!("{drift:?}"));
        assert!(inspector.timing().is_some());
        (found, drift)
    };
    let alone = found("1");
    assert_eq!(alone.0.len(), pictures.len());
    assert!(alone.0[0].1.contains("no picture"));
    assert!(alone.0[1].1.contains("defect"), "{}", alone.0[1].1);
    assert!(alone.0[3].1.contains("repeated"), "{}", alone.0[3].1);
    assert!(!alone.0[2].1.contains("repeated"), "{}", alone.0[2].1);
    for lanes in ["2", "5"] {
        assert!(found(lanes) == alone, "{lanes} lanes");
    }
}

#[test]
fn error_of_the_one_who_listens_ends_the_work_and_later_pictures_leave_no_trace() {
    let model = Arc::new(fit(&good_parts(12), &options(&[])));
    for lanes in ["1", "3"] {
        let repeated = run_options(lanes, &[("health.repeats", "1")]);
        let mut inspector = Inspector::new(Arc::clone(&model), &repeated).unwrap();
        let given = (0..9).map(|seed| (seed, Ok(Part(good(seed)))));
        let mut heard = Vec::new();
        let ended = inspector.inspect_each(given, |seed, _| {
            heard.push(seed);
            match seed {
                2 => Err(Error::new(ErrorKind::Cancelled, "enough")),
                _ => Ok(()),
            }
        });
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(heard, [0, 1, 2]);
        // The third was the last that was judged.
        for (seed, repeats) in [(3, 0), (3, 1)] {
            let next = inspector.inspect(&view(&good(seed)), None).unwrap();
            assert_eq!(next.health.unwrap().repeats, repeats, "{lanes} lanes");
        }
    }
}
