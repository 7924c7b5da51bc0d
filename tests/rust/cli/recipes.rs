//! Recipes by name, through the front door.

use twinspect::options::RECIPES;

use super::Bench;
use crate::parts::good;

#[test]
fn settings_win_over_the_recipe_whatever_their_order() {
    let bench = Bench::new();
    // The small backbone's settings come before these on the command line.
    let more = [
        "--recipe=paper",
        "--set=matcher=backbone",
        "--set=groups.size=0",
    ];
    bench.fit(&bench.good_parts(8), &more).expect(0);
    let info = bench.run(&["info", "part.twin", "--json"]).expect(0).json();
    let recipe = &info[0]["recipe"];
    for (key, value) in [
        ("adaptor", "adaptive"),
        ("adaptor.channels", "700"),
        ("features.sigma", "2"),
        ("statistics.epsilon", "0.01"),
        ("features.stages", "1,2"),
        ("input.size", "96"),
        ("matcher", "backbone"),
        ("groups.size", "0"),
    ] {
        assert_eq!(recipe[key], value, "{key}");
    }
    let text = bench.run(&["info", "part.twin"]).expect(0).out;
    assert!(text.contains("features.sigma=2"), "{text}");

    bench.save("new/fine.png", &good(40));
    let ran = bench.run(&["inspect", "part.twin", "new", "--json"]);
    assert!(ran.json()[0]["score"].is_f64(), "{ran:#?}");
}

#[test]
fn default_recipe_is_the_same_as_none() {
    let bench = Bench::new();
    let folder = bench.good_parts(8);
    bench.fit(&folder, &[]).expect(0);
    bench
        .fit_to(&folder, "named.twin", &["--recipe", "default"])
        .expect(0);
    let read = |name| std::fs::read(bench.path(name)).unwrap();
    assert!(
        read("part.twin") == read("named.twin"),
        "the recipe 'default' made another model"
    );
}

#[test]
fn unknown_recipe_is_told_the_known_ones_and_no_work_is_done() {
    let bench = Bench::new();
    let folder = bench.good_parts(2);
    for name in ["papr", "", "Paper"] {
        let recipe = format!("--recipe={name}");
        let ran = bench.fit(&folder, &[&recipe]).expect(2);
        ran.says(&format!(
            "'{name}' is not one of default, registered, paper"
        ))
        .says("--list-recipes");
    }
    bench
        .fit(&folder, &["--recipe=papr"])
        .says("nearest is 'paper'");
    assert!(!bench.path("part.twin").exists());
}

#[test]
fn recipes_are_listed_with_what_each_sets() {
    let bench = Bench::new();
    let text = bench.run(&["fit", "--list-recipes"]).expect(0).out;
    for recipe in RECIPES {
        assert!(text.contains(recipe.name) && text.contains(recipe.summary));
        for (key, value) in recipe.settings {
            assert!(text.contains(&format!("    {key}={value}\n")), "{key}");
        }
    }
}

#[test]
fn missing_weights_of_the_paper_are_named_one_after_the_other() {
    let bench = Bench::new();
    let folder = bench.good_parts(2);
    std::fs::create_dir(bench.path("weights")).unwrap();
    let weights = bench.path("weights").display().to_string();
    let fit = |more: &[&str]| {
        let mut arguments = vec!["fit", folder.to_str().unwrap(), "-o", "part.twin"];
        arguments.extend(["--recipe", "paper"]);
        arguments.extend(more);
        let ran = bench.run_with(&arguments, &[("TWINSPECT_WEIGHTS", &weights)]);
        assert!(!bench.path("part.twin").exists());
        ran.expect(2)
    };
    fit(&[])
        .says("resnet50")
        .says("twinspect weights get resnet50");
    let backbone = crate::parts::settings()[0].1.clone();
    let backbone = format!("--set=backbone={backbone}");
    let small = [
        "--set=features.stages=2",
        "--set=features.grid=2",
        &backbone,
    ];
    fit(&small)
        .says("dedode-detector-l-v2")
        .says("twinspect weights get dedode-detector-l-v2");
}
