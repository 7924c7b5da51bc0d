//! Distance to the Gaussian of a few samples, formed for one picture and then forgotten.

use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::gaussian::all_finite;

/// Working memory for a run of locations.
const CHUNK_BYTES: i64 = 64 << 20;

/// A K x K matrix is known to K times this many roundings of its trace.
const ROUNDINGS: f64 = 4.0;

/// Mahalanobis distance of every location to the Gaussian of `samples` there.
///
/// `sqrt(d' (S + eps I)^-1 d)`, d = x - m, as [`LowRankGaussian::distances`](crate::statistics::LowRankGaussian::distances)
/// of the same images, in the dual form: with the rows Z = samples - m, `c = (K-1) eps` and
/// `r = d - Z' (Z Z' + c I)^-1 Z d` it is `sqrt(d' r / eps)`. So a K x K system is solved at a location, by Cholesky's
/// decomposition, and no eigenvector is formed. In double precision.
///
/// Shapes: `samples` [K, L, C'] of any floating kind, K at least 1; `features` [L, C'] on the same device; result `[L]` f32.
/// Units: standard deviations. Cost: L*K*C'*(K+2) multiply-adds.
/// Errors: `InvalidArgument` for shapes that do not fit, `Numeric` if a feature is not finite.
pub fn distances(samples: &Tensor, features: &Tensor, epsilon: f64) -> Result<Tensor> {
    let (s, f) = (samples.size(), features.size());
    if s.len() != 3 || s[0] == 0 || f != s[1..] {
        let message = format!("samples {s:?} and features {f:?} do not fit");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    if !all_finite(features)? {
        return Err(Error::new(ErrorKind::Numeric, "a feature is not finite"));
    }
    let (count, locations, channels) = (s[0], s[1], s[2]);
    let chunk =
        (CHUNK_BYTES / (8 * (3 * count * channels + 2 * count * count)).max(1)).clamp(1, locations);
    let mut parts = Vec::new();
    let mut start = 0;
    while start < locations {
        let length = chunk.min(locations - start);
        let samples = samples.f_narrow(1, start, length)?.f_transpose(0, 1)?;
        let features = features.f_narrow(0, start, length)?;
        parts.push(of_a_run(
            &samples.f_to_kind(Kind::Double)?,
            &features.f_to_kind(Kind::Double)?,
            epsilon,
        )?);
        start += length;
    }
    Ok(Tensor::f_cat(&parts, 0)?)
}

/// `samples` [len, K, C'] and `features` [len, C'], f64.
fn of_a_run(samples: &Tensor, features: &Tensor, epsilon: f64) -> Result<Tensor> {
    let count = samples.size()[1];
    let mean = samples.f_mean_dim(1, true, Kind::Double)?;
    let rows = samples.f_sub(&mean)?;
    let off = features.f_unsqueeze(1)?.f_sub(&mean)?.f_transpose(1, 2)?;
    let gram = rows.f_bmm(&rows.f_transpose(1, 2)?)?;
    // Of one sample Z is 0, and any positive number will do for c. Z Z' is singular, since its rows add up to 0, and c may
    // vanish beside it. Z d has nothing where Z Z' is 0, so a c as large as the rounding there changes nothing but that.
    let c = (count - 1).max(1) as f64 * epsilon;
    let trace = rows
        .f_square()?
        .f_sum_dim_intlist([1, 2].as_slice(), false, Kind::Double)?;
    let c = trace
        .f_mul_scalar(ROUNDINGS * count as f64 * f64::EPSILON)?
        .f_clamp_min(c)?
        .f_reshape([-1, 1, 1])?;
    let identity = Tensor::f_eye(count, (Kind::Double, samples.device()))?;
    let factor = gram.f_add(&identity.f_mul(&c)?)?.f_linalg_cholesky(false)?;
    let weights = rows.f_bmm(&off)?.f_cholesky_solve(&factor, false)?;
    let outside = off.f_sub(&rows.f_transpose(1, 2)?.f_bmm(&weights)?)?;
    let squared = off
        .f_mul(&outside)?
        .f_sum_dim_intlist([1, 2].as_slice(), false, Kind::Double)?;
    Ok(squared
        .f_div_scalar(epsilon)?
        .f_clamp_min(0.0)?
        .f_sqrt()?
        .f_to_kind(Kind::Float)?)
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};
    use tch::Device;

    use super::*;

    /// By inverting the covariance.
    fn by_the_definition(samples: &Tensor, features: &Tensor, epsilon: f64) -> Vec<f64> {
        let (count, locations, channels) = samples.size3().unwrap();
        let vector = |tensor: &Tensor| {
            DVector::from_vec(Vec::<f64>::try_from(tensor.to_kind(Kind::Double)).unwrap())
        };
        let distance = |location: i64| {
            let rows: Vec<DVector<f64>> = (0..count)
                .map(|k| vector(&samples.get(k).get(location)))
                .collect();
            let mean = rows.iter().sum::<DVector<f64>>() / count as f64;
            let mut covariance = DMatrix::identity(channels as usize, channels as usize) * epsilon;
            for row in &rows {
                let off = row - &mean;
                covariance += &off * off.transpose() / (count - 1).max(1) as f64;
            }
            let off = vector(&features.get(location)) - mean;
            let inverse = covariance.try_inverse().unwrap();
            (off.transpose() * inverse * &off)[0].sqrt()
        };
        (0..locations).map(distance).collect()
    }

    #[test]
    fn distances_are_those_of_the_inverted_covariance() {
        tch::manual_seed(3);
        for (count, epsilon) in [(1, 0.1), (2, 0.5), (7, 1e-3), (30, 0.1)] {
            let samples = Tensor::randn([count, 5, 11], (Kind::Float, Device::Cpu)) + 3.0;
            let features = Tensor::randn([5, 11], (Kind::Float, Device::Cpu)) + 3.0;
            let found = distances(&samples, &features, epsilon).unwrap();
            let found: Vec<f32> = Vec::try_from(found).unwrap();
            for (found, expected) in found
                .iter()
                .zip(by_the_definition(&samples, &features, epsilon))
            {
                // The result has 24 bits.
                let off = (f64::from(*found) - expected).abs() / expected;
                assert!(
                    off < 1e-6,
                    "{count} samples, eps {epsilon}: {found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let zeros = |shape: &[i64]| Tensor::zeros(shape, (Kind::Float, Device::Cpu));
        for (samples, features) in [
            (zeros(&[0, 4, 3]), zeros(&[4, 3])),
            (zeros(&[2, 4, 3]), zeros(&[4, 2])),
            (zeros(&[4, 3]), zeros(&[4, 3])),
        ] {
            let error = distances(&samples, &features, 0.1).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
        let error = distances(&zeros(&[2, 1, 1]), &(zeros(&[1, 1]) / 0.0), 0.1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Numeric);
    }
}
