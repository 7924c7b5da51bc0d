//! Writes one file of every kind.

use std::fs;
use std::path::Path;

use image::{GrayImage, RgbImage, imageops};
use twinspect::legacy::{Engine, GrayType, Learning, Tolerance, Variation};
use twinspect::options::Options;

use super::{Expected, gray, own_folder, root, said};
use crate::parts;
use crate::turned;

/// Small, so that a file has some tens of kilobytes.
const SIZE: (u32, u32) = (48, 32);

const COUNT: u64 = 6;

type Settings = &'static [(&'static str, &'static str)];

/// Models of [`part`]s, by name; what is not set is as in [`common`].
const MODELS: [(&str, Settings); 9] = [
    ("gaussian", &[("statistics.few", "0")]),
    ("few", &[("statistics.few", "8")]),
    (
        "nearest",
        &[("grouping", "nearest"), ("nearest.count", "3")],
    ),
    (
        "matches",
        &[
            ("grouping", "nearest"),
            ("nearest.count", "3"),
            ("nearest.by", "matches"),
        ],
    ),
    (
        "neighbours",
        &[("statistics", "neighbour"), ("neighbour.reach", "1")],
    ),
    (
        "coreset",
        &[
            ("statistics", "neighbour"),
            ("neighbour.share", "0.2"),
            ("neighbour.support", "3"),
        ],
    ),
    ("subspace", &[("statistics", "subspace")]),
    (
        "copies",
        &[("statistics", "subspace"), ("fit.copies", "turns")],
    ),
    ("ground", &[("statistics", "subspace"), ("ground", "level")]),
];

/// Variation models, by name: engine, mode, and whether they are prepared.
const VARIATIONS: [(&str, &str, Learning, bool); 6] = [
    ("pixels_standard", "pixels", Learning::Standard, true),
    ("pixels_robust", "pixels", Learning::Robust, true),
    ("pixels_direct", "pixels", Learning::Direct, true),
    ("features", "features", Learning::Standard, true),
    ("features_waiting", "features", Learning::Standard, false),
    ("both", "both", Learning::Standard, true),
];

/// Names of the files of this version, sorted.
pub fn names() -> Vec<String> {
    let models = MODELS.iter().map(|(name, _)| *name);
    let models = models.chain(["groups", "registered"]);
    let mut names: Vec<String> = models.map(|name| format!("{name}.twin")).collect();
    let variations = VARIATIONS
        .iter()
        .map(|(name, ..)| format!("{name}.variation"));
    names.extend(variations);
    names.sort();
    names
}

/// Writes the folder of this version, with what the files say today.
pub fn write_own() {
    let folder = own_folder();
    assert!(
        !folder.exists(),
        "{}: files of a version are only ever added, never changed",
        folder.display()
    );
    fs::create_dir_all(&folder).unwrap();
    let pictures = write_pictures(&folder);
    write(&folder);
    let mut expected = Expected::new();
    for file in names() {
        let is_moved = file == "registered.twin";
        let shown = pictures
            .iter()
            .filter(|name| name.starts_with("shifted") == is_moved);
        let of = |name: &String| (name.clone(), said(&folder.join(&file), &folder.join(name)));
        expected.insert(file.clone(), shown.map(of).collect());
    }
    let text = serde_json::to_string_pretty(&expected).unwrap() + "\n";
    fs::write(folder.join("expected.json"), text).unwrap();
}

fn write_pictures(folder: &Path) -> Vec<String> {
    // The lead's own noise, a step of the grid to the right: it is registered by hundreds of matches, which no rounding undoes.
    let upright = turned::pose(0.0, (0.0, 0.0));
    let shifted = |picture: RgbImage| {
        RgbImage::from_fn(turned::SIDE, turned::SIDE, |x, y| {
            *picture.get_pixel(x.saturating_sub(8), y)
        })
    };
    let pictures = [
        ("good.png", part(100, false)),
        ("defect.png", part(101, true)),
        ("shifted_good.png", shifted(turned::good(0, &upright))),
        (
            "shifted_defect.png",
            shifted(turned::with_spot(0, &upright)),
        ),
    ];
    let write = |(name, picture): (&str, RgbImage)| {
        picture.save(folder.join(name)).unwrap();
        name.to_owned()
    };
    pictures.into_iter().map(write).collect()
}

/// Writes the files of [`names`] alone.
pub fn write(folder: &Path) {
    // The path of the network goes into the files, so it is one that says nothing of this machine.
    let home = std::env::temp_dir().join("twinspect-regression");
    fs::create_dir_all(&home).unwrap();
    let backbone = home.join("backbone.pt");
    // In one step, as tests run beside each other.
    let copy = tempfile::NamedTempFile::new_in(&home).unwrap();
    fs::copy(root().join("backbone.pt"), copy.path()).unwrap();
    copy.persist(&backbone).unwrap();

    let parts: Vec<RgbImage> = (0..COUNT).map(|seed| part(seed, false)).collect();
    for (name, settings) in MODELS {
        fit(folder, name, &parts, &options(&backbone, settings));
    }
    let flipped = parts.iter().map(imageops::flip_horizontal);
    let both: Vec<RgbImage> = parts.iter().cloned().chain(flipped).collect();
    let groups = [
        ("statistics.few", "0"),
        ("groups.size", "6"),
        ("groups.smallest", "3"),
    ];
    fit(folder, "groups", &both, &options(&backbone, &groups));
    let shifted = turned::good_parts(&turned::shifts(4));
    let registered = [
        ("input.size", "160"),
        ("registration", "similarity"),
        ("registration.turns", "2"),
        // The small network gives few matches.
        ("registration.inliers", "8"),
        ("statistics.few", "0"),
    ];
    fit(
        folder,
        "registered",
        &shifted,
        &options(&backbone, &registered),
    );
    for (name, engine, learning, is_prepared) in VARIATIONS {
        let mut options = options(&backbone, &[("statistics.few", "0")]);
        options.set_text("variation.engine", engine).unwrap();
        variation(&parts, learning, &options, is_prepared)
            .write(&folder.join(format!("{name}.variation")))
            .unwrap();
    }
}

fn options(backbone: &Path, more: &[(&str, &str)]) -> Options {
    let mut options = parts::options(&[("input.size", "64")]);
    let backbone = backbone.display().to_string();
    options.set_text("backbone", &backbone).unwrap();
    for (key, value) in more {
        options.set_text(key, value).unwrap();
    }
    options
}

fn part(seed: u64, is_defective: bool) -> RgbImage {
    let part = match is_defective {
        true => parts::defective(seed),
        false => parts::good(seed),
    };
    imageops::thumbnail(&part, SIZE.0, SIZE.1)
}

fn fit(folder: &Path, name: &str, pictures: &[RgbImage], options: &Options) {
    let path = folder.join(format!("{name}.twin"));
    parts::fit(pictures, options).save(&path).unwrap();
}

fn variation(
    pictures: &[RgbImage],
    learning: Learning,
    options: &Options,
    is_prepared: bool,
) -> Variation {
    let mut model = Variation::new(SIZE, GrayType::Byte, learning, options).unwrap();
    let pictures: Vec<GrayImage> = pictures.iter().map(imageops::grayscale).collect();
    // Of anomaly maps what the model has calibrated, of gray values a number of them.
    let absolute = match model.engine() {
        Engine::Features => -1.0,
        _ => 20.0,
    };
    let tolerance = Tolerance {
        absolute: [absolute; 2],
        relative: [3.0; 2],
    };
    if learning == Learning::Direct {
        let variation = GrayImage::from_pixel(SIZE.0, SIZE.1, image::Luma([4]));
        model
            .prepare_direct(&gray(&pictures[0]), &gray(&variation), &tolerance)
            .unwrap();
        return model;
    }
    let views: Vec<_> = pictures.iter().map(gray).collect();
    model.train(&views).unwrap();
    if is_prepared {
        model.prepare(&tolerance).unwrap();
    }
    model
}
