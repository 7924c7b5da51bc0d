//! The variation model in C: the whole sequence, calls out of order, wrong numbers and pictures.

use std::ptr::{null, null_mut};

use twinspect::ffi::*;

use super::{Owned, fails, json, new_options, new_result, ok, sized};

pub const WIDTH: u32 = 4;
pub const HEIGHT: u32 = 2;
const TEN: [f64; 2] = [10.0, 10.0];
const TWO: [f64; 2] = [2.0, 2.0];

/// Three good parts: mean 100 everywhere, deviation 0 on the left, 9 in the last column.
const GOOD: [[u8; 8]; 3] = [
    [100, 100, 100, 89, 100, 100, 100, 89],
    [100, 100, 100, 100, 100, 100, 100, 100],
    [100, 100, 100, 111, 100, 100, 100, 111],
];
/// Too light in the first row, too dark below it; the last column varies that much.
pub const BAD: [u8; 8] = [100, 111, 115, 117, 100, 85, 100, 83];

pub fn gray(pixels: &[u8; 8]) -> tsp_image {
    let mut image: tsp_image = sized();
    let data = pixels.as_ptr().cast();
    ok(unsafe { tsp_image_init(&raw mut image, TSP_FORMAT_GRAY8, WIDTH, HEIGHT, data, 0) });
    image
}

fn floats(pixels: &mut [f32; 8]) -> tsp_image {
    let mut image: tsp_image = sized();
    let data = pixels.as_mut_ptr().cast();
    ok(unsafe { tsp_image_init(&raw mut image, TSP_FORMAT_GRAYF32, WIDTH, HEIGHT, data, 0) });
    image
}

pub fn create(mode: i32) -> Owned<tsp_variation> {
    Owned::new(
        |out| unsafe {
            tsp_variation_create(WIDTH, HEIGHT, TSP_VARIATION_TYPE_BYTE, mode, null(), out)
        },
        tsp_variation_clear,
    )
}

fn train(variation: &Owned<tsp_variation>, images: &[tsp_image]) -> tsp_status {
    let pointers: Vec<*const tsp_image> = images.iter().map(std::ptr::from_ref).collect();
    unsafe { tsp_variation_train(variation.0, pointers.as_ptr(), pointers.len() as u64) }
}

pub fn prepared() -> Owned<tsp_variation> {
    let variation = create(TSP_VARIATION_MODE_STANDARD);
    ok(train(&variation, &GOOD.each_ref().map(gray)));
    ok(unsafe { tsp_variation_prepare(variation.0, TEN.as_ptr(), TWO.as_ptr()) });
    variation
}

fn summary(result: *const tsp_result) -> tsp_summary {
    let mut summary = sized();
    ok(unsafe { tsp_result_summary(result, &raw mut summary) });
    summary
}

pub fn runs(result: *const tsp_result) -> Vec<(i32, i32, i32)> {
    let (mut first, mut count) = (null(), 0);
    ok(unsafe { tsp_result_runs(result, &raw mut first, &raw mut count) });
    let run = |index| unsafe { *first.add(index) };
    let runs = (0..count as usize).map(run);
    runs.map(|run| (run.row, run.column_begin, run.column_end))
        .collect()
}

fn peaks(result: *const tsp_result) -> Vec<f32> {
    (0..summary(result).region_count)
        .map(|index| {
            let mut region: tsp_region = sized();
            ok(unsafe { tsp_result_region(result, index, &raw mut region) });
            region.peak
        })
        .collect()
}

pub fn bytes(variation: *const tsp_variation) -> Vec<u8> {
    let mut needed = 0;
    ok(unsafe { tsp_variation_write_memory(variation, null_mut(), 0, &raw mut needed) });
    let mut bytes = vec![0u8; needed as usize];
    let buffer = bytes.as_mut_ptr().cast();
    ok(unsafe { tsp_variation_write_memory(variation, buffer, needed, null_mut()) });
    bytes
}

#[test]
fn sequence_of_halcon_finds_what_is_too_light_and_too_dark() {
    let (variation, result) = (prepared(), new_result());
    let (good, bad) = (gray(&GOOD[0]), gray(&BAD));
    ok(unsafe { tsp_variation_compare(variation.0, &raw const good, null(), result.0) });
    let found = summary(result.0);
    assert_eq!((found.verdict, found.score), (TSP_VERDICT_GOOD, 0.0));
    assert!(found.threshold.is_nan() && runs(result.0).is_empty());

    let ext = |mode| {
        ok(unsafe {
            tsp_variation_compare_ext(variation.0, &raw const bad, null(), mode, result.0)
        })
    };
    ok(unsafe { tsp_variation_compare(variation.0, &raw const bad, null(), result.0) });
    let found = summary(result.0);
    assert_eq!(
        (found.verdict, found.score, found.registered),
        (TSP_VERDICT_DEFECT, 5.0, 0)
    );
    assert_eq!((found.map_width, found.map_height), (WIDTH, HEIGHT));
    // Corners touch, so light and dark are one region here.
    assert_eq!(
        (runs(result.0), peaks(result.0)),
        (vec![(0, 1, 2), (1, 1, 1)], vec![5.0])
    );
    let object = json(|buffer, capacity, needed| unsafe {
        tsp_result_to_json(result.0, buffer, capacity, needed)
    });
    assert_eq!(object["verdict"], "defect");
    assert_eq!(object["regions"][0]["area"], 3);

    ext(TSP_VARIATION_COMPARE_ABSOLUTE);
    assert_eq!(runs(result.0), [(0, 1, 2), (1, 1, 1)]);
    ext(TSP_VARIATION_COMPARE_LIGHT);
    assert_eq!(
        (runs(result.0), peaks(result.0)),
        (vec![(0, 1, 2)], vec![5.0])
    );
    ext(TSP_VARIATION_COMPARE_DARK);
    assert_eq!(
        (runs(result.0), peaks(result.0)),
        (vec![(1, 1, 1)], vec![5.0])
    );
    ext(TSP_VARIATION_COMPARE_LIGHT_DARK);
    assert_eq!(
        (runs(result.0), peaks(result.0)),
        (vec![(0, 1, 2), (1, 1, 1)], vec![5.0, -5.0])
    );
}

#[test]
fn images_are_written_into_a_picture_bottom_up_too() {
    let variation = prepared();
    let mut pixels = [0.0; 8];
    let mut destination = floats(&mut pixels);
    destination.plane[0] = destination.plane[0].wrapping_byte_add(16);
    destination.row_stride = -16;
    let get =
        |which| unsafe { tsp_variation_get_image(variation.0, which, &raw const destination) };
    let deviation = (242.0f64 / 3.0).sqrt();
    for (which, left, right) in [
        (TSP_VARIATION_IMAGE_IDEAL, 100.0, 100.0),
        (TSP_VARIATION_IMAGE_VARIATION, 0.0, deviation),
        (TSP_VARIATION_IMAGE_LOWER, 90.0, 100.0 - 2.0 * deviation),
        (TSP_VARIATION_IMAGE_UPPER, 110.0, 100.0 + 2.0 * deviation),
    ] {
        ok(get(which));
        let row = [left, left, left, right].map(|value| value as f32);
        assert_eq!(pixels, [row, row].concat()[..], "image {which}");
    }
    fails(get(5), tsp_status::TSP_E_INVALID_ARGUMENT, "which is 5");
    let image = gray(&BAD);
    fails(
        unsafe { tsp_variation_get_image(variation.0, 1, &raw const image) },
        tsp_status::TSP_E_IMAGE,
        "destination is GRAY8, it must be GRAYF32",
    );
    let mut small = floats(&mut pixels);
    small.height = 1;
    fails(
        unsafe { tsp_variation_get_image(variation.0, 1, &raw const small) },
        tsp_status::TSP_E_IMAGE_SIZE,
        "destination is 4 x 1, it must be 4 x 2",
    );
}

#[test]
fn calls_out_of_order_are_errors_of_state() {
    let state = tsp_status::TSP_E_STATE;
    let (variation, result, image) = (create(TSP_VARIATION_MODE_ROBUST), new_result(), gray(&BAD));
    let (v, ten, two) = (variation.0, TEN.as_ptr(), TWO.as_ptr());
    let mut pixels = [0.0; 8];
    let destination = floats(&mut pixels);
    let before = bytes(v);
    unsafe {
        fails(
            tsp_variation_prepare(v, ten, two),
            state,
            "learned nothing yet",
        );
        fails(
            tsp_variation_compare(v, &raw const image, null(), result.0),
            state,
            "not prepared",
        );
        fails(
            tsp_variation_compare_ext(v, &raw const image, null(), 2, result.0),
            state,
            "not prepared",
        );
        fails(tsp_variation_clear_train_data(v), state, "not prepared");
        for which in 1..=4 {
            let status = tsp_variation_get_image(v, which, &raw const destination);
            fails(status, state, "");
        }
        let image = &raw const image;
        fails(
            tsp_variation_prepare_direct(v, image, image, ten, two),
            state,
            "not direct",
        );
    }
    assert_eq!(bytes(v), before);
    // The result was left alone.
    fails(
        unsafe { tsp_result_summary(result.0, &mut sized()) },
        state,
        "tsp_variation_compare",
    );

    let direct = create(TSP_VARIATION_MODE_DIRECT);
    fails(train(&direct, &[image]), state, "direct");
    fails(
        unsafe { tsp_variation_prepare(direct.0, ten, two) },
        state,
        "direct",
    );

    let variation = prepared();
    ok(unsafe { tsp_variation_clear_train_data(variation.0) });
    fails(train(&variation, &[image]), state, "cleared");
    fails(
        unsafe { tsp_variation_prepare(variation.0, ten, two) },
        state,
        "cleared",
    );
    ok(unsafe { tsp_variation_compare(variation.0, &raw const image, null(), result.0) });
}

#[test]
fn unknown_numbers_and_engines_are_refused() {
    let (invalid, unsupported) = (
        tsp_status::TSP_E_INVALID_ARGUMENT,
        tsp_status::TSP_E_UNSUPPORTED,
    );
    let create = |width, r#type, mode, options| {
        let mut out = std::ptr::dangling_mut();
        let status =
            unsafe { tsp_variation_create(width, HEIGHT, r#type, mode, options, &raw mut out) };
        assert!(out.is_null());
        status
    };
    fails(
        create(WIDTH, 0, 1, null()),
        invalid,
        "type is 0, it must be one of 1 byte, 2 uint2",
    );
    fails(create(WIDTH, 3, 1, null()), unsupported, "Add 32768");
    fails(create(WIDTH, 1, 4, null()), invalid, "mode is 4");
    fails(
        create(0, 1, 1, null()),
        tsp_status::TSP_E_IMAGE_SIZE,
        "width 0",
    );
    let options = new_options();
    ok(unsafe { tsp_options_set_int(options.0, c"image.max_pixels".as_ptr(), 7) });
    fails(
        create(WIDTH, 1, 1, options.0),
        tsp_status::TSP_E_IMAGE_SIZE,
        "8 pixels",
    );
    ok(unsafe { tsp_options_set_int(options.0, c"image.max_pixels".as_ptr(), 8) });
    for engine in [c"features", c"both"] {
        let small = new_options();
        ok(unsafe { tsp_options_set_text(small.0, c"variation.engine".as_ptr(), engine.as_ptr()) });
        let direct = TSP_VARIATION_MODE_DIRECT;
        fails(
            create(WIDTH, 1, direct, small.0),
            unsupported,
            "variation.engine to pixels",
        );
    }

    let (variation, result, image) = (prepared(), new_result(), gray(&BAD));
    let v = variation.0;
    for mode in [0, 5] {
        let status =
            unsafe { tsp_variation_compare_ext(v, &raw const image, null(), mode, result.0) };
        fails(status, invalid, "1 absolute");
    }
    for bad in [[1.0, -1.0], [f64::NAN, 1.0]] {
        let status = unsafe { tsp_variation_prepare(v, bad.as_ptr(), TWO.as_ptr()) };
        fails(status, invalid, "absolute threshold");
    }
    unsafe {
        let null_argument = tsp_status::TSP_E_NULL_ARGUMENT;
        fails(
            tsp_variation_prepare(v, null(), TWO.as_ptr()),
            null_argument,
            "abs_threshold",
        );
        fails(
            tsp_variation_prepare(v, TEN.as_ptr(), null()),
            null_argument,
            "var_threshold",
        );
        fails(tsp_variation_train(v, null(), 1), null_argument, "images");
        fails(
            tsp_variation_train(v, [null()].as_ptr(), 1),
            null_argument,
            "images[0]",
        );
        fails(
            tsp_variation_compare(v, null(), null(), result.0),
            null_argument,
            "image",
        );
        fails(
            tsp_variation_compare(v, &raw const image, null(), null_mut()),
            null_argument,
            "result",
        );
        let pointers = [&raw const image];
        let few = tsp_status::TSP_E_TOO_FEW_IMAGES;
        fails(
            tsp_variation_train(v, pointers.as_ptr(), 0),
            few,
            "no image",
        );
        fails(
            tsp_variation_train(v, pointers.as_ptr(), u64::MAX),
            invalid,
            "more than memory",
        );
    }
}

#[test]
fn pictures_of_another_size_or_format_are_refused_and_nothing_is_learned() {
    let (variation, result) = (prepared(), new_result());
    let mut small = gray(&BAD);
    (small.width, small.row_stride) = (3, 4);
    let mut wide = gray(&BAD);
    (wide.format, wide.width, wide.height) = (TSP_FORMAT_GRAY16, 2, 2);
    let before = bytes(variation.0);
    let (size, format) = (tsp_status::TSP_E_IMAGE_SIZE, tsp_status::TSP_E_IMAGE);
    fails(
        train(&variation, &[gray(&BAD), small]),
        size,
        "images[1]: the picture is 3 x 2",
    );
    fails(train(&variation, &[wide]), format, "Gray16");
    fails(
        unsafe { tsp_variation_compare(variation.0, &raw const small, null(), result.0) },
        size,
        "4 x 2",
    );
    fails(
        unsafe { tsp_variation_compare(variation.0, &raw const wide, null(), result.0) },
        format,
        "Gray16",
    );
    assert_eq!(bytes(variation.0), before);
}

#[test]
fn direct_takes_its_images_as_they_are() {
    let (variation, result) = (create(TSP_VARIATION_MODE_DIRECT), new_result());
    let (reference, bad) = (gray(&GOOD[1]), gray(&BAD));
    let mut pixels = [0.0, 0.0, 7.5, 9.0, 0.0, 0.0, 0.0, 9.0];
    let image = floats(&mut pixels);
    ok(unsafe {
        let (ten, two) = (TEN.as_ptr(), TWO.as_ptr());
        tsp_variation_prepare_direct(
            variation.0,
            &raw const reference,
            &raw const image,
            ten,
            two,
        )
    });
    ok(unsafe { tsp_variation_compare(variation.0, &raw const bad, null(), result.0) });
    // 115 is not above 100 + 2 * 7.5.
    assert_eq!(runs(result.0), [(0, 1, 1), (1, 1, 1)]);
}
