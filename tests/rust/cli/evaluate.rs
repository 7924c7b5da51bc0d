//! Data sets to tables, through the front door.

use std::path::{Path, PathBuf};

use image::{GrayImage, Luma};
use serde_json::Value;

use super::{Bench, Ran};
use crate::parts::{SIZE, SPOT, defective, good, settings};
use crate::skip::skip;

const GOOD_PARTS: u64 = 12;
const GOOD_TESTS: u64 = 4;
const DEFECTIVE: u64 = 5;

/// A category in MVTec AD's layout.
fn category(bench: &Bench, name: &str) -> PathBuf {
    for seed in 0..GOOD_PARTS {
        bench.save(&format!("{name}/train/good/{seed:03}.png"), &good(seed));
    }
    for seed in 0..GOOD_TESTS {
        let path = format!("{name}/test/good/{seed:03}.png");
        bench.save(&path, &good(50 + seed));
    }
    for seed in 0..DEFECTIVE {
        let kind = if seed < 2 { "few" } else { "spot" };
        bench.save(
            &format!("{name}/test/{kind}/{seed:03}.png"),
            &defective(70 + seed),
        );
        save_mask(
            bench,
            &format!("{name}/ground_truth/{kind}/{seed:03}_mask.png"),
            SIZE,
        );
    }
    bench.path(name)
}

fn save_mask(bench: &Bench, name: &str, (width, height): (u32, u32)) {
    let (left, top, side) = SPOT;
    let is_in = |x: u32, start: u32| (start..start + side).contains(&x);
    let mask = GrayImage::from_fn(width, height, |x, y| {
        Luma([if is_in(x, left) && is_in(y, top) {
            255
        } else {
            0
        }])
    });
    let path = bench.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    mask.save(path).unwrap();
}

fn evaluate(bench: &Bench, root: &Path, more: &[&str]) -> Ran {
    let settings: Vec<String> = settings()
        .iter()
        .map(|(key, value)| format!("--set={key}={value}"))
        .collect();
    let mut arguments = vec!["evaluate", root.to_str().unwrap()];
    arguments.extend(settings.iter().map(String::as_str));
    arguments.extend(more);
    bench.run(&arguments)
}

fn results(bench: &Bench) -> Value {
    let text = std::fs::read_to_string(bench.path("report/results.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Share of pairs in which the defective picture scores higher; equal scores count half.
fn auroc(trial: &Value) -> f64 {
    let scores = |is_defective: bool| -> Vec<f64> {
        let pictures = trial["pictures"].as_array().unwrap().iter();
        pictures
            .filter(|one| one["is_defective"] == is_defective)
            .map(|one| one["score"].as_f64().unwrap())
            .collect()
    };
    let (good, bad) = (scores(false), scores(true));
    let pairs = bad.iter().flat_map(|b| good.iter().map(move |g| (b, g)));
    let wins = pairs.map(|(b, g)| match b.total_cmp(g) {
        std::cmp::Ordering::Less => 0.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Greater => 1.0,
    });
    wins.sum::<f64>() / (good.len() * bad.len()) as f64
}

fn count(trial: &Value, is_defective: bool, verdict: &str) -> usize {
    let pictures = trial["pictures"].as_array().unwrap().iter();
    pictures
        .filter(|one| one["is_defective"] == is_defective && one["verdict"] == verdict)
        .count()
}

#[test]
fn results_agree_with_what_follows_from_their_own_scores() {
    let bench = Bench::new();
    category(&bench, "set/nut");
    category(&bench, "set/screw");
    let ran = evaluate(&bench, &bench.path("set"), &[]).expect(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("category"), "{}", ran.out);
    assert!(lines[1].starts_with("nut") && lines[2].starts_with("screw"));
    assert!(lines[3].starts_with("mean of 2"), "{}", ran.out);
    assert!(
        lines[2].contains("93.9"),
        "screw's published figure: {}",
        ran.out
    );

    let page = results(&bench);
    assert_eq!(
        (&page["layout"], &page["format"]),
        (&"mvtec".into(), &1.into())
    );
    let trials = page["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 2);
    for trial in trials {
        assert_eq!(trial["fitted"], GOOD_PARTS);
        assert_eq!(
            (&trial["good"], &trial["defective"]),
            (&GOOD_TESTS.into(), &DEFECTIVE.into())
        );
        let (found, expected) = (trial["image"]["auroc"].as_f64().unwrap(), auroc(trial));
        // Both are sums of at most 20 pairs.
        assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
        let calibrated = &trial["calibrated"];
        assert_eq!(calibrated["misses"]["count"], count(trial, true, "good"));
        assert_eq!(calibrated["misses"]["of"], DEFECTIVE);
        assert_eq!(
            calibrated["false_alarms"]["count"],
            count(trial, false, "defect")
        );
        let kinds = trial["kinds"].as_array().unwrap();
        let kinds: Vec<_> = kinds
            .iter()
            .map(|kind| (&kind["kind"], &kind["pictures"]))
            .collect();
        assert_eq!(
            kinds,
            [(&"few".into(), &2.into()), (&"spot".into(), &3.into())]
        );
        let pixel = trial["pixel"]["auroc"].as_f64().unwrap();
        assert!(
            pixel > 0.9,
            "the spot is black on white: pixel AUROC {pixel}"
        );
        assert!(trial["cost"]["model_bytes"].as_u64().unwrap() > 0);
    }
    for file in [
        "results.md",
        "results.csv",
        "plots/roc_nut.svg",
        "plots/pro_nut.svg",
        "plots/scores_nut_default.svg",
    ] {
        assert!(
            bench.path("report").join(file).is_file(),
            "{file} is missing"
        );
    }
}

#[test]
fn finished_trials_are_skipped_until_something_changes() {
    let bench = Bench::new();
    let root = category(&bench, "nut");
    let run = |more: &[&str]| evaluate(&bench, &root, &[&["--json"], more].concat()).expect(0);
    let first = run(&[]);
    assert_eq!(first.json()[0]["resumed"], false);
    let trial = bench.path("report/trials/nut_default_full_seed0.json");
    let whole = std::fs::read(&trial).unwrap();

    let again = run(&[]).says("1 of 1 trials were finished before");
    assert_eq!(again.json()[0]["resumed"], true);
    assert_eq!(again.json()[0]["image"], first.json()[0]["image"]);
    assert!(std::fs::read(&trial).unwrap() == whole);

    std::fs::write(&trial, &whole[..whole.len() / 2]).unwrap();
    let redone = run(&[]);
    assert_eq!(
        redone.json()[0]["resumed"],
        false,
        "a truncated trial was taken"
    );
    assert_eq!(redone.json()[0]["image"], first.json()[0]["image"]);
    assert_eq!(run(&[]).json()[0]["resumed"], true);

    let other = run(&["--set=map.sigma=1"]);
    assert_eq!(other.json()[0]["resumed"], false, "an option changed");
    bench.save("nut/test/good/009.png", &good(99));
    let more = run(&["--set=map.sigma=1"]);
    assert_eq!(more.json()[0]["resumed"], false, "a picture was added");
    assert_eq!(more.json()[0]["good"], GOOD_TESTS + 1);
}

#[test]
fn trial_that_fails_is_named_and_the_others_go_on() {
    let bench = Bench::new();
    let root = category(&bench, "nut");
    let ran = evaluate(&bench, &root, &["--shots", "4,64,full", "--json"]).expect(2);
    let lines = ran.json();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        (&lines[0]["shots"], &lines[0]["fitted"]),
        (&4.into(), &4.into())
    );
    assert_eq!(lines[1]["id"], "nut_default_64-shot_seed0");
    assert!(lines[1]["error"].as_str().unwrap().contains("there are 12"));
    assert_eq!(
        (&lines[2]["shots"], &lines[2]["fitted"]),
        (&Value::Null, &12.into())
    );
    let page = results(&bench);
    assert_eq!(page["trials"].as_array().unwrap().len(), 2);
    assert_eq!(page["failed"][0]["id"], "nut_default_64-shot_seed0");
    ran.says("nut_default_64-shot_seed0")
        .says("1 of 3 trials failed");
}

#[test]
fn sweeps_and_seeds_are_trials_of_their_own() {
    let bench = Bench::new();
    let root = category(&bench, "nut");
    let more = [
        "--shots=2,full",
        "--seeds=2",
        "--sweep=map.sigma=0,1",
        "--recipe=default",
    ];
    let ran = evaluate(&bench, &root, &more).expect(0);
    let page = results(&bench);
    let mut trials: Vec<String> = page["trials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trial| trial["id"].as_str().unwrap().to_owned())
        .collect();
    trials.sort();
    let of = |draw: &str, value: u32| format!("nut_default_map.sigma={value}_{draw}");
    let expected = [
        of("2-shot_seed0", 0),
        of("2-shot_seed1", 0),
        of("full_seed0", 0),
        of("2-shot_seed0", 1),
        of("2-shot_seed1", 1),
        of("full_seed0", 1),
    ];
    assert_eq!(trials, expected);
    assert!(ran.out.contains("map.sigma=1"), "{}", ran.out);
    assert_eq!(page["summary"].as_array().unwrap().len(), 4);
    for plot in ["shots_nut", "sweep_map.sigma_nut"] {
        assert!(
            bench.path(&format!("report/plots/{plot}.svg")).is_file(),
            "{plot}"
        );
    }
}

#[test]
fn good_and_bad_are_split_in_halves_and_need_no_masks() {
    let bench = Bench::new();
    for seed in 0..9 {
        bench.save(&format!("mine/good/{seed}.png"), &good(seed));
    }
    bench.save("mine/bad/0.png", &defective(70));
    let ran = evaluate(&bench, &bench.path("mine"), &["--json"]).expect(0);
    let line = &ran.json()[0];
    assert_eq!(
        (&line["fitted"], &line["good"], &line["defective"]),
        (&5.into(), &4.into(), &1.into())
    );
    assert_eq!(
        (&line["pixel"], &line["category"]),
        (&Value::Null, &"mine".into())
    );
    assert!(line["image"]["auroc"].is_f64(), "{line}");
    let ran = ran.says("No defective picture has a mask");
    ran.says("half of the good parts");
    assert_eq!(results(&bench)["published"], Value::Null);
    let page = std::fs::read_to_string(bench.path("report/results.md")).unwrap();
    assert!(page.contains("half of the good parts"), "{page}");
}

#[test]
fn data_set_without_defects_has_no_auroc_and_no_failure() {
    let bench = Bench::new();
    let root = category(&bench, "nut");
    for kind in ["few", "spot"] {
        std::fs::remove_dir_all(root.join("test").join(kind)).unwrap();
    }
    let ran = evaluate(&bench, &root, &[]).expect(0);
    assert!(
        ran.out.lines().nth(1).unwrap().contains(" - "),
        "{}",
        ran.out
    );
    ran.says("No defective picture is tested");
    let page = results(&bench);
    let trial = &page["trials"][0];
    assert_eq!(trial["image"]["auroc"], Value::Null);
    assert_eq!(trial["pixel"], Value::Null);
    assert_eq!(trial["calibrated"]["misses"]["of"], 0);
    assert_eq!(trial["calibrated"]["false_alarms"]["of"], GOOD_TESTS);
    assert!(trial["cost"]["median_ms"].as_f64().unwrap() > 0.0);
    let written = std::fs::read_to_string(bench.path("report/results.md")).unwrap();
    assert!(written.contains("No defective picture"), "{written}");
}

#[test]
fn data_set_without_good_tests_has_misses_and_pixels_and_says_what_is_absent() {
    let bench = Bench::new();
    let root = category(&bench, "nut");
    std::fs::remove_dir_all(root.join("test/good")).unwrap();
    evaluate(&bench, &root, &[])
        .expect(0)
        .says("No good picture is tested");
    let page = results(&bench);
    let trial = &page["trials"][0];
    assert_eq!(trial["image"]["auroc"], Value::Null);
    assert_eq!(trial["calibrated"]["false_alarms"]["of"], 0);
    assert_eq!(trial["calibrated"]["misses"]["of"], DEFECTIVE);
    // Of the pixels around the spots.
    assert!(trial["pixel"]["auroc"].as_f64().unwrap() > 0.9, "{trial}");
}

#[test]
fn masks_of_three_channels_and_gray_values_are_parted_at_half_and_inverted_ones_reported() {
    let bench = Bench::new();
    let root = category(&bench, "nut");
    let first = evaluate(&bench, &root, &["--json"]).expect(0);
    assert!(!first.error.contains("wrong way round"), "{}", first.error);
    let rewrite = |change: fn(u8) -> image::Rgb<u8>| {
        // Files of another content alone are not noticed.
        std::fs::remove_dir_all(bench.path("report")).unwrap();
        for seed in 0..DEFECTIVE {
            let kind = if seed < 2 { "few" } else { "spot" };
            let path = root.join(format!("ground_truth/{kind}/{seed:03}_mask.png"));
            let mask = image::open(&path).unwrap().to_luma8();
            let changed =
                image::RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| change(mask.get_pixel(x, y)[0]));
            changed.save(&path).unwrap();
        }
    };
    // Black and white as a JPEG leaves them, in three channels: the same truth.
    rewrite(|level| {
        image::Rgb(if level > 127 {
            [248, 251, 246]
        } else {
            [9, 4, 7]
        })
    });
    let gray = evaluate(&bench, &root, &["--json"]).expect(0);
    assert_eq!(gray.json()[0]["pixel"], first.json()[0]["pixel"]);
    assert!(!gray.error.contains("wrong way round"), "{}", gray.error);

    rewrite(|level| image::Rgb([255 - level; 3]));
    let inverted = evaluate(&bench, &root, &["--json"])
        .expect(0)
        .says("wrong way round");
    let line = &inverted.json()[0];
    assert!(
        line["warnings"][0]
            .as_str()
            .unwrap()
            .contains("wrong way round"),
        "{line}"
    );
    for limit in ["aupro_30", "aupro_5"] {
        assert!(
            line["pixel"][limit]
                .as_f64()
                .is_some_and(|area| (0.0..=1.0).contains(&area)),
            "{line}"
        );
    }
}

#[test]
fn mask_of_another_size_and_broken_picture_are_named() {
    let bench = Bench::new();
    let root = category(&bench, "nut");
    save_mask(
        &bench,
        "nut/ground_truth/few/000_mask.png",
        (SIZE.0, SIZE.1 + 1),
    );
    let ran = evaluate(&bench, &root, &[]).expect(2);
    let picture = Path::new("test").join("few").join("000.png");
    ran.says("000_mask.png").says(picture.to_str().unwrap());

    save_mask(&bench, "nut/ground_truth/few/000_mask.png", SIZE);
    let broken = root.join("test/good/001.png");
    let whole = std::fs::read(&broken).unwrap();
    std::fs::write(&broken, &whole[..whole.len() / 2]).unwrap();
    evaluate(&bench, &root, &[]).expect(2).says("001.png");
    assert_eq!(results(&bench)["trials"], Value::Array(Vec::new()));
}

#[test]
fn wrong_arguments_are_told_before_any_work() {
    let bench = Bench::new();
    let root = category(&bench, "set/nut");
    let set = bench.path("set");
    let run = |root: &Path, more: &[&str]| evaluate(&bench, root, more).expect(2);
    run(&bench.path("nowhere"), &[])
        .says("nowhere")
        .says("does not exist");
    run(&root.join("train"), &[])
        .says("train/good")
        .says("split_csv/1cls.csv");
    run(&set, &["--recipe=papr"]).says("nearest is 'paper'");
    run(&set, &["--categories=nutt"]).says("nearest is 'nut'");
    run(&set, &["--sweep=map.sigmo=1,2"]).says("'map.sigma'");
    run(&set, &["--sweep=map.sigma=1,900"]).says("900");
    run(&set, &["--sweep=map.sigma"]).says("KEY=V1,V2");
    run(&set, &["--shots=0"]).says("full");
    run(&set, &["--seeds=0"]).says("1..=1000");
    assert!(!bench.path("report").exists());
}

#[test]
fn trained_backbone_finds_the_spots() {
    let bench = Bench::new();
    let root = category(&bench, "nut");
    let ran = bench.run(&[
        "evaluate",
        root.to_str().unwrap(),
        "--set=input.size=64",
        "--json",
    ]);
    let line = &ran.json()[0];
    if let Some(error) = line["error"]
        .as_str()
        .filter(|error| error.contains("weights"))
    {
        return skip("evaluate with a trained backbone", error);
    }
    let ran = ran.expect(0);
    let auroc = ran.json()[0]["image"]["auroc"].as_f64().unwrap();
    assert!(auroc > 0.99, "{auroc}");
}
