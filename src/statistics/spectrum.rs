//! Eigenvectors of scatter matrices, and what they say of an image that is left out.

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::statistics::scatter::Run;

/// Eigenvalues below this share of a location's largest are rounding errors of the double precision that found them.
const NEGLIGIBLE: f64 = 1e-11;

/// Eigenvectors and eigenvalues of the scatter matrices of a run of locations, largest first.
pub(super) struct Spectrum {
    /// [len, K, C'] f64, orthonormal rows, or zeros.
    pub(super) directions: Tensor,
    /// [len, K] f64.
    pub(super) scatter: Tensor,
    /// Of the Gram matrix A A' if that is the smaller one: (eigenvalues [len, M], eigenvectors [len, M, M]).
    gram: Option<(Tensor, Tensor)>,
}

impl Spectrum {
    /// The `rank` largest eigenpairs of a run's scatter matrices; where these are `A' A` of fewer rows than channels, by A A'.
    pub(super) fn of(run: &Run, rank: i64) -> Result<Self> {
        let (_, m, channels) = run.rows.size3()?;
        if m > channels || run.products.is_some() {
            return Self::of_products(&run.products()?, rank);
        }
        let rows = &run.rows;
        let (values, vectors) = rows.f_bmm(&rows.f_transpose(1, 2)?)?.f_linalg_eigh("L")?;
        let values = values.f_clamp_min(0.0)?;
        let (scatter, keep) = leading(&values, m, rank)?;
        let u = vectors.f_narrow(2, m - rank, rank)?.f_flip([2])?;
        // v_k = A' u_k / sqrt(g_k)
        let scale = scatter
            .f_clamp_min(f64::MIN_POSITIVE)?
            .f_rsqrt()?
            .f_mul(&keep)?;
        let directions = u
            .f_transpose(1, 2)?
            .f_bmm(rows)?
            .f_mul(&scale.f_unsqueeze(2)?)?;
        Ok(Self {
            directions,
            scatter: scatter.f_mul(&keep)?,
            gram: Some((values, vectors)),
        })
    }

    fn of_products(products: &Tensor, rank: i64) -> Result<Self> {
        let (_, channels, _) = products.size3()?;
        let (values, vectors) = products.f_linalg_eigh("L")?;
        let (scatter, keep) = leading(&values.f_clamp_min(0.0)?, channels, rank)?;
        let v = vectors.f_narrow(2, channels - rank, rank)?.f_flip([2])?;
        let directions = v.f_transpose(1, 2)?.f_mul(&keep.f_unsqueeze(2)?)?;
        Ok(Self {
            directions,
            scatter: scatter.f_mul(&keep)?,
            gram: None,
        })
    }

    /// Distance of each image held to the Gaussian of all others, [len, held] f64, without forming that Gaussian.
    ///
    /// Leaving image i out is a rank-one change of the scatter matrix. With `c = (N-2) eps` and
    /// `r_i = sum_k u_ik^2 c / (g_k + c)` over all eigenpairs of A A' but the constant one, Sherman and Morrison give
    /// `d_i^2 = (N-2)/(N-1) * ((N-1) - N r_i) / r_i`. A test holds it against refitting without the image.
    pub(super) fn leave_one_out(
        &self,
        rows: &Tensor,
        held: i64,
        count: i64,
        epsilon: f64,
    ) -> Result<Tensor> {
        let (length, m, _) = rows.size3()?;
        let samples = rows.f_narrow(1, m - held, held)?;
        let n = count as f64;
        if count < 2 {
            return Ok(Tensor::f_empty([length, 0], (Kind::Double, Device::Cpu))?);
        }
        if count == 2 {
            // One image remains: no variance but eps, and it lies twice as far as the mean.
            let squared = samples
                .f_square()?
                .f_sum_dim_intlist(2, false, Kind::Double)?;
            return Ok(squared.f_mul_scalar(4.0 / epsilon)?.f_sqrt()?);
        }
        let c = (n - 2.0) * epsilon;
        let r = match &self.gram {
            Some((values, vectors)) => {
                let weight = values
                    .f_add_scalar(c)?
                    .f_reciprocal()?
                    .f_mul_scalar(c)?
                    .f_unsqueeze(1)?;
                let u = vectors.f_narrow(1, m - held, held)?;
                // The constant eigenvector has g = 0 and u_i^2 = 1/N.
                u.f_square()?
                    .f_mul(&weight)?
                    .f_sum_dim_intlist(2, false, Kind::Double)?
                    .f_sub_scalar(1.0 / n)?
            }
            None => {
                let along = samples.f_bmm(&self.directions.f_transpose(1, 2)?)?;
                let weight = self
                    .scatter
                    .f_add_scalar(c)?
                    .f_reciprocal()?
                    .f_unsqueeze(1)?;
                let leverage =
                    along
                        .f_square()?
                        .f_mul(&weight)?
                        .f_sum_dim_intlist(2, false, Kind::Double)?;
                leverage.f_neg()?.f_add_scalar((n - 1.0) / n)?
            }
        };
        let r = r.f_clamp_min(1e-15)?;
        let numerator = r
            .f_mul_scalar(-n)?
            .f_add_scalar(n - 1.0)?
            .f_clamp_min(0.0)?;
        Ok(numerator
            .f_div(&r)?
            .f_mul_scalar((n - 2.0) / (n - 1.0))?
            .f_sqrt()?)
    }
}

/// The `rank` largest of ascending `values` [len, m], largest first, and 1 where one is more than rounding, else 0.
fn leading(values: &Tensor, m: i64, rank: i64) -> Result<(Tensor, Tensor)> {
    let largest = values.f_narrow(1, m - 1, 1)?.f_mul_scalar(NEGLIGIBLE)?;
    let values = values.f_narrow(1, m - rank, rank)?.f_flip([1])?;
    let keep = values.f_gt_tensor(&largest)?.f_to_kind(Kind::Double)?;
    Ok((values, keep))
}
