//! The variation model in C, written and read again.

use std::ptr::{null, null_mut};

use twinspect::ffi::*;

use super::variation::{BAD, HEIGHT, WIDTH, bytes, create, gray, prepared, runs};
use super::{Owned, fails, new_result, ok, sized};

#[test]
fn written_and_read_models_find_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.twin");
    let path = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    let (variation, result, bad) = (prepared(), new_result(), gray(&BAD));
    ok(unsafe { tsp_variation_write(variation.0, path.as_ptr()) });
    let content = bytes(variation.0);
    assert_eq!(std::fs::read(path.to_str().unwrap()).unwrap(), content);
    let from_file = Owned::new(
        |out| unsafe { tsp_variation_read(path.as_ptr(), null(), out) },
        tsp_variation_clear,
    );
    let (data, size) = (content.as_ptr().cast(), content.len() as u64);
    let from_memory = Owned::new(
        |out| unsafe { tsp_variation_read_memory(data, size, null(), out) },
        tsp_variation_clear,
    );
    drop(variation);
    for read in [&from_file, &from_memory] {
        ok(unsafe { tsp_variation_compare(read.0, &raw const bad, null(), result.0) });
        assert_eq!(runs(result.0), [(0, 1, 2), (1, 1, 1)]);
        assert_eq!(bytes(read.0), content);
    }
    let mut out = null_mut();
    let mut buffer = [0u8; 8];
    unsafe {
        let short = tsp_variation_read_memory(data, size - 1, null(), &raw mut out);
        fails(short, tsp_status::TSP_E_FORMAT, "damaged");
        let absent = tsp_variation_read(c"no such file".as_ptr(), null(), &raw mut out);
        fails(absent, tsp_status::TSP_E_NOT_FOUND, "no such file");
        let small =
            tsp_variation_write_memory(from_file.0, buffer.as_mut_ptr().cast(), 8, null_mut());
        fails(small, tsp_status::TSP_E_BUFFER_TOO_SMALL, "8 bytes");
        let nowhere = tsp_variation_write(from_file.0, c"no/such/folder/x".as_ptr());
        fails(nowhere, tsp_status::TSP_E_NOT_FOUND, "no folder");
    }
    assert_eq!(buffer, [0; 8]);
}

#[test]
fn read_model_says_what_it_is() {
    let info = |variation: *const tsp_variation| {
        let mut out: tsp_variation_summary = sized();
        ok(unsafe { tsp_variation_info(variation, &raw mut out) });
        (
            out.width,
            out.height,
            out.r#type,
            out.mode,
            out.engine,
            out.prepared,
        )
    };
    let new = create(TSP_VARIATION_MODE_ROBUST);
    let pixels = TSP_VARIATION_ENGINE_PIXELS;
    assert_eq!(
        info(new.0),
        (
            WIDTH,
            HEIGHT,
            TSP_VARIATION_TYPE_BYTE,
            TSP_VARIATION_MODE_ROBUST,
            pixels,
            0
        )
    );
    let content = bytes(prepared().0);
    let (data, size) = (content.as_ptr().cast(), content.len() as u64);
    let read = Owned::new(
        |out| unsafe { tsp_variation_read_memory(data, size, null(), out) },
        tsp_variation_clear,
    );
    assert_eq!(
        info(read.0),
        (
            WIDTH,
            HEIGHT,
            TSP_VARIATION_TYPE_BYTE,
            TSP_VARIATION_MODE_STANDARD,
            pixels,
            1
        )
    );
}
