//! Programs in C, compiled against the committed header, run on the built library.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use twinspect::ErrorKind;
use twinspect::model::Fitter;
use twinspect::options::Options;

/// Small, so that the test takes seconds.
const SETTING: &str = "input.size=128";
const WIDTH: usize = 160;
const HEIGHT: usize = 128;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compiles a program of tests/c into `folder`, linked with the library that cargo has built for this test.
pub fn compile(name: &str, folder: &Path) -> PathBuf {
    compile_with(name, folder, &[])
}

/// The same, so that it stops at an access beyond its memory, a leak, or undefined behaviour, where the compiler can.
///
/// The library is not built so, but it shares the allocator: what it writes into the program's memory or forgets is found.
fn compile_sanitized(name: &str, folder: &Path) -> PathBuf {
    const FLAGS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let mut probe = Command::new("cc");
    probe.args(FLAGS).args(["-x", "c", "-", "-o"]);
    let probe = probe.arg(folder.join("probe")).stdin(program_of_nothing());
    if probe.output().unwrap().status.success() {
        return compile_with(name, folder, &FLAGS);
    }
    crate::skip::skip(&format!("{name} in C with sanitizers"), "cc has none");
    compile(name, folder)
}

fn program_of_nothing() -> fs::File {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"int main(void) { return 0; }").unwrap();
    file.rewind().unwrap();
    file
}

fn compile_with(name: &str, folder: &Path, flags: &[&str]) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let library = test.parent().unwrap().join("libtwinspect.so");
    let (major, minor) = (
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
    );
    let soname = if major == "0" {
        format!("libtwinspect.so.0.{minor}")
    } else {
        format!("libtwinspect.so.{major}")
    };
    // The loader looks for the name that is written into the library, which cargo's file does not have.
    let link = folder.join(soname);
    if !link.exists() {
        std::os::unix::fs::symlink(&library, &link).unwrap();
    }
    let program = folder.join(name);
    let output = Command::new("cc")
        .args([
            "-std=c11",
            "-D_POSIX_C_SOURCE=200809L",
            "-O1",
            "-g",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
        ])
        .args(flags)
        .arg("-I")
        .arg(root().join("include"))
        .arg(root().join(format!("tests/c/{name}.c")))
        .arg(&link)
        .arg(format!("-Wl,-rpath,{}", folder.display()))
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    program
}

pub fn said(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn forked_child_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(compile_sanitized("fork", folder.path()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        said(&output).lines().count(),
        1,
        "the library wrote to stdout or stderr: {}",
        said(&output)
    );
}

/// A grey plate with a bright disc and two holes, seen through a noisy camera; a defective one has a dark scratch.
fn part(seed: u64, defective: bool) -> Vec<u8> {
    let mut noise = ChaCha8Rng::seed_from_u64(seed);
    let (dx, dy) = (noise.random_range(-1.0..1.0), noise.random_range(-1.0..1.0));
    let mut pixels = Vec::with_capacity(WIDTH * HEIGHT);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (x, y) = (x as f64 - 80.0 - dx, y as f64 - 64.0 - dy);
            let hole = |left: f64| (x - left).hypot(y) < 9.0;
            let scratch =
                defective && (x - 8.0 - 0.6 * y).abs() < 3.0 && (-38.0..-8.0).contains(&y);
            let grey = match () {
                () if scratch => 25.0,
                () if hole(-30.0) || hole(30.0) => 40.0,
                () if x.hypot(y) < 52.0 => 180.0,
                () => 95.0,
            };
            pixels.push((grey + noise.random_range(-6.0..6.0)) as u8);
        }
    }
    pixels
}

/// Writes a part as P5 or, tinted, as P6.
fn write_part(folder: &Path, name: &str, seed: u64, defective: bool, colour: bool) {
    let gray = part(seed, defective);
    let mut bytes =
        format!("P{}\n{WIDTH} {HEIGHT}\n255\n", if colour { 6 } else { 5 }).into_bytes();
    match colour {
        true => bytes.extend(
            gray.iter()
                .flat_map(|value| [*value, *value, value.saturating_sub(10)]),
        ),
        false => bytes.extend(gray),
    }
    fs::write(
        folder.join(format!("{name}.{}", if colour { "ppm" } else { "pgm" })),
        bytes,
    )
    .unwrap();
}

fn write_parts(folder: &Path) {
    for name in ["good", "test"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    for seed in 0..12 {
        write_part(
            &folder.join("good"),
            &format!("good_{seed:02}"),
            seed,
            false,
            seed % 3 == 2,
        );
    }
    for (name, seed, defective, colour) in [
        ("a", 100, false, false),
        ("b", 101, true, false),
        ("c", 102, false, true),
        ("d", 103, true, true),
    ] {
        write_part(&folder.join("test"), name, seed, defective, colour);
    }
}

fn cli(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_twinspect"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// What was said of a picture: bits of the score, verdict, number of regions.
type Said = BTreeMap<String, (u32, String, usize)>;

fn of_c(output: &Output) -> Said {
    let line = |line: &str| {
        let [name, decimal, bits, verdict, regions] = line.split(' ').collect::<Vec<_>>()[..]
        else {
            panic!("'{line}'")
        };
        let bits = u32::from_str_radix(bits, 16).unwrap();
        assert_eq!(
            decimal.parse::<f32>().unwrap().to_bits(),
            bits,
            "nine digits give the number back"
        );
        (
            name.to_owned(),
            (bits, verdict.to_owned(), regions.parse().unwrap()),
        )
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(line)
        .collect()
}

fn of_cli(output: &Output) -> Said {
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let name = Path::new(line["path"].as_str().unwrap())
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let score = line["score"].as_f64().unwrap() as f32;
        let regions = line["regions"].as_array().unwrap().len();
        (
            name,
            (
                score.to_bits(),
                line["verdict"].as_str().unwrap().to_owned(),
                regions,
            ),
        )
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(line)
        .collect()
}

#[test]
fn picture_in_every_form_scores_the_same_and_the_rest_works_from_c() {
    const NO_WEIGHTS: i32 = 77;
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(compile_sanitized("pictures", folder.path()))
        .output()
        .unwrap();
    if output.status.code() == Some(NO_WEIGHTS) {
        return crate::skip::skip("pictures in C", said(&output));
    }
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        said(&output).lines().count(),
        1,
        "the library wrote to stdout or stderr: {}",
        said(&output)
    );
}

#[test]
fn variation_model_in_c_is_called_as_in_halcon() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(compile_sanitized("variation", folder.path()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[cfg(target_env = "gnu")]
#[test]
fn hundred_cycles_of_two_models_in_c_leave_memory_flat() {
    if let Err(error) = Fitter::new(&Options::default()) {
        assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
        return crate::skip::skip("cycles in C", error);
    }
    let folder = tempfile::tempdir().unwrap();
    write_parts(folder.path());
    let fitted = cli(
        &["fit", "good", "-o", "part.twin", "--set", SETTING],
        folder.path(),
    );
    assert!(fitted.status.success(), "{}", said(&fitted));
    let picture = fs::read_dir(folder.path().join("test")).unwrap().next();
    let output = Command::new(compile("cycles", folder.path()))
        .arg("part.twin")
        .arg(picture.unwrap().unwrap().path())
        .current_dir(folder.path())
        .output()
        .unwrap();
    println!("{}", said(&output));
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn c_program_and_command_line_agree_bit_for_bit() {
    if let Err(error) = Fitter::new(&Options::default()) {
        assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
        crate::skip::skip("the C program", error);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write_parts(folder.path());
    let program = compile("inspect", folder.path());
    let c = Command::new(program)
        .args(["c.twin", "good", "test", SETTING])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(c.status.success(), "{}", said(&c));
    assert!(c.stderr.is_empty(), "{}", said(&c));

    let fitted = cli(
        &["fit", "good", "-o", "cli.twin", "--set", SETTING],
        folder.path(),
    );
    assert!(fitted.status.success(), "{}", said(&fitted));
    let inspected = cli(&["inspect", "cli.twin", "test", "--json"], folder.path());

    let (of_c, of_cli) = (of_c(&c), of_cli(&inspected));
    println!("{}", said(&c));
    assert_eq!(of_c, of_cli, "{}\n{}", said(&c), said(&inspected));
    let verdicts: Vec<&str> = of_c
        .values()
        .map(|(_, verdict, _)| verdict.as_str())
        .collect();
    assert_eq!(verdicts, ["good", "defect", "good", "defect"]);
    let models = ["c.twin", "cli.twin"].map(|name| fs::read(folder.path().join(name)).unwrap());
    assert!(models[0] == models[1], "the two model files differ");
}
