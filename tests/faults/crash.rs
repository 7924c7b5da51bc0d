//! Processes that are killed while they write: a file is the old one or the new one, and nothing piles up beside it.
//!
//! `TWINSPECT_KILLS` says how many times each kind of writer is killed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use twinspect::legacy::shadow;
use twinspect::model::Model;
use twinspect::options::Options;

use crate::writer::{FIRST, TARGET, Writer, content, prepare_models, prepare_variation};
use crate::{count, parts};

/// After so many kills it would be a miracle if none had hit a save.
const SURELY: usize = 100;

fn kills() -> usize {
    count("TWINSPECT_KILLS", 12)
}

/// Waits for a random part of `most`.
fn wait(random: &mut ChaCha8Rng, most: Duration) {
    std::thread::sleep(most.mul_f64(random.random_range(0.0..1.0)));
}

/// What lies in the target's folder: the file, and how many others.
fn found(folder: &Path) -> (Option<Vec<u8>>, usize) {
    let mut content = content(folder);
    let place = content.iter().position(|(name, _)| TARGET.ends_with(name));
    let target = place.map(|place| content.swap_remove(place).1);
    (target, content.len())
}

/// Kills writers of two files in turn, and looks at what is there.
fn kill_writers(job: &str, files: &[Vec<u8>; 2], folder: &Path) {
    const MOST: Duration = Duration::from_millis(40);
    let target = folder.join("target");
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let (mut hits, mut seen) = (0, [0; 2]);
    for kill in 0..kills() {
        let writer = Writer::start(job, folder);
        wait(&mut random, MOST);
        writer.kill();
        let (file, others) = found(&target);
        match file {
            Some(file) => {
                let which = files.iter().position(|whole| *whole == file);
                seen[which.unwrap_or_else(|| panic!("half a file after {kill} kills"))] += 1;
            }
            None => assert_eq!(seen, [0; 2], "the file is gone after {kill} kills"),
        }
        assert!(others <= 1, "{others} temporary files after {kill} kills");
        hits += others;
    }
    println!(
        "{job}: {} kills, {hits} within a save; files found: {seen:?}",
        kills()
    );
    if kills() >= SURELY {
        assert!(
            hits > 0 && seen.iter().all(|count| *count > 0),
            "no kill hit a save"
        );
    }
}

#[test]
fn killed_save_leaves_the_old_model_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let files = prepare_models(folder.path());
    kill_writers("models", &files, folder.path());
    let target = folder.path().join(TARGET);
    let model = Model::from_bytes(&files[0], &Options::default()).unwrap();
    model.save(&target).unwrap();
    assert_eq!(found(target.parent().unwrap()), (Some(files[0].clone()), 0));
}

#[test]
fn killed_write_leaves_the_old_variation_model_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("target")).unwrap();
    let of = |name: &str, count| prepare_variation(&folder.path().join(name), "pixels", count);
    let files = [of(FIRST, 3), of(crate::writer::SECOND, 5)];
    kill_writers("variations", &files, folder.path());
    prepare_variation(&folder.path().join(TARGET), "pixels", 3);
    assert_eq!(
        found(&folder.path().join("target")),
        (Some(files[0].clone()), 0)
    );
}

#[test]
fn killed_add_leaves_the_old_model_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (target, more) = (folder.path().join(TARGET), folder.path().join("more"));
    std::fs::create_dir(&more).unwrap();
    for seed in 20..23 {
        let picture = more.join(format!("{seed}.png"));
        parts::good(seed).save(picture).unwrap();
    }
    let [old, _] = prepare_models(folder.path());
    let start = || {
        let mut add = Command::new(env!("CARGO_BIN_EXE_twinspect"));
        add.arg("add").args([&target, &more]);
        add.stdout(Stdio::null()).stderr(Stdio::null());
        add.env("GOMP_SPINCOUNT", "1000").spawn().unwrap()
    };
    let undisturbed = || {
        std::fs::write(&target, &old).unwrap();
        let began = Instant::now();
        assert!(start().wait().unwrap().success());
        (began.elapsed(), std::fs::read(&target).unwrap())
    };
    let (mut longest, new) = undisturbed();
    assert_ne!(new, old);

    let mut random = ChaCha8Rng::seed_from_u64(0);
    let (mut hits, mut seen) = (0, [0; 2]);
    for kill in 0..kills() {
        std::fs::write(&target, &old).unwrap();
        let mut child = start();
        wait(&mut random, longest);
        child.kill().unwrap();
        child.wait().unwrap();
        let (file, others) = found(target.parent().unwrap());
        let file = file.unwrap();
        let which = [&old, &new].iter().position(|whole| **whole == file);
        seen[which.unwrap_or_else(|| panic!("half a file after {kill} kills"))] += 1;
        hits += others;
        assert!(others <= 1, "{others} temporary files after {kill} kills");
        if others == 1 {
            // The next one removes it.
            longest = undisturbed().0;
            assert_eq!(found(target.parent().unwrap()).1, 0);
        }
    }
    println!(
        "add: {} kills, {hits} within a save; files found: {seen:?}",
        kills()
    );
    assert_eq!(undisturbed().1, new);
    assert_eq!(found(target.parent().unwrap()).1, 0);
}

#[test]
fn killed_comparison_loses_no_row_and_leaves_no_half_picture() {
    const MOST: Duration = Duration::from_millis(200);
    let folder = tempfile::tempdir().unwrap();
    prepare_variation(&folder.path().join(FIRST), "both", 12);
    let shadow = folder.path().join("shadow");
    let pictures = shadow.join("pictures");
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let (mut said, mut seen) = (0, 0);
    for kill in 0..kills() {
        let writer = Writer::start("shadow", folder.path());
        wait(&mut random, MOST);
        said += writer.kill();
        let rows = shadow::read(&shadow).unwrap();
        assert!(rows.len() >= said, "rows were lost after {kill} kills");
        for row in &rows[seen..] {
            assert_eq!(row.picture.is_none(), row.agrees());
            if let Some(picture) = &row.picture {
                image::open(shadow.join(picture)).unwrap();
            }
        }
        seen = rows.len();
        let waiting = content(&pictures);
        let waiting = waiting.iter().filter(|(name, _)| name.ends_with(".part"));
        assert!(waiting.count() <= 1, "temporary files pile up");
    }
    let last = Writer::start("shadow", folder.path());
    last.kill();
    let whole = content(&pictures);
    for (name, bytes) in whole.iter().filter(|(name, _)| !name.ends_with(".part")) {
        assert!(
            image::load_from_memory(bytes).is_ok(),
            "{name} is half a picture"
        );
    }
    println!(
        "shadow: {} kills, {seen} rows, {} pictures",
        kills(),
        whole.len()
    );
    assert!(seen > 0);
}
