//! The library itself, and how failures are told.

use std::ptr::{null, null_mut};

use serde_json::Value;
use twinspect::ffi::*;

use super::{fails, last_code, last_message, new_options, ok, sized, text};

#[test]
fn library_says_what_it_is() {
    let [major, minor, patch] = ["MAJOR", "MINOR", "PATCH"].map(|part| match part {
        "MAJOR" => env!("CARGO_PKG_VERSION_MAJOR").parse::<u32>().unwrap(),
        "MINOR" => env!("CARGO_PKG_VERSION_MINOR").parse().unwrap(),
        _ => env!("CARGO_PKG_VERSION_PATCH").parse().unwrap(),
    });
    let version = unsafe { tsp_abi_version() };
    assert_eq!(version, major * 1_000_000 + minor * 1000 + patch);
    assert_eq!(text(unsafe { tsp_version() }), env!("CARGO_PKG_VERSION"));
    let info: Value = serde_json::from_str(&text(unsafe { tsp_build_info() })).unwrap();
    for key in ["version", "commit", "rustc", "libtorch"] {
        assert!(
            info[key].as_str().is_some_and(|value| !value.is_empty()),
            "{key}: {info}"
        );
    }
    assert_eq!(info["libtorch_loaded"], info["libtorch"], "{info}");
    for feature in info["features"].as_array().unwrap() {
        let name = std::ffi::CString::new(feature.as_str().unwrap()).unwrap();
        assert_eq!(unsafe { tsp_has_feature(name.as_ptr()) }, 1, "{name:?}");
    }
    assert_eq!(unsafe { tsp_has_feature(c"teleport".as_ptr()) }, 0);
    assert_eq!(unsafe { tsp_has_feature(null()) }, 0);
}

#[test]
fn header_of_another_version_is_refused_naming_both() {
    let version = unsafe { tsp_abi_version() };
    ok(unsafe { tsp_check_abi(version) });
    fails(
        unsafe { tsp_check_abi(version + 1000) },
        tsp_status::TSP_E_VERSION,
        env!("CARGO_PKG_VERSION"),
    );
    fails(
        unsafe { tsp_check_abi(9_001_002) },
        tsp_status::TSP_E_VERSION,
        "9.1.2",
    );
}

#[test]
fn threads_out_of_range_are_refused() {
    for count in [0, -1, 1025, i32::MIN] {
        fails(
            unsafe { tsp_set_threads(count) },
            tsp_status::TSP_E_INVALID_ARGUMENT,
            "1 to 1024",
        );
    }
    ok(unsafe { tsp_set_threads(2) });
}

#[test]
fn status_names() {
    assert_eq!(text(unsafe { tsp_status_name(0) }), "TSP_OK");
    assert_eq!(
        text(unsafe { tsp_status_name(tsp_status::TSP_E_PANIC as i32) }),
        "TSP_E_PANIC"
    );
    for unknown in [-1, 23, i32::MAX] {
        assert_eq!(text(unsafe { tsp_status_name(unknown) }), "unknown status");
    }
}

fn fail() {
    let options = new_options();
    let status = unsafe { tsp_options_set_int(options.0, c"input.sise".as_ptr(), 1) };
    assert_eq!(status, tsp_status::TSP_E_INVALID_ARGUMENT);
}

#[test]
fn error_has_its_parts() {
    fail();
    let mut error: tsp_error = sized();
    unsafe { tsp_last_error(&raw mut error) };
    assert_eq!(error.code, tsp_status::TSP_E_INVALID_ARGUMENT as i32);
    assert_eq!(text(error.message), "there is no option 'input.sise'");
    assert_eq!(text(error.r#where), "input.sise");
    assert!(text(error.hint).contains("'input.size'"));
    assert!(last_message().starts_with("input.sise: there is no option"));
}

#[test]
fn error_stays_until_the_next_call_that_can_fail() {
    fail();
    unsafe {
        tsp_options_destroy(null_mut());
        tsp_status_name(3);
        tsp_version();
        tsp_option_count();
        tsp_has_feature(null());
    }
    assert_eq!(last_code(), tsp_status::TSP_E_INVALID_ARGUMENT as i32);
    let options = new_options();
    assert_eq!((last_code(), last_message().as_str()), (0, ""));
    drop(options);
}

#[test]
fn error_belongs_to_its_thread() {
    fail();
    std::thread::spawn(|| assert_eq!((last_code(), last_message().as_str()), (0, "")))
        .join()
        .unwrap();
    assert_eq!(last_code(), tsp_status::TSP_E_INVALID_ARGUMENT as i32);
}

#[test]
fn last_error_writes_nothing_where_it_is_not_told_the_size() {
    fail();
    let mut error: tsp_error = unsafe { std::mem::zeroed() };
    unsafe {
        tsp_last_error(&raw mut error);
        tsp_last_error(null_mut());
    }
    assert!(error.message.is_null() && error.code == 0);
}
