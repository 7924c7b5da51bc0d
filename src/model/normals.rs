//! The normal images that a fitter was given: their features, and what a score of them needs.

use std::collections::HashMap;
use std::sync::Arc;

use image::RgbImage;
use tch::Tensor;

use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageView, Mask, PixelFormat};
use crate::matching::Keypoints;
use crate::model::Group;
use crate::model::appraise::appraise;
use crate::model::extractor::{Extracted, Seen};
use crate::model::recipe::Recipe;
use crate::model::store::FeatureStore;

/// Normal images in the order in which they came.
#[derive(Debug)]
pub struct Normals {
    store: FeatureStore,
    images: Vec<Given>,
    /// Name of the first image that looked so to the network, by its digest.
    first_of: HashMap<String, String>,
}

#[derive(Debug)]
struct Given {
    name: String,
    size: (u32, u32),
    mask: Option<Arc<Vec<u8>>>,
    grid: (i64, i64),
    digest: String,
    twin: Option<String>,
}

impl Normals {
    /// None yet; `memory_bytes` of features are held in memory, and the images of `groups` are known.
    pub fn new(memory_bytes: usize, groups: &[Arc<Group>]) -> Self {
        let known = groups.iter().flat_map(|group| &group.images);
        let first_of = known
            .map(|image| (image.digest.clone(), image.name.clone()))
            .collect();
        Self {
            store: FeatureStore::new(memory_bytes),
            images: Vec::new(),
            first_of,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Adds an image of this size. A failed call adds nothing.
    pub fn push(
        &mut self,
        name: &str,
        size: (u32, u32),
        mask: Option<&Mask<'_>>,
        extracted: &Extracted,
        seen: Seen,
    ) -> Result<()> {
        self.store.push(extracted, &seen.thumbnail)?;
        let mask = mask.map(|mask| self.shared(mask, size));
        let digest = seen.digest;
        let twin = self.first_of.get(&digest).cloned();
        if twin.is_none() {
            self.first_of.insert(digest.clone(), name.to_owned());
        }
        self.images.push(Given {
            name: name.to_owned(),
            size,
            mask,
            grid: extracted.grid,
            digest,
            twin,
        });
        Ok(())
    }

    /// Lines usually have one mask for all pictures: it is kept once.
    fn shared(&self, mask: &Mask<'_>, (width, height): (u32, u32)) -> Arc<Vec<u8>> {
        let mut bytes = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            bytes.extend_from_slice(mask.row(y));
        }
        match self.images.last().and_then(|image| image.mask.as_ref()) {
            Some(last) if **last == bytes => Arc::clone(last),
            _ => Arc::new(bytes),
        }
    }

    /// Name of an image.
    pub fn name(&self, image: usize) -> &str {
        &self.images[image].name
    }

    /// Height and width of an image's grid of locations.
    pub fn grid(&self, image: usize) -> (i64, i64) {
        self.images[image].grid
    }

    /// SHA-256 of what the network saw of an image.
    pub fn digest(&self, image: usize) -> &str {
        &self.images[image].digest
    }

    /// Name of the earlier image, or of one in the model that is extended, that this one is a copy of.
    pub fn twin(&self, image: usize) -> Option<&str> {
        self.images[image].twin.as_deref()
    }

    /// Features of an image, [h*w, C'] f32 in host memory.
    pub fn features(&mut self, image: usize) -> Result<Tensor> {
        self.store.features(image)
    }

    /// Key points of an image. Errors: `State` if the recipe matches nothing.
    pub fn keypoints(&mut self, image: usize) -> Result<Keypoints> {
        let missing = || {
            Error::new(
                ErrorKind::State,
                format!("image {image} was added without key points"),
            )
        };
        self.store.keypoints(image)?.ok_or_else(missing)
    }

    /// Thumbnail of an image.
    pub fn thumbnail(&mut self, image: usize) -> Result<RgbImage> {
        self.store.thumbnail(image)
    }

    /// Score and peak of an image whose locations lie this far from normal.
    pub fn score(&self, image: usize, distances: &Tensor, recipe: &Recipe) -> Result<(f32, f32)> {
        let Given {
            name,
            size: (width, height),
            mask,
            grid,
            ..
        } = &self.images[image];
        let mask = match mask {
            Some(bytes) => Some(Mask::new(ImageView::packed(
                PixelFormat::Gray8,
                *width,
                *height,
                bytes,
            )?)?),
            None => None,
        };
        let distances = distances.f_reshape([grid.0, grid.1])?;
        let appraisal = appraise(&distances, *width, *height, mask.as_ref(), recipe)
            .map_err(|error| error.at(name))?;
        Ok((appraisal.score, appraisal.peak))
    }
}
