//! A progress bar on standard error, if that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use twinspect::progress::Progress;

use crate::output;

/// Shows each stage of long work as a bar of its own.
pub struct Bar {
    stage: String,
    bar: ProgressBar,
}

impl Bar {
    /// A bar that shows itself at the first step.
    pub fn new() -> Self {
        Self {
            stage: String::new(),
            bar: ProgressBar::hidden(),
        }
    }

    /// Prints a result on standard output, above the bar.
    pub fn result(&self, text: &str) {
        self.bar.suspend(|| output::line(text));
    }

    /// Prints a message on standard error, above the bar.
    pub fn line(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }
}

impl Progress for Bar {
    fn step(&mut self, stage: &str, done: u64, total: u64) -> bool {
        if self.stage != stage {
            self.bar.finish_and_clear();
            let style = ProgressStyle::with_template("{msg:26} [{bar:40}] {pos}/{len}  {eta} left");
            self.bar = ProgressBar::new(total).with_style(
                style
                    .unwrap_or_else(|_| ProgressStyle::default_bar())
                    .progress_chars("=> "),
            );
            self.bar.set_message(stage.to_owned());
            self.stage = stage.to_owned();
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
        true
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
