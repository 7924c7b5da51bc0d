//! What a model and a result say of themselves in words: the same as the program prints.

use std::ffi::c_char;
use std::process::Command;
use std::ptr::null_mut;
use std::slice;

use serde_json::Value;
use twinspect::ffi::*;

use super::parts::{HEIGHT, WIDTH, inspected, model, part};
use super::{fails, json, new_result, ok, sized};

fn of_model(model: *const tsp_model) -> Value {
    json(|buffer, capacity, needed| unsafe { tsp_model_describe(model, buffer, capacity, needed) })
}

/// What the program prints, a value a line.
fn printed(arguments: &[&str], folder: &std::path::Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_twinspect"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn without(mut object: Value, keys: &[&str]) -> Value {
    for key in keys {
        let removed = object.as_object_mut().unwrap().remove(*key);
        assert!(removed.is_some(), "there is no {key}");
    }
    object
}

#[test]
fn model_and_result_say_what_the_program_prints() {
    let Some(model) = model() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = std::ffi::CString::new(folder.path().join("part.twin").to_str().unwrap()).unwrap();
    ok(unsafe { tsp_model_save(model, path.as_ptr()) });
    let info = printed(&["info", "part.twin", "--json"], folder.path());
    assert_eq!(of_model(model), without(info, &["bytes"]));

    let pixels = part(81, true);
    let picture = [format!("P6 {WIDTH} {HEIGHT} 255\n").as_bytes(), &pixels].concat();
    std::fs::write(folder.path().join("bad.ppm"), picture).unwrap();
    let line = printed(
        &["inspect", "part.twin", "bad.ppm", "--json"],
        folder.path(),
    );
    let result = inspected(model, &pixels);
    let said = json(|buffer, capacity, needed| unsafe {
        tsp_result_to_json(result.0, buffer, capacity, needed)
    });
    assert_eq!(said, without(line, &["path"]));
    assert_eq!(said["verdict"], "defect");
}

#[test]
fn texts_do_not_fit_into_a_byte_less_and_leave_the_buffer() {
    let Some(model) = model() else { return };
    let result = inspected(model, &part(81, true));
    type Say<'a> = &'a dyn Fn(*mut c_char, u64, *mut u64) -> tsp_status;
    let say: [Say<'_>; 2] = [
        &|buffer, capacity, needed| unsafe { tsp_model_describe(model, buffer, capacity, needed) },
        &|buffer, capacity, needed| unsafe {
            tsp_result_to_json(result.0, buffer, capacity, needed)
        },
    ];
    for say in say {
        let mut needed = 0;
        ok(say(null_mut(), 0, &mut needed));
        let mut buffer = vec![b'x'; needed as usize];
        fails(
            say(buffer.as_mut_ptr().cast(), needed - 1, null_mut()),
            tsp_status::TSP_E_BUFFER_TOO_SMALL,
            "are needed",
        );
        assert!(buffer.iter().all(|byte| *byte == b'x'));
        ok(say(buffer.as_mut_ptr().cast(), needed, null_mut()));
        assert_eq!(buffer.last(), Some(&0));
        assert!(!buffer.contains(&b'\n'), "it is one line");
    }
}

#[test]
fn empty_result_has_nothing_to_say() {
    let result = new_result();
    let mut needed = 7;
    let status = unsafe { tsp_result_to_json(result.0, null_mut(), 0, &mut needed) };
    fails(status, tsp_status::TSP_E_STATE, "nothing was inspected");
    assert_eq!(needed, 7);
}

#[test]
fn lead_image_is_a_small_picture_of_a_good_part() {
    let Some(model) = model() else { return };
    let mut info: tsp_model_summary = sized();
    ok(unsafe { tsp_model_info(model, &raw mut info) });
    let mut image: tsp_image = sized();
    for group in 0..info.group_count {
        ok(unsafe { tsp_model_lead_image(model, group, &raw mut image) });
        ok(unsafe { tsp_image_check(&image) });
        assert_eq!(
            (image.format, image.width, image.height, image.row_stride),
            (TSP_FORMAT_RGB8, 96, 64, 3 * 96)
        );
        let pixels = unsafe { slice::from_raw_parts(image.plane[0].cast::<u8>(), 3 * 96 * 64) };
        // A bright disc on a darker plate, as `part` draws it.
        let at = |x: usize, y: usize| pixels[3 * (y * 96 + x)];
        assert!(
            at(48, 32) > 150 && at(4, 4) < 120,
            "{} {}",
            at(48, 32),
            at(4, 4)
        );
    }
    for group in [info.group_count, u32::MAX] {
        let status = unsafe { tsp_model_lead_image(model, group, &raw mut image) };
        fails(
            status,
            tsp_status::TSP_E_INVALID_ARGUMENT,
            "of them, from 0",
        );
    }
    let status = unsafe { tsp_model_lead_image(model, 0, null_mut()) };
    fails(status, tsp_status::TSP_E_NULL_ARGUMENT, "out is NULL");
}
