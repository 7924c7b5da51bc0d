//! Memory that runs out at every single allocation of what reads, writes and hands over: the call says MEMORY, and all is as it
//! was.
//!
//! The library's own allocator is made to fail at the first, the second, ... allocation of a call, each in a process of its
//! own. What Rust cannot give back as an error ends the process: small things of a bounded size, such as an error's words.
//! That is asserted, too: nothing of [`LARGE`] bytes or more may do so. Only those fail, unless `TWINSPECT_SMALLEST` says from
//! how many bytes on; `TWINSPECT_LIST` prints where the small ones are.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use twinspect::ffi::*;

use crate::caller::*;
use crate::parts;
use crate::writer::{FIRST, SECOND, content, gray, gray8, variation};

/// What is as large as this, in bytes, comes from a picture, a model or a file, and its size may be any. Less than this are the
/// words in the header of the tests' models, some 450 bytes an image, for which there is a check of its own.
const LARGE: usize = 12 * 1024;

struct Failing;

#[global_allocator]
static ALLOCATOR: Failing = Failing;

thread_local! {
    /// How many allocations of this thread are left until one fails; none while nothing is to fail.
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
    /// Smaller ones do not count.
    static SMALLEST: Cell<usize> = const { Cell::new(0) };
    /// The size of the one that failed.
    static FAILED: Cell<usize> = const { Cell::new(0) };
}

fn fails(size: usize) -> bool {
    if SMALLEST
        .try_with(Cell::get)
        .is_ok_and(|smallest| size < smallest)
    {
        return false;
    }
    // A thread whose locals are gone has nothing to fail.
    LEFT.try_with(|left| match left.get() {
        Some(0) => {
            left.set(None);
            FAILED.set(size);
            true
        }
        other => {
            left.set(other.map(|left| left - 1));
            false
        }
    })
    .unwrap_or(false)
}

// All is the system's, but for what fails.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if fails(layout.size()) {
            return null_mut();
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if fails(layout.size()) {
            return null_mut();
        }
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() && fails(size) {
            return null_mut();
        }
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs `call` with an allocation that fails; whether one did.
fn starved(allocation: u64, call: impl FnOnce() -> tsp_status) -> (tsp_status, bool) {
    SMALLEST.set(crate::count("TWINSPECT_SMALLEST", LARGE));
    LEFT.set(Some(allocation));
    let status = call();
    let failed = LEFT.take().is_none();
    (status, failed)
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// It had fewer allocations than that.
    Through,
    /// It said MEMORY, or did without, and left all as it was.
    Survived,
    /// The process ended, over so many bytes.
    Ended(usize),
}

/// Runs `body` in a child that has never used the library, as this process must not have either.
fn in_a_child(body: impl FnOnce() -> bool) -> Outcome {
    let mut ends = [0; 2];
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        unsafe {
            WRITE_END.set(ends[1]).unwrap();
            libc::signal(libc::SIGABRT, tell_and_end as *const () as usize);
            // What panics here must not come back into the test runner of the parent.
            let went_well = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            libc::_exit(match went_well {
                Ok(true) => 10,
                Ok(false) => 11,
                Err(_) => 12,
            });
        }
    }
    let mut status = 0;
    let mut said = Vec::new();
    unsafe {
        libc::close(ends[1]);
        std::fs::File::from_raw_fd(ends[0])
            .read_to_end(&mut said)
            .unwrap();
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
    }
    assert!(
        libc::WIFEXITED(status),
        "it ended by signal {}",
        libc::WTERMSIG(status)
    );
    match libc::WEXITSTATUS(status) {
        10 => Outcome::Survived,
        11 => Outcome::Through,
        13 => Outcome::Ended(usize::from_ne_bytes(said[..8].try_into().unwrap())),
        other => panic!("the child ended with {other}: what it had to say is above"),
    }
}

static WRITE_END: OnceLock<i32> = OnceLock::new();

/// What `abort` calls in a child: says over how many bytes, and where if that is asked for.
extern "C" fn tell_and_end(_: i32) {
    let size = FAILED.get();
    if std::env::var_os("TWINSPECT_LIST").is_some() {
        let trace = std::backtrace::Backtrace::force_capture().to_string();
        let ours = trace.lines().filter(|line| line.contains("twinspect::"));
        let ours: Vec<&str> = ours.take(2).map(str::trim).collect();
        let _ = writeln!(std::io::stderr(), "{size} bytes: {}", ours.join(" < "));
    }
    let said = size.to_ne_bytes();
    unsafe {
        if let Some(end) = WRITE_END.get() {
            libc::write(*end, said.as_ptr().cast(), said.len());
        }
        libc::_exit(13);
    }
}

/// Fails every allocation of a call in turn. `call` is told which one; it makes ready, runs [`starved`], and asserts that all
/// is as it was; its answer is whether an allocation failed.
fn starve(what: &str, call: impl Fn(u64) -> bool) {
    starve_but_for(what, LARGE, call);
}

/// The same for a call whose libraries take memory without asking, each time less than `own` bytes.
fn starve_but_for(what: &str, own: usize, call: impl Fn(u64) -> bool) {
    let (mut survived, mut ended) = (0, BTreeMap::<usize, usize>::new());
    for allocation in 0.. {
        match in_a_child(|| call(allocation)) {
            Outcome::Through => break,
            Outcome::Survived => survived += 1,
            Outcome::Ended(size) => *ended.entry(size).or_default() += 1,
        }
    }
    let small: usize = ended.values().sum();
    let largest = ended.keys().next_back().copied().unwrap_or(0);
    println!(
        "{what}: {survived} allocations survived, {small} of up to {largest} bytes end the process"
    );
    if largest >= own {
        TOO_LARGE.lock().unwrap().push(format!("{what}: {ended:?}"));
    }
    TESTED.fetch_add(survived + small, Ordering::Relaxed);
}

/// What ended over too much; said at the end, for all calls.
static TOO_LARGE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// How many allocations were made to fail.
static TESTED: AtomicUsize = AtomicUsize::new(0);

/// Asserts that a starved call was through, or said MEMORY; whether an allocation failed.
#[track_caller]
fn refused((status, failed): (tsp_status, bool)) -> bool {
    let expected = if failed {
        "MEMORY, or a way without"
    } else {
        "OK"
    };
    let fits = match failed {
        true => matches!(status, tsp_status::TSP_OK | tsp_status::TSP_E_MEMORY),
        false => status == tsp_status::TSP_OK,
    };
    assert!(
        fits,
        "{status:?} in place of {expected}: {}",
        last_message()
    );
    failed
}

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
        let content = content(target.path());
        let whole: &[u8] = match unsafe { last_status() } {
            0 => &new,
            _ => b"the old one",
        };
        assert!(content.len() == 1 && content[0].1 == whole);
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
        let content = content(target.path());
        let whole: &[u8] = match unsafe { last_status() } {
            0 => &new,
            _ => b"the old one",
        };
        assert!(content.len() == 1 && content[0].1 == whole);
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
