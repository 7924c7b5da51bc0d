//! Devices.
//!
//! Which values the option device takes on this machine. The CPU is always there and comes first.

use std::ffi::CString;
use std::sync::OnceLock;

use super::growing::StructOutput;
use super::guard::guard;
use super::handle::Output;
use super::status::tsp_status;
use super::structs::tsp_device;
use super::text::c_text;
use crate::device::{self, DeviceInfo};
use crate::error::{Error, ErrorKind, Result};

/// A device, as texts that C can hold on to.
struct Row {
    option: CString,
    name: CString,
    info: DeviceInfo,
}

/// Asked once: a process never sees a GPU come or go.
fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let row = |info: DeviceInfo| Row {
            option: c_text(&info.option),
            name: c_text(&info.name),
            info,
        };
        device::list().into_iter().map(row).collect()
    })
}

/// How many devices there are, at least 1.
///
/// Without a CUDA build of libtorch GPUs do not count. Where there is one, the first call loads it, which takes a while.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_device_count(out: *mut u64) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a number's place.
        let out = unsafe { Output::new(out, "out") }?;
        out.set(rows().len() as u64);
        Ok(())
    })
}

/// What there is to know about device number index, from 0, which is the CPU.
///
/// Errors: INVALID_ARGUMENT if there is no such device.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_device_info(index: u64, out: *mut tsp_device) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        out.set(info(index)?);
        Ok(())
    })
}

fn info(index: u64) -> Result<tsp_device> {
    let row = usize::try_from(index)
        .ok()
        .and_then(|index| rows().get(index));
    let Some(Row { option, name, info }) = row else {
        let message = format!("device {index}, there are {} of them, from 0", rows().len());
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    };
    Ok(tsp_device {
        struct_size: 0,
        compute_major: info.compute_capability.0,
        compute_minor: info.compute_capability.1,
        reserved: 0,
        option: option.as_ptr(),
        name: name.as_ptr(),
        memory_bytes: info.memory_bytes,
    })
}
