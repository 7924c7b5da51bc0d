//! The rule by which structs grow.
//!
//! A struct begins with its size as its owner knows it; new fields come at the end; zero is every field's default. So an
//! old caller and a new library, or the other way round, find what both know.

use std::mem::MaybeUninit;

use super::handle::null_argument;
use crate::error::{Error, ErrorKind, Result};

/// More than any struct will ever have: what is larger is not a size.
const MOST_BYTES: usize = 4096;

/// A struct that begins with `struct_size`.
///
/// # Safety
/// `repr(C)` without padding, first field `u32`, valid when all bytes are zero, and valid for all values of its bytes.
pub unsafe trait Growing: Copy {
    /// How many bytes it had in the first version; never changes.
    const FIRST_BYTES: usize;
}

/// Reads a caller's struct. An older caller's has zeros at the end; a newer one's may not say what is unknown here.
///
/// Errors: `NullArgument`, `InvalidArgument` for an impossible size, `Unsupported` for unknown fields that are not zero.
///
/// # Safety
/// `pointer` is null or may be read for as many bytes as its `struct_size` says.
pub unsafe fn read<T: Growing>(pointer: *const T, argument: &str) -> Result<T> {
    // SAFETY: the caller promises it.
    let size = unsafe { struct_size(pointer, argument) }?;
    let ours = size_of::<T>();
    if size > ours {
        // SAFETY: these bytes lie between `ours` and `struct_size`, which may be read.
        let tail =
            unsafe { std::slice::from_raw_parts(pointer.cast::<u8>().add(ours), size - ours) };
        if let Some(byte) = tail.iter().position(|byte| *byte != 0) {
            let message = format!(
                "{argument} uses a field at byte {} that this library does not know",
                ours + byte
            );
            return Err(Error::new(ErrorKind::Unsupported, message).hint("Use a newer library."));
        }
    }
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: both sides hold this many bytes, and a local does not overlap with the caller's memory. All bytes of
    // `value` are initialised, and `Growing` promises that any are valid.
    unsafe {
        value
            .as_mut_ptr()
            .cast::<u8>()
            .copy_from_nonoverlapping(pointer.cast::<u8>(), size.min(ours));
        Ok(value.assume_init())
    }
}

/// Where a struct goes if the call succeeds.
pub struct StructOutput<T: Growing> {
    pointer: *mut T,
    size: usize,
}

impl<T: Growing> StructOutput<T> {
    /// Checks the size that the caller has set. Errors: `NullArgument`, `InvalidArgument`.
    ///
    /// # Safety
    /// `pointer` is null or may be read and written for as many bytes as its `struct_size` says, as long as this lives.
    pub unsafe fn new(pointer: *mut T, argument: &str) -> Result<Self> {
        // SAFETY: the caller promises it.
        let size = unsafe { struct_size(pointer, argument) }?;
        Ok(Self { pointer, size })
    }

    /// Writes as much as the caller has room for; what only the caller knows becomes zero. `struct_size` stays.
    pub fn set(self, value: T) {
        const SIZE_FIELD: usize = size_of::<u32>();
        let to = self.pointer.cast::<u8>();
        let known = self.size.min(size_of::<T>());
        // SAFETY: `new` was promised `size` writable bytes, and `known` is at most that and the size of `value`.
        unsafe {
            let from = (&raw const value).cast::<u8>();
            to.add(SIZE_FIELD)
                .copy_from_nonoverlapping(from.add(SIZE_FIELD), known - SIZE_FIELD);
            to.add(known).write_bytes(0, self.size - known);
        }
    }
}

/// # Safety
/// `pointer` is null or points to at least four readable bytes.
unsafe fn struct_size<T: Growing>(pointer: *const T, argument: &str) -> Result<usize> {
    if pointer.is_null() {
        return Err(null_argument(argument));
    }
    // SAFETY: not null, so readable as the caller promises.
    let size = unsafe { pointer.cast::<u32>().read_unaligned() } as usize;
    if (T::FIRST_BYTES..=MOST_BYTES).contains(&size) {
        return Ok(size);
    }
    let message = format!(
        "{argument}.struct_size is {size}, it must be {} to {MOST_BYTES}",
        T::FIRST_BYTES
    );
    Err(Error::new(ErrorKind::InvalidArgument, message).hint("Set it to sizeof of the struct."))
}

#[cfg(test)]
mod tests {
    use super::super::structs::tsp_summary;
    use super::*;

    /// As a newer header might declare it.
    #[repr(C)]
    struct Newer {
        known: tsp_summary,
        more: u64,
    }

    fn zero() -> tsp_summary {
        // SAFETY: `Growing` says that zero is valid.
        unsafe { std::mem::zeroed() }
    }

    fn newer(more: u64) -> Newer {
        Newer {
            known: tsp_summary {
                struct_size: size_of::<Newer>() as u32,
                score: 2.5,
                ..zero()
            },
            more,
        }
    }

    #[test]
    fn newer_struct_is_read_if_its_unknown_tail_is_zero() {
        let read = |more| {
            let newer = newer(more);
            // SAFETY: `struct_size` is true.
            unsafe { read((&raw const newer).cast::<tsp_summary>(), "s") }
        };
        assert_eq!(read(0).unwrap().score, 2.5);
        assert_eq!(read(1 << 40).err().unwrap().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn impossible_sizes_are_refused() {
        for size in [0, 4, 47, 4097, u32::MAX] {
            let mut summary = tsp_summary {
                struct_size: size,
                ..zero()
            };
            // SAFETY: the size is refused before anything behind it is touched.
            let (read, write) = unsafe {
                (
                    read(&raw const summary, "s"),
                    StructOutput::new(&raw mut summary, "s"),
                )
            };
            assert_eq!(
                read.err().map(|error| error.kind()),
                Some(ErrorKind::InvalidArgument),
                "{size}"
            );
            assert_eq!(
                write.err().map(|error| error.kind()),
                Some(ErrorKind::InvalidArgument),
                "{size}"
            );
        }
    }

    #[test]
    fn output_keeps_the_size_and_zeroes_what_it_does_not_know() {
        let mut target = newer(7);
        // SAFETY: `struct_size` is true.
        let output =
            unsafe { StructOutput::new((&raw mut target).cast::<tsp_summary>(), "s") }.unwrap();
        output.set(tsp_summary {
            score: 9.0,
            ..zero()
        });
        assert_eq!(
            (target.known.struct_size, target.known.score, target.more),
            (64, 9.0, 0)
        );
    }
}
