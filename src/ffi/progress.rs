//! The caller's progress function as the library's [`Progress`].

use std::ffi::{c_char, c_void};
use std::time::{Duration, Instant};

use super::guard::outside;
use super::text::c_text;
use crate::error::Result;
use crate::progress::{Progress, report};

/// Watches long work: done of total steps of stage are finished. A return value other than 0 cancels (CANCELLED).
///
/// Called on the thread that called the library, at most 20 times a second, besides at the start of each stage and at its
/// end. stage lives during the call. It must not throw or longjmp; a call into the object that is at work is BUSY.
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
            last_stage: String::new(),
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
    last_stage: String,
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
        let is_soon = self
            .last_call
            .is_some_and(|last| now.duration_since(last) < SHORTEST_PAUSE);
        // A total of 0 is unknown.
        let ends_stage = done == total && total > 0;
        if is_soon && stage == self.last_stage && !ends_stage {
            self.unreported = Some((stage.to_owned(), done, total));
            return true;
        }
        self.last_call = Some(now);
        stage.clone_into(&mut self.last_stage);
        self.unreported = None;
        self.watcher.call(stage, done, total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Call = (String, u64);

    unsafe extern "C" fn record(
        user_data: *mut c_void,
        stage: *const c_char,
        done: u64,
        _: u64,
    ) -> i32 {
        // SAFETY: the tests below pass a vector, and `Watcher::call` a text.
        let (calls, stage) = unsafe {
            (
                &mut *user_data.cast::<Vec<Call>>(),
                std::ffi::CStr::from_ptr(stage),
            )
        };
        calls.push((stage.to_str().unwrap().to_owned(), done));
        i32::from(done == 13)
    }

    /// What arrives of these steps, and whether the work came to its end.
    fn arrived(steps: impl IntoIterator<Item = (&'static str, u64, u64)>) -> (Vec<Call>, bool) {
        let mut calls: Vec<Call> = Vec::new();
        let watcher = Watcher {
            function: Some(record),
            user_data: (&raw mut calls).cast(),
        };
        let mut watched = watcher.watch();
        let went_on = steps
            .into_iter()
            .all(|(stage, done, total)| watched.step(stage, done, total));
        let finished = watched.finish().is_ok();
        (calls, went_on && finished)
    }

    fn calls(expected: &[(&str, u64)]) -> Vec<Call> {
        let owned = |&(stage, done): &(&str, u64)| (stage.to_owned(), done);
        expected.iter().map(owned).collect()
    }

    #[test]
    fn hurried_steps_are_dropped_but_not_the_last() {
        let steps = (0..=1000).map(|done| ("working", done * 20, 20_000));
        let expected = calls(&[("working", 0), ("working", 20_000)]);
        assert_eq!(arrived(steps), (expected, true));
    }

    #[test]
    fn each_stage_arrives_with_its_start_and_its_end() {
        let steps = ["a", "b"]
            .into_iter()
            .flat_map(|stage| (0..=4).map(move |done| (stage, done, 4)));
        let expected = calls(&[("a", 0), ("a", 4), ("b", 0), ("b", 4)]);
        assert_eq!(arrived(steps), (expected, true));
    }

    #[test]
    fn last_step_of_work_that_breaks_off_or_knows_no_total_arrives_at_the_end() {
        let expected = calls(&[("working", 0), ("working", 2)]);
        for total in [0, 9] {
            let steps = (0..3).map(|done| ("working", done, total));
            assert_eq!(arrived(steps), (expected.clone(), true));
        }
    }

    #[test]
    fn last_call_can_cancel() {
        let expected = calls(&[("working", 0), ("working", 13)]);
        for total in [13, 20] {
            let steps = (0..=13).map(|done| ("working", done, total));
            assert_eq!(arrived(steps), (expected.clone(), false));
        }
    }
}
