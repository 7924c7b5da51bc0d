//! Errors.
//!
//! Every function that can fail returns a tsp_status and, on entry, clears the last error of the calling thread. So ask
//! at once, on the same thread.

use std::cell::RefCell;
use std::ffi::{CString, c_char};

use super::growing::StructOutput;
use super::guard::guard_value;
use super::status::{self, tsp_status};
use super::structs::tsp_error;
use super::text::c_text;
use crate::error::Error;

/// The last error, as texts that C can hold on to.
struct Last {
    status: tsp_status,
    text: CString,
    message: CString,
    hint: CString,
    place: CString,
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// Forgets this thread's last error.
pub fn clear() {
    let _ = LAST.try_with(RefCell::take);
}

/// Makes `error` this thread's last one and gives its status.
pub fn keep(error: Error) -> tsp_status {
    let status = tsp_status::from(error.kind());
    let last = Last {
        status,
        text: c_text(&error.to_string()),
        message: c_text(error.message()),
        hint: c_text(error.what_to_do()),
        place: c_text(error.place()),
    };
    // A thread whose locals are gone already has nobody left to ask.
    let _ = LAST.try_with(|kept| kept.replace(Some(last)));
    status
}

/// Fills out with this thread's last error: TSP_OK and empty texts if the last call succeeded.
///
/// out: not NULL, struct_size set by the caller; otherwise nothing is written. The texts live until the next call of
/// this thread that returns a tsp_status.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_last_error(out: *mut tsp_error) {
    guard_value((), || {
        // SAFETY: the caller passes NULL or a tsp_error whose struct_size is true.
        let Ok(out) = (unsafe { StructOutput::new(out, "out") }) else {
            return;
        };
        let _ = LAST.try_with(|last| {
            let last = last.borrow();
            let pointer = |text: fn(&Last) -> &CString| {
                last.as_ref()
                    .map_or(c"".as_ptr(), |last| text(last).as_ptr())
            };
            out.set(tsp_error {
                struct_size: 0,
                code: last.as_ref().map_or(tsp_status::TSP_OK, |last| last.status) as i32,
                message: pointer(|last| &last.message),
                hint: pointer(|last| &last.hint),
                r#where: pointer(|last| &last.place),
            });
        });
    });
}

/// This thread's last error as one line for a log: "where: message. hint". Never NULL, empty if there is none.
///
/// Lives until the next call of this thread that returns a tsp_status.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_last_error_message() -> *const c_char {
    guard_value(c"".as_ptr(), || {
        LAST.try_with(|last| {
            last.borrow()
                .as_ref()
                .map_or(c"".as_ptr(), |last| last.text.as_ptr())
        })
        .unwrap_or(c"".as_ptr())
    })
}

/// The name of a status, such as "TSP_E_IO"; "unknown status" for a number that is none. Never NULL, lives for ever.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_status_name(status: i32) -> *const c_char {
    guard_value(c"".as_ptr(), || status::name(status).as_ptr())
}

/// The text of this thread's last error, for tests.
#[cfg(test)]
pub fn last_text() -> String {
    LAST.with_borrow(|last| {
        last.as_ref().map_or(String::new(), |last| {
            last.text.to_string_lossy().into_owned()
        })
    })
}
