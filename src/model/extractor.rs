//! From one picture to what statistics and matcher need of it: the same path for normal images and for inspected ones.

use std::sync::Arc;

use image::RgbImage;
use tch::{Device, Tensor};

use crate::error::Result;
use crate::features::pretrained::Pretrained;
use crate::features::smooth;

use crate::image::{
    Aspect, ImageView, Multiples, Normalisation, Preprocessor, input_size, thumbnail,
};
use crate::matching::{Keypoints, PretrainedMatcher, Sight};
use crate::model::recipe::Recipe;
use crate::sha256;

/// What is known of one picture.
#[derive(Debug)]
pub struct Extracted {
    /// One feature vector for every location, [h*w, C'] f32 on the device.
    pub features: Tensor,
    /// Height and width of the grid of locations.
    pub grid: (i64, i64),
    /// Key points, if the recipe matches pictures.
    pub keypoints: Option<Keypoints>,
}

/// What the network saw of a picture.
#[derive(Debug)]
pub struct Seen {
    /// Small enough to be kept.
    pub thumbnail: RgbImage,
    /// SHA-256 of the network's input, in hexadecimal.
    pub digest: String,
}

/// Preprocessor, backbone, adaptor and matcher of a recipe. One thread at a time; the network itself is shared.
#[derive(Debug)]
pub struct Extractor {
    network: Arc<Pretrained>,
    matcher: Option<Arc<PretrainedMatcher>>,
    recipe: Arc<Recipe>,
    preprocessor: Preprocessor,
    /// Of a matcher that looks at the picture itself, in the proportions of the network's input: one frame for both.
    matcher_preprocessor: Option<Preprocessor>,
    device: Device,
}

impl Extractor {
    /// An extractor for inputs of `size` (width, height); network and matcher are on `device`.
    pub fn new(
        network: Arc<Pretrained>,
        matcher: Option<Arc<PretrainedMatcher>>,
        recipe: Arc<Recipe>,
        size: (u32, u32),
        device: Device,
    ) -> Self {
        let preprocessor = Preprocessor::new(size, network.normalisation());
        let sight = matcher.as_ref().map(|matcher| matcher.sight());
        let matcher_preprocessor = match sight {
            Some(Sight::Picture {
                longer_side_px,
                multiple_px,
            }) => {
                let multiples = Multiples::of_patches(multiple_px);
                let size = input_size(size, longer_side_px, Aspect::Keep, multiples);
                Some(Preprocessor::new(size, Normalisation::NONE))
            }
            _ => None,
        };
        Self {
            network,
            matcher,
            recipe,
            preprocessor,
            matcher_preprocessor,
            device,
        }
    }

    /// Features and key points of a picture.
    pub fn extract(&mut self, view: &ImageView<'_>) -> Result<Extracted> {
        let input = self.preprocessor.tensor(view)?;
        self.of_input(&input, view)
    }

    /// The same, and what the network saw.
    pub fn extract_and_show(&mut self, view: &ImageView<'_>) -> Result<(Extracted, Seen)> {
        let input = self.preprocessor.tensor(view)?;
        let seen = Seen {
            thumbnail: thumbnail(&input, &self.network.normalisation())?,
            digest: digest(&input)?,
        };
        Ok((self.of_input(&input, view)?, seen))
    }

    fn of_input(&mut self, input: &Tensor, view: &ImageView<'_>) -> Result<Extracted> {
        let _no_grad = tch::no_grad_guard();
        let recipe = &*self.recipe;
        let input = input.f_to_device(self.device)?;

        let matcher_stage = recipe.matcher.and_then(|matcher| matcher.stage());
        let mut wanted = recipe.stages.clone();
        wanted.extend([recipe.grid_stage].into_iter().chain(matcher_stage));
        wanted.sort_unstable();
        wanted.dedup();
        let maps = self.network.backbone().forward(&input, &wanted)?;
        // Every stage that is asked for below is one of `wanted`.
        let map_of =
            |stage: usize| &maps[wanted.iter().position(|known| *known == stage).unwrap_or(0)];

        let (_, _, h, w) = map_of(recipe.grid_stage).size4()?;
        let stages: Vec<Tensor> = recipe
            .stages
            .iter()
            .map(|stage| map_of(*stage).shallow_clone())
            .collect();
        let adapted = smooth::gaussian(
            &recipe.adaptor.adapt(&stages, (h, w))?,
            recipe.feature_sigma,
        )?;
        let channels = adapted.size()[1];
        let features = adapted
            .f_reshape([channels, h * w])?
            .f_transpose(0, 1)?
            .f_contiguous()?;

        let keypoints = match (&self.matcher, &mut self.matcher_preprocessor) {
            (Some(matcher), Some(preprocessor)) => {
                let picture = preprocessor.tensor(view)?.f_to_device(self.device)?;
                Some(matcher.detect(&picture)?)
            }
            (Some(matcher), None) => matcher_stage
                .map(|stage| matcher.detect(map_of(stage)))
                .transpose()?,
            (None, _) => None,
        };
        Ok(Extracted {
            features,
            grid: (h, w),
            keypoints,
        })
    }
}

fn digest(input: &Tensor) -> Result<String> {
    let mut bytes = vec![0; input.numel() * size_of::<f32>()];
    input
        .f_contiguous()?
        .f_copy_data_u8(&mut bytes, input.numel())?;
    Ok(sha256::of_bytes(&bytes))
}
