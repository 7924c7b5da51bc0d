//! Texts, paths and buffers of the caller.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::PathBuf;

use super::handle::{Output, null_argument};
use crate::error::{Error, ErrorKind, Result};

/// No text that a caller passes is longer, in bytes: what is made of it, its own copy or an error's words, is small.
const LONGEST_TEXT: usize = 1 << 16;

/// A text for C; a NUL inside of it, where C would stop reading, is shown as the replacement character.
pub fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{FFFD}")).unwrap_or_default()
}

/// A caller's text. Errors: `NullArgument`, `InvalidArgument` if it is not UTF-8 or too long.
///
/// # Safety
/// `text` is null or NUL-terminated, and does not change as long as the result is used.
pub unsafe fn read_text<'a>(text: *const c_char, argument: &str) -> Result<&'a str> {
    // SAFETY: the caller promises it.
    let bytes = unsafe { read_bytes(text, argument) }?;
    std::str::from_utf8(bytes).map_err(|error| not_utf8(error.valid_up_to(), argument))
}

/// A caller's path: UTF-8, on Unix any bytes. Errors: `NullArgument`, `InvalidArgument` if empty, too long or not UTF-8.
///
/// # Safety
/// As for [`read_text`].
pub unsafe fn read_path(path: *const c_char, argument: &str) -> Result<PathBuf> {
    // SAFETY: the caller promises it.
    let bytes = unsafe { read_bytes(path, argument) }?;
    if bytes.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{argument} is empty"),
        ));
    }
    path_of(bytes, argument)
}

#[cfg(unix)]
fn path_of(bytes: &[u8], _: &str) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8], argument: &str) -> Result<PathBuf> {
    std::str::from_utf8(bytes)
        .map(PathBuf::from)
        .map_err(|error| not_utf8(error.valid_up_to(), argument))
}

fn not_utf8(byte: usize, argument: &str) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        format!("{argument} is not UTF-8 from byte {byte} on"),
    )
}

/// # Safety
/// As for [`read_text`].
unsafe fn read_bytes<'a>(text: *const c_char, argument: &str) -> Result<&'a [u8]> {
    if text.is_null() {
        return Err(null_argument(argument));
    }
    // SAFETY: not null, so NUL-terminated as the caller promises.
    let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
    if bytes.len() > LONGEST_TEXT {
        let message = format!(
            "{argument} has {} bytes, it must be {LONGEST_TEXT} at most",
            bytes.len()
        );
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(bytes)
}

/// A caller's `size` bytes; of none, null will do. Errors: `NullArgument`, `InvalidArgument` for more than memory can be.
///
/// # Safety
/// `data` is null or may be read for `size` bytes that nobody writes to as long as the result is used.
pub unsafe fn bytes_at<'a>(data: *const c_void, size: u64, argument: &str) -> Result<&'a [u8]> {
    if data.is_null() {
        return match size {
            0 => Ok(&[]),
            _ => Err(null_argument(argument)),
        };
    }
    let length = isize::try_from(size)
        .ok()
        .filter(|length| data.addr().checked_add(*length as usize).is_some());
    let Some(length) = length else {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("the size of {argument} is {size} bytes, more than memory can be"),
        ));
    };
    // SAFETY: the caller promises the bytes; they are at most isize::MAX and do not wrap around, as checked here.
    Ok(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length as usize) })
}

/// The caller's buffer for a result whose size it may not know.
pub struct Buffer {
    data: *mut u8,
    capacity: u64,
    needed: *mut u64,
}

impl Buffer {
    /// A buffer of `capacity` bytes; 0 asks for the size alone. Errors: `NullArgument` for `data` if there is a
    /// capacity, and for `needed` if there is none.
    ///
    /// # Safety
    /// `data` may be written for `capacity` bytes, `needed` is null or may be written, as long as this lives.
    pub unsafe fn new(data: *mut u8, capacity: u64, needed: *mut u64) -> Result<Self> {
        match capacity {
            0 if needed.is_null() => Err(null_argument("needed")),
            1.. if data.is_null() => Err(null_argument("buffer")),
            _ => Ok(Self {
                data,
                capacity,
                needed,
            }),
        }
    }

    /// Writes a text and its NUL. Errors: those of [`Buffer::write`].
    pub fn write_text(self, text: &str) -> Result<()> {
        self.write(c_text(text).as_bytes_with_nul())
    }

    /// Writes the bytes if they fit, and how many there are in any case. Errors: `BufferTooSmall`.
    pub fn write(self, bytes: &[u8]) -> Result<()> {
        let size = bytes.len() as u64;
        // SAFETY: `new` was promised that it may be written; null is an error that says "not wanted".
        if let Ok(needed) = unsafe { Output::new(self.needed, "needed") } {
            needed.set(size);
        }
        if self.capacity == 0 {
            return Ok(());
        }
        if size > self.capacity {
            let message = format!("the buffer has {} bytes, {size} are needed", self.capacity);
            return Err(Error::new(ErrorKind::BufferTooSmall, message));
        }
        // SAFETY: `new` was promised `capacity` writable bytes, which is at least `size`; the library's own bytes do not
        // overlap with the caller's.
        unsafe {
            self.data
                .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len())
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_inside_of_a_text_does_not_end_it() {
        assert_eq!(c_text("a\0b").to_bytes(), "a\u{FFFD}b".as_bytes());
    }

    #[test]
    fn text_not_utf8_names_the_byte() {
        // SAFETY: a NUL-terminated literal.
        let error = unsafe { read_text(c"ab\xff".as_ptr(), "key") }.unwrap_err();
        assert_eq!(error.to_string(), "key is not UTF-8 from byte 2 on");
    }

    #[test]
    fn text_that_is_too_long_is_refused_without_being_repeated() {
        let mut text = vec![b'a'; LONGEST_TEXT + 1];
        text.push(0);
        // SAFETY: NUL-terminated.
        let read = |from: usize| unsafe { read_text(text[from..].as_ptr().cast(), "key") };
        assert_eq!(
            read(0).unwrap_err().to_string(),
            "key has 65537 bytes, it must be 65536 at most"
        );
        assert_eq!(read(1).unwrap().len(), LONGEST_TEXT);
    }

    #[cfg(unix)]
    #[test]
    fn path_may_be_any_bytes() {
        // SAFETY: a NUL-terminated literal.
        let path = unsafe { read_path(c"/tmp/\xff".as_ptr(), "path") }.unwrap();
        assert_eq!(path.as_os_str().as_encoded_bytes(), b"/tmp/\xff");
    }
}
