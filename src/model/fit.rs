//! Normal images to a model; and new normal images into a model that there is.

use std::collections::HashMap;
use std::sync::Arc;

use tch::{Device, Tensor};

use crate::device;
use crate::error::{Error, ErrorKind, Result};
use crate::features::pretrained::Pretrained;
use crate::image::{ImageView, Mask, PixelFormat, input_size};
use crate::matching::group::{Grouping, group};
use crate::matching::{Keypoints, Matcher};
use crate::model::appraise::appraise;
use crate::model::extractor::Extractor;
use crate::model::recipe::{Epsilon, Recipe};
use crate::model::store::FeatureStore;
use crate::model::{Group, Model, NormalImage, calibrate};
use crate::options::Options;
use crate::progress::{Progress, report};
use crate::statistics::{Fitted, GaussianBuilder, LowRankGaussian, WithinVariance};

/// Regularisation of images that are all the same.
const LEAST_EPSILON: f64 = 1e-9;

/// Fewer images than this have no variance to measure.
const FEWEST_IMAGES: usize = 2;

/// Takes normal images one by one; [`Fitter::fit`] makes a model of them.
///
/// Memory: the features of the images are kept up to `fit.memory_mib`, then in a temporary file; statistics are formed
/// one group at a time. One thread at a time.
#[derive(Debug)]
pub struct Fitter {
    options: Options,
    recipe: Arc<Recipe>,
    network: Arc<Pretrained>,
    device: Device,
    base: Option<Arc<Model>>,
    /// Opened by the first image, whose size decides the input's.
    opened: Option<Opened>,
    store: FeatureStore,
    images: Vec<Added>,
}

#[derive(Debug)]
struct Opened {
    extractor: Extractor,
    input_size: (u32, u32),
    image_size: (u32, u32),
}

#[derive(Debug)]
struct Added {
    name: String,
    size: (u32, u32),
    mask: Option<Arc<Vec<u8>>>,
    grid: (i64, i64),
}

impl Fitter {
    /// A fitter for a new model.
    ///
    /// Errors: `InvalidArgument` for options that do not go together, `Weights`, `Device`.
    pub fn new(options: &Options) -> Result<Self> {
        let recipe = Arc::new(Recipe::from_options(options)?);
        let device = device::open(options)?;
        let network = Arc::new(Pretrained::open(&recipe.backbone, device)?);
        Self::with(options.clone(), recipe, network, device, None)
    }

    /// A fitter that adds to `model`: its recipe stays, the options of scope `Run` are those given here.
    ///
    /// Each new image joins the group whose lead image it matches best; the statistics of that group are extended
    /// exactly, those of other groups are shared with `model`, which stays as it is.
    pub fn extending(model: Arc<Model>, options: &Options) -> Result<Self> {
        let device = device::open(options)?;
        let network = model.network.on(device)?;
        let recipe = Arc::clone(&model.recipe);
        Self::with(options.clone(), recipe, network, device, Some(model))
    }

    fn with(
        options: Options,
        recipe: Arc<Recipe>,
        network: Arc<Pretrained>,
        device: Device,
        base: Option<Arc<Model>>,
    ) -> Result<Self> {
        let memory_bytes = (options.int("fit.memory_mib")? as usize).saturating_mul(1 << 20);
        Ok(Self {
            options,
            recipe,
            network,
            device,
            base,
            opened: None,
            store: FeatureStore::new(memory_bytes),
            images: Vec::new(),
        })
    }

    /// How many images were added.
    pub fn count(&self) -> usize {
        self.images.len()
    }

    /// Adds a normal image; `mask` marks what of it counts for the thresholds. A failed call adds nothing.
    ///
    /// A picture of another size than the first is brought to the same input, or refused by `input.size_mismatch`.
    pub fn add(&mut self, view: &ImageView<'_>, mask: Option<&Mask<'_>>, name: &str) -> Result<()> {
        let size = (view.width(), view.height());
        if let Some(mask) = mask {
            mask.check_size(size.0, size.1)
                .map_err(|error| error.at(name))?;
        }
        let opened = match &mut self.opened {
            Some(opened) => opened,
            None => {
                let (image_size, input_size) = match &self.base {
                    Some(model) => (model.image_size, model.input_size),
                    None => (
                        size,
                        input_size(size, self.recipe.input_size_px, self.recipe.aspect),
                    ),
                };
                let extractor = Extractor::new(
                    Arc::clone(&self.network),
                    Arc::clone(&self.recipe),
                    input_size,
                    self.device,
                );
                self.opened.insert(Opened {
                    extractor,
                    input_size,
                    image_size,
                })
            }
        };
        check_size(size, opened.image_size, &self.options).map_err(|error| error.at(name))?;
        let (extracted, thumbnail) = opened
            .extractor
            .extract_with_thumbnail(view)
            .map_err(|error| error.at(name))?;
        let mask = mask.map(|mask| self.shared_mask(mask, size));
        self.store.push(&extracted, &thumbnail)?;
        self.images.push(Added {
            name: name.to_owned(),
            size,
            mask,
            grid: extracted.grid,
        });
        Ok(())
    }

    /// Lines usually have one mask for all pictures: it is kept once.
    fn shared_mask(&self, mask: &Mask<'_>, (width, height): (u32, u32)) -> Arc<Vec<u8>> {
        let mut bytes = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            bytes.extend_from_slice(mask.row(y));
        }
        match self.images.last().and_then(|image| image.mask.as_ref()) {
            Some(last) if **last == bytes => Arc::clone(last),
            _ => Arc::new(bytes),
        }
    }

    /// Makes a model of the images so far; the fitter keeps them, so more can be added and fitted again.
    ///
    /// Errors: `TooFewImages`, `Cancelled` by `progress`, `Numeric`, `Memory`, `Io` of the temporary file.
    pub fn fit(&mut self, progress: &mut dyn Progress) -> Result<Model> {
        let _no_grad = tch::no_grad_guard();
        let count = self.images.len();
        let fewest = if self.base.is_some() {
            1
        } else {
            FEWEST_IMAGES
        };
        let (Some(opened), true) = (&self.opened, count >= fewest) else {
            let message = format!(
                "{count} normal images are too few; it takes {fewest} at least, and some 25 for a good model"
            );
            return Err(Error::new(ErrorKind::TooFewImages, message));
        };
        let (input_size, image_size, grid) =
            (opened.input_size, opened.image_size, self.images[0].grid);
        let groups = match self.base.clone() {
            Some(model) => self.extended_groups(&model, progress)?,
            None => self.new_groups(progress)?,
        };
        let thresholds = calibrate(&groups, self.recipe.false_alarm_rate)?;
        let options = self
            .base
            .as_ref()
            .map_or(&self.options, |model| &model.options)
            .clone();
        let (recipe, network) = (Arc::clone(&self.recipe), Arc::clone(&self.network));
        Ok(Model {
            options,
            recipe,
            network,
            input_size,
            image_size,
            grid,
            groups,
            thresholds,
        })
    }

    fn new_groups(&mut self, progress: &mut dyn Progress) -> Result<Vec<Arc<Group>>> {
        let grouping = self.grouping(progress)?;
        let epsilon = self.epsilon(&grouping)?;
        let total = grouping.leads.len();
        let mut groups = Vec::with_capacity(total);
        for (number, lead) in grouping.leads.iter().enumerate() {
            report(progress, "fitting groups", number as u64, total as u64)?;
            let members: Vec<usize> = grouping.members(number).collect();
            let (gaussian, images) =
                self.statistics(GaussianBuilder::new(epsilon), &members, &grouping.matches)?;
            groups.push(Arc::new(Group {
                lead: self.store.keypoints(*lead)?,
                lead_image: members
                    .iter()
                    .position(|member| member == lead)
                    .unwrap_or(0),
                thumbnail: self.store.thumbnail(*lead)?,
                gaussian,
                images,
            }));
        }
        report(progress, "fitting groups", total as u64, total as u64)?;
        Ok(groups)
    }

    /// The groups of `model`, those that new images join replaced by extended ones.
    fn extended_groups(
        &mut self,
        model: &Model,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Arc<Group>>> {
        let mut joining: Vec<Vec<usize>> = vec![Vec::new(); model.groups.len()];
        let mut matches = vec![0; self.images.len()];
        for image in 0..self.images.len() {
            report(
                progress,
                "matching normal images",
                image as u64,
                self.images.len() as u64,
            )?;
            let keypoints = self.store.keypoints(image)?;
            let (group, count) = best_group(&model.groups, &self.recipe, keypoints.as_ref())?;
            joining[group].push(image);
            matches[image] = count;
        }
        let mut groups = Vec::with_capacity(model.groups.len());
        for (number, (group, members)) in model.groups.iter().zip(&joining).enumerate() {
            report(
                progress,
                "fitting groups",
                number as u64,
                model.groups.len() as u64,
            )?;
            if members.is_empty() {
                groups.push(Arc::clone(group));
                continue;
            }
            let (gaussian, mut new_images) = self.statistics(
                GaussianBuilder::extending(group.gaussian.to_device(Device::Cpu)?),
                members,
                &matches,
            )?;
            let mut images = group.images.clone();
            images.append(&mut new_images);
            groups.push(Arc::new(Group {
                lead: group
                    .lead
                    .as_ref()
                    .map(|lead| lead.to_device(Device::Cpu))
                    .transpose()?,
                lead_image: group.lead_image,
                thumbnail: group.thumbnail.clone(),
                gaussian,
                images,
            }));
        }
        report(
            progress,
            "fitting groups",
            model.groups.len() as u64,
            model.groups.len() as u64,
        )?;
        Ok(groups)
    }

    fn grouping(&mut self, progress: &mut dyn Progress) -> Result<Grouping> {
        let count = self.images.len();
        let Some(matcher) = self.recipe.matcher else {
            return Ok(Grouping {
                leads: vec![0],
                group_of: vec![0; count],
                matches: vec![0; count],
                min_matches: 0,
            });
        };
        let (device, store) = (self.device, &mut self.store);
        let mut read = |image: usize| match store.keypoints(image)? {
            Some(keypoints) => keypoints.to_device(device),
            None => Err(Error::new(
                ErrorKind::State,
                format!("image {image} was added without key points"),
            )),
        };
        let mut leads: HashMap<usize, Keypoints> = HashMap::new();
        let mut current: Option<(usize, Keypoints)> = None;
        group(count, &self.recipe.groups, &mut |image, lead| {
            report(
                progress,
                "matching normal images",
                image as u64,
                count as u64,
            )?;
            if !leads.contains_key(&lead) {
                leads.insert(lead, read(lead)?);
            }
            if current.as_ref().is_none_or(|(number, _)| *number != image) {
                current = Some((image, read(image)?));
            }
            match (&current, leads.get(&lead)) {
                (Some((_, image)), Some(lead)) => matcher.count(image, lead),
                _ => Ok(0),
            }
        })
    }

    /// Makes `members` part of the Gaussian in `builder`, and scores each against the Gaussian of all others.
    fn statistics(
        &mut self,
        mut builder: GaussianBuilder,
        members: &[usize],
        matches: &[u32],
    ) -> Result<(LowRankGaussian, Vec<NormalImage>)> {
        for image in members {
            builder
                .push(&self.store.features(*image)?)
                .map_err(|error| error.at(&self.images[*image].name))?;
        }
        let Fitted {
            gaussian,
            leave_one_out,
        } = builder.finish()?;

        // The builder knows the images that it still holds; those that it had to merge come first.
        let merged = members.len() - leave_one_out.size()[0] as usize;
        let mut images = Vec::with_capacity(members.len());
        for (place, image) in members.iter().enumerate() {
            let distances = match place.checked_sub(merged) {
                Some(row) => leave_one_out.f_get(row as i64)?,
                None => gaussian.leave_one_out(&self.store.features(*image)?)?,
            };
            let (score, peak) = self.score(*image, &distances)?;
            images.push(NormalImage {
                name: self.images[*image].name.clone(),
                matches: matches[*image],
                score,
                peak,
            });
        }
        Ok((gaussian, images))
    }

    /// The regularisation of the recipe, for features that vary as those of these groups do.
    fn epsilon(&mut self, grouping: &Grouping) -> Result<f64> {
        let share = match self.recipe.epsilon {
            Epsilon::Unit(epsilon) => return Ok(epsilon),
            Epsilon::Variance(share) => share,
        };
        let mut variance = WithinVariance::default();
        for group in 0..grouping.leads.len() {
            for image in grouping.members(group) {
                variance.push(&self.store.features(image)?)?;
            }
            variance.end_group()?;
        }
        // Identical images have no variance; a floor keeps their distances finite.
        Ok((share * variance.mean()).max(LEAST_EPSILON))
    }

    /// Score and peak of an image whose locations lie this far from normal.
    fn score(&self, image: usize, distances: &Tensor) -> Result<(f32, f32)> {
        let Added {
            name,
            size: (width, height),
            mask,
            grid,
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
        let appraisal = appraise(&distances, *width, *height, mask.as_ref(), &self.recipe)
            .map_err(|error| error.at(name))?;
        Ok((appraisal.score, appraisal.peak))
    }
}

/// The group whose lead image matches best, and its matches; the first one if nothing is matched.
pub(crate) fn best_group(
    groups: &[Arc<Group>],
    recipe: &Recipe,
    image: Option<&Keypoints>,
) -> Result<(usize, u32)> {
    let (Some(matcher), Some(image)) = (&recipe.matcher, image) else {
        return Ok((0, 0));
    };
    let mut best = (0, 0);
    for (number, group) in groups.iter().enumerate() {
        if let Some(lead) = &group.lead {
            let count = matcher.count(image, lead)?;
            if count > best.1 {
                best = (number, count);
            }
        }
    }
    Ok(best)
}

/// Errors: `ImageSize` if the option `input.size_mismatch` refuses a picture of another size than the model's.
pub(crate) fn check_size(size: (u32, u32), expected: (u32, u32), options: &Options) -> Result<()> {
    if size == expected || options.text("input.size_mismatch")? == "resize" {
        return Ok(());
    }
    let message = format!(
        "{} x {} pixels, the first normal image had {} x {}",
        size.0, size.1, expected.0, expected.1
    );
    Err(Error::new(ErrorKind::ImageSize, message)
        .hint("Crop the picture, or use input.size_mismatch=resize."))
}
