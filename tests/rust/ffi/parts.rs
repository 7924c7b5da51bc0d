//! Small parts to learn and to inspect, and a model of them that the tests share.

use std::ptr::null;
use std::sync::OnceLock;

use twinspect::ffi::*;

use super::{Owned, new_options, new_result, ok, sized};

pub const WIDTH: u32 = 96;
pub const HEIGHT: u32 = 64;

/// A plate with a disc, in RGB8; a defective one has a dark spot at (60, 40).
pub fn part(seed: u32, defective: bool) -> Vec<u8> {
    let mut pixels = Vec::new();
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    for y in 0..HEIGHT as i32 {
        for x in 0..WIDTH as i32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 28) as u8;
            let spot = defective && (x - 60).pow(2) + (y - 40).pow(2) < 50;
            let disc = (x - 48).pow(2) + (y - 32).pow(2) < 600;
            let grey = if spot {
                10
            } else if disc {
                180
            } else {
                90
            };
            pixels.extend([grey + noise, grey + noise, grey + noise / 2]);
        }
    }
    pixels
}

/// A packed RGB8 picture.
pub fn rgb(pixels: &[u8]) -> tsp_image {
    let mut image: tsp_image = sized();
    ok(unsafe {
        tsp_image_init(
            &raw mut image,
            TSP_FORMAT_RGB8,
            WIDTH,
            HEIGHT,
            pixels.as_ptr().cast(),
            0,
        )
    });
    image
}

pub fn small_options() -> Owned<tsp_options> {
    let options = new_options();
    ok(unsafe { tsp_options_set_int(options.0, c"input.size".as_ptr(), 96) });
    options
}

/// A fitter with so many good parts; none, and the reason said, where there are no weights.
pub fn fitter(count: u32) -> Option<Owned<tsp_fitter>> {
    let options = small_options();
    let mut handle = std::ptr::null_mut();
    let status = unsafe { tsp_fitter_create(options.0, &raw mut handle) };
    if status == tsp_status::TSP_E_WEIGHTS {
        crate::skip::skip("a test of the C interface", super::last_message());
        return None;
    }
    ok(status);
    drop(Owned(handle, tsp_fitter_destroy));
    Some(fitter_with(&options, count))
}

/// A fitter of these options with so many good parts, where there are weights.
pub fn fitter_with(options: &Owned<tsp_options>, count: u32) -> Owned<tsp_fitter> {
    let fitter = Owned::new(
        |out| unsafe { tsp_fitter_create(options.0, out) },
        tsp_fitter_destroy,
    );
    for seed in 0..count {
        ok(unsafe { tsp_fitter_add(fitter.0, &rgb(&part(seed, false)), null(), null()) });
    }
    fitter
}

pub fn fit(fitter: &Owned<tsp_fitter>) -> Owned<tsp_model> {
    Owned::new(
        |out| unsafe { tsp_fitter_fit(fitter.0, out) },
        tsp_model_destroy,
    )
}

/// A model of twelve good parts, made once and never destroyed.
pub fn model() -> Option<*const tsp_model> {
    static MODEL: OnceLock<Option<usize>> = OnceLock::new();
    let address = MODEL.get_or_init(|| {
        let model = fit(&fitter(12)?);
        let handle = model.0;
        std::mem::forget(model);
        Some(handle.expose_provenance())
    });
    address.map(std::ptr::with_exposed_provenance)
}

pub fn inspector(model: *const tsp_model) -> Owned<tsp_inspector> {
    Owned::new(
        |out| unsafe { tsp_inspector_create(model, null(), out) },
        tsp_inspector_destroy,
    )
}

/// The result of inspecting one part.
pub fn inspected(model: *const tsp_model, pixels: &[u8]) -> Owned<tsp_result> {
    let (inspector, result) = (inspector(model), new_result());
    ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(pixels), null(), result.0) });
    result
}

pub fn summary(result: *const tsp_result) -> tsp_summary {
    let mut summary = sized();
    ok(unsafe { tsp_result_summary(result, &raw mut summary) });
    summary
}
