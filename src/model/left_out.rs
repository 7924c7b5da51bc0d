//! What is known of a normal image by all the others.

use ndarray::Array2;
use tch::Tensor;

use crate::error::Result;
use crate::model::blend::{Evidence, PartEvidence};
use crate::model::normality::{Part, spread_out};
use crate::registration::Transform;
use crate::statistics::Spread;
use crate::torch::grid;

/// Distances of each image to what is known without it, [L] f32; none if nothing is.
pub type LeftOut = Vec<Option<Tensor>>;

/// Distances of an image to what is known without it.
#[derive(Debug)]
pub struct WithoutItself {
    /// As it lies, [h, w] f32; none if it is the only one.
    own: Option<Tensor>,
    /// Of the part, [h, w] f32, 0 off it; none if it was not moved onto its lead.
    part: Option<Tensor>,
}

impl WithoutItself {
    /// What its score is formed of; `to_lead` says how it was moved. None if it is the only one.
    pub fn evidence<'a>(
        &'a self,
        part: Option<&'a Part>,
        to_lead: Option<&'a Transform>,
    ) -> Option<Evidence<'a>> {
        let part = match (part, &self.part, to_lead) {
            (Some(part), Some(distances), Some(to_lead)) => Some(PartEvidence {
                distances,
                mask: part.mask(),
                to_lead,
                blend: part.blend,
            }),
            _ => None,
        };
        let own = self.own.as_ref()?;
        Some(Evidence { own, part })
    }
}

/// Adds images' distances as they lie to `spread`, and evens each out by what the others show.
pub fn evened(own: &LeftOut, spread: &mut Spread, even: f64) -> Result<Vec<Option<Array2<f32>>>> {
    let grid = spread.sum().dim();
    let map = |distances: &Option<Tensor>| {
        let map = distances.as_ref();
        map.map(|map| grid::to_array::<f32>(map, grid)).transpose()
    };
    let maps: Vec<Option<Array2<f32>>> = own.iter().map(map).collect::<Result<_>>()?;
    for distances in maps.iter().flatten() {
        spread.push(distances)?;
    }
    let evened = maps.into_iter().map(|map| {
        let divisors = spread.divisors(even, map.as_ref());
        map.map(|map| map / &divisors)
    });
    Ok(evened.collect())
}

/// Distances of images as they lie, evened out, beside those of the part.
pub fn without_themselves(
    own: &[Option<Array2<f32>>],
    part: Option<&(Part, LeftOut)>,
) -> Result<Vec<WithoutItself>> {
    let mut found = Vec::with_capacity(own.len());
    for (place, own) in own.iter().enumerate() {
        let at_lead = match part {
            Some((part, left_out)) => {
                let distances = left_out.get(place).and_then(Option::as_ref);
                distances
                    .map(|distances| spread_out(distances, part.mask()))
                    .transpose()?
            }
            None => None,
        };
        found.push(WithoutItself {
            own: own.as_ref().map(grid::of_array).transpose()?,
            part: at_lead,
        });
    }
    Ok(found)
}
