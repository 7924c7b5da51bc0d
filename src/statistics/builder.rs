//! Normal images one by one to their Gaussian, in bounded memory.

use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::gaussian::{LowRankGaussian, all_finite};
use crate::statistics::scatter::{Before, Run, Scatter, ScatterPart, no_image};
use crate::statistics::spectrum::Spectrum;
use crate::torch::lanes::in_lanes;
use crate::torch::shared::SharedTensor;

/// Working memory for the decomposition of a run of locations.
const CHUNK_BYTES: i64 = 64 << 20;

/// A fitted Gaussian, and how far each of its own images lies from the Gaussian of the others.
#[derive(Debug)]
pub struct Fitted {
    /// The Gaussian over all images.
    pub gaussian: LowRankGaussian,
    /// Leave-one-out Mahalanobis distances of the images held last, [n, L] f32; empty if there is only one image.
    pub leave_one_out: Tensor,
}

/// Takes the features of normal images one by one and forms their Gaussian.
///
/// Decompositions take seconds; `pulse` is called several times during one, and its error ends it.
///
/// Memory: at most C' images are held, which is what the rank of a covariance can need; beyond that, their scatter matrices
/// stand for the ones so far, [L, C', C'] in double precision.
#[derive(Debug)]
pub struct GaussianBuilder {
    epsilon: f64,
    before: Before,
    /// [L, C'] f32 each, in host memory.
    samples: Vec<SharedTensor>,
    lanes: usize,
}

/// A run of locations.
struct Piece {
    start: i64,
    length: i64,
    before: Option<ScatterPart>,
}

impl GaussianBuilder {
    /// An empty builder; `epsilon` goes onto the diagonal of every covariance, above 0.
    pub fn new(epsilon: f64) -> Self {
        Self {
            epsilon,
            before: Before::Nothing,
            samples: Vec::new(),
            lanes: 1,
        }
    }

    /// A builder that adds to the images of `prior` without having them: the result is that of all images together.
    pub fn extending(prior: LowRankGaussian) -> Self {
        Self {
            epsilon: prior.epsilon,
            before: Before::Gaussian(prior),
            samples: Vec::new(),
            lanes: 1,
        }
    }

    /// Works on this many runs of locations at once, one at least; the result is the same, bit for bit.
    pub fn in_lanes(self, lanes: usize) -> Self {
        let lanes = lanes.max(1);
        Self { lanes, ..self }
    }

    /// Adds one normal image.
    ///
    /// Shapes: `features` [L, C'] f32. Errors: `InvalidArgument` if the shape differs from the first one's, `Numeric` if
    /// a value is not finite.
    pub fn push(&mut self, features: &Tensor, pulse: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let size = features.size();
        let expected = match (self.size(), &size[..]) {
            (Some((locations, channels)), _) => vec![locations, channels],
            (None, _) => size.clone(),
        };
        if size.len() != 2 || size != expected {
            let message =
                format!("features of shape {size:?}, expected {expected:?} (locations, channels)");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        if !all_finite(features)? {
            return Err(Error::new(ErrorKind::Numeric, "a feature is not finite"));
        }
        if self.samples.len() as i64 > size[1] {
            self.scatter_samples(pulse)?;
        }
        // A copy, which nobody else can write to.
        let own = features.f_to_device_(Device::Cpu, Kind::Float, false, true)?;
        self.samples.push(SharedTensor::new(own));
        Ok(())
    }

    /// Forms the Gaussian. Errors: `TooFewImages` if there is none.
    pub fn finish(mut self, pulse: &mut dyn FnMut() -> Result<()>) -> Result<Fitted> {
        let (_, channels) = self.size().ok_or_else(no_image)?;
        let held = self.samples.len() as i64;
        let count = self.before.count() + held;
        let rank = rank(self.rank_of_rows(channels), channels, count);
        let mut parts: [Vec<Tensor>; 4] = Default::default();
        let epsilon = self.epsilon;
        let form = |run: Run| {
            let spectrum = Spectrum::of(&run, rank)?;
            let variances = spectrum.scatter.f_div_scalar((count - 1).max(1) as f64)?;
            let distances = spectrum.leave_one_out(&run.rows, held, count, epsilon)?;
            let floats = [run.mean, spectrum.directions, variances, distances];
            let floats = floats.map(|part| part.f_to_kind(Kind::Float));
            let [mean, directions, variances, distances] = floats;
            Ok([mean?, directions?, variances?, distances?])
        };
        self.each_run(pulse, form, |formed| {
            for (all, part) in parts.iter_mut().zip(formed) {
                all.push(part);
            }
        })?;
        let [mean, directions, variances, leave_one_out] = parts;
        let gaussian = LowRankGaussian {
            count: count as u64,
            epsilon: self.epsilon,
            mean: SharedTensor::new(Tensor::f_cat(&mean, 0)?),
            directions: SharedTensor::new(Tensor::f_cat(&directions, 0)?),
            variances: SharedTensor::new(Tensor::f_cat(&variances, 0)?),
        };
        let leave_one_out = Tensor::f_cat(&leave_one_out, 0)?
            .f_transpose(0, 1)?
            .f_contiguous()?;
        Ok(Fitted {
            gaussian,
            leave_one_out,
        })
    }

    /// Puts scatter matrices in the place of the images held and of those before.
    fn scatter_samples(&mut self, pulse: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let (locations, channels) = self.size().ok_or_else(no_image)?;
        let mut scatter = Scatter {
            count: self.before.count() + self.samples.len() as i64,
            locations,
            channels,
            length: self.run_length(locations, channels),
            parts: Vec::new(),
        };
        let form = |run: Run| {
            Ok(ScatterPart {
                products: SharedTensor::new(run.products()?),
                mean: SharedTensor::new(run.mean),
            })
        };
        self.each_run(pulse, form, |part| scatter.parts.push(part))?;
        self.before = Before::Scatter(scatter);
        self.samples.clear();
        Ok(())
    }

    /// Forms something of each run of locations, in order. What stood for the images before is used up.
    fn each_run<Formed: Send>(
        &mut self,
        pulse: &mut dyn FnMut() -> Result<()>,
        form: impl Fn(Run) -> Result<Formed> + Sync,
        mut formed: impl FnMut(Formed),
    ) -> Result<()> {
        let (locations, channels) = self.size().ok_or_else(no_image)?;
        let length = self.run_length(locations, channels);
        let mut before = match &mut self.before {
            Before::Scatter(scatter) => std::mem::take(&mut scatter.parts).into_iter(),
            _ => Vec::new().into_iter(),
        };
        let Self {
            before: all_before,
            samples,
            lanes,
            ..
        } = &*self;
        let work = |_: &mut (), piece: Piece| {
            let Piece {
                start,
                length,
                before,
            } = piece;
            let samples = stacked(samples, start, length)?;
            form(all_before.run(start, length, samples, before)?)
        };
        in_lanes(&mut vec![(); *lanes], work, |lanes| {
            let mut take = |result: Result<Formed>| {
                formed(result?);
                Ok(())
            };
            for start in (0..locations).step_by(length as usize) {
                pulse()?;
                let piece = Piece {
                    start,
                    length: length.min(locations - start),
                    before: before.next(),
                };
                lanes.give(piece, CHUNK_BYTES as u64, &mut take)?;
            }
            lanes.finish(take)
        })
    }

    /// Locations and channels; none before the first image.
    fn size(&self) -> Option<(i64, i64)> {
        let of_tensor = |tensor: &Tensor| tensor.size2().ok();
        match (&self.before, self.samples.first()) {
            (Before::Gaussian(gaussian), _) => of_tensor(gaussian.mean()),
            (Before::Scatter(scatter), _) => Some((scatter.locations, scatter.channels)),
            (Before::Nothing, Some(sample)) => of_tensor(sample),
            (Before::Nothing, None) => None,
        }
    }

    /// What the rows of a run could have as rank, and scatter matrices beside them.
    fn rank_of_rows(&self, channels: i64) -> i64 {
        match self.before {
            Before::Scatter(_) => channels,
            _ => self.samples.len() as i64 + self.before.rows(),
        }
    }

    /// How many locations are worked on together.
    fn run_length(&self, locations: i64, channels: i64) -> i64 {
        if let Before::Scatter(scatter) = &self.before {
            return scatter.length;
        }
        let rows = self.samples.len() as i64 + self.before.rows();
        let numbers = 2 * rows * channels + 3 * rows.min(channels).pow(2);
        (CHUNK_BYTES / (8 * numbers.max(1))).clamp(1, locations)
    }
}

/// Images' features at a run of locations, [len, n, C'] f64; none of no images.
fn stacked(samples: &[SharedTensor], start: i64, length: i64) -> Result<Option<Tensor>> {
    if samples.is_empty() {
        return Ok(None);
    }
    let cut = |sample: &SharedTensor| {
        let run = sample.f_narrow(0, start, length)?;
        Ok::<_, Error>(run.f_to_kind(Kind::Double)?)
    };
    let cut = samples.iter().map(cut).collect::<Result<Vec<_>>>()?;
    Ok(Some(Tensor::f_stack(&cut, 1)?))
}

/// How many directions a covariance over `count` images, given by `rows` rows, can have.
fn rank(rows: i64, channels: i64, count: i64) -> i64 {
    rows.min(channels).min(count - 1)
}
