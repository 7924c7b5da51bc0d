//! The library itself.
//!
//! A program that loads the library at run time asks tsp_check_abi first.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use serde_json::json;

use super::guard::{guard, guard_value};
use super::status::tsp_status;
use super::text::read_text;
use crate::device;
use crate::error::{Error, ErrorKind, Result};
use crate::torch::version;

/// What a build may lack, or may have one day.
const FEATURES: &[(&str, bool)] = &[("cuda", cfg!(unix)), ("cuda.input", false)];

const MOST_THREADS: i32 = 1024;

/// A version as one number.
#[derive(Clone, Copy, PartialEq)]
struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    fn ours() -> Self {
        let number = |text: &str| text.parse().unwrap_or(0);
        Self {
            major: number(env!("CARGO_PKG_VERSION_MAJOR")),
            minor: number(env!("CARGO_PKG_VERSION_MINOR")),
            patch: number(env!("CARGO_PKG_VERSION_PATCH")),
        }
    }

    fn from_number(number: u32) -> Self {
        Self {
            major: number / 1_000_000,
            minor: number / 1000 % 1000,
            patch: number % 1000,
        }
    }

    fn number(self) -> u32 {
        self.major * 1_000_000 + self.minor * 1000 + self.patch
    }

    /// Whether a program built with the header of version `header` finds everything in this library.
    fn serves(self, header: Self) -> bool {
        // 0.x promises nothing from one minor version to the next.
        let same_series =
            self.major == header.major && (self.major > 0 || self.minor == header.minor);
        same_series && header.minor <= self.minor
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The library's version as a number, to be compared with the header's TSP_ABI_VERSION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_abi_version() -> u32 {
    guard_value(0, || Version::ours().number())
}

/// The library's version as a text, such as "0.1.0". Never NULL, lives for ever.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_version() -> *const c_char {
    static TEXT: OnceLock<CString> = OnceLock::new();
    guard_value(c"".as_ptr(), || {
        TEXT.get_or_init(|| super::text::c_text(env!("CARGO_PKG_VERSION")))
            .as_ptr()
    })
}

/// What the library was built from, as one line of JSON for a log: version, commit, rustc, libtorch, features.
///
/// libtorch is the version that it was built with, libtorch_loaded that of this process, null where libtorch does not say.
/// Never NULL, lives for ever.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_build_info() -> *const c_char {
    static TEXT: OnceLock<CString> = OnceLock::new();
    guard_value(c"".as_ptr(), || {
        TEXT.get_or_init(|| super::text::c_text(&build_info()))
            .as_ptr()
    })
}

fn build_info() -> String {
    let features: Vec<&str> = FEATURES
        .iter()
        .filter(|(_, there)| *there)
        .map(|(name, _)| *name)
        .collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": env!("TWINSPECT_COMMIT"),
        "rustc": env!("TWINSPECT_RUSTC"),
        "libtorch": version::built_with(),
        "libtorch_loaded": version::loaded(),
        "features": features,
    })
    .to_string()
}

/// 1 if this build has the feature, 0 if it has not, does not know it, or name is NULL.
///
/// "cuda": the option device may be cuda, where a CUDA build of libtorch is installed.
/// "cuda.input": a tsp_image may lie in TSP_MEMORY_CUDA.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_has_feature(name: *const c_char) -> i32 {
    guard_value(0, || {
        // SAFETY: the caller passes NULL or a NUL-terminated text.
        let Ok(name) = (unsafe { read_text(name, "name") }) else {
            return 0;
        };
        i32::from(FEATURES.contains(&(name, true)))
    })
}

/// Checks that a program which was built with a header serves with this library: pass TSP_ABI_VERSION.
///
/// The same major version, and a header that is not of a later minor version; before 1.0 the same minor version.
/// Errors: VERSION, naming both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_check_abi(header_version: u32) -> tsp_status {
    guard(|| check_abi(Version::from_number(header_version)))
}

fn check_abi(header: Version) -> Result<()> {
    let library = Version::ours();
    if library.serves(header) {
        return Ok(());
    }
    let message = format!("the program was built for twinspect {header}, the library is {library}");
    Err(Error::new(ErrorKind::Version, message)
        .hint("Build the program with the library's own header."))
}

/// Sets how many threads libtorch uses inside of one operation, 1 to 1024, for the whole process.
///
/// Programs that inspect on several threads at once are usually fastest with 1. Errors: INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_set_threads(count: i32) -> tsp_status {
    guard(|| {
        if !(1..=MOST_THREADS).contains(&count) {
            let message = format!("{count} threads, it must be 1 to {MOST_THREADS}");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        device::set_threads(count);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u32, minor: u32, patch: u32) -> Version {
        Version {
            major,
            minor,
            patch,
        }
    }

    #[test]
    fn number_and_version_are_each_others_inverse() {
        assert_eq!(version(2, 30, 4).number(), 2_030_004);
        assert!(Version::from_number(2_030_004) == version(2, 30, 4));
    }

    #[test]
    fn library_serves_older_headers_of_its_major() {
        assert!(version(1, 4, 0).serves(version(1, 4, 9)));
        assert!(version(1, 4, 0).serves(version(1, 0, 0)));
        assert!(!version(1, 4, 0).serves(version(1, 5, 0)));
        assert!(!version(2, 4, 0).serves(version(1, 4, 0)));
        assert!(version(0, 4, 1).serves(version(0, 4, 0)));
        assert!(!version(0, 4, 0).serves(version(0, 3, 0)));
    }
}
