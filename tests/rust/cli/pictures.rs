//! Pictures of CASES.md through the front door: what the program makes of odd files and sizes.

use std::path::PathBuf;

use image::RgbImage;

use super::Bench;
use crate::oracle::data;
use crate::parts::{SIZE, good};

/// A file of `tests/data/image`.
fn picture_file(name: &str) -> PathBuf {
    data("image").join(name)
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
    for (name, width, height) in [("a", 1, 1), ("b", 1, 50), ("c", 50, 1), ("d", 257, 31)] {
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
        [(1, 1), (1, 50), (50, 1), (257, 31), (256, 4), (40, 100)]
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
