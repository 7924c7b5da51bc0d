//! The C interface driven by a byte string, which is a program of calls: in any order, with handles of any kind, living or
//! not, and with arguments that the header defends against.
//!
//! What the header asks of a caller is kept: a struct has the bytes that its `struct_size` says, a picture the rows that
//! are described, a text its NUL.
#![allow(unsafe_code)]
// Every call here is one that the header allows, or defends against; the memory behind its pointers is `memory`'s.
#![allow(clippy::undocumented_unsafe_blocks)]

mod files;
mod learning;
mod memory;
mod program;
mod results;
mod settings;
mod variations;

use std::ffi::{CStr, c_char, c_void};
use std::sync::Mutex;

use twinspect::ffi::*;

use program::Program;

/// More calls than that show nothing that fewer do not.
const MOST_CALLS: usize = 48;

/// Runs the program, and destroys what it has left.
pub fn run(bytes: &[u8]) {
    let mut program = Program::new(bytes);
    for _ in 0..MOST_CALLS {
        if program.step().is_err() {
            break;
        }
        assert_eq!(defect(), None);
    }
    drop(program);
    assert_eq!(defect(), None);
}

static DEFECT: Mutex<Option<String>> = Mutex::new(None);

/// The first panic of a function that has no status to report it by; see [`watch`].
fn defect() -> Option<String> {
    DEFECT.lock().ok()?.clone()
}

/// Has the library's log watched for panics, and libtorch use one thread. Both are the whole process's, so a target asks for it
/// and a test does not.
#[allow(dead_code, reason = "the crate's own tests leave it alone")]
pub fn watch() {
    unsafe extern "C" fn listen(_: *mut c_void, _: i32, text: *const c_char) {
        let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
        if let (true, Ok(mut defect)) = (text.contains("a defect of twinspect"), DEFECT.lock()) {
            defect.get_or_insert(text.into_owned());
        }
    }
    unsafe {
        tsp_set_log(TSP_LOG_ERROR, Some(listen), std::ptr::null_mut());
        tsp_set_threads(1);
    }
}
