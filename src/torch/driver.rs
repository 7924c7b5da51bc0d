//! What the CUDA driver says of a GPU, which libtorch's C interface does not.
//!
//! The driver numbers GPUs as libtorch does: both follow CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER.
#![allow(unsafe_code)]

/// A GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    /// The vendor's name.
    pub name: String,
    /// Its memory.
    pub memory_bytes: u64,
    /// Major and minor version of what it can do.
    pub compute_capability: (u32, u32),
}

/// GPU number `index`; none where the driver does not say.
#[cfg(unix)]
pub fn gpu(index: usize) -> Option<Gpu> {
    unix::gpu(index)
}

/// GPU number `index`; none where the driver does not say.
#[cfg(not(unix))]
pub fn gpu(_: usize) -> Option<Gpu> {
    None
}

#[cfg(unix)]
mod unix {
    use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
    use std::mem::transmute;

    use super::Gpu;

    const SUCCESS: c_int = 0;
    /// CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR.
    const COMPUTE_MAJOR: c_int = 75;
    const COMPUTE_MINOR: c_int = 76;
    const NAME_BYTES: usize = 256;

    type Init = unsafe extern "C" fn(c_uint) -> c_int;
    type Get = unsafe extern "C" fn(*mut c_int, c_int) -> c_int;
    type GetName = unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int;
    type TotalMemory = unsafe extern "C" fn(*mut usize, c_int) -> c_int;
    type GetAttribute = unsafe extern "C" fn(*mut c_int, c_int, c_int) -> c_int;

    pub fn gpu(index: usize) -> Option<Gpu> {
        let ordinal = c_int::try_from(index).ok()?;
        // SAFETY: the name is a NUL-terminated literal. The driver's initialisers are its own; it is never closed.
        let driver = unsafe { libc::dlopen(c"libcuda.so.1".as_ptr(), libc::RTLD_NOW) };
        if driver.is_null() {
            return None;
        }
        // SAFETY: the symbols are the driver's, whose header cuda.h declares them with these types and which keeps
        // them for ever. The driver is never unloaded.
        let (init, get, get_name, total_memory, get_attribute) = unsafe {
            (
                transmute::<*mut c_void, Init>(symbol(driver, c"cuInit")?),
                transmute::<*mut c_void, Get>(symbol(driver, c"cuDeviceGet")?),
                transmute::<*mut c_void, GetName>(symbol(driver, c"cuDeviceGetName")?),
                transmute::<*mut c_void, TotalMemory>(symbol(driver, c"cuDeviceTotalMem_v2")?),
                transmute::<*mut c_void, GetAttribute>(symbol(driver, c"cuDeviceGetAttribute")?),
            )
        };
        let (mut device, mut memory_bytes, mut major, mut minor) = (0, 0usize, 0, 0);
        let mut name = [0u8; NAME_BYTES];
        // SAFETY: all outputs are locals of the size that the driver is told; the flags of cuInit must be 0.
        let is_known = unsafe {
            init(0) == SUCCESS
                && get(&raw mut device, ordinal) == SUCCESS
                && get_name(name.as_mut_ptr().cast(), NAME_BYTES as c_int, device) == SUCCESS
                && total_memory(&raw mut memory_bytes, device) == SUCCESS
                && get_attribute(&raw mut major, COMPUTE_MAJOR, device) == SUCCESS
                && get_attribute(&raw mut minor, COMPUTE_MINOR, device) == SUCCESS
        };
        let name = CStr::from_bytes_until_nul(&name).ok()?;
        is_known.then(|| Gpu {
            name: name.to_string_lossy().into_owned(),
            memory_bytes: memory_bytes as u64,
            compute_capability: (major.unsigned_abs(), minor.unsigned_abs()),
        })
    }

    /// # Safety
    /// `library` was given by `dlopen` and is open.
    unsafe fn symbol(library: *mut c_void, name: &CStr) -> Option<*mut c_void> {
        // SAFETY: the caller promises it; the name is NUL-terminated.
        let address = unsafe { libc::dlsym(library, name.as_ptr()) };
        (!address.is_null()).then_some(address)
    }
}
