//! Loads libtorch's CUDA half when somebody asks for a CUDA device.
//!
//! The library links libtorch_cpu.so alone, so one file serves machines with and without a GPU. Opening
//! libtorch_cuda.so runs its static initialisers, which register the CUDA kernels with libtorch.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::sync::OnceLock;

/// Opens libtorch_cuda.so once for the whole process; what the dynamic linker said if it could not.
pub fn load() -> Result<(), String> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    LOADED.get_or_init(open).clone()
}

#[cfg(unix)]
fn open() -> Result<(), String> {
    // SAFETY: the name is a NUL-terminated literal. The initialisers that run are libtorch's own, of the library that is
    // loaded already; the handle is never closed, so nothing that it registers dangles.
    let handle = unsafe {
        libc::dlopen(
            c"libtorch_cuda.so".as_ptr(),
            libc::RTLD_NOW | libc::RTLD_GLOBAL,
        )
    };
    if !handle.is_null() {
        return Ok(());
    }
    // SAFETY: dlerror returns null or a NUL-terminated text that lives until the next dl call of this thread.
    let text = unsafe {
        libc::dlerror()
            .as_ref()
            .map(|text| CStr::from_ptr(text).to_string_lossy().into_owned())
    };
    Err(text.unwrap_or_else(|| "the dynamic linker gave no reason".to_owned()))
}

#[cfg(not(unix))]
fn open() -> Result<(), String> {
    Err("loading the CUDA half of libtorch is written for Unix only so far".to_owned())
}
