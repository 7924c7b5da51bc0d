//! The last pixels of a motion, from gray values.

use nalgebra::{Matrix3, SMatrix, SVector};
use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::registration::motion::Motion;
use crate::registration::transform::Transform;
use crate::registration::warp::warp;
use crate::torch::shared::SharedTensor;

/// Steps at most at one size; about five are needed where a smaller size was aligned before.
const MOST_STEPS: usize = 30;

/// A step that moves no corner of the lead further than this is the last one.
const SETTLED_PX: f64 = 0.01;

/// A motion that moves a corner of the lead further than this share of its longer side was led away by something else.
const FURTHEST: f64 = 0.05;

/// Sizes at most, each half of the last: a step reaches as far as edges are wide, so smaller pictures come first.
const MOST_SIZES: usize = 3;

/// Pictures are not made smaller than this.
const LEAST_SIDE_PX: i64 = 40;

/// Differences count less and less beyond so many standard deviations (Huber's constant: 95 % efficiency).
const HUBER: f64 = 1.345;

/// A normal distribution's standard deviation in units of its mean absolute value, sqrt(pi / 2).
const DEVIATION: f64 = 1.253_314;

/// Eight of a homography, gain and offset.
const MOST_UNKNOWNS: usize = 10;

/// A lead picture, prepared to have other pictures aligned to it by their gray values.
///
/// Key points lie on whole pixels and slide along edges; even where a thousand of them agree, a motion may be off by
/// pixels on a round or smooth part. What decides there are the gray values themselves: the sum of their differences is
/// made least by Gauss-Newton steps with the lead's gradients (inverse compositional: Baker and Matthews, IJCV 2004). Large
/// differences count less, after Huber, so that a defect hardly pulls; gain and offset of the brightness are unknowns too.
///
/// Threads: immutable, shared by any number of threads.
///
/// # Example
/// ```
/// use tch::{Device, Kind, Tensor};
/// use twinspect::registration::{Motion, Template, Transform, warp};
/// // Soft blobs.
/// tch::manual_seed(1);
/// let coarse = Tensor::f_rand([1, 1, 8, 8], (Kind::Float, Device::Cpu))?;
/// let lead = coarse.f_upsample_bicubic2d([64, 64], false, None, None)?;
/// let image = warp(&lead, &Transform::similarity(1.0, 0.0, (1.5, -0.5)).unwrap(), 64, 64)?.pixels;
/// let template = Template::new(&lead, Motion::Similarity)?;
/// let found = template.align(&image, &Transform::identity())?.expect("the start is near");
/// let (x, y) = found.apply((33.5, 31.5)).unwrap();
/// assert!((x - 32.0).abs() < 0.05 && (y - 32.0).abs() < 0.05);
/// # Ok::<(), twinspect::Error>(())
/// ```
#[derive(Debug)]
pub struct Template {
    /// The lead at its own size, at half of that, and so on.
    sizes: Vec<Size>,
}

/// The lead at one size.
#[derive(Debug)]
struct Size {
    motion: Motion,
    /// Width and height.
    size: (u32, u32),
    /// Smoothed gray values, [P, 1].
    gray: SharedTensor,
    /// How the gray values change with each unknown, [P, unknowns].
    change: SharedTensor,
}

/// How much brighter a picture is than the lead.
#[derive(Clone, Copy)]
struct Brightness {
    gain: f64,
    offset: f64,
}

impl Template {
    /// For motions of this kind; the picture's channels are averaged.
    ///
    /// Shapes: `lead` [1, C, H, W] f32 on any device. Memory: 37 to 58 bytes a pixel.
    /// Errors: `ImageSize` if a side is below 5 pixels, `Torch`.
    pub fn new(lead: &Tensor, motion: Motion) -> Result<Self> {
        let (_, _, h, w) = lead.size4()?;
        if h < 5 || w < 5 {
            let message = format!("a lead of {w} x {h} pixels, expected 5 x 5 or more");
            return Err(Error::new(ErrorKind::ImageSize, message));
        }
        let sizes = halved_again_and_again(smooth_gray(lead)?, MOST_SIZES)?;
        let sizes = sizes.iter().map(|gray| Size::new(gray, motion));
        Ok(Self {
            sizes: sizes.collect::<Result<_>>()?,
        })
    }

    /// Improves `start`, which brings `image` onto the lead to within some pixels.
    ///
    /// `None` if that does not settle, as where a round part does not say how it is turned, or ends further away than 5 % of
    /// the lead's longer side: the pictures then show different things, or the start was none. Shapes: `image` [1, C, H', W'] f32, on the lead's device, about as large.
    /// Cost: a warp of one channel and 40 to 110 multiply-adds a pixel in each of five to ten steps.
    /// Errors: `ImageSize` if a side is below 3 pixels, `Torch`.
    pub fn align(&self, image: &Tensor, start: &Transform) -> Result<Option<Transform>> {
        let (_, _, h, w) = image.size4()?;
        if h < 3 || w < 3 {
            let message = format!("a picture of {w} x {h} pixels, expected 3 x 3 or more");
            return Err(Error::new(ErrorKind::ImageSize, message));
        }
        let images = halved_again_and_again(smooth_gray(image)?, self.sizes.len())?;
        let mut found = *start;
        for (halvings, (lead, image)) in self.sizes.iter().zip(&images).enumerate().rev() {
            let scale = 0.5f64.powi(halvings as i32);
            let settled = match found.resized(scale, scale).ok() {
                Some(small) => lead.settle(image, small)?,
                None => None,
            };
            match settled.and_then(|small| small.resized(1.0 / scale, 1.0 / scale).ok()) {
                Some(settled) => found = settled,
                // A small picture may have lost what decides.
                None if halvings > 0 => {}
                None => return Ok(None),
            }
        }
        let moved = start.inverse().then(&found);
        Ok(moved
            .filter(|moved| self.sizes[0].is_near(moved))
            .map(|_| found))
    }
}

/// [1, 1, H, W] at its own size, then at half of that, as long as that is large enough.
fn halved_again_and_again(gray: Tensor, most: usize) -> Result<Vec<Tensor>> {
    let mut sizes = vec![gray];
    while sizes.len() < most {
        let last = &sizes[sizes.len() - 1];
        let (_, _, h, w) = last.size4()?;
        if h.min(w) / 2 < LEAST_SIDE_PX {
            break;
        }
        let half = last.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)?;
        sizes.push(half);
    }
    Ok(sizes)
}

impl Size {
    fn new(gray: &Tensor, motion: Motion) -> Result<Self> {
        let (_, _, h, w) = gray.size4()?;
        let columns = changes(gray, motion)?
            .iter()
            .map(|column| column.f_reshape([-1]))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(Self {
            motion,
            size: (w as u32, h as u32),
            gray: SharedTensor::new(gray.f_reshape([-1, 1])?),
            change: SharedTensor::new(Tensor::f_stack(&columns, 1)?),
        })
    }

    /// Steps until they are small; `None` if they do not become so.
    fn settle(&self, image: &Tensor, start: Transform) -> Result<Option<Transform>> {
        let mut found = start;
        let mut brightness = Brightness {
            gain: 1.0,
            offset: 0.0,
        };
        for _ in 0..MOST_STEPS {
            let Some((step, next)) = self.step(image, &found, brightness)? else {
                return Ok(None);
            };
            let Some(together) = found.then(&step) else {
                return Ok(None);
            };
            (found, brightness) = (together, next);
            if self.reach_px(&step) < SETTLED_PX {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// A motion within the lead's frame that brings the warped picture nearer, and the brightness found beside it.
    fn step(
        &self,
        image: &Tensor,
        so_far: &Transform,
        brightness: Brightness,
    ) -> Result<Option<(Transform, Brightness)>> {
        let warped = warp(image, so_far, self.size.0, self.size.1)?;
        let is_valid = warped.is_valid.f_reshape([-1, 1])?.f_to_kind(Kind::Float)?;
        let expected = self
            .gray
            .f_mul_scalar(brightness.gain)?
            .f_add_scalar(brightness.offset)?;
        let difference = warped.pixels.f_reshape([-1, 1])?.f_sub(&expected)?;
        let weighted = self
            .change
            .f_mul(&huber_weights(&difference, &is_valid)?)?
            .f_transpose(0, 1)?;
        let normal = numbers(&weighted.f_matmul(&self.change)?)?;
        let right = numbers(&weighted.f_matmul(&difference)?)?;
        let Some(unknowns) = solved(&normal, &right) else {
            return Ok(None);
        };
        let [.., gain, offset] = unknowns.as_slice()[..right.len()] else {
            return Ok(None);
        };
        let step = self.motion_of(&unknowns, brightness.gain);
        let brightness = Brightness {
            gain: brightness.gain + gain,
            offset: brightness.offset + offset,
        };
        Ok(step.map(|step| (step, brightness)))
    }

    /// The unknowns, in the order of [`changes`], are pixels by which the middle of the lead's longer side moves, times gain.
    fn motion_of(&self, unknowns: &SVector<f64, MOST_UNKNOWNS>, gain: f64) -> Option<Transform> {
        let (x, y, half) = middle((self.size.1.into(), self.size.0.into()));
        let [dx, dy, a, b, c, d, e, f, ..] =
            <[f64; MOST_UNKNOWNS]>::from(*unknowns).map(|unknown| unknown / gain / half);
        let relative = match self.motion {
            Motion::Similarity => Matrix3::new(1.0 + a, -b, dx, b, 1.0 + a, dy, 0.0, 0.0, 1.0),
            Motion::Affine => Matrix3::new(1.0 + a, b, dx, c, 1.0 + d, dy, 0.0, 0.0, 1.0),
            Motion::Homography => Matrix3::new(1.0 + a, b, dx, c, 1.0 + d, dy, -e, -f, 1.0),
        };
        let from_middle = Transform::similarity(half, 0.0, (x, y))?;
        let to_middle = from_middle.inverse();
        Transform::new(from_middle.matrix() * relative * to_middle.matrix())
    }

    fn is_near(&self, motion: &Transform) -> bool {
        self.reach_px(motion) <= FURTHEST * f64::from(self.size.0.max(self.size.1))
    }

    /// How far it moves the corner of the lead that it moves most.
    fn reach_px(&self, motion: &Transform) -> f64 {
        let (w, h) = (f64::from(self.size.0), f64::from(self.size.1));
        [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)]
            .into_iter()
            .map(|(x, y)| match motion.apply((x, y)) {
                Some((u, v)) => (u - x).hypot(v - y),
                None => f64::INFINITY,
            })
            .fold(0.0, f64::max)
    }
}

/// The middle of a picture of height and width, and half of its longer side.
fn middle((h, w): (i64, i64)) -> (f64, f64, f64) {
    let (h, w) = (h as f64, w as f64);
    (w / 2.0, h / 2.0, w.max(h) / 2.0)
}

/// How each gray value [H, W] changes with a shift along x and y, with the other unknowns of the motion, gain and offset.
///
/// Places are counted from the middle in halves of the longer side, so that all unknowns are of one size.
fn changes(gray: &Tensor, motion: Motion) -> Result<Vec<Tensor>> {
    let (_, _, h, w) = gray.size4()?;
    let (x, y, half) = middle((h, w));
    let place = |count: i64, middle: f64| -> Result<Tensor> {
        let index = Tensor::f_arange(count, (Kind::Float, gray.device()))?;
        Ok(index.f_add_scalar(0.5 - middle)?.f_div_scalar(half)?)
    };
    let (u, v) = (place(w, x)?, place(h, y)?.f_unsqueeze(1)?);
    let (across, down) = gradients(gray)?;
    let (across_u, across_v) = (across.f_mul(&u)?, across.f_mul(&v)?);
    let (down_u, down_v) = (down.f_mul(&u)?, down.f_mul(&v)?);
    let outward = across_u.f_add(&down_v)?;
    let mut changes = vec![across, down];
    match motion {
        Motion::Similarity => changes.extend([outward, down_u.f_sub(&across_v)?]),
        Motion::Affine => changes.extend([across_u, across_v, down_u, down_v]),
        Motion::Homography => {
            changes.extend([across_u, across_v, down_u, down_v]);
            changes.extend([outward.f_mul(&u)?, outward.f_mul(&v)?]);
        }
    }
    changes.extend([gray.shallow_clone(), gray.f_ones_like()?]);
    Ok(changes)
}

/// The mean of the channels, smoothed by [1 4 6 4 1] / 16 along both axes, [1, 1, H, W]: gradients of raw pixels are noise.
fn smooth_gray(picture: &Tensor) -> Result<Tensor> {
    let gray = picture.f_mean_dim([1i64].as_slice(), true, Kind::Float)?;
    let kernel = Tensor::f_from_slice(&[0.0625f32, 0.25, 0.375, 0.25, 0.0625])?
        .f_to_device(picture.device())?;
    let along = |picture: &Tensor, shape: [i64; 4]| {
        let kernel = kernel.f_view(shape)?;
        picture.f_conv2d(&kernel, None::<&Tensor>, [1, 1], [0, 0], [1, 1], 1)
    };
    let padded = gray.f_replication_pad2d([2, 2, 2, 2])?;
    Ok(along(&along(&padded, [1, 1, 1, 5])?, [1, 1, 5, 1])?)
}

/// Central differences along x and y of [1, 1, H, W].
fn gradients(gray: &Tensor) -> Result<(Tensor, Tensor)> {
    let (_, _, h, w) = gray.size4()?;
    let padded = gray.f_replication_pad2d([1, 1, 1, 1])?;
    let part = |top: i64, left: i64| padded.f_narrow(2, top, h)?.f_narrow(3, left, w);
    let across = part(1, 2)?.f_sub(&part(1, 0)?)?.f_mul_scalar(0.5)?;
    let down = part(2, 1)?.f_sub(&part(0, 1)?)?.f_mul_scalar(0.5)?;
    Ok((across, down))
}

/// 1 for small differences, less for larger ones, 0 where the picture was not seen.
fn huber_weights(difference: &Tensor, is_valid: &Tensor) -> Result<Tensor> {
    let size = difference.f_abs()?;
    let count = is_valid.f_sum(Kind::Float)?.f_clamp_min(1.0)?;
    let mean = size
        .f_mul(is_valid)?
        .f_sum(Kind::Float)?
        .f_div(&count)?
        .f_double_value(&[])?;
    // Equal pictures have no differences; any number above rounding errors will do.
    let most = (HUBER * DEVIATION * mean).max(1e-7);
    let weights = size.f_clamp_min(most)?.f_reciprocal()?;
    Ok(weights.f_mul_scalar(most)?.f_mul(is_valid)?)
}

/// The solution of normal equations, 0 beyond their unknowns; `None` if they do not determine it.
fn solved(normal: &[f64], right: &[f64]) -> Option<SVector<f64, MOST_UNKNOWNS>> {
    let n = right.len();
    let matrix = SMatrix::<f64, MOST_UNKNOWNS, MOST_UNKNOWNS>::from_fn(|row, column| {
        if row < n && column < n {
            normal[row * n + column]
        } else {
            f64::from(u8::from(row == column))
        }
    });
    let vector = SVector::from_fn(|row, _| right.get(row).copied().unwrap_or(0.0));
    Some(matrix.cholesky()?.solve(&vector))
}

fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    let flat = tensor.f_reshape([-1])?.f_to_kind(Kind::Double)?;
    Ok(Vec::try_from(&flat)?)
}
