//! Seeds and findings of the fuzz targets under `tests/fuzz`, each run once through its target.
//!
//! Findings lie in `tests/regression/fuzz/TARGET`, named after the symptom. Seeds lie in `tests/fuzz/seeds/TARGET` and are
//! written by [`seeds_are_those_that_are_written_here`], told to by `TWINSPECT_WRITE_SEEDS=1`.

#[path = "../fuzz/src/lib.rs"]
mod fuzz;
mod seeds;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fuzz::TARGETS;

/// Of one input; the tests of other threads slow it down.
const LONGEST: Duration = Duration::from_secs(60);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// The files of a folder by name; none if there is no such folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    let entries = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read(&path).unwrap())
    });
    entries.collect()
}

/// Runs every file of these folders through its target. How many there were.
fn replay(roots: &[&str]) -> usize {
    let mut count = 0;
    for (target, run) in TARGETS {
        for root in roots {
            for (name, bytes) in files(&folder(root).join(target)) {
                let start = Instant::now();
                let ended = std::panic::catch_unwind(|| run(&bytes));
                assert!(ended.is_ok(), "{root}/{target}/{name} is a finding again");
                let took = start.elapsed();
                assert!(took < LONGEST, "{root}/{target}/{name} took {took:?}");
                count += 1;
            }
        }
    }
    count
}

#[test]
fn seeds_find_nothing() {
    assert!(replay(&["fuzz/seeds"]) >= TARGETS.len());
}

#[test]
fn findings_stay_mended() {
    println!("{} findings", replay(&["regression/fuzz"]));
}

/// Each holds tensors that can be read, or is refused; the weight files of other tests are the seeds of that target.
#[test]
fn weight_files_of_other_tests_find_nothing() {
    let found = files(&folder("data/weights"));
    assert!(found.keys().any(|name| name.ends_with(".pth")));
    found.values().for_each(|bytes| fuzz::weights::run(bytes));
}

/// A finding in a folder that no target has would never be replayed.
#[test]
fn folders_are_those_of_targets() {
    for root in ["fuzz/seeds", "regression/fuzz"] {
        let Ok(entries) = fs::read_dir(folder(root)) else {
            continue;
        };
        for entry in entries {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(
                TARGETS.iter().any(|(target, _)| *target == name),
                "{root}/{name}"
            );
        }
    }
}

#[test]
fn seeds_are_those_that_are_written_here() {
    for (target, seeds) in seeds::all() {
        let folder = folder("fuzz/seeds").join(target);
        let expected: BTreeMap<String, Vec<u8>> = seeds.into_iter().collect();
        assert!(
            expected.values().all(|bytes| bytes.len() <= 8192),
            "{target}"
        );
        if std::env::var_os("TWINSPECT_WRITE_SEEDS").is_some() {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            for (name, bytes) in &expected {
                fs::write(folder.join(name), bytes).unwrap();
            }
        }
        let found = files(&folder);
        assert!(
            found == expected,
            "{}: {:?}, not {:?}; TWINSPECT_WRITE_SEEDS=1 cargo test --test rust fuzzed writes them",
            folder.display(),
            found.keys(),
            expected.keys()
        );
    }
}
