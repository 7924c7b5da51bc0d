//! The caller's progress function as the library's [`Progress`].

use std::ffi::{c_char, c_void};
use std::time::{Duration, Instant};

use super::guard::outside;
use super::text::c_text;
use crate::error::Result;
use crate::progress::{Progress, report};

/// Watches long work: done of total steps of stage are finished. A return value other than 0 cancels (CANCELLED).
///
/// Called on the thread that called the library, at most 20 times a second and once at the end. stage lives during the
/// call. It must not throw or longjmp; a call into the object that is at work is BUSY.
pub type tsp_progress = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        stage: *const c_char,
        done: u64,
        total: u64,
    ) -> i32,
>;

const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// A progress function and what it is to be called with.
#[derive(Clone, Copy)]
pub struct Watcher {
    pub function: tsp_progress,
    pub user_data: *mut c_void,
}

// SAFETY: the library never looks behind `user_data`; it hands it to the caller's own function, on the thread on which
// the caller is calling.
unsafe impl Send for Watcher {}
// SAFETY: as above.
unsafe impl Sync for Watcher {}

impl Watcher {
    /// Nobody watches.
    pub const NOBODY: Self = Self {
        function: None,
        user_data: std::ptr::null_mut(),
    };

    /// One piece of work to be watched.
    pub fn watch(self) -> Watched {
        Watched {
            watcher: self,
            last_call: None,
            unreported: None,
        }
    }

    fn call(&self, stage: &str, done: u64, total: u64) -> bool {
        let Some(function) = self.function else {
            return true;
        };
        let stage = c_text(stage);
        // SAFETY: the caller gave the function with its `user_data`, and promises that it does not unwind.
        outside(|| unsafe { function(self.user_data, stage.as_ptr(), done, total) == 0 })
    }
}

/// Passes on the steps of one piece of work, but not too often.
pub struct Watched {
    watcher: Watcher,
    last_call: Option<Instant>,
    unreported: Option<(String, u64, u64)>,
}

impl Watched {
    /// Reports the last step, if it came too soon after another. Errors: `Cancelled`.
    pub fn finish(mut self) -> Result<()> {
        match self.unreported.take() {
            Some((stage, done, total)) => report(
                &mut |stage: &str, done, total| self.watcher.call(stage, done, total),
                &stage,
                done,
                total,
            ),
            None => Ok(()),
        }
    }
}

impl Progress for Watched {
    fn step(&mut self, stage: &str, done: u64, total: u64) -> bool {
        let now = Instant::now();
        if self
            .last_call
            .is_some_and(|last| now.duration_since(last) < SHORTEST_PAUSE)
        {
            self.unreported = Some((stage.to_owned(), done, total));
            return true;
        }
        self.last_call = Some(now);
        self.unreported = None;
        self.watcher.call(stage, done, total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn record(
        user_data: *mut c_void,
        _: *const c_char,
        done: u64,
        total: u64,
    ) -> i32 {
        // SAFETY: the tests below pass a vector.
        unsafe { &mut *user_data.cast::<Vec<u64>>() }.push(done);
        i32::from(done == total && total == 13)
    }

    fn steps(total: u64) -> (Vec<u64>, bool) {
        let mut calls: Vec<u64> = Vec::new();
        let watcher = Watcher {
            function: Some(record),
            user_data: (&raw mut calls).cast(),
        };
        let mut watched = watcher.watch();
        for done in 0..=total {
            watched.step("working", done, total);
        }
        let finished = watched.finish().is_ok();
        (calls, finished)
    }

    #[test]
    fn hurried_steps_are_dropped_but_not_the_last() {
        assert_eq!(steps(1000), (vec![0, 1000], true));
    }

    #[test]
    fn last_call_can_cancel() {
        assert_eq!(steps(13), (vec![0, 13], false));
    }
}
