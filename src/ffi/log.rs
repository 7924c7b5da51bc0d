//! Logging.
//!
//! The library never writes to standard output or error. What it has to say beside its statuses goes to one function of
//! the program, for the whole process; without one it is silent.

use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::guard::{guard, outside};
use super::status::tsp_status;
use super::text::c_text;
use crate::error::{Error, ErrorKind, Result};

/// Nothing.
pub const TSP_LOG_OFF: i32 = 0;
/// Defects of twinspect, the status of which is PANIC.
pub const TSP_LOG_ERROR: i32 = 1;
/// What a person should know before relying on a model that was fitted or loaded, too.
pub const TSP_LOG_WARNING: i32 = 2;
/// Each model that was fitted or loaded, too.
pub const TSP_LOG_INFO: i32 = 3;

/// Takes one message, a line without its end; level is a TSP_LOG_*, message lives during the call.
///
/// Called on the thread that called the library, which may be any, but on one at a time. It must not throw or longjmp. What
/// the library would say during the call is not said.
pub type tsp_log =
    Option<unsafe extern "C" fn(user_data: *mut c_void, level: i32, message: *const c_char)>;

struct Sink {
    function: tsp_log,
    user_data: *mut c_void,
}

// SAFETY: the library never looks behind `user_data`; it hands it to the caller's own function, which is told that any
// thread may call it.
unsafe impl Send for Sink {}

static SINK: Mutex<Sink> = Mutex::new(Sink {
    function: None,
    user_data: null_mut(),
});

/// Beside the sink, so that what nobody wants costs no lock.
static LEVEL: AtomicI32 = AtomicI32::new(TSP_LOG_OFF);

thread_local! {
    /// Whether this thread is in the caller's log function.
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Sends messages of this level and of those below it to function, for the whole process; NULL or TSP_LOG_OFF = silence,
/// as at the start. When the call returns, the function of before is not called any more.
///
/// user_data is handed to function and never looked at. Errors: INVALID_ARGUMENT for an unknown level, BUSY from the log
/// function itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_set_log(
    level: i32,
    function: tsp_log,
    user_data: *mut c_void,
) -> tsp_status {
    guard(|| set(level, function, user_data))
}

fn set(level: i32, function: tsp_log, user_data: *mut c_void) -> Result<()> {
    if !(TSP_LOG_OFF..=TSP_LOG_INFO).contains(&level) {
        let message =
            format!("level is {level}, it must be 0 off, 1 error, 2 warning or 3 information");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    if WRITING.get() {
        let message = "the log function cannot be changed from itself";
        return Err(Error::new(ErrorKind::Busy, message));
    }
    let mut sink = SINK.lock().unwrap_or_else(PoisonError::into_inner);
    *sink = Sink {
        function,
        user_data,
    };
    let level = if function.is_some() {
        level
    } else {
        TSP_LOG_OFF
    };
    LEVEL.store(level, Ordering::Relaxed);
    Ok(())
}

/// Says `text` if somebody listens at this level.
pub fn write(level: i32, text: impl FnOnce() -> String) {
    let is_wanted = || level <= LEVEL.load(Ordering::Relaxed);
    // A thread whose locals are gone already is on its way out.
    let is_inside = WRITING.try_with(Cell::get).unwrap_or(true);
    if is_inside || !is_wanted() {
        return;
    }
    let text = c_text(&text());
    let sink = SINK.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(function) = sink.function.filter(|_| is_wanted()) else {
        return;
    };
    WRITING.set(true);
    // SAFETY: the caller gave the function with its `user_data`, and promises that it does not unwind.
    outside(|| unsafe { function(sink.user_data, level, text.as_ptr()) });
    WRITING.set(false);
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    type Heard = Vec<(i32, String)>;

    /// Records what is about this test, as others panic beside it; and tries what it must not do.
    unsafe extern "C" fn hear(user_data: *mut c_void, level: i32, message: *const c_char) {
        // SAFETY: the test passes a vector, and `write` a text.
        let (heard, text) = unsafe { (&mut *user_data.cast::<Heard>(), CStr::from_ptr(message)) };
        let text = text.to_string_lossy().into_owned();
        if text.contains("log test") {
            heard.push((level, text));
            write(TSP_LOG_ERROR, || "log test, nested".to_owned());
            // SAFETY: no function is given.
            let status = unsafe { tsp_set_log(TSP_LOG_OFF, None, null_mut()) };
            assert_eq!(status, tsp_status::TSP_E_BUSY);
        }
    }

    #[test]
    fn panics_and_messages_up_to_the_level_are_heard_until_it_is_switched_off() {
        let mut heard = Heard::new();
        let user_data = (&raw mut heard).cast();
        let listen = |level, function| {
            // SAFETY: `hear` is given the vector that it expects, which lives until it is switched off.
            unsafe { tsp_set_log(level, function, user_data) }
        };
        let panic = || guard(|| panic!("log test, panic"));
        let say = |level| write(level, || format!("log test {level}"));
        assert_eq!(panic(), tsp_status::TSP_E_PANIC);
        say(TSP_LOG_ERROR);
        assert_eq!(listen(TSP_LOG_WARNING, Some(hear as _)), tsp_status::TSP_OK);
        assert_eq!(panic(), tsp_status::TSP_E_PANIC);
        say(TSP_LOG_WARNING);
        say(TSP_LOG_INFO);
        assert_eq!(listen(4, None), tsp_status::TSP_E_INVALID_ARGUMENT);
        assert_eq!(listen(-1, None), tsp_status::TSP_E_INVALID_ARGUMENT);
        say(TSP_LOG_ERROR);
        assert_eq!(listen(TSP_LOG_INFO, None), tsp_status::TSP_OK);
        say(TSP_LOG_ERROR);

        let levels: Vec<i32> = heard.iter().map(|(level, _)| *level).collect();
        assert_eq!(levels, [TSP_LOG_ERROR, TSP_LOG_WARNING, TSP_LOG_ERROR]);
        let (_, panic) = &heard[0];
        assert!(panic.contains("log.rs:"), "{panic}");
    }
}
