//! What a group knows of good parts, and how far a picture is from it.

use ndarray::Array2;
use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::model::blend::Blend;
use crate::model::ground::Ground;
use crate::model::reference::Reference;
use crate::statistics::Spread;
use crate::torch::grid;
use crate::torch::shared::SharedTensor;

/// What a group knows of pictures as they lie, and how far its own images lie from it.
#[derive(Debug)]
pub struct Normality {
    reference: Reference,
    spread: Spread,
    /// What distances are divided by, [h, w].
    divisors: Array2<f32>,
    /// The ground, if its distances are brought to the scale of the part's.
    ground: Option<Ground>,
}

/// What a group knows of the part where it lies in the lead image.
#[derive(Debug)]
pub struct Part {
    reference: Reference,
    mask: Array2<bool>,
    /// Numbers of the locations that show the part, [P] i64.
    locations: SharedTensor,
    /// How its distances and those of the picture as it lies make one map.
    pub blend: Blend,
}

impl Normality {
    /// A reference; `strength` says how much of the spread's differences is evened out, 0 to 1.
    pub fn new(
        reference: Reference,
        spread: Spread,
        strength: f64,
        ground: Option<Ground>,
    ) -> Self {
        let divisors = spread.divisors(strength, None);
        Self {
            reference,
            spread,
            divisors,
            ground,
        }
    }

    /// The ground, if its distances are brought to the scale of the part's.
    pub fn ground(&self) -> Option<&Ground> {
        self.ground.as_ref()
    }

    /// What pictures are compared with.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// How far its own images lie from it.
    pub fn spread(&self) -> &Spread {
        &self.spread
    }

    /// Distance of every location of a picture, [h, w] f32 in host memory, in the units of the reference.
    ///
    /// `features` [L, C'] f32; `nearest` are the numbers of the images of a bank that it is compared with.
    pub fn distances(&self, features: &Tensor, nearest: &[usize]) -> Result<Tensor> {
        let raw = self.reference.distances(features, nearest)?;
        let mut map = grid::to_array::<f32>(&raw, self.divisors.dim())? / &self.divisors;
        if let Some(ground) = &self.ground {
            ground.level(&mut map);
        }
        grid::of_array(&map)
    }

    /// The same on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        Ok(Self {
            reference: self.reference.to_device(device)?,
            spread: self.spread.clone(),
            divisors: self.divisors.clone(),
            ground: self.ground.clone(),
        })
    }
}

impl Part {
    /// A reference for the locations of `mask` [h, w] alone.
    pub fn new(reference: Reference, mask: Array2<bool>, blend: Blend) -> Result<Self> {
        let device = reference.device();
        Ok(Self {
            locations: SharedTensor::new(
                Tensor::f_from_slice(&locations(&mask))?.f_to_device(device)?,
            ),
            reference,
            mask,
            blend,
        })
    }

    /// What pictures are compared with.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Which locations show the part, [h, w].
    pub fn mask(&self) -> &Array2<bool> {
        &self.mask
    }

    /// Features of the locations that show the part, [P, C'], of all those of a picture on its lead, [L, C'].
    pub fn features(&self, at_lead: &Tensor) -> Result<Tensor> {
        Ok(at_lead.f_index_select(0, &self.locations)?)
    }

    /// Distance of every location that shows the part, 0 elsewhere, [h, w] f32 in host memory, in the units of the reference.
    ///
    /// `features` [P, C'] f32; `nearest` are the numbers of the images of a bank that it is compared with.
    pub fn distances(&self, features: &Tensor, nearest: &[usize]) -> Result<Tensor> {
        let distances = self.reference.distances(features, nearest)?;
        spread_out(&distances, &self.mask)
    }

    /// The same on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        let reference = self.reference.to_device(device)?;
        Self::new(reference, self.mask.clone(), self.blend)
    }
}

/// Numbers of the locations of a mask, row by row.
pub fn locations(mask: &Array2<bool>) -> Vec<i64> {
    let numbers = mask.iter().enumerate().filter(|(_, is_part)| **is_part);
    numbers.map(|(number, _)| number as i64).collect()
}

/// Distances of a mask's locations, `[P]`, at their places, [h, w] f32 in host memory; 0 elsewhere.
pub fn spread_out(distances: &Tensor, mask: &Array2<bool>) -> Result<Tensor> {
    let (h, w) = mask.dim();
    let map = Tensor::f_zeros([(h * w) as i64], (Kind::Float, Device::Cpu))?;
    let distances = distances.f_to_device(Device::Cpu)?;
    let numbers = Tensor::f_from_slice(&locations(mask))?;
    let map = map.f_index_copy(0, &numbers, &distances)?;
    Ok(map.f_reshape([h as i64, w as i64])?)
}
