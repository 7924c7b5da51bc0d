//! The C interface, called as C calls it: success, NULL, wrong handle, wrong range, call order, destroy of NULL.
#![allow(unsafe_code)]
// Each test is a caller that keeps the header's promises, or breaks those that the library must survive.
#![allow(clippy::undocumented_unsafe_blocks)]

mod arguments;
mod batches;
mod descriptions;
mod engines;
mod errors;
mod fitting;
mod health;
mod images;
mod inspecting;
mod library;
mod options;
mod parts;
mod results;
mod thresholds;
mod variation;
mod variation_file;

use std::ffi::{CStr, c_char};
use std::sync::Mutex;

use serde_json::Value;
use twinspect::ffi::*;

/// Held by whoever sets the log, which the whole process has one of.
static LOG: Mutex<()> = Mutex::new(());

/// A text of the library.
fn text(pointer: *const c_char) -> String {
    assert!(!pointer.is_null());
    unsafe { CStr::from_ptr(pointer) }
        .to_str()
        .unwrap()
        .to_owned()
}

/// This thread's last error as one line.
fn last_message() -> String {
    text(unsafe { tsp_last_error_message() })
}

fn last_code() -> i32 {
    let mut error: tsp_error = sized();
    unsafe { tsp_last_error(&raw mut error) };
    error.code
}

/// The JSON that a function writes into a buffer of the size that it asks for.
#[track_caller]
fn json(write: impl Fn(*mut c_char, u64, *mut u64) -> tsp_status) -> Value {
    let mut needed = 0;
    ok(write(std::ptr::null_mut(), 0, &mut needed));
    let mut buffer = vec![0u8; needed as usize];
    ok(write(buffer.as_mut_ptr().cast(), needed, &mut needed));
    assert_eq!(needed as usize, buffer.len());
    serde_json::from_str(&text(buffer.as_ptr().cast())).unwrap()
}

/// A zeroed struct with its size.
fn sized<T>() -> T {
    let mut value: T = unsafe { std::mem::zeroed() };
    unsafe { (&raw mut value).cast::<u32>().write(size_of::<T>() as u32) };
    value
}

#[track_caller]
fn ok(status: tsp_status) {
    assert_eq!(status, tsp_status::TSP_OK, "{}", last_message());
}

/// Asserts a failure, and that its words hold `part`.
#[track_caller]
fn fails(status: tsp_status, expected: tsp_status, part: &str) {
    assert_eq!(status, expected, "{}", last_message());
    assert_eq!(last_code(), expected as i32);
    assert!(
        last_message().contains(part),
        "'{}' does not say '{part}'",
        last_message()
    );
}

/// A handle that is destroyed with the test.
struct Owned<T>(*mut T, unsafe extern "C" fn(*mut T));

impl<T> Owned<T> {
    #[track_caller]
    fn new(
        create: impl FnOnce(*mut *mut T) -> tsp_status,
        destroy: unsafe extern "C" fn(*mut T),
    ) -> Self {
        let mut handle = std::ptr::null_mut();
        ok(create(&raw mut handle));
        assert!(!handle.is_null());
        Self(handle, destroy)
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        unsafe { self.1(self.0) };
    }
}

fn new_options() -> Owned<tsp_options> {
    Owned::new(
        |out| unsafe { tsp_options_create(out) },
        tsp_options_destroy,
    )
}

fn new_result() -> Owned<tsp_result> {
    Owned::new(|out| unsafe { tsp_result_create(out) }, tsp_result_destroy)
}
