//! Whether a model file can be right. A checksum says that it is as it was written, not who wrote it.

use super::damaged;
use super::header::{GroupHeader, Header};
use crate::error::{Error, ErrorKind, Result};
use crate::features::backbone::Backbone;
use crate::features::pretrained;
use crate::image::{MAX_SIDE_PX, Multiples};
use crate::model::copies::Copies;
use crate::model::reference::Statistic;
use crate::model::{LEAST_EPSILON, Reason, Recipe};
use crate::statistics::neighbours;

/// Channels that the tensors of a model must have.
#[derive(Clone, Copy)]
pub struct Channels {
    /// Of the features, C'.
    pub features: i64,
    /// Of a key point's descriptor, if the recipe matches anything.
    pub descriptors: Option<i64>,
}

impl Header {
    /// Holds the header against itself and its recipe. Errors: `Format`.
    pub fn check(&self, recipe: &Recipe) -> Result<()> {
        let sides = 1..=MAX_SIDE_PX;
        let (image, input) = (self.image_size, self.input_size);
        ensure(sides.contains(&image.0) && sides.contains(&image.1), || {
            format!("its first image had {} pixels", size(image))
        })?;
        // A network that this version does not know is refused when it is opened, and says so better.
        match pretrained::multiples(&recipe.backbone) {
            Some(multiples) => self.check_input(recipe, multiples)?,
            None => ensure(sides.contains(&input.0) && sides.contains(&input.1), || {
                format!("its input is {} pixels", size(input))
            })?,
        }
        let (h, w) = self.grid;
        let fits = (1..=i64::from(input.1)).contains(&h) && (1..=i64::from(input.0)).contains(&w);
        ensure(fits, || {
            format!("its grid is {w} x {h} on an input of {}", size(input))
        })?;
        let weights = recipe.matcher.map_or(0, |matcher| matcher.weights().len());
        ensure(self.matcher.len() == weights, || {
            let given = self.matcher.len();
            format!("its matcher has {weights} weight files, and {given} hashes of them")
        })?;
        let thresholds = [self.thresholds.image, self.thresholds.pixel];
        for threshold in thresholds.into_iter().flatten() {
            ensure(threshold.is_finite() && threshold > 0.0, || {
                format!("a threshold is {threshold}")
            })?;
        }
        self.origin.check(self.thresholds).map_err(damaged)?;
        for image in &self.left_out {
            if let Reason::Outlier { score } = image.reason {
                ensure(is_score(score), || {
                    format!("the score of '{}' is {score}", image.name)
                })?;
            }
        }
        ensure(!self.groups.is_empty(), || "it has no group".to_owned())?;
        for (number, group) in self.groups.iter().enumerate() {
            group.check(number, borrows(recipe))?;
            let copy = group.images.iter().find(|image| image.copy.is_some());
            ensure(copy.is_none() || recipe.copies != Copies::None, || {
                format!("group {number} has copies, and its recipe makes none")
            })?;
            ensure(group.ground.is_none() || recipe.level_ground, || {
                format!("group {number} scales its ground, and its recipe does not")
            })?;
            ensure(
                group.part.is_some() == recipe.registration.is_some(),
                || format!("group {number} knows the part in its lead image, or should"),
            )?;
        }
        ensure(self.image_count() > 0, || {
            "it has learned from copies, and from no picture".to_owned()
        })
    }

    /// Holds header and recipe against the backbone, and says what its tensors must be like. Errors: `Format`.
    pub fn check_backbone(&self, recipe: &Recipe, backbone: &Backbone) -> Result<Channels> {
        recipe
            .check_stages(backbone.stages())
            .map_err(|error| self.of_the_recipe(&error))?;
        self.check_input(recipe, backbone.multiples())?;
        let (width, height) = self.input_size;
        if let Some((h, w)) = backbone.grid(recipe.grid_stage, (height, width)) {
            ensure(self.grid == (h, w), || {
                let (own_h, own_w) = self.grid;
                format!("its grid is {own_w} x {own_h}, that of its backbone {w} x {h}")
            })?;
        }
        let channels_of = |stage: usize| {
            let mut stages = backbone.stages().iter();
            stages
                .find(|info| info.stage == stage)
                .map_or(0, |info| info.channels)
        };
        Ok(Channels {
            features: recipe.channels(backbone.stages()),
            descriptors: recipe.matcher.and_then(|matcher| {
                let of_stage = || matcher.stage().map(channels_of);
                matcher.channels().or_else(of_stage)
            }),
        })
    }

    fn check_input(&self, recipe: &Recipe, multiples: Multiples) -> Result<()> {
        let (image, input) = (self.image_size, self.input_size);
        let expected = recipe.input_size(image, multiples);
        ensure(input == expected, || {
            let (image, input, expected) = (size(image), size(input), size(expected));
            format!("its input is {input} pixels, that of a picture of {image} is {expected}")
        })
    }
}

impl GroupHeader {
    /// `borrows`: its samples may be more than its images.
    fn check(&self, number: usize, borrows: bool) -> Result<()> {
        let count = self.images.len();
        ensure(self.lead_image < count, || {
            let lead = self.lead_image;
            format!("image {lead} leads group {number}, which has {count}")
        })?;
        let images = count as u64;
        let lent = if borrows { neighbours::SAMPLES } else { 1 };
        let possible = [images, images * lent];
        check_samples(number, images, &possible, (self.count, self.epsilon))?;
        if let Some(part) = &self.part {
            check_samples(number, images, &possible, (part.count, part.epsilon))?;
            ensure(part.blend.is_possible(), || {
                format!("group {number} blends its maps by {:?}", part.blend)
            })?;
        }
        ensure(self.spread <= images, || {
            let known = self.spread;
            format!("group {number} has {count} images, and distances of {known}")
        })?;
        for image in &self.images {
            let (score, peak) = (image.score, image.peak);
            ensure(is_score(score) && is_score(peak), || {
                format!("the score of '{}' is {score}, its peak {peak}", image.name)
            })?;
            ensure(image.frame.is_none_or(|frame| frame.is_possible()), || {
                format!("the frame of '{}' is {:?}", image.name, image.frame)
            })?;
        }
        Ok(())
    }
}

/// Whether few images lend their features to the locations around.
fn borrows(recipe: &Recipe) -> bool {
    recipe.nearest.is_none() && recipe.statistic == Statistic::Gaussian
}

/// Whether statistics of so many samples with this epsilon can be those of so many images. Errors: `Format`.
fn check_samples(
    number: usize,
    images: u64,
    possible: &[u64],
    (samples, epsilon): (u64, f64),
) -> Result<()> {
    ensure(possible.contains(&samples), || {
        format!("group {number} has {images} images, its Gaussian is of {samples}")
    })?;
    let possible = LEAST_EPSILON..=f64::from(f32::MAX);
    ensure(possible.contains(&epsilon), || {
        format!("the epsilon of group {number} is {epsilon}")
    })
}

/// Whether a tensor of a group has this shape at every location. Errors: `Format`.
pub fn check_locations(number: usize, shape: &[i64], locations: i64, channels: i64) -> Result<()> {
    ensure(shape == [locations, channels], || {
        format!(
            "what group {number} has learned is {shape:?}, of {locations} locations with {channels} channels"
        )
    })
}

/// The error of a group's parts, which know nothing of files.
pub fn of_group(number: usize, error: Error) -> Error {
    match error.kind() {
        ErrorKind::Format => damaged(format!("group {number}: {}", error.message())),
        _ => error,
    }
}

fn size((width, height): (u32, u32)) -> String {
    format!("{width} x {height}")
}

fn is_score(value: f32) -> bool {
    value.is_finite() && value >= 0.0
}

fn ensure(right: bool, what: impl FnOnce() -> String) -> Result<()> {
    if right { Ok(()) } else { Err(damaged(what())) }
}
