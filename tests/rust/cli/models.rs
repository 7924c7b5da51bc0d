//! Models through the front door: what is learned, added, said, and left alone by failures.

use super::Bench;
use crate::parts::{defective, good, settings};

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
fn one_picture_and_two_are_warned_of() {
    let bench = Bench::new();
    bench
        .fit(&bench.good_parts(1), &[])
        .expect(0)
        .says("1 good part is few");
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
fn temporary_file_that_cannot_be_written_ends_the_run_and_is_no_fault_of_the_pictures() {
    let bench = Bench::new();
    let folder = bench.good_parts(60);
    let mut arguments = vec![
        "fit".to_owned(),
        folder.display().to_string(),
        "--set=fit.memory_mib=1".to_owned(),
        "--output=part.twin".to_owned(),
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

#[test]
fn adding_parts_that_the_model_knows_changes_no_threshold() {
    let bench = Bench::new();
    let folder = bench.good_parts(12);
    let before = bench.fit(&folder, &["--json"]).expect(0).json();
    for seed in 0..3 {
        bench.save(&format!("again/{seed:03}.png"), &good(seed));
    }
    let add = ["add", "part.twin", "again", "--json"];
    bench.run(&add).expect(0);
    let after = bench.run(&add).expect(0).json();
    assert_eq!(
        (&after[0]["images"], &after[0]["threshold"]),
        (&12.into(), &before[0]["threshold"])
    );
    assert_eq!(after[0]["left_out"].as_array().unwrap().len(), 3);
}
