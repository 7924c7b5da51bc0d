//! Memory that runs out at every single allocation of what reads, writes and hands over: the call says MEMORY, and all is as it
//! was.
//!
//! The library's own allocator is made to fail at the first, the second, ... allocation of a call, each in a process of its
//! own. What Rust cannot give back as an error ends the process: small things of a bounded size, such as an error's words.
//! That is asserted, too: nothing of [`LARGE`](crate::allocator::LARGE) bytes or more may do so. Only those fail, unless
//! `TWINSPECT_SMALLEST` says from how many bytes on; `TWINSPECT_LIST` prints where the small ones are.

use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use twinspect::ffi::*;

use crate::allocator::starved;
use crate::caller::*;
use crate::parts;
use crate::starved::{TESTED, TOO_LARGE, refused, starve, starve_but_for};
use crate::writer::{FIRST, SECOND, content, gray, gray8, variation};

/// A folder with two models and a variation model, written by a process that is not this one.
fn prepared() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (program, _, environment) = crate::writer::command("prepare", folder.path());
        let output = std::process::Command::new(program)
            .args(["memory::prepare", "--exact", "--ignored"])
            .envs(environment)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        folder
    });
    folder.path()
}

#[test]
#[ignore = "a process of the other tests"]
fn prepare() {
    let Some(folder) = std::env::var_os("TWINSPECT_FOLDER") else {
        return;
    };
    crate::writer::prepare_models(Path::new(&folder));
    crate::writer::prepare_variation(&Path::new(&folder).join("variation"), "pixels", 3);
}

/// Tests fork before the library is used, so no other test may use it in this process: they run alone, in one of their own.
#[test]
fn memory_may_run_out_at_any_allocation() {
    if std::env::var_os("TWINSPECT_ALONE").is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "memory::memory_may_run_out_at_any_allocation",
                "--exact",
                "--nocapture",
            ])
            .args(["--test-threads", "1"])
            .env("TWINSPECT_ALONE", "1")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        print!("{}", String::from_utf8_lossy(&output.stdout));
        if std::env::var_os("TWINSPECT_LIST").is_some() || !output.status.success() {
            eprint!("{errors}");
        }
        assert!(output.status.success());
        return;
    }
    files();
    content_of_files();
    variations();
    settings();
    results();
    errors();
    let tested = TESTED.load(Ordering::Relaxed);
    println!("{tested} allocations failed");
    assert!(tested > 20, "{tested} are too few to say anything");
    let too_large = TOO_LARGE.lock().unwrap();
    assert!(too_large.is_empty(), "{}", too_large.join("\n"));
}

fn files() {
    let folder = prepared();
    let path = c_path(&folder.join(FIRST));
    starve("tsp_model_load", |allocation| {
        let mut out = null_mut();
        let failed = refused(starved(allocation, || unsafe {
            tsp_model_load(path.as_ptr(), null(), &raw mut out)
        }));
        assert_eq!(out.is_null(), unsafe { last_status() } != 0);
        failed
    });
    let target = tempfile::tempdir().unwrap();
    let file = target.path().join("part.twin");
    std::fs::write(&file, "the old one").unwrap();
    let new = std::fs::read(folder.join(FIRST)).unwrap();
    starve("tsp_model_save", |allocation| {
        std::fs::write(&file, "the old one").unwrap();
        let model = loaded(&folder.join(FIRST));
        let path = c_path(&file);
        let failed = refused(starved(allocation, || unsafe {
            tsp_model_save(model.0, path.as_ptr())
        }));
        assert_whole(target.path(), &new);
        failed
    });
    let picture = folder.join("picture.png");
    parts::defective(100).save(&picture).unwrap();
    let picture = c_path(&picture);
    // A decoder's own window and rows, for which there is a check of its own, too.
    starve_but_for("tsp_inspector_inspect_file", 1 << 16, |allocation| {
        let model = loaded(&folder.join(FIRST));
        let (inspector, result) = (inspector(model.0), new_result());
        let image = parts::good(7);
        ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&image), null(), result.0) });
        let before = summary(result.0).score.to_bits();
        let failed = refused(starved(allocation, || unsafe {
            tsp_inspector_inspect_file(inspector.0, picture.as_ptr(), null(), result.0)
        }));
        if unsafe { last_status() } != 0 {
            assert_eq!(summary(result.0).score.to_bits(), before);
        }
        ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&image), null(), result.0) });
        assert_eq!(summary(result.0).score.to_bits(), before);
        failed
    });
}

/// Asserts that the only file of a folder is the new one after a call that went well, and the old one otherwise.
#[track_caller]
fn assert_whole(folder: &Path, new: &[u8]) {
    let content = content(folder);
    let whole = match unsafe { last_status() } {
        0 => new,
        _ => b"the old one",
    };
    assert!(content.len() == 1 && content[0].1 == whole);
}

/// The status of the last call.
unsafe fn last_status() -> i32 {
    let mut error: tsp_error = sized();
    unsafe { tsp_last_error(&raw mut error) };
    error.code
}

fn content_of_files() {
    let folder = prepared();
    let bytes = std::fs::read(folder.join(FIRST)).unwrap();
    starve("tsp_model_load_memory", |allocation| {
        let mut out = null_mut();
        let (data, size) = (bytes.as_ptr().cast(), bytes.len() as u64);
        refused(starved(allocation, || unsafe {
            tsp_model_load_memory(data, size, null(), &raw mut out)
        }))
    });
    starve("tsp_model_save_memory", |allocation| {
        let model = loaded(&folder.join(SECOND));
        let mut buffer = vec![1u8; 1 << 22];
        let (data, capacity) = (buffer.as_mut_ptr().cast(), buffer.len() as u64);
        let failed = refused(starved(allocation, || unsafe {
            tsp_model_save_memory(model.0, data, capacity, null_mut())
        }));
        if unsafe { last_status() } != 0 {
            assert!(buffer.iter().all(|byte| *byte == 1));
        }
        failed
    });
    starve("tsp_model_describe", |allocation| {
        let model = loaded(&folder.join(FIRST));
        let mut needed = 0;
        refused(starved(allocation, || unsafe {
            tsp_model_describe(model.0, null_mut(), 0, &raw mut needed)
        }))
    });
}

fn variations() {
    let folder = prepared();
    let path = folder.join("variation");
    let c = c_path(&path);
    starve("tsp_variation_read", |allocation| {
        let mut out = null_mut();
        refused(starved(allocation, || unsafe {
            tsp_variation_read(c.as_ptr(), null(), &raw mut out)
        }))
    });
    let target = tempfile::tempdir().unwrap();
    let file = target.path().join("part.var");
    let new = std::fs::read(&path).unwrap();
    starve("tsp_variation_write", |allocation| {
        std::fs::write(&file, "the old one").unwrap();
        let variation = variation(&path, null());
        let path = c_path(&file);
        let failed = refused(starved(allocation, || unsafe {
            tsp_variation_write(variation.0, path.as_ptr())
        }));
        assert_whole(target.path(), &new);
        failed
    });
    starve("tsp_variation_compare", |allocation| {
        let (variation, result) = (variation(&path, null()), new_result());
        let pixels = gray(parts::defective(100));
        let image = gray8(&pixels);
        let failed = refused(starved(allocation, || unsafe {
            tsp_variation_compare(variation.0, &raw const image, null(), result.0)
        }));
        let mut summary: tsp_summary = sized();
        let is_found = unsafe { last_status() } == 0;
        let status = unsafe { tsp_result_summary(result.0, &raw mut summary) };
        assert_eq!(status == tsp_status::TSP_OK, is_found);
        failed
    });
}

fn settings() {
    starve("tsp_options_create", |allocation| {
        let mut out = null_mut();
        let failed = refused(starved(allocation, || unsafe {
            tsp_options_create(&raw mut out)
        }));
        unsafe { tsp_options_destroy(out) };
        failed
    });
    starve("tsp_options_set_text", |allocation| {
        let options = options(&[]);
        refused(starved(allocation, || unsafe {
            tsp_options_set_text(options.0, c"backbone".as_ptr(), c"resnet18".as_ptr())
        }))
    });
}

fn results() {
    let folder = prepared();
    let inspected = || {
        let model = loaded(&folder.join(FIRST));
        let (inspector, result) = (inspector(model.0), new_result());
        let image = parts::defective(100);
        ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&image), null(), result.0) });
        result
    };
    starve("tsp_inspector_create", |allocation| {
        let model = loaded(&folder.join(FIRST));
        let mut out = null_mut();
        refused(starved(allocation, || unsafe {
            tsp_inspector_create(model.0, null(), &raw mut out)
        }))
    });
    starve("tsp_inspector_inspect", |allocation| {
        let model = loaded(&folder.join(FIRST));
        let (inspector, result) = (inspector(model.0), new_result());
        let image = parts::defective(100);
        let look = || unsafe { tsp_inspector_inspect(inspector.0, &rgb(&image), null(), result.0) };
        let failed = refused(starved(allocation, look));
        ok(look());
        failed
    });
    starve("tsp_result_mask", |allocation| {
        let result = inspected();
        let mut mask: tsp_image = sized();
        let failed = refused(starved(allocation, || unsafe {
            tsp_result_mask(result.0, &raw mut mask)
        }));
        ok(unsafe { tsp_result_mask(result.0, &raw mut mask) });
        failed
    });
    starve("tsp_result_render", |allocation| {
        let result = inspected();
        let (base, mut drawn) = (parts::defective(100), parts::good(1));
        let (base, destination) = (rgb(&base), rgb(&drawn));
        let before = drawn.clone();
        let failed = refused(starved(allocation, || unsafe {
            tsp_result_render(result.0, &raw const base, &raw const destination)
        }));
        let is_drawn = unsafe { last_status() } == 0;
        assert_eq!(*std::hint::black_box(&mut drawn) != before, is_drawn);
        failed
    });
    starve("tsp_result_to_json", |allocation| {
        let result = inspected();
        let mut needed = 0;
        refused(starved(allocation, || unsafe {
            tsp_result_to_json(result.0, null_mut(), 0, &raw mut needed)
        }))
    });
}

fn errors() {
    starve("an error's words", |allocation| {
        let options = options(&[]);
        let (status, failed) = starved(allocation, || unsafe {
            tsp_options_set_int(options.0, c"input.sise".as_ptr(), 1)
        });
        assert!(matches!(
            status,
            tsp_status::TSP_E_INVALID_ARGUMENT | tsp_status::TSP_E_MEMORY
        ));
        failed
    });
}
