//! `twinspect drift`, and what `twinspect inspect` says of pictures that nobody should judge.

use image::Rgb;

use super::*;

fn model(bench: &Bench) {
    bench
        .fit(&bench.good_parts(30), &["--set", "matcher=none"])
        .expect(0);
}

/// Lines as `twinspect inspect --json` prints them, with scores around that of the normal images, each times `factor`.
fn lines(bench: &Bench, name: &str, count: usize, factor: f64) {
    let info = bench.run(&["info", "part.twin", "--json"]).expect(0).json();
    let images = info[0]["groups"][0]["images"].as_array().unwrap();
    let scores: Vec<f64> = images
        .iter()
        .map(|image| image["score"].as_f64().unwrap())
        .collect();
    let text: String = (0..count)
        .map(|number| {
            let score = factor * scores[number * 7 % scores.len()];
            format!("{{\"path\":\"{name}/{number}.png\",\"score\":{score},\"verdict\":\"good\",\"threshold\":1e9,\"health\":{{\"findings\":[]}}}}\n")
        })
        .collect();
    std::fs::write(bench.path(name), text).unwrap();
}

#[test]
fn parts_as_before_drift_nowhere_and_a_rise_is_found_with_its_part() {
    let bench = Bench::new();
    model(&bench);
    lines(&bench, "before", 90, 1.0);
    let ran = bench.run(&["drift", "part.twin", "before"]).expect(0);
    assert!(
        ran.out.contains("90 good parts, beside 30") && ran.out.contains("no drift"),
        "{}",
        ran.out
    );
    lines(&bench, "after", 60, 1.5);
    let arguments = [
        "drift",
        "part.twin",
        "before",
        "after",
        "--chart",
        "drift.svg",
    ];
    let ran = bench.run(&arguments).expect(1);
    assert!(
        ran.out.contains("drift: a rise, found at part"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("(after/"), "{}", ran.out);
    let chart = std::fs::read_to_string(bench.path("drift.svg")).unwrap();
    assert!(chart.starts_with("<svg") && chart.contains("a rise is found at 10"));
    let ran = bench
        .run(&["drift", "part.twin", "before", "after", "--json"])
        .expect(1);
    let found = &ran.json()[0];
    assert_eq!(
        (&found["found"], &found["parts"]),
        (&true.into(), &150.into())
    );
    let at = found["cusum"]["found_at"]["part"].as_u64().unwrap();
    let path = format!("after/{}.png", at - 91);
    assert!(
        at > 90 && found["cusum"]["found_at"]["path"] == path.as_str(),
        "{found}"
    );
    assert!(found["kolmogorov_smirnov"]["p"].as_f64().unwrap() < 0.001);
}

#[test]
fn printed_inspections_and_the_pictures_themselves_say_the_same() {
    let bench = Bench::new();
    model(&bench);
    for seed in 200..206 {
        bench.save(&format!("new/{seed}.png"), &good(seed));
    }
    bench.save("new/300.png", &defective(300));
    let black = RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb([0; 3]));
    bench.save("new/400.png", &black);
    std::fs::write(bench.path("new/500.png"), b"no picture").unwrap();
    let printed = bench
        .run(&["inspect", "part.twin", "new", "--json"])
        .expect(2);
    std::fs::write(bench.path("printed.jsonl"), &printed.out).unwrap();
    let of_lines = bench
        .run(&["drift", "part.twin", "printed.jsonl", "--json"])
        .expect(0);
    let of_pictures = bench
        .run(&["drift", "part.twin", "new", "--json"])
        .expect(0);
    assert_eq!(of_lines.json(), of_pictures.json());
    let found = &of_lines.json()[0];
    let not_counted = &found["not_counted"];
    assert_eq!(
        (&not_counted["unhealthy"], &not_counted["errors"]),
        (&1.into(), &1.into()),
        "{found}"
    );
    let counted = ["defect", "undecided", "above_threshold"].map(|key| not_counted[key].as_u64());
    let sum: u64 = counted.into_iter().flatten().sum();
    assert_eq!(found["parts"].as_u64().unwrap() + sum, 7, "{found}");
}

#[test]
fn lines_that_are_none_and_models_of_too_few_parts_are_named() {
    let bench = Bench::new();
    model(&bench);
    std::fs::write(bench.path("wrong.jsonl"), "{\"path\": \"a\"}\n").unwrap();
    bench
        .run(&["drift", "part.twin", "wrong.jsonl"])
        .expect(2)
        .says("line 1 is none of");
    std::fs::write(bench.path("torn.jsonl"), "\n{\"score\": 1, \"verd").unwrap();
    bench
        .run(&["drift", "part.twin", "torn.jsonl"])
        .expect(2)
        .says("torn.jsonl: line 2 is none of");
    bench
        .run(&["drift", "part.twin", "nowhere.jsonl"])
        .expect(2)
        .says("nowhere.jsonl");
    let bad = "{\"path\": \"a\", \"score\": 99.5, \"verdict\": \"defect\"}\n";
    std::fs::write(bench.path("bad.jsonl"), bad).unwrap();
    bench
        .run(&["drift", "part.twin", "bad.jsonl"])
        .expect(2)
        .says("there is no good part");
    lines(&bench, "before", 5, 1.0);
    let few = bench.path("few");
    std::fs::create_dir_all(&few).unwrap();
    for seed in 0..3 {
        std::fs::copy(
            bench.path(&format!("good/{seed:03}.png")),
            few.join(format!("{seed}.png")),
        )
        .unwrap();
    }
    bench.fit_to(&few, "few.twin", &[]).expect(0);
    bench
        .run(&["drift", "few.twin", "before"])
        .expect(2)
        .says("too few to see a drift");
}

#[test]
fn inspect_says_what_is_wrong_with_a_picture_and_what_to_look_at() {
    let bench = Bench::new();
    model(&bench);
    let black = RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb([0; 3]));
    bench.save("black.png", &black);
    let ran = bench.run(&["inspect", "part.twin", "black.png"]).expect(1);
    assert!(ran.out.starts_with("undecided"), "{}", ran.out);
    assert!(
        ran.out
            .contains("too dark: brightness 0.000, of the normal images 0."),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("Look whether the lens is covered"),
        "{}",
        ran.out
    );
    let line = &bench
        .run(&["inspect", "part.twin", "black.png", "--json"])
        .expect(1)
        .json()[0];
    assert_eq!(line["verdict"], "undecided");
    let findings: Vec<&str> = line["health"]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(findings, ["too_dark", "flat", "blurred", "black"]);
    let report = [
        "inspect",
        "part.twin",
        "black.png",
        "--json",
        "--set",
        "health=report",
    ];
    let line = &bench.run(&report).expect(1).json()[0];
    assert_eq!(line["verdict"], "defect");
    assert_eq!(line["health"]["findings"][0], "too_dark");
}
