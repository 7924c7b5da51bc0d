//! `twinspect info`: groups with their images, the sheet of lead images, hashes of weights.

use std::collections::HashSet;
use std::path::PathBuf;

use image::imageops::rotate180;
use twinspect::features::weights;

use super::Bench;
use crate::parts::good;
use crate::skip::skip;

/// A model of twelve parts, every second one lying upside down.
fn model_of_two_poses() -> Bench {
    let bench = Bench::new();
    for seed in 0..12 {
        let picture = match seed % 2 {
            0 => good(seed),
            _ => rotate180(&good(seed)),
        };
        bench.save(&format!("good/{seed:03}.png"), &picture);
    }
    let groups = ["--set=groups.size=6", "--set=groups.smallest=2"];
    bench.fit(&bench.path("good"), &groups).expect(0);
    bench
}

#[test]
fn groups_show_every_image_once_the_best_matches_first() {
    let bench = model_of_two_poses();
    let info = bench.run(&["info", "part.twin", "--json"]).expect(0).json();
    let groups = info[0]["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 2);

    let text = bench.run(&["info", "part.twin", "--groups"]).expect(0).out;
    let mut seen = HashSet::new();
    for (number, group) in groups.iter().enumerate() {
        let lead = group["lead"].as_str().unwrap();
        let title = format!("group {number}, lead image {lead}\n");
        let (_, list) = text.split_once(&title).unwrap();
        let (list, _) = list.split_once("\n\n").unwrap_or((list, ""));
        let rows: Vec<Vec<&str>> = list
            .lines()
            .skip(1)
            .map(|row| row.split_whitespace().collect())
            .collect();
        assert_eq!(rows.len(), group["images"].as_array().unwrap().len());
        assert_eq!(rows[0][2..], [lead, "(lead)"]);
        let matches: Vec<u32> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
        assert!(matches.is_sorted_by(|a, b| a >= b), "{matches:?}");
        assert_eq!(*matches.last().unwrap(), group["fewest_matches"]);
        for (row, matches) in rows.iter().zip(matches) {
            let images = group["images"].as_array().unwrap();
            let image = images.iter().find(|image| image["name"] == row[2]).unwrap();
            assert_eq!(image["matches"], matches);
            assert_eq!(row[1], format!("{:.2}", image["score"].as_f64().unwrap()));
            assert!(seen.insert(row[2].to_owned()), "{} is shown twice", row[2]);
        }
    }
    assert_eq!(seen.len(), 12);
}

#[test]
fn sheet_shows_every_lead_image_with_its_caption() {
    let bench = model_of_two_poses();
    for name in ["leads.png", "leads.JPG"] {
        bench.run(&["info", "part.twin", "--sheet", name]).expect(0);
        let sheet = image::open(bench.path(name)).unwrap().to_rgb8();
        let dark = |left: u32, top: u32, width: u32, height: u32| {
            let cells = (left..left + width).flat_map(|x| (top..top + height).map(move |y| (x, y)));
            let dark = |&(x, y): &(u32, u32)| sheet.get_pixel(x, y).0.iter().all(|v| *v < 140);
            cells.filter(dark).count()
        };
        // Pictures, then the three lines below them; the third cell is empty.
        for (left, is_drawn) in [(22, true), (238, true), (454, false)] {
            let (picture, caption) = (dark(left, 70, 192, 192), dark(left, 266, 192, 62));
            assert_eq!(
                (picture > 1000, caption > 100),
                (is_drawn, is_drawn),
                "{left}"
            );
        }
        assert!(dark(22, 16, 400, 20) > 100, "{name} has no title");
    }
}

#[test]
fn sheet_that_cannot_be_written_is_named_and_leaves_nothing() {
    let bench = Bench::new();
    bench.fit(&bench.good_parts(4), &[]).expect(0);
    std::fs::create_dir(bench.path("folder.png")).unwrap();
    for (name, why) in [
        ("leads.gif", "ends in .png, .jpg or .jpeg"),
        ("leads", "ends in .png, .jpg or .jpeg"),
        ("part.twin", "ends in .png, .jpg or .jpeg"),
        ("no/such/leads.png", "there is no folder 'no/such'"),
        ("part.twin/leads.png", "part.twin"),
        ("folder.png", "it is a folder"),
    ] {
        let before = std::fs::read(bench.path("part.twin")).unwrap();
        let ran = bench.run(&["info", "part.twin", "--sheet", name]).expect(2);
        assert_eq!(ran.out, "");
        ran.says(name).says(why);
        assert!(std::fs::read(bench.path("part.twin")).unwrap() == before);
    }
    assert_eq!(left_behind(&bench), Vec::<PathBuf>::new());
    bench
        .run(&["info", "good/000.png", "--sheet", "leads.png"])
        .expect(2)
        .says("not a twinspect model");
    assert!(!bench.path("leads.png").exists());
}

/// What a write that failed forgot.
fn left_behind(bench: &Bench) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(bench.path("")).unwrap();
    let known = ["good", "part.twin", "folder.png"].map(|name| bench.path(name));
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| !known.contains(path))
        .collect()
}

#[cfg(unix)]
#[test]
fn sheet_in_a_folder_without_the_right_to_write_is_an_error() {
    use std::os::unix::fs::PermissionsExt;

    let bench = Bench::new();
    bench.fit(&bench.good_parts(4), &[]).expect(0);
    let folder = bench.path("locked");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o555)).unwrap();
    if std::fs::write(folder.join("probe"), "").is_ok() {
        skip(
            "a sheet without the right to write",
            "this user may write anywhere",
        );
        return;
    }
    bench
        .run(&["info", "part.twin", "--sheet", "locked/leads.png"])
        .expect(2)
        .says("locked/leads.png: cannot write the sheet");
}

#[test]
fn hashes_of_all_weights_are_shown() {
    let bench = Bench::new();
    let folder = bench.good_parts(4);
    bench.fit(&folder, &[]).expect(0);
    let info = bench.run(&["info", "part.twin", "--json"]).expect(0).json();
    assert_eq!(info[0]["matcher"], serde_json::json!([]));
    let text = bench.run(&["info", "part.twin"]).expect(0).out;
    assert!(text.contains(info[0]["backbone"]["sha256"].as_str().unwrap()));

    if let Err(error) = weights::find("xfeat") {
        skip("hashes of a matcher's weights", error);
        return;
    }
    let xfeat = ["--set=matcher=xfeat", "--set=matcher.size=192"];
    bench.fit(&folder, &xfeat).expect(0);
    let sha256 = weights::entry("xfeat").unwrap().sha256;
    let info = bench.run(&["info", "part.twin", "--json"]).expect(0).json();
    let expected = serde_json::json!([{ "name": "xfeat", "sha256": sha256 }]);
    assert_eq!(info[0]["matcher"], expected);
    let text = bench.run(&["info", "part.twin"]).expect(0).out;
    assert!(text.contains(&format!("{sha256}  xfeat")), "{text}");
}
