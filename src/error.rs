//! One error type for the whole crate: what went wrong, where, and what to do about it.
//!
//! [`ErrorKind`] has one entry per `tsp_status` of the C interface, so a caller in any language can tell the cases apart;
//! the text is for the person who reads the log.

use std::fmt;
use std::io;
use std::path::Path;

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of failure it was; the number is that of the `tsp_status` in the C interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A pointer that must not be null was null.
    NullArgument = 1,
    /// A value is outside of what the function accepts.
    InvalidArgument = 2,
    /// A handle is not (or no longer) of the expected object.
    InvalidHandle = 3,
    /// The call came in the wrong order.
    State = 4,
    /// The object is in use by another thread, or by its own callback.
    Busy = 5,
    /// Well-formed, but this build or this version cannot do it.
    Unsupported = 6,
    /// The caller's buffer does not hold the result.
    BufferTooSmall = 7,
    /// The pixels cannot be used: stride, format, not finite, damaged file.
    Image = 8,
    /// The width or height does not fit.
    ImageSize = 9,
    /// A file or folder does not exist, or holds no pictures.
    NotFound = 10,
    /// The system could not read or write.
    Io = 11,
    /// The file is not of the expected format, or damaged.
    Format = 12,
    /// The file or library is of a version that cannot be used.
    Version = 13,
    /// A network's weights are missing, or not the expected ones.
    Weights = 14,
    /// The device does not exist or cannot be used.
    Device = 15,
    /// Host or device memory is exhausted.
    Memory = 16,
    /// There are fewer normal images than the work needs.
    TooFewImages = 17,
    /// A number came out that is not finite.
    Numeric = 18,
    /// The caller's progress function asked to stop.
    Cancelled = 19,
    /// The process was forked after the library had been used.
    Forked = 20,
    /// libtorch reported a failure of its own.
    Torch = 21,
    /// A defect of twinspect: a panic was caught.
    Panic = 22,
}

/// A failure: its kind, one line of what and which value, the place, and a hint of what to do.
///
/// Printed as `place: message. hint`.
///
/// # Example
/// ```
/// use twinspect::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::ImageSize, "width 641, the model was fitted at 640").at("p_012.png").hint("Crop the image.");
/// assert_eq!(error.to_string(), "p_012.png: width 641, the model was fitted at 640. Crop the image.");
/// assert_eq!(error.kind(), ErrorKind::ImageSize);
/// ```
#[derive(Clone, Debug)]
pub struct Error(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    kind: ErrorKind,
    message: String,
    place: String,
    hint: String,
}

impl Error {
    /// A failure of `kind`; `message` is one line that says what and which value.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            message: message.into(),
            place: String::new(),
            hint: String::new(),
        }))
    }

    /// Adds where it happened (a file, an image's name, an option's key); the innermost place that was named stays.
    pub fn at(mut self, place: impl AsRef<Path>) -> Self {
        if self.0.place.is_empty() {
            self.0.place = place.as_ref().display().to_string();
        }
        self
    }

    /// Adds what the reader can do about it, a whole sentence; the first hint stays.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if self.0.hint.is_empty() {
            self.0.hint = hint.into();
        }
        self
    }

    /// What `blame` makes of it, for instance the error of the file that it came from. A lack of memory stays what it is: it
    /// says nothing of a file.
    pub(crate) fn blamed(self, blame: impl FnOnce(&Self) -> Self) -> Self {
        match self.kind() {
            ErrorKind::Memory => self,
            _ => blame(&self),
        }
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, in one line, without place and hint.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it went wrong: a file, an image's name, an option's key; empty if there is no such place.
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// What to do about it; empty if there is nothing to say.
    pub fn what_to_do(&self) -> &str {
        &self.0.hint
    }

    /// The failure of reading or writing `path`, as [`ErrorKind::NotFound`], [`ErrorKind::Memory`] or [`ErrorKind::Io`].
    pub fn io(error: &io::Error, doing: &str, path: impl AsRef<Path>) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::OutOfMemory => ErrorKind::Memory,
            _ => ErrorKind::Io,
        };
        Self::new(kind, format!("cannot {doing}: {error}")).at(path)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            message,
            place,
            hint,
            ..
        } = &*self.0;
        if !place.is_empty() {
            write!(out, "{place}: ")?;
        }
        write!(out, "{message}")?;
        if !hint.is_empty() {
            write!(out, ". {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<tch::TchError> for Error {
    /// Keeps the first line of libtorch's text; what follows is a C++ stack of some thirty lines.
    fn from(error: tch::TchError) -> Self {
        let text = error.to_string();
        let text = text
            .split("\nException raised from")
            .next()
            .unwrap_or_default();
        let first = text.lines().next().unwrap_or_default().trim();
        let kind = if text.contains("out of memory") || text.contains("can't allocate memory") {
            ErrorKind::Memory
        } else {
            ErrorKind::Torch
        };
        Self::new(kind, first.trim_start_matches("Internal torch error: "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn innermost_place_and_first_hint_stay() {
        let error = Error::new(ErrorKind::Image, "m")
            .at("inner")
            .at("outer")
            .hint("First.")
            .hint("Second.");
        assert_eq!(error.to_string(), "inner: m. First.");
    }

    #[test]
    fn lack_of_memory_is_blamed_on_nothing() {
        let blamed = |kind| {
            let error = Error::new(kind, "m").blamed(|_| Error::new(ErrorKind::Format, "damaged"));
            error.kind()
        };
        assert_eq!(blamed(ErrorKind::Memory), ErrorKind::Memory);
        assert_eq!(blamed(ErrorKind::InvalidArgument), ErrorKind::Format);
    }

    #[test]
    fn torch_error_loses_its_stack() {
        let text = "shape mismatch\nException raised from add at Op.cpp:12\nframe #0: c10";
        let error = Error::from(tch::TchError::Torch(text.into()));
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Torch, "shape mismatch")
        );
    }

    #[test]
    fn torch_allocation_failure_is_memory() {
        let text = "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes";
        assert_eq!(
            Error::from(tch::TchError::Torch(text.into())).kind(),
            ErrorKind::Memory
        );
    }
}
