//! The last pixels of a motion, from gray values.

mod gray;
mod size;

use tch::Tensor;

use crate::error::Result;
use crate::registration::motion::Motion;
use crate::registration::transform::Transform;
use gray::{Gray, check_sides};
use size::Size;

/// Sizes at most, each half of the last: a step reaches as far as edges are wide, so smaller pictures come first.
const MOST_SIZES: usize = 3;

/// Pictures are not made smaller than this.
const LEAST_SIDE_PX: usize = 40;

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

impl Template {
    /// For motions of this kind; the picture's channels are averaged.
    ///
    /// Shapes: `lead` [1, C, H, W] f32 on any device. Memory: 37 to 58 bytes a pixel.
    /// Errors: `ImageSize` if a side is below 5 pixels, `Torch`.
    pub fn new(lead: &Tensor, motion: Motion) -> Result<Self> {
        check_sides(lead, "a lead", 5)?;
        let sizes = halved_again_and_again(Gray::smoothed(lead)?, MOST_SIZES);
        let sizes = sizes.into_iter().map(|gray| Size::new(gray, motion));
        Ok(Self {
            sizes: sizes.collect(),
        })
    }

    /// Improves `start`, which brings `image` onto the lead to within some pixels.
    ///
    /// `None` if that does not settle, as where a round part does not say how it is turned, or ends further away than 5 % of
    /// the lead's longer side: the pictures then show different things, or the start was none. Shapes: `image` [1, C, H', W'] f32 on any device, about as large as the lead.
    /// Cost: in each of five to ten steps, a warp of one channel and 30 to 70 multiply-adds a pixel, in host memory.
    /// Errors: `ImageSize` if a side is below 3 pixels, `Torch`.
    pub fn align(&self, image: &Tensor, start: &Transform) -> Result<Option<Transform>> {
        check_sides(image, "a picture", 3)?;
        let images = halved_again_and_again(Gray::smoothed(image)?, self.sizes.len());
        let mut found = *start;
        for (halvings, (lead, image)) in self.sizes.iter().zip(&images).enumerate().rev() {
            let scale = 0.5f64.powi(halvings as i32);
            let settled = match found.resized(scale, scale).ok() {
                Some(small) => lead.settle(image, small),
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

/// A picture at its own size, then at half of that, as long as that is large enough.
fn halved_again_and_again(gray: Gray, most: usize) -> Vec<Gray> {
    let mut sizes = vec![gray];
    while let Some(last) = sizes.last()
        && sizes.len() < most
        && last.width.min(last.height) / 2 >= LEAST_SIDE_PX
    {
        let half = last.halved();
        sizes.push(half);
    }
    sizes
}
