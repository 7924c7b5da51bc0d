//! What stands between every exported body and its caller: no panic passes, every error becomes a status.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Once, OnceLock};

use super::error;
use super::log::{self, TSP_LOG_ERROR};
use super::status::tsp_status;
use crate::error::{Error, ErrorKind, Result};

thread_local! {
    /// How many exported bodies this thread is in; more than one inside of a callback.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Where the last panic of this thread happened.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs the body of a fallible function: its error becomes this thread's last error and the status.
pub fn guard(body: impl FnOnce() -> Result<()>) -> tsp_status {
    error::clear();
    match check_process().and_then(|()| catch(body)) {
        Ok(()) => {
            // A callback of this thread may have called, and failed, in between.
            error::clear();
            tsp_status::TSP_OK
        }
        Err(error) => error::keep(error),
    }
}

/// Runs the body of a function that cannot fail; `fallback` is for the panic that should not happen.
pub fn guard_value<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    let mut value = None;
    let caught = catch(|| {
        value = Some(body());
        Ok(())
    });
    match (caught, value) {
        (Ok(()), Some(value)) => value,
        _ => fallback,
    }
}

/// Whether this process is a fork of the one that used the library first. Its locks may be held by threads that the
/// child does not have, and libtorch's thread pool is gone.
pub fn is_forked() -> bool {
    static FIRST_USER: OnceLock<u32> = OnceLock::new();
    let now = std::process::id();
    *FIRST_USER.get_or_init(|| now) != now
}

fn check_process() -> Result<()> {
    if is_forked() {
        let message = "the process was forked after the library had been used";
        return Err(Error::new(ErrorKind::Forked, message)
            .hint("Start the child with exec or spawn, or use the library in the child alone."));
    }
    Ok(())
}

fn catch(body: impl FnOnce() -> Result<()>) -> Result<()> {
    install_hook();
    let _inside = Inside::enter();
    // Unwind safe: a handle that was being changed is poisoned by its lock, everything else is dropped.
    let body = || {
        checkpoint();
        body()
    };
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(panicked(&*payload)))
}

/// Where tests let an exported function panic; nothing in a build for anybody else.
pub fn checkpoint() {
    #[cfg(feature = "panic-injection")]
    super::injection::checkpoint();
}

/// Runs the caller's own code, whose panics are none of ours.
pub fn outside<T>(callback: impl FnOnce() -> T) -> T {
    let depth = DEPTH.replace(0);
    let answer = callback();
    DEPTH.set(depth);
    answer
}

struct Inside;

impl Inside {
    fn enter() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Keeps a panic inside of an exported body off the host's standard error; the caller gets it as an error, and in the log.
///
/// All other panics of the process go to the hook that was there: a Rust program may hold the library as a crate.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let outer = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if DEPTH.try_with(Cell::get).unwrap_or(0) == 0 {
                return outer(info);
            }
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            log::write(TSP_LOG_ERROR, || defect(info.payload(), &place));
            let _ = PLACE.try_with(|kept| kept.replace(place));
        }));
    });
}

fn panicked(payload: &(dyn Any + Send)) -> Error {
    Error::new(ErrorKind::Panic, defect(payload, &PLACE.take()))
        .hint("Destroy the object that was in use, and report this with the text and the picture.")
}

fn defect(payload: &(dyn Any + Send), place: &str) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no text");
    format!("a defect of twinspect: {text} ({place})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_becomes_a_status_with_text_and_place() {
        let status = guard(|| panic!("wrong by {}", 3));
        assert_eq!(status, tsp_status::TSP_E_PANIC);
        let text = error::last_text();
        assert!(
            text.contains("wrong by 3") && text.contains("guard.rs:"),
            "{text}"
        );
    }

    #[test]
    fn success_clears_the_last_error() {
        guard(|| Err(Error::new(ErrorKind::Io, "m")));
        assert_eq!(guard(|| Ok(())), tsp_status::TSP_OK);
        assert_eq!(error::last_text(), "");
    }

    #[test]
    fn value_of_a_panicking_body_is_the_fallback_and_leaves_the_last_error() {
        guard(|| Err(Error::new(ErrorKind::Io, "m")));
        assert_eq!(guard_value(7, || panic!("p")), 7);
        assert_eq!(error::last_text(), "m");
    }
}
