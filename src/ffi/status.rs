//! The status of a call: one number for each kind of error.

use std::ffi::CStr;

use crate::error::ErrorKind;

/// What became of a call. The numbers never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum tsp_status {
    /// Done.
    TSP_OK = 0,
    /// A pointer that must not be NULL was NULL.
    TSP_E_NULL_ARGUMENT = 1,
    /// A value is outside of what the function accepts.
    TSP_E_INVALID_ARGUMENT = 2,
    /// A handle is not, or no longer, of the expected object.
    TSP_E_INVALID_HANDLE = 3,
    /// The call came in the wrong order.
    TSP_E_STATE = 4,
    /// The object is in use by another thread, or by its own callback.
    TSP_E_BUSY = 5,
    /// Well-formed, but this build or this version cannot do it.
    TSP_E_UNSUPPORTED = 6,
    /// The caller's buffer does not hold the result.
    TSP_E_BUFFER_TOO_SMALL = 7,
    /// The pixels cannot be used: stride, format, not finite, damaged file.
    TSP_E_IMAGE = 8,
    /// The width or height does not fit.
    TSP_E_IMAGE_SIZE = 9,
    /// A file or folder does not exist.
    TSP_E_NOT_FOUND = 10,
    /// The system could not read or write.
    TSP_E_IO = 11,
    /// The file is not of the expected format, or damaged.
    TSP_E_FORMAT = 12,
    /// The file or library is of a version that cannot be used.
    TSP_E_VERSION = 13,
    /// A network's weights are missing, or not the expected ones.
    TSP_E_WEIGHTS = 14,
    /// The device does not exist or cannot be used.
    TSP_E_DEVICE = 15,
    /// Host or device memory is exhausted.
    TSP_E_MEMORY = 16,
    /// There are fewer normal images than the work needs.
    TSP_E_TOO_FEW_IMAGES = 17,
    /// A number came out that is not finite.
    TSP_E_NUMERIC = 18,
    /// The caller's progress function asked to stop.
    TSP_E_CANCELLED = 19,
    /// The process was forked after the library had been used.
    TSP_E_FORKED = 20,
    /// libtorch reported a failure of its own.
    TSP_E_TORCH = 21,
    /// A defect of twinspect; the object in use can only be destroyed.
    TSP_E_PANIC = 22,
}

use tsp_status::*;

const NAMES: [(tsp_status, &CStr); 23] = [
    (TSP_OK, c"TSP_OK"),
    (TSP_E_NULL_ARGUMENT, c"TSP_E_NULL_ARGUMENT"),
    (TSP_E_INVALID_ARGUMENT, c"TSP_E_INVALID_ARGUMENT"),
    (TSP_E_INVALID_HANDLE, c"TSP_E_INVALID_HANDLE"),
    (TSP_E_STATE, c"TSP_E_STATE"),
    (TSP_E_BUSY, c"TSP_E_BUSY"),
    (TSP_E_UNSUPPORTED, c"TSP_E_UNSUPPORTED"),
    (TSP_E_BUFFER_TOO_SMALL, c"TSP_E_BUFFER_TOO_SMALL"),
    (TSP_E_IMAGE, c"TSP_E_IMAGE"),
    (TSP_E_IMAGE_SIZE, c"TSP_E_IMAGE_SIZE"),
    (TSP_E_NOT_FOUND, c"TSP_E_NOT_FOUND"),
    (TSP_E_IO, c"TSP_E_IO"),
    (TSP_E_FORMAT, c"TSP_E_FORMAT"),
    (TSP_E_VERSION, c"TSP_E_VERSION"),
    (TSP_E_WEIGHTS, c"TSP_E_WEIGHTS"),
    (TSP_E_DEVICE, c"TSP_E_DEVICE"),
    (TSP_E_MEMORY, c"TSP_E_MEMORY"),
    (TSP_E_TOO_FEW_IMAGES, c"TSP_E_TOO_FEW_IMAGES"),
    (TSP_E_NUMERIC, c"TSP_E_NUMERIC"),
    (TSP_E_CANCELLED, c"TSP_E_CANCELLED"),
    (TSP_E_FORKED, c"TSP_E_FORKED"),
    (TSP_E_TORCH, c"TSP_E_TORCH"),
    (TSP_E_PANIC, c"TSP_E_PANIC"),
];

impl From<ErrorKind> for tsp_status {
    fn from(kind: ErrorKind) -> Self {
        // The numbers agree, which a test checks; a match on them keeps this exhaustive.
        match kind {
            ErrorKind::NullArgument => TSP_E_NULL_ARGUMENT,
            ErrorKind::InvalidArgument => TSP_E_INVALID_ARGUMENT,
            ErrorKind::InvalidHandle => TSP_E_INVALID_HANDLE,
            ErrorKind::State => TSP_E_STATE,
            ErrorKind::Busy => TSP_E_BUSY,
            ErrorKind::Unsupported => TSP_E_UNSUPPORTED,
            ErrorKind::BufferTooSmall => TSP_E_BUFFER_TOO_SMALL,
            ErrorKind::Image => TSP_E_IMAGE,
            ErrorKind::ImageSize => TSP_E_IMAGE_SIZE,
            ErrorKind::NotFound => TSP_E_NOT_FOUND,
            ErrorKind::Io => TSP_E_IO,
            ErrorKind::Format => TSP_E_FORMAT,
            ErrorKind::Version => TSP_E_VERSION,
            ErrorKind::Weights => TSP_E_WEIGHTS,
            ErrorKind::Device => TSP_E_DEVICE,
            ErrorKind::Memory => TSP_E_MEMORY,
            ErrorKind::TooFewImages => TSP_E_TOO_FEW_IMAGES,
            ErrorKind::Numeric => TSP_E_NUMERIC,
            ErrorKind::Cancelled => TSP_E_CANCELLED,
            ErrorKind::Forked => TSP_E_FORKED,
            ErrorKind::Torch => TSP_E_TORCH,
            ErrorKind::Panic => TSP_E_PANIC,
        }
    }
}

/// The name of a status.
pub fn name(status: i32) -> &'static CStr {
    let known = NAMES.iter().find(|(known, _)| *known as i32 == status);
    known.map_or(c"unknown status", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_the_number_of_the_error_kind() {
        for (status, name) in &NAMES[1..] {
            let kind = ALL_KINDS[*status as usize - 1];
            assert_eq!(
                (tsp_status::from(kind), kind as i32),
                (*status, *status as i32),
                "{name:?}"
            );
            assert_eq!(format!("{status:?}"), name.to_string_lossy());
        }
    }

    const ALL_KINDS: [ErrorKind; 22] = [
        ErrorKind::NullArgument,
        ErrorKind::InvalidArgument,
        ErrorKind::InvalidHandle,
        ErrorKind::State,
        ErrorKind::Busy,
        ErrorKind::Unsupported,
        ErrorKind::BufferTooSmall,
        ErrorKind::Image,
        ErrorKind::ImageSize,
        ErrorKind::NotFound,
        ErrorKind::Io,
        ErrorKind::Format,
        ErrorKind::Version,
        ErrorKind::Weights,
        ErrorKind::Device,
        ErrorKind::Memory,
        ErrorKind::TooFewImages,
        ErrorKind::Numeric,
        ErrorKind::Cancelled,
        ErrorKind::Forked,
        ErrorKind::Torch,
        ErrorKind::Panic,
    ];
}
