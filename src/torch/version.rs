//! The version of the libtorch that this process has loaded.
//!
//! The C++ interface of libtorch changes from one version to the next, and a process has one libtorch: that of the program
//! which loaded it first, such as Python's torch. A wrong one would compute nonsense or crash, so it is refused.
#![allow(unsafe_code)]

use std::fmt;
use std::sync::OnceLock;

use crate::error::{Error, ErrorKind, Result};

/// The release that the crate was written for.
const WRITTEN_FOR: &str = "2.11.0";

/// A version of libtorch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    major: u8,
    minor: u8,
    patch: u8,
}

impl Version {
    /// libtorch states its version as one number, whose three highest bytes are major, minor and patch.
    fn from_number(number: u64) -> Self {
        let [major, minor, patch, ..] = number.to_be_bytes();
        Self {
            major,
            minor,
            patch,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The version whose headers this build was compiled with, such as "2.11.0".
pub fn built_with() -> &'static str {
    match env!("TWINSPECT_LIBTORCH") {
        // Headers of another layout; the build of tch refuses any other version than this, unless it is told not to.
        "" => WRITTEN_FOR,
        version => version,
    }
}

/// The version that is loaded, such as "2.11.0"; none where libtorch does not say.
pub fn loaded() -> Option<String> {
    static LOADED: OnceLock<Option<u64>> = OnceLock::new();
    let number = (*LOADED.get_or_init(ask))?;
    Some(Version::from_number(number).to_string())
}

/// Refuses a libtorch of another version than the one that this build was compiled with.
///
/// Errors: `Version`, naming both.
pub fn check() -> Result<()> {
    compare(built_with(), loaded().as_deref())
}

fn compare(built_with: &str, loaded: Option<&str>) -> Result<()> {
    if loaded == Some(built_with) {
        return Ok(());
    }
    // Only Unix builds can ask; see `ask`.
    if loaded.is_none() && !cfg!(unix) {
        return Ok(());
    }
    let loaded = loaded.unwrap_or("of a version that does not say which");
    let message =
        format!("twinspect was built with libtorch {built_with}, the loaded libtorch is {loaded}");
    Err(Error::new(ErrorKind::Version, message).hint(format!(
        "Put libtorch {built_with} beside the library, or build twinspect with the libtorch that the program loads."
    )))
}

/// libtorch's own answer, through the one plain C function that it has for this.
#[cfg(unix)]
fn ask() -> Option<u64> {
    type AbiVersion = unsafe extern "C" fn() -> u64;
    // Looked up, not linked: a libtorch that lacks it would keep the library from being loaded, with no word from us.
    // SAFETY: the name is a NUL-terminated literal. The default search finds what our own calls of libtorch go to.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"aoti_torch_abi_version".as_ptr()) };
    if address.is_null() {
        return None;
    }
    // SAFETY: the symbol is libtorch's; its C header (torch/csrc/inductor/aoti_torch/c/shim.h) declares it as a function
    // without arguments that returns a uint64_t, and promises to keep it so. libtorch is never unloaded.
    Some(unsafe { std::mem::transmute::<*mut libc::c_void, AbiVersion>(address)() })
}

#[cfg(not(unix))]
fn ask() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_taken_apart_from_its_highest_byte() {
        assert_eq!(
            Version::from_number(0x020b_0300_0000_0007).to_string(),
            "2.11.3"
        );
    }

    #[test]
    fn loaded_libtorch_is_that_of_the_build() {
        assert_eq!(loaded().as_deref(), Some(built_with()));
        check().unwrap();
    }

    #[test]
    fn another_libtorch_is_refused_naming_both() {
        let error = compare("2.11.0", Some("2.12.1")).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (
                ErrorKind::Version,
                "twinspect was built with libtorch 2.11.0, the loaded libtorch is 2.12.1"
            )
        );
        assert!(compare("2.11.0", Some("2.11.1")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn libtorch_that_does_not_say_its_version_is_refused() {
        let error = compare("2.11.0", None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Version);
    }
}
