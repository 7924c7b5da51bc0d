//! The program as a user types it, on small pictures with a backbone of two layers.

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
fn duplicates_are_said_and_outliers_dropped_where_asked() {
    let bench = Bench::new();
    let folder = bench.good_parts(20);
    std::fs::copy(folder.join("002.png"), folder.join("copy.png")).unwrap();
    bench.save("good/wrong.png", &defective(60));
    let ran = bench
        .fit(&folder, &["--set", "fit.outliers=drop"])
        .expect(0);
    assert!(
        ran.out.contains("copy.png is a copy of 002.png"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("wrong.png does not look like the others"),
        "{}",
        ran.out
    );
}

#[test]
fn add_extends_the_model_in_place() {
    let bench = Bench::new();
    bench.fit(&bench.good_parts(12), &[]).expect(0);
    for seed in 30..34 {
        bench.save(&format!("more/{seed}.png"), &good(seed));
    }
    let ran = bench.run(&["add", "part.twin", "more", "--json"]).expect(0);
    assert_eq!(ran.json()[0]["images"], 16);
    let info = bench.run(&["info", "part.twin", "--json"]).expect(0).json();
    assert_eq!(
        (
            &info[0]["images"],
            info[0]["groups"][0]["images"][15]["name"].as_str()
        ),
        (&16.into(), Some("33.png"))
    );

    let before = std::fs::read(bench.path("part.twin")).unwrap();
    bench
        .run(&["add", "part.twin", "nowhere"])
        .expect(2)
        .says("nowhere");
    bench
        .run(&["add", "part.twin", "more", "--set", "input.size=128"])
        .expect(2)
        .says("Fit again");
    assert!(
        std::fs::read(bench.path("part.twin")).unwrap() == before,
        "a failed add changed the model"
    );
}

#[test]
fn info_prints_model_and_writes_lead_images() {
    let bench = Bench::new();
    bench.fit(&bench.good_parts(12), &[]).expect(0);
    let ran = bench
        .run(&["info", "part.twin", "--leads", "leads"])
        .expect(0);
    assert!(
        ran.out.contains("000.png") && ran.out.contains("96 x 64"),
        "{}",
        ran.out
    );
    assert!(image::open(bench.path("leads/group_00.png")).is_ok());
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
        .fit(&folder, &["--set", "input.size=3"])
        .expect(2)
        .says("from 64 to 4096");
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
fn one_picture_is_too_few_and_two_are_warned_of() {
    let bench = Bench::new();
    bench
        .fit(&bench.good_parts(1), &[])
        .expect(2)
        .says("1 good parts are too few");
    bench
        .fit(&bench.good_parts(2), &[])
        .expect(0)
        .says("2 good parts are few");
}

#[test]
fn unwritable_output_is_named_and_leaves_nothing() {
    let bench = Bench::new();
    let ran = bench.fit_to(&bench.good_parts(2), "no/such/folder/part.twin", &[]);
    ran.expect(2).says("no/such/folder/part.twin");
}

#[test]
fn help_has_examples_and_options_are_listed() {
    let bench = Bench::new();
    for subcommand in ["fit", "inspect", "add", "info", "demo", "weights"] {
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
fn temporary_file_that_cannot_be_written_ends_the_run_and_is_no_fault_of_the_pictures() {
    let bench = Bench::new();
    let folder = bench.good_parts(60);
    let mut arguments = vec![
        "fit".to_owned(),
        folder.display().to_string(),
        "--set=fit.memory_mib=1".to_owned(),
    ];
    arguments.extend(
        settings()
            .iter()
            .map(|(key, value)| format!("--set={key}={value}")),
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = bench
        .run_with(&arguments, &[("TMPDIR", "no/such/folder")])
        .expect(2)
        .says("TMPDIR");
    assert!(!ran.error.contains("left out"), "{}", ran.error);
    assert!(!bench.path("part.twin").exists());
}

/// A file of `tests/data/image`.
fn picture_file(name: &str) -> PathBuf {
    crate::oracle::data("image").join(name)
}

#[test]
fn truncated_jpeg_among_good_pictures_is_named_and_the_run_goes_on() {
    let bench = Bench::new();
    let folder = bench.good_parts(4);
    let jpeg = bench.path("whole.jpg");
    good(70).save(&jpeg).unwrap();
    let whole = std::fs::read(jpeg).unwrap();
    std::fs::write(folder.join("001_cut.jpg"), &whole[..whole.len() / 2]).unwrap();
    let ran = bench
        .fit(&folder, &["--json"])
        .expect(2)
        .says("001_cut.jpg");
    assert_eq!(ran.json()[0]["images"], 4);

    let ran = bench
        .run(&["inspect", "part.twin", "good", "--json"])
        .expect(2)
        .says("001_cut.jpg");
    let lines = ran.json();
    assert_eq!(lines.len(), 5);
    assert!(
        lines[2]["error"]
            .as_str()
            .unwrap()
            .contains("the picture ends too early")
    );
    assert!(lines[3]["score"].is_f64() && lines[4]["score"].is_f64());
}

#[test]
fn picture_has_one_score_with_8_or_16_bit_and_with_alpha() {
    let bench = Bench::new();
    bench.fit(&bench.good_parts(8), &[]).expect(0);
    let part = good(80);
    bench.save("new/8.png", &part);
    let deep = image::DynamicImage::from(part.clone()).to_rgb16();
    deep.save(bench.path("new/16.png")).unwrap();
    let clear = image::RgbaImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        let [red, green, blue] = part.get_pixel(x, y).0;
        image::Rgba([red, green, blue, (x + y) as u8])
    });
    clear.save(bench.path("new/alpha.png")).unwrap();

    let lines = bench
        .run(&[
            "inspect",
            "part.twin",
            "new",
            "--json",
            "--threshold",
            "1e9",
        ])
        .expect(0)
        .json();
    let scores: Vec<f64> = lines
        .iter()
        .map(|line| line["score"].as_f64().unwrap())
        .collect();
    let [deep, plain, clear] = scores[..] else {
        panic!("{scores:?}")
    };
    assert_eq!(clear.to_bits(), plain.to_bits(), "{scores:?}");
    // v * 257 / 65535 and v / 255 are one number but for the last bit of a float.
    assert!((deep - plain).abs() <= 1e-4 * plain, "{scores:?}");
}

#[test]
fn picture_of_any_size_has_its_own_width_and_height_in_the_json() {
    let bench = Bench::new();
    bench.fit(&bench.good_parts(8), &[]).expect(0);
    std::fs::create_dir(bench.path("new")).unwrap();
    for name in ["orientation_6_100x40.jpg", "gray16_big_endian.tif"] {
        std::fs::copy(picture_file(name), bench.path("new").join(name)).unwrap();
    }
    for (name, width, height) in [("a", 2, 2), ("b", 1, 50), ("c", 50, 1), ("d", 257, 31)] {
        let picture = RgbImage::from_pixel(width, height, image::Rgb([90, 120, 40]));
        bench.save(&format!("new/{name}.png"), &picture);
    }
    // Such pictures match no lead image, so they are undecided.
    let lines = bench
        .run(&["inspect", "part.twin", "new", "--json"])
        .expect(1)
        .json();
    let sizes: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["width"].as_u64().unwrap(),
                line["height"].as_u64().unwrap(),
            )
        })
        .collect();
    // The JPEG has 100 x 40 pixels and says that it stands on its side.
    assert_eq!(
        sizes,
        [(2, 2), (1, 50), (50, 1), (257, 31), (256, 4), (40, 100)]
    );
    for line in &lines {
        assert!(line["score"].as_f64().is_some_and(f64::is_finite), "{line}");
    }
}

#[test]
fn picture_of_another_size_is_refused_where_asked() {
    let bench = Bench::new();
    bench.fit(&bench.good_parts(8), &[]).expect(0);
    bench.save("new/large.png", &RgbImage::new(SIZE.0 + 1, SIZE.1));
    bench.save("new/right.png", &good(81));
    let refuse = ["--set", "input.size_mismatch=refuse"];
    let arguments = [
        "inspect",
        "part.twin",
        "new",
        "--json",
        "--threshold",
        "1e9",
    ];
    let ran = bench
        .run(&[&arguments[..], &refuse].concat())
        .expect(2)
        .says("large.png")
        .says("input.size_mismatch=resize");
    let lines = ran.json();
    assert!(lines[0]["error"].is_string() && lines[1]["score"].is_f64());

    bench.save("good/large.png", &RgbImage::new(SIZE.0 + 1, SIZE.1));
    let ran = bench
        .fit(&bench.path("good"), &[&refuse[..], &["--json"]].concat())
        .expect(2)
        .says("large.png");
    assert_eq!(ran.json()[0]["images"], 8);
}
