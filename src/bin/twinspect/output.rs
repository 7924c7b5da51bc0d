//! Lines on standard output, for a reader that may go away.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::exit;

/// Prints a line. A reader that has seen enough, as `head` does, ends the program quietly.
pub fn line(text: impl Display) {
    if let Err(error) = writeln!(std::io::stdout(), "{text}") {
        if error.kind() != ErrorKind::BrokenPipe {
            eprintln!("twinspect: cannot write to standard output: {error}");
        }
        exit(i32::from(crate::ERROR));
    }
}
