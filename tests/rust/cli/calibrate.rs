//! Thresholds that pictures move, and all that they must not move.

use safetensors::SafeTensors;
use serde_json::Value;
use twinspect::model::Model;
use twinspect::model::file::Description;

use super::Bench;
use crate::parts::{defective, good};

/// What stands before a model file's archive.
const PROLOGUE_BYTES: usize = 16 + 4 + 8 + 32;

/// A model of twenty good parts; ten more in `new`, four defective ones in `bad`.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.fit(&bench.good_parts(20), &[]).expect(0);
    for seed in 100..110 {
        bench.save(&format!("new/{seed}.png"), &good(seed));
    }
    for seed in 200..204 {
        bench.save(&format!("bad/{seed}.png"), &defective(seed));
    }
    bench
}

fn description(bench: &Bench, model: &str) -> Description {
    Model::describe(&bench.path(model)).unwrap()
}

/// Name and bytes of each tensor.
fn tensors(bench: &Bench, model: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = std::fs::read(bench.path(model)).unwrap();
    let archive = SafeTensors::deserialize(&bytes[PROLOGUE_BYTES..]).unwrap();
    let mut tensors: Vec<_> = archive
        .tensors()
        .into_iter()
        .map(|(name, tensor)| (name, tensor.data().to_vec()))
        .collect();
    tensors.sort();
    tensors
}

fn scores(bench: &Bench, model: &str) -> Vec<Value> {
    let ran = bench.run(&["inspect", model, "new", "bad", "--json"]);
    ran.json()
        .iter()
        .map(|line| line["score"].clone())
        .collect()
}

#[test]
fn good_and_defective_pictures_put_the_threshold_in_the_middle() {
    let bench = bench();
    let calibrate = ["calibrate", "part.twin", "--good", "new", "--bad", "bad"];
    let report = &bench
        .run(&[&calibrate[..], &["-o", "moved.twin", "--json"]].concat())
        .expect(0)
        .json()[0];
    let values: Vec<f64> = scores(&bench, "part.twin")
        .iter()
        .map(|score| score.as_f64().unwrap())
        .collect();
    let highest = values[..10].iter().copied().fold(0.0, f64::max);
    let lowest = values[10..].iter().copied().fold(f64::MAX, f64::min);
    assert!(highest < lowest, "this would test nothing: {values:?}");
    let expected = (highest * lowest).sqrt();
    let found = report["threshold"]["after"].as_f64().unwrap();
    // Scores are printed and kept in single precision.
    assert!(
        (found / expected - 1.0).abs() < 1e-6,
        "{found}, expected {expected}"
    );
    assert_eq!(report["false_alarms"]["after"]["count"], 0);
    assert_eq!(report["misses"]["after"]["count"], 0);
    assert_eq!(
        (&report["good"], &report["bad"]),
        (&Value::from(10), &Value::from(4))
    );

    // The threshold and where it came from, and nothing else.
    assert_eq!(tensors(&bench, "part.twin"), tensors(&bench, "moved.twin"));
    assert_eq!(scores(&bench, "part.twin"), scores(&bench, "moved.twin"));
    let (old, new) = (
        description(&bench, "part.twin"),
        description(&bench, "moved.twin"),
    );
    assert_ne!(old.thresholds, new.thresholds);
    assert_eq!(old.origin.moved, None);
    let moved = new.origin.moved.unwrap();
    assert_eq!((moved.good, moved.bad), (10, 4));
    assert!(bench.run(&["inspect", "moved.twin", "new"]).status == Some(0));

    let text = bench.run(&["info", "moved.twin"]).expect(0).out;
    assert!(
        text.contains(&format!(
            "moved on {} by 10 good and 4 defective pictures",
            moved.day
        )),
        "{text}"
    );
    let text = bench.run(&calibrate).expect(0).out;
    assert!(text.contains("the middle between them"), "{text}");
    assert!(text.contains("0 of 10 (0 % to 31 %)"), "{text}");
    assert_eq!(
        description(&bench, "part.twin").thresholds,
        new.thresholds,
        "without -o the model itself is replaced"
    );
}

#[test]
fn good_pictures_alone_calibrate_by_their_own_scores() {
    let bench = bench();
    let calibrate = [
        "calibrate",
        "part.twin",
        "--good",
        "new",
        "-o",
        "moved.twin",
    ];
    bench.run(&calibrate).expect(0);
    let moved = description(&bench, "moved.twin");
    let image = moved.origin.image.unwrap();
    assert_eq!((image.scores, image.false_alarm_rate), (10, 0.02));
    assert_eq!(Some(image.threshold), moved.thresholds.image);

    let rate = ["--rate", "0.2", "--json"];
    let report = &bench
        .run(&[&calibrate[..], &rate].concat())
        .expect(0)
        .json()[0];
    let looser = description(&bench, "moved.twin");
    assert!(looser.thresholds.image < moved.thresholds.image);
    assert_eq!(report["calibration"]["image"]["false_alarm_rate"], 0.2);
    assert_eq!(report["misses"]["after"]["of"], 0);
}

#[test]
fn learned_pictures_are_named_and_left_out() {
    let bench = bench();
    std::fs::copy(bench.path("good/003.png"), bench.path("new/again.png")).unwrap();
    let ran = bench
        .run(&["calibrate", "part.twin", "--good", "new", "--json"])
        .expect(0)
        .says("again.png: the model has learned from it, as '003.png'");
    let report = &ran.json()[0];
    assert_eq!(
        (&report["good"], &report["learned"]),
        (&10.into(), &1.into())
    );
    let before = std::fs::read(bench.path("part.twin")).unwrap();
    bench
        .run(&["calibrate", "part.twin", "--good", "good"])
        .expect(2)
        .says("none of its pictures says anything");
    assert_eq!(before, std::fs::read(bench.path("part.twin")).unwrap());
}

#[test]
fn added_parts_calibrate_anew_and_that_is_said() {
    let bench = bench();
    bench
        .run(&["calibrate", "part.twin", "--good", "new", "--bad", "bad"])
        .expect(0);
    let moved = description(&bench, "part.twin");
    bench
        .run(&["add", "part.twin", "new"])
        .expect(0)
        .says("moved by 10 good and 4 defective pictures");
    let added = description(&bench, "part.twin");
    assert_eq!(added.origin.moved, None);
    assert_ne!(added.thresholds, moved.thresholds);
    assert_eq!(added.origin.image.unwrap().scores, 30);
}

#[test]
fn failures_leave_the_model_as_it_is() {
    let bench = bench();
    let before = std::fs::read(bench.path("part.twin")).unwrap();
    std::fs::create_dir(bench.path("empty")).unwrap();
    bench.save("one/100.png", &good(100));
    let target = match cfg!(target_os = "linux") {
        // Nobody may write there, whoever they are.
        true => "/proc/part.twin",
        false => "nowhere/part.twin",
    };
    for (more, words) in [
        (
            &["--good", "new", "--bad", "empty"][..],
            "the folder is empty",
        ),
        (&["--good", "empty"], "the folder is empty"),
        (&["--good", "nowhere"], "nowhere"),
        (&["--good", "one"], "too few"),
        (&["--good", "new", "-o", "new"], "it is a folder"),
        (
            &["--good", "new", "-o", "nowhere/a.twin"],
            "there is no folder",
        ),
        (&["--good", "new", "-o", target], "cannot write the model"),
        (&["--good", "new", "--rate", "2"], "0.000001 to 0.5"),
        (&["--good", "new", "--cost", "2"], "--bad"),
        (
            &["--good", "new", "--bad", "bad", "--rate", "0.1"],
            "--rate",
        ),
        (&["--good", "new", "--set", "input.size=128"], "Fit again"),
        (&[], "--good"),
    ] {
        let arguments = [&["calibrate", "part.twin"], more].concat();
        bench.run(&arguments).expect(2).says(words);
    }
    assert_eq!(before, std::fs::read(bench.path("part.twin")).unwrap());
}

#[test]
fn unreadable_picture_is_named_and_the_others_count() {
    let bench = bench();
    std::fs::write(bench.path("new/broken.png"), b"no picture").unwrap();
    let ran = bench
        .run(&["calibrate", "part.twin", "--good", "new", "--json"])
        .expect(2)
        .says("broken.png");
    let report = &ran.json()[0];
    assert_eq!(
        (&report["good"], &report["unreadable"]),
        (&10.into(), &1.into())
    );
    assert!(description(&bench, "part.twin").origin.moved.is_some());
}

#[test]
fn fit_and_info_say_how_far_a_threshold_can_be_relied_on() {
    let bench = Bench::new();
    let text = bench.fit(&bench.good_parts(12), &[]).expect(0).out;
    for said in [&text, &bench.run(&["info", "part.twin"]).expect(0).out] {
        for words in [
            "2 % of good parts will be called defective, extrapolated from 12 good parts; the true rate lies between",
            "to count a rate of 2 % off the pictures takes 1000; below 50 it is a guess",
        ] {
            assert!(said.contains(words), "'{words}' is not in: {said}");
        }
    }
    let info = bench.run(&["info", "part.twin", "--json"]).expect(0).json();
    let image = &info[0]["calibration"]["image"];
    assert_eq!(image["method"], "tail");
    assert_eq!(image["threshold"], info[0]["threshold"]);
    assert_eq!(image["images_needed"], 1000);
}
