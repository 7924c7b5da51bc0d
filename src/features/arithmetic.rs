//! Where a network computes, and in which numbers.

use tch::{Device, Kind};
use twinspect_onednn::processor_has_bfloat16;

use crate::error::{Error, ErrorKind, Result};

/// The numbers that a network computes in. What leaves it is float32 in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 24 bits of mantissa.
    #[default]
    Float32,
    /// 8 bits of mantissa and the range of float32; about half the time where a processor or GPU has such numbers.
    BFloat16,
    /// 11 bits of mantissa, up to 65504; on GPUs.
    Float16,
}

impl Precision {
    /// The word of option `features.precision`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::BFloat16 => "bfloat16",
            Self::Float16 => "float16",
        }
    }

    /// What libtorch calls it.
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 => Kind::Float,
            Self::BFloat16 => Kind::BFloat16,
            Self::Float16 => Kind::Half,
        }
    }
}

/// A device, and the precision of a network on it; of a device alone, float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arithmetic {
    /// Where.
    pub device: Device,
    /// In which numbers.
    pub precision: Precision,
}

impl From<Device> for Arithmetic {
    fn from(device: Device) -> Self {
        Self {
            device,
            precision: Precision::Float32,
        }
    }
}

impl Arithmetic {
    /// Errors: `Device` where the device only imitates such numbers, which is slower than float32.
    pub fn check(self) -> Result<()> {
        let (on, instead) = match (self.device, self.precision) {
            (_, Precision::Float32) => return Ok(()),
            (Device::Cpu, Precision::BFloat16) if processor_has_bfloat16() => return Ok(()),
            (Device::Cpu, Precision::BFloat16) => ("this processor", "float32"),
            (Device::Cpu, Precision::Float16) => ("CPUs", "bfloat16 where the CPU has it"),
            _ => return Ok(()),
        };
        let precision = self.precision.word();
        let message = format!("{on} cannot compute in {precision}");
        Err(Error::new(ErrorKind::Device, message)
            .at("features.precision")
            .hint(format!("Fit with features.precision={instead}.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float16_on_a_cpu_is_refused_and_float32_is_everywhere() {
        let on_cpu = |precision| Arithmetic {
            device: Device::Cpu,
            precision,
        };
        assert!(on_cpu(Precision::Float32).check().is_ok());
        let error = on_cpu(Precision::Float16).check().unwrap_err();
        assert_eq!(
            (error.kind(), error.place()),
            (ErrorKind::Device, "features.precision")
        );
        let bfloat16 = on_cpu(Precision::BFloat16).check();
        assert_eq!(bfloat16.is_ok(), processor_has_bfloat16());
    }
}
