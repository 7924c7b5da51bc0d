//! Distance of a location's feature vector to the Gaussian of that location.

use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::statistics::gaussian::{LowRankGaussian, all_finite};
use crate::statistics::streamed::{Directions, Streamed};

impl LowRankGaussian {
    /// Mahalanobis distance of every location.
    ///
    /// `sqrt(d' (S + eps I)^-1 d)`, d = psi - mu, by the exact low-rank form (METHOD.md, section 3); the part of d outside
    /// of the kept directions is formed as a vector before it is squared, which avoids cancellation.
    ///
    /// Shapes: `features` `[L, C']` f32 on the Gaussian's device, result `[L]` f32.
    /// Units: standard deviations, 0 or more, finite. Cost: 2*L*K*C' multiply-adds.
    /// Errors: `InvalidArgument` for another shape, `Numeric` if a feature is not finite.
    /// Threads: `&self`, may run concurrently. Source: PaDiM, arXiv 2011.08785, eq. 2.
    pub fn distances(&self, features: &Tensor) -> Result<Tensor> {
        if let Some(forms) = self.forms_in_host_memory(features, 1.0, self.epsilon())? {
            let distances: Vec<f32> = forms.iter().map(|form| form.sqrt() as f32).collect();
            return finite(Tensor::f_from_slice(&distances)?);
        }
        let parts = self.split(features)?;
        let weights = self.variances().f_add_scalar(self.epsilon())?;
        let inside = parts
            .along
            .f_div(&weights)?
            .f_sum_dim_intlist(1, false, Kind::Float)?;
        finite(
            parts
                .outside
                .f_div_scalar(self.epsilon())?
                .f_add(&inside)?
                .f_sqrt()?,
        )
    }

    /// Distance of an image that took part in this Gaussian to the Gaussian of the others: [`LowRankGaussian::leave_out`]
    /// of it alone.
    pub fn leave_one_out(&self, features: &Tensor) -> Result<Tensor> {
        self.leave_out(std::slice::from_ref(features))
    }

    /// Distance of the first of these samples, which took part in this Gaussian, to the Gaussian of all but these, which is
    /// never formed.
    ///
    /// With the rows D = psi - mu of the k samples, `c = (N-k-1) eps`, `G = D (Z'Z + c I)^-1 D'` and
    /// `a = e_1 + 1 / (N-k)`: `d^2 = (N-k-1) (a' G a + a' G (I - 1 1' / N - G)^-1 G a)` by Woodbury. For more samples than
    /// channels; with fewer, the difference in the middle is nearly lost, and
    /// [`GaussianBuilder`](crate::statistics::GaussianBuilder) has the distances of single images that it holds.
    ///
    /// Shapes: each of `samples` `[L, C']` f32. Errors as [`LowRankGaussian::distances`], and `TooFewImages` if fewer than
    /// two samples remain.
    pub fn leave_out(&self, samples: &[Tensor]) -> Result<Tensor> {
        let (n, k) = (self.count() as f64, samples.len() as f64);
        if samples.is_empty() || n - k < 2.0 {
            let message = format!("leaving {k} of {n} images out leaves too few, or out nothing");
            return Err(Error::new(ErrorKind::TooFewImages, message));
        }
        let freedom = n - k - 1.0;
        let c = freedom * self.epsilon();
        if let [sample] = samples
            && let Some(forms) = self.forms_in_host_memory(sample, n - 1.0, c)?
        {
            // G and a are numbers.
            let a = n / (n - 1.0);
            let distance = |g: f64| {
                let remaining = (1.0 - 1.0 / n - g).max(f64::EPSILON);
                (freedom * a * a * (g + g * g / remaining)).max(0.0).sqrt() as f32
            };
            let distances: Vec<f32> = forms.into_iter().map(distance).collect();
            return finite(Tensor::f_from_slice(&distances)?);
        }
        let rows = samples.iter().map(|sample| self.off_mean(sample));
        let rows = Tensor::f_stack(&rows.collect::<Result<Vec<_>>>()?, 2)?;
        let directions = self.directions().f_to_kind(Kind::Float)?;
        let along = directions.f_bmm(&rows)?;
        let outside = rows.f_sub(&directions.f_transpose(1, 2)?.f_bmm(&along)?)?;
        let [along, outside] = [along, outside].map(|part| part.f_to_kind(Kind::Double));
        let (along, outside) = (along?, outside?);
        let scatter = self.variances().f_to_kind(Kind::Double)?;
        let scatter = scatter.f_mul_scalar(n - 1.0)?.f_add_scalar(c)?;
        let weighted = along.f_div(&scatter.f_unsqueeze(2)?)?;
        let gram = along.f_transpose(1, 2)?.f_bmm(&weighted)?;
        let off = outside.f_transpose(1, 2)?.f_bmm(&outside)?;
        let gram = gram.f_add(&off.f_div_scalar(c)?)?;

        let unit = Tensor::f_eye(samples.len() as i64, (Kind::Double, gram.device()))?;
        let remaining = unit.f_sub_scalar(1.0 / n)?.f_sub(&gram)?;
        let (values, vectors) = remaining.f_linalg_eigh("L")?;
        let values = values.f_clamp_min(f64::EPSILON)?;
        let a = unit.f_narrow(1, 0, 1)?.f_add_scalar(1.0 / (n - k))?;
        let seen = gram.f_matmul(&a)?;
        let regained = vectors.f_transpose(1, 2)?.f_bmm(&seen)?.f_square()?;
        let regained = regained.f_div(&values.f_unsqueeze(2)?)?;
        let squared = seen.f_mul(&a)?.f_add(&regained)?;
        let squared = squared.f_sum_dim_intlist([1, 2].as_slice(), false, Kind::Double)?;
        finite(
            squared
                .f_mul_scalar(freedom)?
                .f_clamp_min(0.0)?
                .f_sqrt()?
                .f_to_kind(Kind::Float)?,
        )
    }

    /// [`Streamed::forms`] of a picture's features; none on another device. Errors: `InvalidArgument` for another shape.
    fn forms_in_host_memory(&self, features: &Tensor, s: f64, e: f64) -> Result<Option<Vec<f64>>> {
        self.check(features)?;
        let in_host_memory = || {
            Some(Streamed {
                mean: self.mean.numbers()?,
                directions: match self.directions.numbers() {
                    Some(floats) => Directions::Floats(floats),
                    None => Directions::Halves(self.directions.numbers()?),
                },
                variances: self.variances.numbers()?,
                channels: *self.mean.size().last()? as usize,
            })
        };
        let Some(streamed) = in_host_memory() else {
            return Ok(None);
        };
        let count = features.numel();
        let mut values = vec![0.0; count];
        features.f_contiguous()?.f_copy_data(&mut values, count)?;
        Ok(Some(streamed.forms(&values, s, e)))
    }

    /// What a picture's features [L, C'] differ from the mean by.
    fn off_mean(&self, features: &Tensor) -> Result<Tensor> {
        self.check(features)?;
        Ok(features.f_sub(self.mean())?)
    }

    /// Errors: `InvalidArgument` for features of another shape.
    fn check(&self, features: &Tensor) -> Result<()> {
        let expected = self.mean().size();
        if features.size() != expected {
            let size = features.size();
            let message = format!(
                "features of shape {size:?}, the model has {expected:?} (locations, channels)"
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        Ok(())
    }

    fn split(&self, features: &Tensor) -> Result<Parts> {
        let d = self.off_mean(features)?.f_unsqueeze(2)?;
        let directions = self.directions().f_to_kind(Kind::Float)?;
        let along = directions.f_bmm(&d)?;
        let outside = d.f_sub(&directions.f_transpose(1, 2)?.f_bmm(&along)?)?;
        let outside =
            outside
                .f_square()?
                .f_sum_dim_intlist([1, 2].as_slice(), false, Kind::Float)?;
        Ok(Parts {
            along: along.f_squeeze_dim(2)?.f_square()?,
            outside,
        })
    }
}

/// Squared lengths of a deviation from the mean.
struct Parts {
    /// Along each direction, [L, K].
    along: Tensor,
    /// Outside of all of them, [L].
    outside: Tensor,
}

fn finite(distances: Tensor) -> Result<Tensor> {
    if all_finite(&distances)? {
        return Ok(distances);
    }
    let message = "a distance is not finite: a feature of the picture is not, or is too large";
    Err(Error::new(ErrorKind::Numeric, message))
}
