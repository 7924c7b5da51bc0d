//! Where to compute, and with how many threads.

use std::thread;

use tch::Device;

use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::torch::{cuda, driver, version};

/// A place to compute at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// What the option `device` calls it.
    pub option: String,
    /// The vendor's name of a GPU; "CPU".
    pub name: String,
    /// Its memory in bytes; 0 if nobody says.
    pub memory_bytes: u64,
    /// Major and minor version of what a GPU can do; 0 of the CPU, and if nobody says.
    pub compute_capability: (u32, u32),
}

/// All that the option `device` may name here, the CPU first. Loads libtorch's CUDA half if it is installed.
pub fn list() -> Vec<DeviceInfo> {
    let cpu = DeviceInfo {
        option: "cpu".to_owned(),
        name: "CPU".to_owned(),
        memory_bytes: host_memory_bytes(),
        compute_capability: (0, 0),
    };
    let count = match cuda::load() {
        Ok(()) => gpu_count(),
        Err(_) => 0,
    };
    let gpu = |index| {
        let gpu = driver::gpu(index);
        DeviceInfo {
            option: format!("cuda:{index}"),
            memory_bytes: gpu.as_ref().map_or(0, |gpu| gpu.memory_bytes),
            compute_capability: gpu.as_ref().map_or((0, 0), |gpu| gpu.compute_capability),
            name: gpu.map_or_else(|| "CUDA device".to_owned(), |gpu| gpu.name),
        }
    };
    std::iter::once(cpu).chain((0..count).map(gpu)).collect()
}

/// Linux says it in a file; elsewhere nobody has needed it yet.
fn host_memory_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.map_or(0, |kibibytes| kibibytes * 1024)
}

fn gpu_count() -> usize {
    usize::try_from(tch::Cuda::device_count()).unwrap_or(0)
}

/// The device of option `device`, ready to use, after `threads` has been applied.
///
/// Errors: `InvalidArgument` for a name that is none, `Device` where CUDA or that GPU is absent (there is never a silent
/// fall back to the CPU), `Version` if another libtorch is loaded than this library was built with.
pub fn open(options: &Options) -> Result<Device> {
    version::check()?;
    match (options.int("threads")?, options.int("lanes")?) {
        (0, 1) => {}
        // Lanes that take all processors each would wait for one another.
        (0, _) => set_threads(1),
        (threads, _) => set_threads(threads as i32),
    }
    parse(&options.text("device")?)
}

/// How many pictures are worked on at once on `device`, by the option `lanes`; a GPU works on one.
pub fn lanes(options: &Options, device: Device) -> Result<usize> {
    let (threads, lanes) = (options.int("threads")?, options.int("lanes")?);
    Ok(match lanes {
        _ if device != Device::Cpu => 1,
        0 => {
            let processors = thread::available_parallelism().map_or(1, usize::from);
            (processors / threads.max(1) as usize).max(1)
        }
        lanes => lanes as usize,
    })
}

/// Sets the number of threads that libtorch uses inside one operation, for the whole process.
pub fn set_threads(threads: i32) {
    // libtorch refuses numbers below 1 and nothing else.
    tch::set_num_threads(threads.max(1));
}

fn parse(name: &str) -> Result<Device> {
    let index = match name.split_once(':') {
        None if name == "cpu" => return Ok(Device::Cpu),
        None if name == "cuda" => Some(0),
        Some(("cuda", index)) => index.parse::<usize>().ok(),
        _ => None,
    };
    let Some(index) = index else {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("'{name}' is not cpu, cuda or cuda:N"),
        )
        .at("device"));
    };
    let missing = |message: String, hint: &str| {
        Err(Error::new(ErrorKind::Device, message)
            .at("device")
            .hint(hint))
    };
    if let Err(reason) = cuda::load() {
        return missing(
            format!("'{name}' was asked for, but libtorch_cuda.so cannot be loaded: {reason}"),
            "Use device=cpu, or put a CUDA build of libtorch 2.11.0 beside the library.",
        );
    }
    let count = gpu_count();
    if index >= count {
        return missing(
            format!("'{name}' was asked for, but libtorch sees {count} CUDA devices"),
            "Check the driver with nvidia-smi, or use device=cpu.",
        );
    }
    Ok(Device::Cuda(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_names() {
        assert_eq!(parse("cpu").unwrap(), Device::Cpu);
        for bad in ["gpu", "cuda:", "cuda:-1", "cpu:0", ""] {
            assert_eq!(
                parse(bad).unwrap_err().kind(),
                ErrorKind::InvalidArgument,
                "'{bad}'"
            );
        }
    }

    #[test]
    fn every_device_that_is_listed_can_be_opened() {
        let devices = list();
        assert_eq!(devices[0].option, "cpu");
        assert!(cfg!(not(target_os = "linux")) || devices[0].memory_bytes > 1 << 28);
        for device in devices {
            parse(&device.option).unwrap();
        }
    }

    #[test]
    fn absent_gpu_is_an_error_and_never_a_silent_cpu_run() {
        let error = parse("cuda:4096").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Device);
        assert!(error.what_to_do().contains("device=cpu"), "{error}");
    }
}
