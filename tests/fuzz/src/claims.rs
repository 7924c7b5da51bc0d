//! What is claimed of every error, whoever caused it.

use twinspect::{Error, ErrorKind};

/// Fails unless the error is of one of these kinds and its message is one printable line.
#[track_caller]
pub fn is_refused(error: &Error, kinds: &[ErrorKind]) {
    let kind = error.kind();
    assert!(kinds.contains(&kind), "{kind:?}: {error}");
    is_one_line(error.message());
}

/// Fails for a text that would break a line of a log, or is none.
#[track_caller]
pub fn is_one_line(text: &str) {
    assert!(!text.is_empty(), "no text");
    assert!(!text.contains(['\n', '\r', '\0']), "{text:?}");
}
