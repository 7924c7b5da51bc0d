//! Where to compute, and with how many threads.

use tch::Device;

use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::torch::{cuda, version};

/// The device of option `device`, ready to use, after `threads` has been applied.
///
/// Errors: `InvalidArgument` for a name that is none, `Device` where CUDA or that GPU is absent (there is never a silent
/// fall back to the CPU), `Version` if another libtorch is loaded than this library was built with.
pub fn open(options: &Options) -> Result<Device> {
    version::check()?;
    let threads = options.int("threads")?;
    if threads > 0 {
        set_threads(threads as i32);
    }
    parse(&options.text("device")?)
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
    let count = usize::try_from(tch::Cuda::device_count()).unwrap_or(0);
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
    fn absent_gpu_is_an_error_and_never_a_silent_cpu_run() {
        let error = parse("cuda:4096").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Device);
        assert!(error.what_to_do().contains("device=cpu"), "{error}");
    }
}
