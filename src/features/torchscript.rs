//! A backbone of the user's own, as a TorchScript module.

use tch::{CModule, Device, IValue, Kind, TchError, Tensor};

use super::backbone::StageInfo;
use crate::error::{Error, ErrorKind, Result};

/// Side of the trial picture in pixels: patch sizes 14, 16 and 32 divide it, and many exported networks accept no
/// other.
const TRIAL_SIDE: u32 = 224;

/// A module whose outputs are feature maps; the trial run at load says how many and of what shape.
pub(super) struct TorchScript {
    module: CModule,
    stages: Vec<StageInfo>,
}

impl TorchScript {
    /// Loads the module, puts it into evaluation mode and runs it once.
    pub fn load(mut bytes: &[u8], device: Device) -> Result<Self> {
        let mut module = CModule::load_data_on_device(&mut bytes, device).map_err(not_a_module)?;
        module.f_set_eval()?;
        let side = i64::from(TRIAL_SIDE);
        let trial = Tensor::f_zeros([1, 3, side, side], (Kind::Float, device))?;
        let maps = run(&module, &trial)?;
        let stages: Result<Vec<StageInfo>> = (1..)
            .zip(&maps)
            .map(|(stage, map)| stage_info(stage, map))
            .collect();
        Ok(Self {
            module,
            stages: stages?,
        })
    }

    /// Channels and strides of its outputs.
    pub fn stages(&self) -> &[StageInfo] {
        &self.stages
    }

    /// All of its outputs, in the order in which it returns them.
    pub fn forward(&self, input: &Tensor) -> Result<Vec<Tensor>> {
        let maps = run(&self.module, input)?;
        if maps.len() != self.stages.len() {
            let message = format!(
                "the module returned {} maps, {} in its trial run",
                maps.len(),
                self.stages.len()
            );
            return Err(unsupported(message));
        }
        let (images, ..) = input.size4()?;
        for (info, map) in self.stages.iter().zip(&maps) {
            let (found_images, channels, ..) = map.size4()?;
            if (found_images, channels) != (images, info.channels) {
                let expected = format!("[{images}, {}, h, w]", info.channels);
                return Err(unsupported(format!(
                    "output {} of the module has shape {:?}, expected {expected}",
                    info.stage,
                    map.size()
                )));
            }
        }
        Ok(maps)
    }
}

/// Keeps the first sentence of libtorch's text; the others guess at how the file was damaged.
fn not_a_module(error: TchError) -> Error {
    Error::from(error).blamed(|error| {
        let cause = error.message().split(". ").next().unwrap_or_default();
        Error::new(
            ErrorKind::Format,
            format!("not a TorchScript module: {cause}"),
        )
        .hint("Export the network with torch.jit.trace or torch.jit.script, and torch.jit.save.")
    })
}

/// The module's outputs, each of them [N, C, h, w] f32 with no side empty.
fn run(module: &CModule, input: &Tensor) -> Result<Vec<Tensor>> {
    let output = module
        .forward_is(&[IValue::Tensor(input.shallow_clone())])
        .map_err(|error| {
            let message = format!(
                "the module failed on an input of shape {:?}: {}",
                input.size(),
                reason(&error)
            );
            Error::from(error).blamed(|_| unsupported(message))
        })?;
    let maps = flatten(output)?;
    for (i, map) in (1..).zip(&maps) {
        check_map(i, map)?;
    }
    Ok(maps)
}

/// The tensors of a tensor, tuple, list or dict, in the order in which they stand there.
fn flatten(output: IValue) -> Result<Vec<Tensor>> {
    let values = match output {
        IValue::Tensor(map) => return Ok(vec![map]),
        IValue::TensorList(maps) if !maps.is_empty() => return Ok(maps),
        IValue::Tuple(values) | IValue::GenericList(values) if !values.is_empty() => values,
        IValue::GenericDict(entries) if !entries.is_empty() => {
            entries.into_iter().map(|(_, value)| value).collect()
        }
        _ => {
            return Err(unsupported(
                "the module returned no tensor, nor a tuple, list or dict of tensors",
            ));
        }
    };
    let tensor = |(i, value)| match value {
        IValue::Tensor(map) => Ok(map),
        _ => Err(unsupported(format!(
            "output {i} of the module is not a tensor"
        ))),
    };
    (1..).zip(values).map(tensor).collect()
}

fn check_map(i: usize, map: &Tensor) -> Result<()> {
    if !map.defined() {
        return Err(unsupported(format!(
            "output {i} of the module is an undefined tensor"
        )));
    }
    let (size, kind) = (map.size(), map.f_kind()?);
    if size.len() != 4 || size.contains(&0) || kind != Kind::Float {
        let message = format!(
            "output {i} of the module is {kind:?} of shape {size:?}, expected Float of [N, C, h, w]"
        );
        return Err(unsupported(message));
    }
    Ok(())
}

/// Reads channels and stride off an output of the trial run.
fn stage_info(stage: usize, map: &Tensor) -> Result<StageInfo> {
    let (_, channels, height, width) = map.size4()?;
    let stride = match u32::try_from(width) {
        Ok(locations @ 1..=TRIAL_SIDE) if height == width => {
            (TRIAL_SIDE + locations / 2) / locations
        }
        _ => {
            return Err(unsupported(format!(
                "output {stage} of the module has {width} x {height} locations on a picture of {TRIAL_SIDE} x \
                 {TRIAL_SIDE}, expected as many along both sides and no more than pixels"
            )));
        }
    };
    Ok(StageInfo {
        stage,
        stride,
        channels,
    })
}

/// The interpreter's text is a stack of calls; the cause is its last line.
fn reason(error: &TchError) -> String {
    let text = error.to_string();
    let text = text
        .split("\nException raised from")
        .next()
        .unwrap_or_default();
    let last = text
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or_default();
    last.trim_start_matches("RuntimeError: ").to_string()
}

fn unsupported(message: impl Into<String>) -> Error {
    let hint =
        "A backbone's forward takes [N, 3, H, W] f32 and returns feature maps [N, C, h, w] f32.";
    Error::new(ErrorKind::Unsupported, message).hint(hint)
}
