//! The program as a user types it, on small pictures with a backbone of two layers.

mod calibrate;
mod drift;
mod evaluate;
mod info;
mod models;
mod pictures;
mod recipes;
mod shadow_report;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use image::RgbImage;
use serde_json::Value;
use tempfile::TempDir;

use crate::parts::{SIZE, defective, good, settings};

/// A folder of its own for each test, and the program in it.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn save(&self, name: &str, picture: &RgbImage) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        picture.save(&path).unwrap();
        path
    }

    /// `good/000.png` and so on.
    fn good_parts(&self, count: u64) -> PathBuf {
        for seed in 0..count {
            self.save(&format!("good/{seed:03}.png"), &good(seed));
        }
        self.path("good")
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_twinspect"));
        let output = command
            .current_dir(self.0.path())
            .args(arguments)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        Ran {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            error: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn fit(&self, folder: &Path, more: &[&str]) -> Ran {
        self.fit_to(folder, "part.twin", more)
    }

    fn fit_to(&self, folder: &Path, model: &str, more: &[&str]) -> Ran {
        let settings: Vec<String> = settings()
            .iter()
            .map(|(key, value)| format!("--set={key}={value}"))
            .collect();
        let mut arguments = vec!["fit", folder.to_str().unwrap(), "-o", model];
        arguments.extend(settings.iter().map(String::as_str));
        arguments.extend(more);
        self.run(&arguments)
    }
}

#[derive(Debug)]
struct Ran {
    status: Option<i32>,
    out: String,
    error: String,
}

impl Ran {
    #[track_caller]
    fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self:#?}");
        self
    }

    #[track_caller]
    fn says(self, words: &str) -> Self {
        assert!(
            self.error.contains(words),
            "'{words}' is not in: {}",
            self.error
        );
        self
    }

    fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[test]
fn fit_and_inspect_tell_good_from_defect_by_exit_status_and_json() {
    let bench = Bench::new();
    bench.fit(&bench.good_parts(25), &[]).expect(0);
    let (fine, bad) = (
        bench.save("new/fine.png", &good(90)),
        bench.save("new/bad.png", &defective(91)),
    );
    bench
        .run(&["inspect", "part.twin", fine.to_str().unwrap()])
        .expect(0);
    bench
        .run(&["inspect", "part.twin", bad.to_str().unwrap()])
        .expect(1);

    let ran = bench
        .run(&[
            "inspect",
            "part.twin",
            "new",
            "--json",
            "--heatmaps",
            "heat",
        ])
        .expect(1);
    let lines = ran.json();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["path"], &lines[0]["verdict"]),
        (&"new/bad.png".into(), &"defect".into())
    );
    assert_eq!(lines[1]["verdict"], "good");
    for line in &lines {
        assert!(
            line["score"].is_f64() && line["threshold"].is_f64() && line["regions"].is_array(),
            "{line}"
        );
        let heat_map = image::open(bench.path(line["heatmap"].as_str().unwrap())).unwrap();
        assert_eq!((heat_map.width(), heat_map.height()), SIZE);
    }
    let region = &lines[0]["regions"][0];
    assert!(
        region["area"].as_u64().unwrap() > 0
            && region["peak"].as_f64() >= lines[0]["threshold"].as_f64()
    );
}

#[test]
fn threshold_argument_replaces_the_models() {
    let bench = Bench::new();
    bench.fit(&bench.good_parts(12), &[]).expect(0);
    bench
        .run(&[
            "inspect",
            "part.twin",
            "good/000.png",
            "--threshold",
            "0.001",
        ])
        .expect(1);
    bench
        .run(&["inspect", "part.twin", "good/000.png", "--threshold", "1e9"])
        .expect(0);
    bench
        .run(&["inspect", "part.twin", "good/000.png", "--threshold", "-3"])
        .expect(2)
        .says("above 0");
}

#[test]
fn empty_folder_no_folder_and_no_pictures_are_told_apart() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("empty")).unwrap();
    std::fs::create_dir(bench.path("texts")).unwrap();
    std::fs::write(bench.path("texts/notes.txt"), "no picture").unwrap();
    let messages: Vec<String> = ["empty", "nowhere", "texts"]
        .iter()
        .map(|folder| bench.fit(&bench.path(folder), &[]).expect(2).error)
        .collect();
    assert!(
        messages[0] != messages[1] && messages[1] != messages[2] && messages[0] != messages[2],
        "{messages:?}"
    );
    for (message, folder) in messages.iter().zip(["empty", "nowhere", "texts"]) {
        assert!(message.contains(folder), "{message}");
    }
    assert!(!bench.path("part.twin").exists());
}

#[test]
fn broken_picture_among_good_ones_is_named_and_the_run_goes_on() {
    let bench = Bench::new();
    let folder = bench.good_parts(8);
    let whole = std::fs::read(folder.join("003.png")).unwrap();
    std::fs::write(folder.join("004.png"), &whole[..whole.len() / 2]).unwrap();
    let ran = bench.fit(&folder, &["--json"]).expect(2).says("004.png");
    assert_eq!(
        (&ran.json()[0]["images"], &ran.json()[0]["unreadable"]),
        (&7.into(), &1.into())
    );

    let ran = bench
        .run(&["inspect", "part.twin", "good", "--json"])
        .expect(2)
        .says("004.png");
    let lines = ran.json();
    assert_eq!(lines.len(), 8);
    assert!(lines[4]["error"].is_string() && lines[5]["score"].is_f64());
}

#[test]
fn capitals_texts_and_hidden_files() {
    let bench = Bench::new();
    let folder = bench.good_parts(3);
    good(50)
        .save_with_format(folder.join("004.PNG"), image::ImageFormat::Png)
        .unwrap();
    good(51)
        .save_with_format(folder.join("005.BMP"), image::ImageFormat::Bmp)
        .unwrap();
    good(52)
        .save_with_format(folder.join("006.JPG"), image::ImageFormat::Jpeg)
        .unwrap();
    std::fs::write(folder.join("notes.txt"), "x").unwrap();
    std::fs::write(folder.join(".hidden.png"), "x").unwrap();
    let ran = bench
        .fit(&folder, &["--json"])
        .expect(0)
        .says("notes.txt")
        .says(".hidden.png");
    assert_eq!(ran.json()[0]["images"], 6);
}

#[test]
fn paths_with_spaces_umlauts_and_chinese_characters() {
    let bench = Bench::new();
    for seed in 0..3 {
        bench.save(&format!("gute Teile ä 零件/Bild {seed} ü.png"), &good(seed));
    }
    let folder = bench.path("gute Teile ä 零件");
    bench.fit_to(&folder, "Modell ö 模型.twin", &[]).expect(0);
    let ran = bench
        .run(&[
            "inspect",
            "Modell ö 模型.twin",
            "gute Teile ä 零件",
            "--json",
            "--heatmaps",
            "Wärme 热",
        ])
        .expect(0);
    assert_eq!(ran.json()[0]["path"], "gute Teile ä 零件/Bild 0 ü.png");
}

#[test]
fn wrong_arguments_say_what_is_right() {
    let bench = Bench::new();
    let folder = bench.good_parts(2);
    bench
        .fit(&folder, &["--set", "input.sise=3"])
        .expect(2)
        .says("'input.size'");
    bench
        .fit(&folder, &["--set", "input.size=-3"])
        .expect(2)
        .says("from 0 to 32768");
    bench
        .fit(&folder, &["--set", "input.size"])
        .expect(2)
        .says("KEY=VALUE");
    bench
        .fit(&folder, &["--device", "cuda:999"])
        .expect(2)
        .says("device");
    bench
        .run(&["inspect", "nowhere.twin", "good"])
        .expect(2)
        .says("nowhere.twin");
    bench
        .run(&["inspect", "good/000.png", "good"])
        .expect(2)
        .says("not a twinspect model");
    bench.run(&["inspect"]).expect(2).says("required");
    bench.run(&["fit"]).expect(2).says("required");
}

#[test]
fn help_has_examples_and_options_are_listed() {
    let bench = Bench::new();
    for subcommand in [
        "fit", "inspect", "add", "info", "demo", "evaluate", "weights",
    ] {
        let ran = bench.run(&[subcommand, "--help"]).expect(0);
        assert!(
            ran.out.contains("Examples:"),
            "{subcommand} --help has no examples: {}",
            ran.out
        );
    }
    let ran = bench.run(&["fit", "--list-options"]).expect(0);
    assert!(
        twinspect::options::TABLE
            .iter()
            .all(|spec| ran.out.contains(spec.key))
    );
}

#[test]
fn heat_maps_never_replace_the_pictures_that_are_inspected() {
    let bench = Bench::new();
    bench.fit(&bench.good_parts(4), &[]).expect(0);
    let before = std::fs::read(bench.path("good/000.png")).unwrap();
    let ran = bench
        .run(&["inspect", "part.twin", "good", "--heatmaps", "good"])
        .expect(2);
    ran.says("would replace a picture");
    assert!(
        std::fs::read(bench.path("good/000.png")).unwrap() == before,
        "the picture was replaced"
    );
}
