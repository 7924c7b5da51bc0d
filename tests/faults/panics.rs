//! A panic at every step of every exported function: it becomes a status, poisons what was being changed, and nothing else.

use std::collections::BTreeSet;
use std::ffi::{CString, c_void};
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

use twinspect::ffi::injection::{disarm, panic_after};
use twinspect::ffi::*;

use crate::caller::*;
use crate::parts;
use crate::writer::{gray, gray8};

/// What a function may leave unfinished.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Handle {
    Options,
    Fitter,
    Inspector,
    Result,
    Variation,
}
use Handle::{Fitter, Inspector, Options, Result, Variation};

/// One of each object, and what calls need beside them.
struct World {
    model: *const tsp_model,
    options: Owned<tsp_options>,
    fitter: Owned<tsp_fitter>,
    inspector: Owned<tsp_inspector>,
    result: Owned<tsp_result>,
    /// Prepared.
    variation: Owned<tsp_variation>,
    /// In mode direct.
    direct: Owned<tsp_variation>,
    content: Vec<u8>,
    variation_content: Vec<u8>,
    pixels: image::RgbImage,
    gray: Vec<u8>,
    folder: tempfile::TempDir,
}

fn new_variation(options: *const tsp_options, mode: i32) -> Owned<tsp_variation> {
    let (width, height) = parts::SIZE;
    let kind = TSP_VARIATION_TYPE_BYTE;
    Owned::new(
        |out| unsafe { tsp_variation_create(width, height, kind, mode, options, out) },
        tsp_variation_clear,
    )
}

const TEN: [f64; 2] = [10.0; 2];

impl World {
    fn new() -> Self {
        static MODEL: OnceLock<(Owned<tsp_model>, Vec<u8>)> = OnceLock::new();
        let (model, content) = MODEL.get_or_init(|| {
            let model = model(6);
            let mut bytes = vec![0u8; 1 << 22];
            let mut needed = 0;
            let (buffer, capacity) = (bytes.as_mut_ptr().cast(), bytes.len() as u64);
            ok(unsafe { tsp_model_save_memory(model.0, buffer, capacity, &raw mut needed) });
            bytes.truncate(needed as usize);
            (model, bytes)
        });
        let options = options(&[]);
        let gray = gray(parts::good(3));
        let variation = new_variation(null(), TSP_VARIATION_MODE_STANDARD);
        let image = gray8(&gray);
        let images = [&raw const image];
        let mut bytes = vec![0u8; 1 << 20];
        let mut needed = 0;
        unsafe {
            ok(tsp_variation_train(variation.0, images.as_ptr(), 1));
            ok(tsp_variation_prepare(
                variation.0,
                TEN.as_ptr(),
                TEN.as_ptr(),
            ));
            let (buffer, capacity) = (bytes.as_mut_ptr().cast(), bytes.len() as u64);
            ok(tsp_variation_write_memory(
                variation.0,
                buffer,
                capacity,
                &raw mut needed,
            ));
        }
        bytes.truncate(needed as usize);
        let inspector = inspector(model.0);
        let result = new_result();
        let pixels = parts::defective(100);
        ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&pixels), null(), result.0) });
        let folder = tempfile::tempdir().unwrap();
        pixels.save(folder.path().join("part.png")).unwrap();
        std::fs::write(folder.path().join("part.twin"), content).unwrap();
        std::fs::write(folder.path().join("part.var"), &bytes).unwrap();
        Self {
            model: model.0,
            fitter: fitter(&options, 3),
            options,
            inspector,
            result,
            variation,
            direct: new_variation(null(), TSP_VARIATION_MODE_DIRECT),
            content: content.clone(),
            variation_content: bytes,
            pixels,
            gray,
            folder,
        }
    }

    fn path(&self, name: &str) -> CString {
        c_path(&self.folder.path().join(name))
    }

    fn probe(&self, handle: Handle) -> tsp_status {
        let (mut count, mut needed) = (0, 0);
        let (mut summary, mut info): (tsp_summary, tsp_variation_summary) = (sized(), sized());
        let mut timing: tsp_timing = sized();
        unsafe {
            match handle {
                Options => {
                    let key = c"input.size".as_ptr();
                    tsp_options_get_text(self.options.0, key, null_mut(), 0, &raw mut needed)
                }
                Fitter => tsp_fitter_count(self.fitter.0, &raw mut count),
                Inspector => tsp_inspector_timing(self.inspector.0, &raw mut timing),
                Result => tsp_result_summary(self.result.0, &raw mut summary),
                Variation => match tsp_variation_info(self.variation.0, &raw mut info) {
                    tsp_status::TSP_OK => tsp_variation_info(self.direct.0, &raw mut info),
                    status => status,
                },
            }
        }
    }
}

/// How a function that returns no status is seen to have panicked: it gives what stands for nothing.
enum Answer {
    Status(tsp_status),
    Nothing(bool),
}

impl From<tsp_status> for Answer {
    fn from(status: tsp_status) -> Self {
        Self::Status(status)
    }
}

type Call = fn(&World) -> Answer;

/// Every exported function, what it changes, and a call of it that succeeds.
const FUNCTIONS: &[(&str, &[Handle], Call)] = &[
    ("tsp_abi_version", &[], |_| {
        Answer::Nothing(unsafe { tsp_abi_version() } == 0)
    }),
    ("tsp_build_info", &[], |_| {
        Answer::Nothing(is_empty(unsafe { tsp_build_info() }))
    }),
    ("tsp_check_abi", &[], |_| {
        unsafe { tsp_check_abi(env_version()) }.into()
    }),
    ("tsp_device_count", &[], |_| {
        let mut count = 0;
        unsafe { tsp_device_count(&raw mut count) }.into()
    }),
    ("tsp_device_info", &[], |_| {
        let mut device: tsp_device = sized();
        unsafe { tsp_device_info(0, &raw mut device) }.into()
    }),
    ("tsp_fitter_add", &[Fitter], |w| {
        let image = rgb_unarmed(w);
        unsafe { tsp_fitter_add(w.fitter.0, &raw const image, null(), null()) }.into()
    }),
    ("tsp_fitter_add_file", &[Fitter], |w| {
        unsafe { tsp_fitter_add_file(w.fitter.0, w.path("part.png").as_ptr(), null()) }.into()
    }),
    ("tsp_fitter_count", &[], |w| {
        let mut count = 0;
        unsafe { tsp_fitter_count(w.fitter.0, &raw mut count) }.into()
    }),
    ("tsp_fitter_create", &[], |w| {
        made(
            |out| unsafe { tsp_fitter_create(w.options.0, out) },
            tsp_fitter_destroy,
        )
    }),
    ("tsp_fitter_create_from_model", &[], |w| {
        made(
            |out| unsafe { tsp_fitter_create_from_model(w.model, w.options.0, out) },
            tsp_fitter_destroy,
        )
    }),
    ("tsp_fitter_destroy", &[], |w| {
        destroyed(
            || unsafe { tsp_fitter_destroy(w.fitter.0) },
            || w.probe(Fitter),
        )
    }),
    ("tsp_fitter_fit", &[Fitter], |w| {
        made(
            |out| unsafe { tsp_fitter_fit(w.fitter.0, out) },
            tsp_model_destroy,
        )
    }),
    ("tsp_fitter_set_progress", &[Fitter], |w| {
        unsafe { tsp_fitter_set_progress(w.fitter.0, None, null_mut()) }.into()
    }),
    ("tsp_has_feature", &[], |_| {
        Answer::Nothing(unsafe { tsp_has_feature(c"cuda".as_ptr()) } == 0)
    }),
    ("tsp_image_check", &[], |w| {
        let image = rgb_unarmed(w);
        unsafe { tsp_image_check(&raw const image) }.into()
    }),
    ("tsp_image_init", &[], |w| {
        let mut image: tsp_image = sized();
        let data: *const c_void = w.gray.as_ptr().cast();
        unsafe { tsp_image_init(&raw mut image, TSP_FORMAT_GRAY8, 96, 64, data, 0) }.into()
    }),
    ("tsp_inspector_create", &[], |w| {
        made(
            |out| unsafe { tsp_inspector_create(w.model, w.options.0, out) },
            tsp_inspector_destroy,
        )
    }),
    ("tsp_inspector_destroy", &[], |w| {
        destroyed(
            || unsafe { tsp_inspector_destroy(w.inspector.0) },
            || w.probe(Inspector),
        )
    }),
    ("tsp_inspector_inspect", &[Inspector, Result], |w| {
        let image = rgb_unarmed(w);
        unsafe { tsp_inspector_inspect(w.inspector.0, &raw const image, null(), w.result.0) }.into()
    }),
    ("tsp_inspector_inspect_batch", &[Inspector, Result], |w| {
        let image = rgb_unarmed(w);
        let (images, results) = ([&raw const image], [w.result.0]);
        let (images, results) = (images.as_ptr(), results.as_ptr());
        unsafe {
            tsp_inspector_inspect_batch(w.inspector.0, images, null(), 1, results, null_mut())
        }
        .into()
    }),
    ("tsp_inspector_inspect_file", &[Inspector, Result], |w| {
        let path = w.path("part.png");
        unsafe { tsp_inspector_inspect_file(w.inspector.0, path.as_ptr(), null(), w.result.0) }
            .into()
    }),
    ("tsp_inspector_set_progress", &[Inspector], |w| {
        unsafe { tsp_inspector_set_progress(w.inspector.0, None, null_mut()) }.into()
    }),
    ("tsp_inspector_set_thresholds", &[Inspector], |w| {
        unsafe { tsp_inspector_set_thresholds(w.inspector.0, f32::NAN, f32::NAN) }.into()
    }),
    ("tsp_inspector_timing", &[], |w| w.probe(Inspector).into()),
    ("tsp_inspector_warm_up", &[Inspector], |w| {
        unsafe { tsp_inspector_warm_up(w.inspector.0, TSP_FORMAT_RGB8, 96, 64) }.into()
    }),
    ("tsp_last_error", &[], |_| {
        let mut error: tsp_error = sized();
        unsafe { tsp_last_error(&raw mut error) };
        Answer::Nothing(error.message.is_null())
    }),
    // It is never NULL, and empty after a success as well: what is seen is that nothing passes.
    ("tsp_last_error_message", &[], |_| {
        Answer::Nothing(is_empty(unsafe { tsp_last_error_message() }))
    }),
    ("tsp_model_describe", &[], |w| {
        let mut needed = 0;
        unsafe { tsp_model_describe(w.model, null_mut(), 0, &raw mut needed) }.into()
    }),
    ("tsp_model_destroy", &[], |w| {
        let armed = disarm();
        let model = from_memory(&w.content);
        let mut info: tsp_model_summary = sized();
        rearm(armed);
        let answer = destroyed(
            || unsafe { tsp_model_destroy(model.0) },
            || unsafe { tsp_model_info(model.0, &raw mut info) },
        );
        unarmed(|| drop(model));
        answer
    }),
    ("tsp_model_info", &[], |w| {
        let mut info: tsp_model_summary = sized();
        unsafe { tsp_model_info(w.model, &raw mut info) }.into()
    }),
    ("tsp_model_lead_image", &[], |w| {
        let mut image: tsp_image = sized();
        unsafe { tsp_model_lead_image(w.model, 0, &raw mut image) }.into()
    }),
    ("tsp_model_load", &[], |w| {
        let path = w.path("part.twin");
        made(
            |out| unsafe { tsp_model_load(path.as_ptr(), null(), out) },
            tsp_model_destroy,
        )
    }),
    ("tsp_model_load_memory", &[], |w| {
        let (data, size) = (w.content.as_ptr().cast(), w.content.len() as u64);
        made(
            |out| unsafe { tsp_model_load_memory(data, size, null(), out) },
            tsp_model_destroy,
        )
    }),
    ("tsp_model_save", &[], |w| {
        unsafe { tsp_model_save(w.model, w.path("new.twin").as_ptr()) }.into()
    }),
    ("tsp_model_save_memory", &[], |w| {
        let mut needed = 0;
        unsafe { tsp_model_save_memory(w.model, null_mut(), 0, &raw mut needed) }.into()
    }),
    ("tsp_model_with_thresholds", &[], |w| {
        made(
            |out| unsafe { tsp_model_with_thresholds(w.model, 1.0, 1.0, out) },
            tsp_model_destroy,
        )
    }),
    ("tsp_option_count", &[], |_| {
        Answer::Nothing(unsafe { tsp_option_count() } == 0)
    }),
    ("tsp_option_info", &[], |_| {
        let mut option: tsp_option = sized();
        unsafe { tsp_option_info(0, &raw mut option) }.into()
    }),
    ("tsp_options_apply_recipe", &[Options], |w| {
        unsafe { tsp_options_apply_recipe(w.options.0, c"paper".as_ptr()) }.into()
    }),
    ("tsp_options_create", &[], |_| {
        made(
            |out| unsafe { tsp_options_create(out) },
            tsp_options_destroy,
        )
    }),
    ("tsp_options_destroy", &[], |w| {
        destroyed(
            || unsafe { tsp_options_destroy(w.options.0) },
            || w.probe(Options),
        )
    }),
    ("tsp_options_get_text", &[], |w| w.probe(Options).into()),
    ("tsp_options_set_float", &[Options], |w| {
        let key = c"verdict.false_alarm_rate".as_ptr();
        unsafe { tsp_options_set_float(w.options.0, key, 0.01) }.into()
    }),
    ("tsp_options_set_int", &[Options], |w| {
        unsafe { tsp_options_set_int(w.options.0, c"input.size".as_ptr(), 128) }.into()
    }),
    ("tsp_options_set_text", &[Options], |w| {
        let (key, value) = (c"input.size".as_ptr(), c"128".as_ptr());
        unsafe { tsp_options_set_text(w.options.0, key, value) }.into()
    }),
    ("tsp_result_copy_map", &[], |w| {
        let mut map = vec![0f32; 96 * 64];
        let capacity = 4 * map.len() as u64;
        unsafe { tsp_result_copy_map(w.result.0, map.as_mut_ptr(), 0, capacity) }.into()
    }),
    ("tsp_result_create", &[], |_| {
        made(|out| unsafe { tsp_result_create(out) }, tsp_result_destroy)
    }),
    ("tsp_result_destroy", &[], |w| {
        destroyed(
            || unsafe { tsp_result_destroy(w.result.0) },
            || w.probe(Result),
        )
    }),
    ("tsp_result_map", &[], |w| {
        let mut map: tsp_map = sized();
        unsafe { tsp_result_map(w.result.0, &raw mut map) }.into()
    }),
    ("tsp_result_mask", &[], |w| {
        let mut mask: tsp_image = sized();
        unsafe { tsp_result_mask(w.result.0, &raw mut mask) }.into()
    }),
    ("tsp_result_region", &[], |w| {
        let mut region: tsp_region = sized();
        unsafe { tsp_result_region(w.result.0, 0, &raw mut region) }.into()
    }),
    // The picture was not registered, which is found out after all steps.
    ("tsp_result_registration", &[], |w| {
        let mut registration: tsp_registration = sized();
        match unsafe { tsp_result_registration(w.result.0, &raw mut registration) } {
            tsp_status::TSP_E_STATE => tsp_status::TSP_OK,
            status => status,
        }
        .into()
    }),
    ("tsp_result_render", &[], |w| {
        let image = rgb_unarmed(w);
        let mut drawn = w.pixels.clone();
        let mut canvas = image;
        canvas.plane[0] = drawn.as_mut_ptr().cast();
        unsafe { tsp_result_render(w.result.0, &raw const image, &raw const canvas) }.into()
    }),
    ("tsp_result_runs", &[], |w| {
        let (mut runs, mut count) = (null(), 0);
        unsafe { tsp_result_runs(w.result.0, &raw mut runs, &raw mut count) }.into()
    }),
    ("tsp_result_summary", &[], |w| w.probe(Result).into()),
    ("tsp_result_to_json", &[], |w| {
        let mut needed = 0;
        unsafe { tsp_result_to_json(w.result.0, null_mut(), 0, &raw mut needed) }.into()
    }),
    ("tsp_set_log", &[], |_| {
        unsafe { tsp_set_log(TSP_LOG_OFF, None, null_mut()) }.into()
    }),
    ("tsp_set_threads", &[], |_| {
        unsafe { tsp_set_threads(1) }.into()
    }),
    ("tsp_status_name", &[], |_| {
        Answer::Nothing(is_empty(unsafe { tsp_status_name(0) }))
    }),
    ("tsp_threshold_from_scores", &[], |_| {
        let scores: Vec<f32> = (1..100).map(|score| score as f32).collect();
        let (data, count) = (scores.as_ptr(), scores.len() as u64);
        let mut threshold: tsp_threshold = sized();
        unsafe { tsp_threshold_from_scores(data, null(), count, 0.1, &raw mut threshold) }.into()
    }),
    ("tsp_variation_clear", &[], |w| {
        let mut info: tsp_variation_summary = sized();
        destroyed(
            || unsafe { tsp_variation_clear(w.direct.0) },
            || unsafe { tsp_variation_info(w.direct.0, &raw mut info) },
        )
    }),
    ("tsp_variation_clear_train_data", &[Variation], |w| {
        unsafe { tsp_variation_clear_train_data(w.variation.0) }.into()
    }),
    ("tsp_variation_compare", &[Result], |w| {
        let image = gray_unarmed(w);
        unsafe { tsp_variation_compare(w.variation.0, &raw const image, null(), w.result.0) }.into()
    }),
    ("tsp_variation_compare_ext", &[Result], |w| {
        let image = gray_unarmed(w);
        let mode = TSP_VARIATION_COMPARE_LIGHT;
        unsafe {
            tsp_variation_compare_ext(w.variation.0, &raw const image, null(), mode, w.result.0)
        }
        .into()
    }),
    ("tsp_variation_create", &[], |_| {
        let (kind, mode) = (TSP_VARIATION_TYPE_BYTE, TSP_VARIATION_MODE_STANDARD);
        made(
            |out| unsafe { tsp_variation_create(8, 8, kind, mode, null(), out) },
            tsp_variation_clear,
        )
    }),
    ("tsp_variation_get_image", &[], |w| {
        let mut floats = vec![0f32; 96 * 64];
        let mut canvas = gray_unarmed(w);
        canvas.format = TSP_FORMAT_GRAYF32;
        canvas.plane[0] = floats.as_mut_ptr().cast();
        let which = TSP_VARIATION_IMAGE_IDEAL;
        unsafe { tsp_variation_get_image(w.variation.0, which, &raw const canvas) }.into()
    }),
    ("tsp_variation_info", &[], |w| w.probe(Variation).into()),
    ("tsp_variation_prepare", &[Variation], |w| {
        unsafe { tsp_variation_prepare(w.variation.0, TEN.as_ptr(), TEN.as_ptr()) }.into()
    }),
    ("tsp_variation_prepare_direct", &[Variation], |w| {
        let image = gray_unarmed(w);
        let (reference, varies) = (&raw const image, &raw const image);
        unsafe {
            let (absolute, relative) = (TEN.as_ptr(), TEN.as_ptr());
            tsp_variation_prepare_direct(w.direct.0, reference, varies, absolute, relative)
        }
        .into()
    }),
    ("tsp_variation_read", &[], |w| {
        let path = w.path("part.var");
        made(
            |out| unsafe { tsp_variation_read(path.as_ptr(), null(), out) },
            tsp_variation_clear,
        )
    }),
    ("tsp_variation_read_memory", &[], |w| {
        let bytes = &w.variation_content;
        let (data, size) = (bytes.as_ptr().cast(), bytes.len() as u64);
        made(
            |out| unsafe { tsp_variation_read_memory(data, size, null(), out) },
            tsp_variation_clear,
        )
    }),
    ("tsp_variation_train", &[Variation], |w| {
        let image = gray_unarmed(w);
        let images = [&raw const image];
        unsafe { tsp_variation_train(w.variation.0, images.as_ptr(), 1) }.into()
    }),
    ("tsp_variation_write", &[], |w| {
        unsafe { tsp_variation_write(w.variation.0, w.path("new.var").as_ptr()) }.into()
    }),
    ("tsp_variation_write_memory", &[], |w| {
        let mut needed = 0;
        unsafe { tsp_variation_write_memory(w.variation.0, null_mut(), 0, &raw mut needed) }.into()
    }),
    ("tsp_version", &[], |_| {
        Answer::Nothing(is_empty(unsafe { tsp_version() }))
    }),
];

fn env_version() -> u32 {
    let number = |text: &str| text.parse::<u32>().unwrap();
    number(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
        + number(env!("CARGO_PKG_VERSION_MINOR")) * 1000
        + number(env!("CARGO_PKG_VERSION_PATCH"))
}

fn is_empty(text: *const std::ffi::c_char) -> bool {
    unsafe { *text == 0 }
}

fn rearm(left: Option<u32>) {
    if let Some(left) = left {
        panic_after(left);
    }
}

/// A picture that is described without passing a checkpoint, which is that of another function.
fn unarmed<T>(make: impl FnOnce() -> T) -> T {
    let armed = disarm();
    let made = make();
    rearm(armed);
    made
}

fn rgb_unarmed(world: &World) -> tsp_image {
    unarmed(|| rgb(&world.pixels))
}

fn gray_unarmed(world: &World) -> tsp_image {
    unarmed(|| gray8(&world.gray))
}

fn from_memory(content: &[u8]) -> Owned<tsp_model> {
    let (data, size) = (content.as_ptr().cast(), content.len() as u64);
    Owned::new(
        |out| unsafe { tsp_model_load_memory(data, size, null(), out) },
        tsp_model_destroy,
    )
}

/// A handle is given if all went well, and NULL otherwise.
fn made<T>(
    create: impl FnOnce(*mut *mut T) -> tsp_status,
    destroy: unsafe extern "C" fn(*mut T),
) -> Answer {
    let mut handle = std::ptr::dangling_mut();
    let status = create(&raw mut handle);
    assert_eq!(handle.is_null(), status != tsp_status::TSP_OK);
    unarmed(|| unsafe { destroy(handle) });
    status.into()
}

/// Destroyed, or still whole if that panicked.
fn destroyed(destroy: impl FnOnce(), probe: impl FnOnce() -> tsp_status) -> Answer {
    destroy();
    match unarmed(probe) {
        tsp_status::TSP_E_INVALID_HANDLE => Answer::Nothing(false),
        tsp_status::TSP_OK => Answer::Nothing(true),
        other => panic!("{other:?}"),
    }
}

const ALL: [Handle; 5] = [Options, Fitter, Inspector, Result, Variation];

/// Panics at every checkpoint of a function, each time in a world of its own.
fn panic_everywhere(name: &str, changed: &[Handle], call: Call, expected: u32) {
    let mut poisoned = Vec::new();
    for checkpoint in 0.. {
        let world = World::new();
        panic_after(checkpoint);
        let answer = call(&world);
        let went_through = disarm().is_some();
        if went_through {
            assert!(checkpoint > 0, "{name} stands in no guard");
            if let Answer::Status(status) = answer {
                assert_eq!(status, tsp_status::TSP_OK, "{name}: {}", last_message());
            }
            break;
        }
        match answer {
            Answer::Status(status) => {
                assert_eq!(status, tsp_status::TSP_E_PANIC, "{name} at {checkpoint}");
                assert!(last_message().contains("injected"), "{}", last_message());
            }
            Answer::Nothing(is_nothing) => assert!(is_nothing, "{name} at {checkpoint}"),
        }
        for handle in ALL {
            match world.probe(handle) {
                tsp_status::TSP_OK => {}
                tsp_status::TSP_E_PANIC if changed.contains(&handle) => {
                    assert_eq!(world.probe(handle), tsp_status::TSP_E_PANIC);
                    if !poisoned.contains(&handle) {
                        poisoned.push(handle);
                    }
                }
                other => panic!("{name} at {checkpoint}: {handle:?} is {other:?}"),
            }
        }
        // The model and new objects are none the worse.
        assert_eq!(score(world.model, &world.pixels), expected, "{name}");
    }
    poisoned.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(
        poisoned, changed,
        "{name} poisons what it changes, and nothing else"
    );
}

#[test]
fn panic_at_every_step_of_every_function_poisons_what_it_changes_and_nothing_else() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let exports = std::fs::read_to_string(root.join("cmake/exports.txt")).unwrap();
    let exports: BTreeSet<&str> = exports.lines().collect();
    let listed: BTreeSet<&str> = FUNCTIONS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(
        exports, listed,
        "the table above lists every exported function"
    );

    let world = World::new();
    let expected = score(world.model, &world.pixels);
    for (name, changed, call) in FUNCTIONS {
        panic_everywhere(name, changed, *call, expected);
    }
    println!("{} functions", FUNCTIONS.len());
}
