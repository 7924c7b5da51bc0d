//! The committed C header is what cbindgen makes of `src/ffi`, compiles everywhere, and has the promised layout.
//!
//! `TWINSPECT_WRITE_HEADER=1 cargo test header` writes it.

use std::fmt::Write as _;
use std::fs;
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::process::Command;

use twinspect::ffi::*;

/// The sections of the header, in reading order: title, and its file, whose `//!` text introduces it.
const SECTIONS: [(&str, &str); 14] = [
    ("Library", "library"),
    ("Errors", "error"),
    ("Options", "options"),
    ("Images", "image"),
    ("Fitting", "fitter"),
    ("Models", "model"),
    ("Inspecting", "inspector"),
    ("Results", "result"),
    ("Health and drift", "health"),
    ("Batches", "batch"),
    ("Thresholds", "threshold"),
    ("Variation models", "variation"),
    ("Devices", "device"),
    ("Log", "log"),
];

/// Types that are shown where they are used first.
const TYPES: [&str; 3] = ["structs", "status", "progress"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn committed() -> PathBuf {
    root().join("include/twinspect/twinspect.h")
}

fn generate() -> String {
    let mut config = cbindgen::Config::from_file(root().join("src/ffi/cbindgen.toml")).unwrap();
    let introduction = config.header.take().unwrap();
    let guard = config.include_guard.take().unwrap();
    let includes: String =
        std::mem::take(&mut config.sys_includes)
            .iter()
            .fold(String::new(), |mut text, name| {
                let _ = writeln!(text, "#include <{name}>");
                text
            });
    let mut header = format!(
        "{}\n#ifndef {guard}\n#define {guard}\n\n{includes}\n{}",
        introduction.trim_start(),
        versions()
    );
    header.push_str("\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    for (title, file) in SECTIONS {
        header.push_str(&section(title, file, &mut config));
    }
    let _ = write!(
        header,
        "\n#ifdef __cplusplus\n}}\n#endif\n\n#endif /* {guard} */\n"
    );
    header
}

/// From the crate's version, so that nobody types it a second time.
fn versions() -> String {
    let [major, minor, patch] = ["MAJOR", "MINOR", "PATCH"].map(|part| match part {
        "MAJOR" => env!("CARGO_PKG_VERSION_MAJOR"),
        "MINOR" => env!("CARGO_PKG_VERSION_MINOR"),
        _ => env!("CARGO_PKG_VERSION_PATCH"),
    });
    let number = [major, minor, patch].iter().fold(0, |number, part| {
        number * 1000 + part.parse::<u32>().unwrap()
    });
    format!(
        "/** Version of this header; tsp_abi_version and tsp_version give the library's. */\n\
         #define TSP_VERSION_MAJOR {major}\n\
         #define TSP_VERSION_MINOR {minor}\n\
         #define TSP_VERSION_PATCH {patch}\n\
         #define TSP_VERSION \"{}\"\n\
         /** major * 1000000 + minor * 1000 + patch */\n\
         #define TSP_ABI_VERSION {number}\n",
        env!("CARGO_PKG_VERSION"),
    )
}

/// A title, the file's introduction, and what cbindgen makes of its items; types are shown once.
fn section(title: &str, file: &str, config: &mut cbindgen::Config) -> String {
    let path = |name: &str| root().join(format!("src/ffi/{name}.rs"));
    let mut builder = cbindgen::Builder::new()
        .with_config(config.clone())
        .with_src(path(file));
    for types in TYPES {
        builder = builder.with_src(path(types));
    }
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    let text = String::from_utf8(text).unwrap();
    for line in text.lines() {
        let mut words = line
            .split([' ', ';', '(', ')', '*'])
            .filter(|word| !word.is_empty());
        if matches!(words.next(), Some("typedef" | "enum" | "struct")) {
            config.export.exclude.extend(
                words
                    .find(|word| word.starts_with("tsp_"))
                    .map(str::to_owned),
            );
        }
    }
    // Once around all sections is enough.
    let text = text.replace(
        "#ifdef __cplusplus\nextern \"C\" {\n#endif // __cplusplus\n",
        "",
    );
    let text = text.replace(
        "#ifdef __cplusplus\n}  // extern \"C\"\n#endif  // __cplusplus\n",
        "",
    );
    format!(
        "\n/*\n * ==== {title} ====\n{} */\n\n{}\n",
        introduction(&path(file)),
        tidy(&text).trim()
    )
}

/// A comment of one line on one line, constants without gaps, types by their short names.
fn tidy(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = match line.trim_start().starts_with("typedef") {
            true => line.to_owned(),
            false => line.replace("struct tsp_", "tsp_"),
        };
        match &mut lines[..] {
            [.., open, body] if open.trim() == "/**" && line.trim() == "*/" => {
                let comment = format!(
                    "{} {} */",
                    open.trim_end(),
                    body.trim().trim_start_matches("* ")
                );
                lines.truncate(lines.len() - 2);
                lines.push(comment);
            }
            [.., constant, gap, _]
                if constant.starts_with("#define")
                    && gap.is_empty()
                    && line.starts_with("#define") =>
            {
                lines.remove(lines.len() - 2);
                lines.push(line);
            }
            [.., last] if last.is_empty() && line.is_empty() => {}
            _ => lines.push(line),
        }
    }
    lines.join("\n")
}

/// The `//!` text of a file after its first line, which is the title.
fn introduction(path: &Path) -> String {
    let source = fs::read_to_string(path).unwrap();
    let lines = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .skip(1);
    lines.map(|line| format!(" *{line}\n")).collect()
}

#[test]
fn header_is_what_the_generator_makes() {
    let generated = generate();
    if std::env::var_os("TWINSPECT_WRITE_HEADER").is_some() {
        fs::create_dir_all(committed().parent().unwrap()).unwrap();
        fs::write(committed(), &generated).unwrap();
        return;
    }
    let committed = fs::read_to_string(committed()).unwrap_or_default();
    let different = generated
        .lines()
        .zip(committed.lines())
        .position(|(new, old)| new != old);
    assert!(
        generated == committed,
        "twinspect.h is not current from line {} on; `make header` writes it",
        different.map_or(
            generated.lines().count().min(committed.lines().count()),
            |line| line
        ) + 1
    );
}

/// The compilers of this machine among those that the header must suit.
fn compilers(all: &[&'static str]) -> Vec<&'static str> {
    let (found, missing): (Vec<_>, Vec<_>) = all.iter().partition(|name| {
        Command::new(name)
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
    });
    for name in missing {
        crate::skip::skip(&format!("the header with {name}"), "it is not installed");
    }
    found
}

fn compile(compiler: &str, standard: &str, source: &Path, object: &Path) {
    let output = Command::new(compiler)
        .args([
            &format!("-std={standard}"),
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-c",
        ])
        .arg("-I")
        .arg(root().join("include"))
        .arg(source)
        .arg("-o")
        .arg(object)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{compiler} -std={standard}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn header_compiles_without_warnings_first_and_twice() {
    let folder = tempfile::tempdir().unwrap();
    for (suffix, all, standards) in [
        ("c", ["gcc", "clang"], &["c99", "c11", "c17"][..]),
        (
            "cpp",
            ["g++", "clang++"],
            &["c++11", "c++14", "c++17", "c++20"],
        ),
    ] {
        let source = folder.path().join(format!("twice.{suffix}"));
        let text = "#include <twinspect/twinspect.h>\n#include <twinspect/twinspect.h>\n\
                    tsp_status use(const tsp_image *image);\n\
                    tsp_status use(const tsp_image *image) { return tsp_image_check(image); }\n";
        fs::write(&source, text).unwrap();
        for compiler in compilers(&all) {
            for standard in standards {
                compile(compiler, standard, &source, &folder.path().join("twice.o"));
            }
        }
    }
}

#[test]
fn layout_in_c_is_as_promised() {
    let folder = tempfile::tempdir().unwrap();
    for compiler in compilers(&["gcc", "clang"]) {
        compile(
            compiler,
            "c11",
            &root().join("tests/c/layout.c"),
            &folder.path().join("layout.o"),
        );
    }
}

/// Asserts a struct's size and the offsets of all its fields, as tests/c/layout.c does.
macro_rules! layout {
    ($name:ident $size:literal: $($field:ident $offset:literal),*) => {
        assert_eq!(size_of::<$name>(), $size, stringify!($name));
        $(assert_eq!(offset_of!($name, $field), $offset, "{}.{}", stringify!($name), stringify!($field));)*
    };
}

#[test]
fn layout_in_rust_is_as_promised() {
    layout!(tsp_error 32: struct_size 0, code 4, message 8, hint 16, r#where 24);
    layout!(tsp_option 64: struct_size 0, r#type 4, scope 8, reserved 12, key 16, default_value 24, choices 32, help 40, min 48, max 56);
    layout!(tsp_device 40: struct_size 0, compute_major 4, compute_minor 8, reserved 12, option 16, name 24, memory_bytes 32);
    layout!(tsp_threshold 56: struct_size 0, method 4, threshold 8, reserved 12, rate_low 16, rate_high 24, images_needed 32,
        false_alarms 40, misses 48);
    layout!(tsp_timing 64: struct_size 0, reserved 4, total_ms 8, preprocess_ms 16, backbone_ms 24, matching_ms 32,
        statistics_ms 40, map_ms 48, verdict_ms 56);
    layout!(tsp_image 64: struct_size 0, format 4, width 8, height 12, plane 16, row_stride 40, white 48, memory 56, device 60);
    layout!(tsp_model_summary 56: struct_size 0, image_count 4, group_count 8, left_out_count 12, image_width 16,
        image_height 20, input_width 24, input_height 28, grid_width 32, grid_height 36, threshold 40, pixel_threshold 44,
        file_version 48, reserved 52);
    layout!(tsp_summary 56: struct_size 0, verdict 4, score 8, threshold 12, pixel_threshold 16, group 20, matches 24,
        region_count 28, run_count 32, map_width 36, map_height 40, registered 44, health 48, repeats 52);
    layout!(tsp_health 80: struct_size 0, findings 4, limits_known 8, repeats 12, brightness 16, brightness_low 20, brightness_high 24, contrast 28, contrast_low 32, sharpness 36, sharpness_low 40, black 44, black_high 48, saturated 52, saturated_high 56, proportions 60, proportions_low 64, proportions_high 68, images 72, reserved 76);
    layout!(tsp_drift 88: struct_size 0, found 4, parts 8, found_at 16, rising_since 24, cusum 32, cusum_limit 40, cusum_allowance 48, ks_distance 56, ks_p 64, ks_least_p 72, window 80, references 84);
    layout!(tsp_registration 96: struct_size 0, inliers 4, rms_px 8, to_lead 16, aligned 88, reserved 92);
    layout!(tsp_map 32: struct_size 0, width 4, height 8, reserved 12, row_stride 16, data 24);
    layout!(tsp_region 56: struct_size 0, x 4, y 8, width 12, height 16, peak 20, first_run 24, run_count 28, area 32, row 40, column 48);
    layout!(tsp_run 12: row 0, column_begin 4, column_end 8);
}
