//! What can be asked of a result: map, mask, regions, runs, heat map.

use std::ptr::{null, null_mut};
use std::slice;

use twinspect::ffi::*;

use super::parts::{
    HEIGHT, WIDTH, fit, fitter_with, inspected, inspector, model, part, rgb, small_options, summary,
};
use super::{Owned, fails, new_result, ok, sized};

const PIXELS: usize = (WIDTH * HEIGHT) as usize;

fn defective() -> Option<Owned<tsp_result>> {
    Some(inspected(model()?, &part(60, true)))
}

fn map_of(result: &Owned<tsp_result>) -> &[f32] {
    let mut map: tsp_map = sized();
    ok(unsafe { tsp_result_map(result.0, &raw mut map) });
    assert_eq!(
        (map.width, map.height, map.row_stride),
        (WIDTH, HEIGHT, i64::from(WIDTH) * 4)
    );
    unsafe { slice::from_raw_parts(map.data, PIXELS) }
}

#[test]
fn empty_result_answers_state_and_leaves_outputs() {
    let result = new_result();
    let state = tsp_status::TSP_E_STATE;
    let (mut map, mut runs, mut count) = (sized::<tsp_map>(), std::ptr::dangling::<tsp_run>(), 77);
    fails(
        unsafe { tsp_result_map(result.0, &raw mut map) },
        state,
        "nothing was inspected",
    );
    fails(
        unsafe { tsp_result_mask(result.0, &mut sized()) },
        state,
        "nothing was inspected",
    );
    fails(
        unsafe { tsp_result_registration(result.0, &mut sized()) },
        state,
        "nothing was inspected",
    );
    fails(
        unsafe { tsp_result_region(result.0, 0, &mut sized()) },
        state,
        "nothing was inspected",
    );
    fails(
        unsafe { tsp_result_runs(result.0, &raw mut runs, &mut count) },
        state,
        "nothing was inspected",
    );
    fails(
        unsafe { tsp_result_copy_map(result.0, &mut 0.0, 0, 4) },
        state,
        "nothing was inspected",
    );
    fails(
        unsafe { tsp_result_render(result.0, null(), null()) },
        state,
        "nothing was inspected",
    );
    assert!(map.data.is_null() && runs == std::ptr::dangling() && count == 77);
}

#[test]
fn score_is_the_highest_value_of_the_map() {
    let Some(result) = defective() else { return };
    let highest = map_of(&result)
        .iter()
        .fold(0.0f32, |highest, value| highest.max(*value));
    assert_eq!(highest, summary(result.0).score);
}

#[test]
fn map_is_copied_with_a_stride_and_never_beyond_the_capacity() {
    let Some(result) = defective() else { return };
    let row = WIDTH as usize;
    let stride = row + 2;
    let capacity = ((HEIGHT as usize - 1) * stride + row) * 4;
    let mut copy = vec![-7.0f32; HEIGHT as usize * stride];
    let mut into = |row_stride: i64, capacity: usize| unsafe {
        tsp_result_copy_map(result.0, copy.as_mut_ptr(), row_stride, capacity as u64)
    };
    let invalid = tsp_status::TSP_E_INVALID_ARGUMENT;
    fails(
        into(stride as i64 * 4, capacity - 1),
        tsp_status::TSP_E_BUFFER_TOO_SMALL,
        &capacity.to_string(),
    );
    fails(
        into(row as i64 * 4 - 1, capacity),
        invalid,
        "at least 384 bytes",
    );
    fails(
        into(-(row as i64) * 4, capacity),
        invalid,
        "at least 384 bytes",
    );
    fails(
        into(i64::MAX, capacity),
        tsp_status::TSP_E_BUFFER_TOO_SMALL,
        "more than memory",
    );
    ok(into(stride as i64 * 4, capacity));
    for (copied, expected) in copy.chunks(stride).zip(map_of(&result).chunks(row)) {
        assert_eq!(&copied[..row], expected);
        assert!(
            copied[row..].iter().all(|value| *value == -7.0),
            "between the rows"
        );
    }
    let mut packed = vec![0.0; PIXELS];
    ok(unsafe { tsp_result_copy_map(result.0, packed.as_mut_ptr(), 0, PIXELS as u64 * 4) });
    assert_eq!(packed, map_of(&result));
}

#[test]
fn regions_runs_mask_and_map_agree() {
    let Some(result) = defective() else { return };
    let summary = summary(result.0);
    let (mut runs, mut count) = (null(), 0);
    ok(unsafe { tsp_result_runs(result.0, &raw mut runs, &mut count) });
    let runs = unsafe { slice::from_raw_parts(runs, count as usize) };
    assert_eq!(count, u64::from(summary.run_count));

    let mut next_run = 0;
    let mut drawn = vec![0u8; PIXELS];
    for index in 0..summary.region_count {
        let mut region: tsp_region = sized();
        ok(unsafe { tsp_result_region(result.0, index, &raw mut region) });
        assert_eq!(region.first_run, next_run);
        next_run += region.run_count;
        let own = &runs[region.first_run as usize..next_run as usize];
        assert!(own.is_sorted_by_key(|run| (run.row, run.column_begin)));
        let mut area = 0;
        for run in own {
            assert!((region.y..region.y + region.height).contains(&(run.row as u32)));
            let start = run.row as usize * WIDTH as usize;
            let pixels = start + run.column_begin as usize..=start + run.column_end as usize;
            area += pixels.clone().count() as u64;
            drawn[pixels].fill(255);
        }
        assert_eq!(area, region.area);
        assert!(region.peak <= summary.score && region.peak >= summary.pixel_threshold);
    }
    assert_eq!(next_run, summary.run_count);

    let mut mask: tsp_image = sized();
    ok(unsafe { tsp_result_mask(result.0, &raw mut mask) });
    ok(unsafe { tsp_image_check(&mask) });
    let mask = unsafe { slice::from_raw_parts(mask.plane[0].cast::<u8>(), PIXELS) };
    assert!(mask == drawn, "the mask is not what the runs draw");
    let reached = map_of(&result).iter().map(|value| {
        if *value >= summary.pixel_threshold {
            255
        } else {
            0
        }
    });
    assert!(
        reached.eq(drawn.iter().copied()),
        "the mask is not where the map reaches the threshold"
    );
}

#[test]
fn region_that_there_is_not_is_refused() {
    let Some(result) = defective() else { return };
    let mut region: tsp_region = sized();
    for index in [summary(result.0).region_count, u32::MAX] {
        let status = unsafe { tsp_result_region(result.0, index, &raw mut region) };
        fails(
            status,
            tsp_status::TSP_E_INVALID_ARGUMENT,
            "of them, from 0",
        );
    }
    assert_eq!(region.area, 0);
}

#[test]
fn runs_of_a_good_part_are_none() {
    let Some(model) = model() else { return };
    let result = inspected(model, &part(61, false));
    let (mut runs, mut count) = (std::ptr::dangling(), 9);
    ok(unsafe { tsp_result_runs(result.0, &raw mut runs, &mut count) });
    assert!(runs.is_null() && count == 0);
}

#[test]
fn heat_map_is_drawn_over_the_base_in_either_order_and_direction() {
    let Some(result) = defective() else { return };
    let base = part(60, true);
    let row = WIDTH as usize * 3;
    let mut drawn = base.clone();
    let canvas = rgb(&drawn);
    let canvas = tsp_image {
        plane: [drawn.as_mut_ptr().cast_const().cast(), null(), null()],
        ..canvas
    };
    ok(unsafe { tsp_result_render(result.0, &canvas, &canvas) });
    assert!(drawn != base, "nothing was drawn");

    let mut flipped = vec![0u8; drawn.len()];
    let last_row = unsafe { flipped.as_mut_ptr().add(drawn.len() - row) };
    let mut canvas = tsp_image {
        format: TSP_FORMAT_BGR8,
        row_stride: -(row as i64),
        ..rgb(&base)
    };
    canvas.plane[0] = last_row.cast_const().cast();
    ok(unsafe { tsp_result_render(result.0, &rgb(&base), &canvas) });
    let back: Vec<u8> = flipped
        .chunks_exact(row)
        .rev()
        .flat_map(|row| row.as_chunks().0)
        .flat_map(|[b, g, r]| [*r, *g, *b])
        .collect();
    assert!(back == drawn, "bottom-up BGR differs from top-down RGB");
}

#[test]
fn canvas_of_another_kind_or_size_is_refused_and_not_written() {
    let Some(result) = defective() else { return };
    let base = part(60, true);
    let mut pixels = vec![5u8; base.len() * 2];
    let mut canvas = tsp_image {
        format: TSP_FORMAT_RGBA8,
        ..rgb(&base)
    };
    canvas.plane[0] = pixels.as_mut_ptr().cast_const().cast();
    let draw = |canvas: &tsp_image| unsafe { tsp_result_render(result.0, &rgb(&base), canvas) };
    fails(
        draw(&canvas),
        tsp_status::TSP_E_IMAGE,
        "destination is RGBA8",
    );
    canvas.format = TSP_FORMAT_RGB8;
    canvas.height += 1;
    fails(
        draw(&canvas),
        tsp_status::TSP_E_IMAGE_SIZE,
        "destination is 96 x 65",
    );
    canvas.height -= 1;
    let mut short = rgb(&base);
    short.height -= 1;
    fails(
        unsafe { tsp_result_render(result.0, &short, &canvas) },
        tsp_status::TSP_E_IMAGE_SIZE,
        "96 x 63",
    );
    assert!(pixels.iter().all(|value| *value == 5));
}

#[test]
fn result_is_used_again_and_outlives_its_inspector() {
    let Some(model) = model() else { return };
    let result = new_result();
    let inspector = inspector(model);
    ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&part(62, true)), null(), result.0) });
    let first = summary(result.0);
    ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(&part(62, false)), null(), result.0) });
    drop(inspector);
    let second = summary(result.0);
    assert_eq!(
        (first.verdict, second.verdict),
        (TSP_VERDICT_DEFECT, TSP_VERDICT_GOOD)
    );
    assert_eq!(map_of(&result).len(), PIXELS);
    unsafe { tsp_inspector_destroy(null_mut()) };
}

#[test]
fn registration_says_how_the_part_lies_and_is_state_without_one() {
    let Some(result) = defective() else { return };
    assert_eq!(summary(result.0).registered, 0);
    fails(
        unsafe { tsp_result_registration(result.0, &mut sized()) },
        tsp_status::TSP_E_STATE,
        "was not registered",
    );

    let options = small_options();
    ok(unsafe { tsp_options_apply_recipe(options.0, c"registered".as_ptr()) });
    for (key, value) in [(c"registration.turns", 4), (c"registration.inliers", 8)] {
        ok(unsafe { tsp_options_set_int(options.0, key.as_ptr(), value) });
    }
    let model = fit(&fitter_with(&options, 6));
    let result = inspected(model.0, &part(3, false));
    let mut found: tsp_registration = sized();
    assert_eq!(summary(result.0).registered, 1);
    ok(unsafe { tsp_result_registration(result.0, &raw mut found) });
    assert!(found.inliers >= 8 && found.rms_px.is_finite());
    // Every part lies alike: no point moves by as much as a location of the matched stage, 16 pixels.
    let m = found.to_lead;
    for (x, y) in [(0.0, 0.0), (96.0, 0.0), (0.0, 64.0), (96.0, 64.0)] {
        let w = m[6] * x + m[7] * y + m[8];
        let moved =
            ((m[0] * x + m[1] * y + m[2]) / w - x).hypot((m[3] * x + m[4] * y + m[5]) / w - y);
        assert!(moved < 16.0, "({x}, {y}) moved by {moved}");
    }
}
