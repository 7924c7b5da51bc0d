//! Progress and cancellation of long work, as one small trait.

use crate::error::{Error, ErrorKind, Result};

/// Who watches long work. Called on the thread that does the work.
pub trait Progress {
    /// `done` of `total` steps of `stage` are finished. Answering `false` cancels the work.
    fn step(&mut self, stage: &str, done: u64, total: u64) -> bool;
}

/// Nobody watches; the work is never cancelled.
impl Progress for () {
    fn step(&mut self, _: &str, _: u64, _: u64) -> bool {
        true
    }
}

impl<F: FnMut(&str, u64, u64) -> bool> Progress for F {
    fn step(&mut self, stage: &str, done: u64, total: u64) -> bool {
        self(stage, done, total)
    }
}

/// Reports a step; a watcher that answers `false` becomes [`ErrorKind::Cancelled`].
pub fn report(progress: &mut dyn Progress, stage: &str, done: u64, total: u64) -> Result<()> {
    if progress.step(stage, done, total) {
        Ok(())
    } else {
        Err(Error::new(
            ErrorKind::Cancelled,
            format!("cancelled while {stage}, after {done} of {total}"),
        ))
    }
}
