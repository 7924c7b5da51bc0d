//! Inspecting: verdicts, masks, thresholds, threads, and results that failures leave alone.

use std::ptr::null;

use twinspect::ffi::*;

use super::parts::{HEIGHT, WIDTH, inspected, inspector, model, part, rgb, small_options, summary};
use super::{Owned, fails, new_result, ok, sized};

#[test]
fn good_and_defective_parts_are_told_apart() {
    let Some(model) = model() else { return };
    let good = summary(inspected(model, &part(51, false)).0);
    let bad = summary(inspected(model, &part(51, true)).0);
    assert_eq!(
        (good.verdict, bad.verdict),
        (TSP_VERDICT_GOOD, TSP_VERDICT_DEFECT),
        "{} {}",
        good.score,
        bad.score
    );
    assert!(good.score < good.threshold && bad.score >= bad.threshold);
    assert_eq!((bad.map_width, bad.map_height), (WIDTH, HEIGHT));
    assert_eq!(good.region_count, 0);
    assert!(bad.region_count >= 1 && bad.run_count >= bad.region_count);
}

#[test]
fn samples_of_a_12_bit_camera_are_scaled_by_their_own_white() {
    let Some(model) = model() else { return };
    let pixels = part(53, true);
    let (inspector, result) = (inspector(model), new_result());
    let expected = summary(inspected(model, &pixels).0).score.to_bits();

    // 16 times the value at 16 times the white is the same number.
    let plane = |channel| {
        pixels
            .iter()
            .skip(channel)
            .step_by(3)
            .map(|value| u16::from(*value) * 16)
    };
    let planes: [Vec<u16>; 3] = [0, 1, 2].map(|channel| plane(channel).collect());
    let mut image: tsp_image = sized();
    image.format = TSP_FORMAT_RGB16_PLANAR;
    (image.width, image.height, image.white) = (WIDTH, HEIGHT, 16.0 * 255.0);
    image.plane = [0, 1, 2].map(|channel| planes[channel as usize].as_ptr().cast());
    ok(unsafe { tsp_inspector_inspect(inspector.0, &raw const image, null(), result.0) });
    assert_eq!(summary(result.0).score.to_bits(), expected);
}

#[test]
fn rectangle_bottom_up_and_other_formats_give_the_same_score() {
    let Some(model) = model() else { return };
    let pixels = part(52, true);
    let (inspector, result) = (inspector(model), new_result());
    let score = |image: &tsp_image| {
        ok(unsafe { tsp_inspector_inspect(inspector.0, image, null(), result.0) });
        summary(result.0).score.to_bits()
    };
    let expected = score(&rgb(&pixels));
    let row = WIDTH as usize * 3;

    let bottom_up: Vec<u8> = pixels.chunks_exact(row).rev().flatten().copied().collect();
    let mut image = rgb(&bottom_up);
    image.plane[0] = bottom_up[bottom_up.len() - row..].as_ptr().cast();
    image.row_stride = -(row as i64);
    assert_eq!(score(&image), expected, "bottom-up");

    let padded: Vec<u8> = pixels
        .chunks_exact(row)
        .flat_map(|row| [&[9; 6], row, &[9; 5]].concat())
        .collect();
    let mut image = rgb(&padded);
    image.plane[0] = padded[6..].as_ptr().cast();
    image.row_stride = row as i64 + 11;
    assert_eq!(score(&image), expected, "rectangle of a wider picture");

    let bgra: Vec<u8> = pixels
        .as_chunks()
        .0
        .iter()
        .flat_map(|[red, green, blue]| [*blue, *green, *red, 3])
        .collect();
    let mut image: tsp_image = sized();
    ok(unsafe {
        tsp_image_init(
            &raw mut image,
            TSP_FORMAT_BGRA8,
            WIDTH,
            HEIGHT,
            bgra.as_ptr().cast(),
            0,
        )
    });
    assert_eq!(score(&image), expected, "BGRA8");

    let planar: Vec<u8> = (0..3)
        .flat_map(|channel| pixels.iter().skip(channel).step_by(3).copied())
        .collect();
    ok(unsafe {
        tsp_image_init(
            &raw mut image,
            TSP_FORMAT_RGB8_PLANAR,
            WIDTH,
            HEIGHT,
            planar.as_ptr().cast(),
            0,
        )
    });
    assert_eq!(score(&image), expected, "planar");
}

#[test]
fn mask_hides_a_defect_and_an_empty_one_is_an_error() {
    let Some(model) = model() else { return };
    let (inspector, result) = (inspector(model), new_result());
    let pixels = part(53, true);
    let mut bytes = vec![1u8; (WIDTH * HEIGHT) as usize];
    for y in 16..HEIGHT as usize {
        bytes[y * WIDTH as usize + 32..(y + 1) * WIDTH as usize].fill(0);
    }
    let mask = |bytes: &[u8]| {
        let mut mask: tsp_image = sized();
        ok(unsafe {
            tsp_image_init(
                &raw mut mask,
                TSP_FORMAT_GRAY8,
                WIDTH,
                HEIGHT,
                bytes.as_ptr().cast(),
                0,
            )
        });
        mask
    };
    ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&pixels), &mask(&bytes), result.0) });
    let masked = summary(result.0);
    assert!(masked.score < summary(inspected(model, &pixels).0).score);
    let mut map: tsp_map = sized();
    ok(unsafe { tsp_result_map(result.0, &raw mut map) });
    assert_eq!(
        unsafe { map.data.add(40 * WIDTH as usize + 60).read() },
        0.0,
        "outside of the mask"
    );

    let status = unsafe {
        tsp_inspector_inspect(
            inspector.0,
            &rgb(&pixels),
            &mask(&vec![0; bytes.len()]),
            result.0,
        )
    };
    fails(status, tsp_status::TSP_E_IMAGE, "no pixel to inspect");
}

#[test]
fn failed_inspection_leaves_the_result() {
    let Some(model) = model() else { return };
    let (inspector, result) = (inspector(model), new_result());
    let pixels = part(54, false);
    let mut image = rgb(&pixels);
    image.white = f64::NAN;
    let status = unsafe { tsp_inspector_inspect(inspector.0, &image, null(), result.0) };
    fails(status, tsp_status::TSP_E_IMAGE, "white");
    let status = unsafe { tsp_result_summary(result.0, &mut sized()) };
    fails(status, tsp_status::TSP_E_STATE, "nothing was inspected");

    ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&pixels), null(), result.0) });
    let before = summary(result.0).score;
    assert_ne!(
        unsafe { tsp_inspector_inspect(inspector.0, &image, null(), result.0) },
        tsp_status::TSP_OK
    );
    assert_eq!(summary(result.0).score, before);
    let status = unsafe { tsp_inspector_inspect(inspector.0, null(), null(), result.0) };
    fails(status, tsp_status::TSP_E_NULL_ARGUMENT, "image is NULL");
}

#[test]
fn thresholds_are_replaced_and_put_back() {
    let Some(model) = model() else { return };
    let (inspector, result) = (inspector(model), new_result());
    let pixels = part(55, false);
    let look = || {
        ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&pixels), null(), result.0) });
        summary(result.0)
    };
    let own = look();
    ok(unsafe { tsp_inspector_set_thresholds(inspector.0, 0.001, 0.001) });
    let strict = look();
    assert_eq!(
        (strict.verdict, strict.threshold, strict.region_count),
        (TSP_VERDICT_DEFECT, 0.001, 1)
    );
    for bad in [0.0, -1.0, f32::INFINITY] {
        let status = unsafe { tsp_inspector_set_thresholds(inspector.0, 5.0, bad) };
        fails(status, tsp_status::TSP_E_INVALID_ARGUMENT, "pixel");
    }
    assert_eq!(look().threshold, 0.001, "a refused call changes neither");
    ok(unsafe { tsp_inspector_set_thresholds(inspector.0, f32::NAN, f32::NAN) });
    assert_eq!(
        (look().threshold, look().pixel_threshold),
        (own.threshold, own.pixel_threshold)
    );
}

#[test]
fn size_that_differs_is_refused_where_the_options_say_so() {
    let Some(model) = model() else { return };
    let options = small_options();
    ok(unsafe {
        tsp_options_set_text(
            options.0,
            c"input.size_mismatch".as_ptr(),
            c"refuse".as_ptr(),
        )
    });
    let create = |out| unsafe { tsp_inspector_create(model, options.0, out) };
    let (inspector, result) = (Owned::new(create, tsp_inspector_destroy), new_result());
    let pixels = part(56, false);
    let mut image = rgb(&pixels);
    image.height -= 1;
    let status = unsafe { tsp_inspector_inspect(inspector.0, &image, null(), result.0) };
    fails(status, tsp_status::TSP_E_IMAGE_SIZE, "96 x 63");
}

#[test]
fn inspectors_on_threads_share_a_model_that_may_be_destroyed() {
    let Some(shared) = model() else { return };
    let pixels = part(57, true);
    let expected = summary(inspected(shared, &pixels).0).score.to_bits();
    let mut bytes = vec![0u8; 1 << 24];
    let mut needed = 0;
    ok(unsafe {
        tsp_model_save_memory(
            shared,
            bytes.as_mut_ptr().cast(),
            bytes.len() as u64,
            &mut needed,
        )
    });
    let load = |out| unsafe { tsp_model_load_memory(bytes.as_ptr().cast(), needed, null(), out) };
    let model = Owned::new(load, tsp_model_destroy);
    let inspectors: Vec<_> = (0..4).map(|_| inspector(model.0)).collect();
    drop(model);
    std::thread::scope(|scope| {
        for inspector in &inspectors {
            let (handle, pixels) = (inspector.0.expose_provenance(), &pixels);
            scope.spawn(move || {
                let inspector = std::ptr::with_exposed_provenance_mut(handle);
                let result = new_result();
                for _ in 0..3 {
                    ok(unsafe { tsp_inspector_inspect(inspector, &rgb(pixels), null(), result.0) });
                    assert_eq!(summary(result.0).score.to_bits(), expected);
                }
            });
        }
    });
}

#[test]
fn inspector_in_use_on_another_thread_is_busy_and_never_wrong() {
    let Some(model) = model() else { return };
    let inspector = inspector(model);
    let (handle, pixels) = (inspector.0.expose_provenance(), part(58, true));
    let expected = summary(inspected(model, &pixels).0).score.to_bits();
    let outcomes: Vec<tsp_status> = std::thread::scope(|scope| {
        let look = || {
            let inspector = std::ptr::with_exposed_provenance_mut(handle);
            let result = new_result();
            let statuses = (0..10).map(|_| {
                let status =
                    unsafe { tsp_inspector_inspect(inspector, &rgb(&pixels), null(), result.0) };
                if status == tsp_status::TSP_OK {
                    assert_eq!(summary(result.0).score.to_bits(), expected);
                }
                status
            });
            statuses.collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(look)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(outcomes.contains(&tsp_status::TSP_OK));
    assert!(
        outcomes
            .iter()
            .all(|status| matches!(status, tsp_status::TSP_OK | tsp_status::TSP_E_BUSY)),
        "{outcomes:?}"
    );
}

#[test]
fn picture_file_is_inspected_as_its_pixels_are() {
    let Some(model) = model() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| std::ffi::CString::new(path(name).to_str().unwrap()).unwrap();
    let pixels = part(54, true);
    image::RgbImage::from_raw(WIDTH, HEIGHT, pixels.clone())
        .unwrap()
        .save(path("part.png"))
        .unwrap();
    let left = image::GrayImage::from_fn(WIDTH, HEIGHT, |x, _| image::Luma([u8::from(x < 20)]));
    left.save(path("mask.png")).unwrap();
    std::fs::write(
        path("cut.png"),
        &std::fs::read(path("part.png")).unwrap()[..200],
    )
    .unwrap();

    let (inspector, result) = (inspector(model), new_result());
    let inspect = |picture: &str, mask: Option<&str>| {
        let (picture, mask) = (text(picture), mask.map(text));
        let mask = mask.as_ref().map_or(null(), |mask| mask.as_ptr());
        unsafe { tsp_inspector_inspect_file(inspector.0, picture.as_ptr(), mask, result.0) }
    };
    let expected = summary(inspected(model, &pixels).0).score;
    ok(inspect("part.png", None));
    assert_eq!(summary(result.0).score.to_bits(), expected.to_bits());
    ok(inspect("part.png", Some("mask.png")));
    let masked = summary(result.0).score;
    assert!(masked < expected);

    fails(
        inspect("absent.png", None),
        tsp_status::TSP_E_NOT_FOUND,
        "absent.png",
    );
    fails(inspect("cut.png", None), tsp_status::TSP_E_IMAGE, "cut.png");
    fails(
        inspect("part.png", Some("part.png")),
        tsp_status::TSP_E_IMAGE,
        "Gray8",
    );
    fails(
        inspect("part.png", Some("absent.png")),
        tsp_status::TSP_E_NOT_FOUND,
        "absent.png",
    );
    assert_eq!(summary(result.0).score, masked);
    let nowhere = unsafe { tsp_inspector_inspect_file(inspector.0, null(), null(), result.0) };
    fails(nowhere, tsp_status::TSP_E_NULL_ARGUMENT, "path");
}
