//! Pictures of the caller: what is accepted, what is refused before a pixel is touched.

use std::ffi::c_void;

use twinspect::ffi::*;

use super::{fails, ok, sized};

fn image(format: i32, width: u32, height: u32, data: *const c_void, row_stride: i64) -> tsp_image {
    let mut image: tsp_image = sized();
    ok(unsafe { tsp_image_init(&raw mut image, format, width, height, data, row_stride) });
    image
}

fn gray(pixels: &[u8], width: u32, height: u32) -> tsp_image {
    image(TSP_FORMAT_GRAY8, width, height, pixels.as_ptr().cast(), 0)
}

#[track_caller]
fn refused(image: &tsp_image, expected: tsp_status, part: &str) {
    fails(unsafe { tsp_image_check(image) }, expected, part);
}

#[test]
fn init_fills_every_field_and_planes_follow_each_other() {
    let pixels = [0u8; 256];
    let data = pixels.as_ptr().cast();
    let mut filled: tsp_image = unsafe { std::mem::zeroed() };
    ok(unsafe { tsp_image_init(&raw mut filled, TSP_FORMAT_RGB16_PLANAR, 3, 2, data, -8) });
    assert_eq!(
        (
            filled.struct_size,
            filled.format,
            filled.width,
            filled.height
        ),
        (64, 9, 3, 2)
    );
    assert_eq!(
        (
            filled.row_stride,
            filled.white,
            filled.memory,
            filled.device
        ),
        (-8, 0.0, 0, 0)
    );
    assert_eq!(
        filled.plane.map(|plane| plane.addr() - data.addr()),
        [0, 16, 32]
    );
    let packed = image(TSP_FORMAT_RGB8_PLANAR, 3, 2, data, 0);
    assert_eq!(
        packed.plane.map(|plane| plane.addr() - data.addr()),
        [0, 6, 12]
    );
    let one = image(TSP_FORMAT_BGRA8, 3, 2, data, 0);
    assert!(one.plane[1].is_null() && one.plane[2].is_null());
}

#[test]
fn init_of_an_unknown_format_leaves_the_struct() {
    let mut filled: tsp_image = sized();
    for format in [0, 10, -1, i32::MIN] {
        let status =
            unsafe { tsp_image_init(&raw mut filled, format, 1, 1, [0u8].as_ptr().cast(), 0) };
        fails(status, tsp_status::TSP_E_INVALID_ARGUMENT, "1 GRAY8");
    }
    assert!(filled.plane[0].is_null());
}

#[test]
fn every_format_is_accepted() {
    let pixels = [0u32; 64];
    for format in TSP_FORMAT_GRAY8..=TSP_FORMAT_RGB16_PLANAR {
        ok(unsafe { tsp_image_check(&image(format, 3, 2, pixels.as_ptr().cast(), 0)) });
    }
    // Bottom-up: the top row is the last one in memory.
    let top = unsafe { pixels.as_ptr().cast::<u8>().add(24) };
    ok(unsafe { tsp_image_check(&image(TSP_FORMAT_RGB8, 3, 3, top.cast(), -12)) });
}

#[test]
fn impossible_pictures_are_refused_before_they_are_read() {
    let pixels = [0u8; 16];
    let good = gray(&pixels, 4, 4);
    let of = |change: fn(&mut tsp_image)| {
        let mut changed = good;
        change(&mut changed);
        changed
    };
    let (invalid, bad, size) = (
        tsp_status::TSP_E_INVALID_ARGUMENT,
        tsp_status::TSP_E_IMAGE,
        tsp_status::TSP_E_IMAGE_SIZE,
    );
    refused(&of(|image| image.width = 0), size, "width 0");
    refused(&of(|image| image.height = 32769), size, "height 32769");
    refused(
        &of(|image| image.width = u32::MAX),
        size,
        "width 4294967295",
    );
    refused(
        &of(|image| (image.width, image.height) = (32768, 32768)),
        size,
        "image.max_pixels",
    );
    refused(&of(|image| image.row_stride = 3), bad, "row stride 3");
    refused(&of(|image| image.row_stride = -3), bad, "row stride -3");
    refused(
        &of(|image| image.row_stride = i64::MAX),
        bad,
        "more than memory",
    );
    refused(
        &of(|image| image.row_stride = i64::MIN),
        bad,
        "more than memory",
    );
    refused(
        &of(|image| image.row_stride = -(1 << 61)),
        bad,
        "outside of memory",
    );
    refused(
        &of(|image| image.plane[0] = std::ptr::without_provenance(usize::MAX)),
        bad,
        "outside of memory",
    );
    refused(
        &of(|image| image.plane[0] = std::ptr::null()),
        tsp_status::TSP_E_NULL_ARGUMENT,
        "image.plane[0]",
    );
    refused(
        &of(|image| image.format = TSP_FORMAT_RGB8_PLANAR),
        tsp_status::TSP_E_NULL_ARGUMENT,
        "image.plane[1]",
    );
    refused(
        &of(|image| image.format = 77),
        invalid,
        "image.format is 77",
    );
    refused(&of(|image| image.memory = 2), invalid, "image.memory is 2");
    refused(
        &of(|image| image.memory = TSP_MEMORY_CUDA),
        tsp_status::TSP_E_UNSUPPORTED,
        "host memory",
    );
    for white in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
        let mut changed = good;
        changed.white = white;
        refused(&changed, bad, "white");
    }
    ok(unsafe { tsp_image_check(&good) });
}

#[test]
fn float_that_is_not_finite_is_found() {
    let pixels = [0.5f32, 1.0, f32::NAN, 0.0];
    refused(
        &image(TSP_FORMAT_GRAYF32, 2, 2, pixels.as_ptr().cast(), 0),
        tsp_status::TSP_E_IMAGE,
        "(0, 1) is NaN",
    );
}

#[test]
fn struct_of_a_newer_caller_is_accepted_if_its_tail_is_zero() {
    #[repr(C)]
    struct Newer(tsp_image, [u64; 2]);
    let pixels = [0u8; 4];
    let mut newer = Newer(gray(&pixels, 2, 2), [0; 2]);
    newer.0.struct_size = size_of::<Newer>() as u32;
    ok(unsafe { tsp_image_check((&raw const newer).cast()) });
    newer.1[1] = 1;
    fails(
        unsafe { tsp_image_check((&raw const newer).cast()) },
        tsp_status::TSP_E_UNSUPPORTED,
        "byte 72",
    );
    for size in [63, 4097] {
        newer.0.struct_size = size;
        let status = unsafe { tsp_image_check((&raw const newer).cast()) };
        fails(status, tsp_status::TSP_E_INVALID_ARGUMENT, "64 to 4096");
    }
}
