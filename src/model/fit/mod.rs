//! Normal images to a model; and new normal images into a model that there is.

mod adding;
mod deciding;
mod grouping;

use std::sync::Arc;

use tch::Device;

use crate::device;
use crate::error::{Error, ErrorKind, Result};
use crate::features::pretrained::Pretrained;
use crate::matching::PretrainedMatcher;
use crate::model::choice::{Choice, settled};
use crate::model::extractor::Extractor;
use crate::model::normals::Normals;
use crate::model::recipe::Recipe;
use crate::model::size::{First, model_bytes};
use crate::model::{Model, Origin, Pose};
use crate::options::Options;
use crate::progress::Progress;
use crate::registration::PartFinder;
use crate::statistics::Spread;

/// One image and what varies from place to place in it make a model, if a poor one.
const FEWEST_IMAGES: usize = 1;

/// Dropping outliers changes what the others are compared with, so it is repeated, at most this often.
const ROUNDS: usize = 5;

/// Of a backbone's input.
const CHANNELS: i64 = 3;

/// Takes normal images one by one; [`Fitter::fit`] makes a model of them.
///
/// Memory: the features of the images are kept up to `fit.memory_mib`, then in a temporary file; statistics are formed one
/// group at a time, from at most as many images in memory as there are channels. So it does not grow with the number of
/// images, but for their names and scores. One thread at a time.
#[derive(Debug)]
pub struct Fitter {
    options: Options,
    recipe: Arc<Recipe>,
    network: Arc<Pretrained>,
    matcher: Option<Arc<PretrainedMatcher>>,
    device: Device,
    base: Option<Arc<Model>>,
    /// Opened by the first image, whose size decides the input's.
    opened: Option<Opened>,
    normals: Normals,
    /// What the first images are to decide; none if nothing is left to them, or they have decided.
    choice: Option<Choice>,
    /// How they lie, once they have.
    pose: Option<Pose>,
}

#[derive(Debug)]
struct Opened {
    /// One for each picture that is looked at at once; one at least.
    extractors: Vec<Extractor>,
    input_size: (u32, u32),
    image_size: (u32, u32),
    /// What the first image says about all others.
    first: Option<First>,
    /// Sees where the part lies, if the ground is to be scaled.
    finder: Option<PartFinder>,
}

impl Opened {
    fn is_square(&self) -> bool {
        self.image_size.0 == self.image_size.1
    }
}

impl Fitter {
    /// A fitter for a new model.
    ///
    /// Errors: `InvalidArgument` for options that do not go together, `Weights`, `Device`.
    pub fn new(options: &Options) -> Result<Self> {
        let choice = Choice::of(options)?;
        let options = match &choice {
            Some(choice) => choice.open()?,
            None => settled(options)?,
        };
        let recipe = Arc::new(Recipe::from_options(&options)?);
        let device = device::open(&options)?;
        let network = Arc::new(Pretrained::open(
            &recipe.backbone,
            recipe.arithmetic(device),
        )?);
        recipe.check_stages(network.backbone().stages())?;
        let matcher = recipe.matcher;
        let matcher = matcher.map(|plan| PretrainedMatcher::open(plan, device));
        let networks = (network, matcher.transpose()?.map(Arc::new));
        let fitter = Self::with(options, recipe, networks, device, None)?;
        Ok(Self { choice, ..fitter })
    }

    /// A fitter that adds to `model`: its recipe stays, the options of scope `Run` are those given here.
    ///
    /// Each new image joins the group whose lead image it matches best; the statistics of that group are extended
    /// exactly, those of other groups are shared with `model`, which stays as it is.
    pub fn extending(model: Arc<Model>, options: &Options) -> Result<Self> {
        let device = device::open(options)?;
        let networks = (model.network.on(device)?, model.matcher_on(device)?);
        let recipe = Arc::clone(&model.recipe);
        Self::with(options.clone(), recipe, networks, device, Some(model))
    }

    fn with(
        options: Options,
        recipe: Arc<Recipe>,
        (network, matcher): (Arc<Pretrained>, Option<Arc<PretrainedMatcher>>),
        device: Device,
        base: Option<Arc<Model>>,
    ) -> Result<Self> {
        let memory_bytes = (options.int("fit.memory_mib")? as usize).saturating_mul(1 << 20);
        let known = base.as_ref().map_or(&[][..], |model| &model.groups);
        let normals = Normals::new(memory_bytes, known);
        let pose = base.as_ref().and_then(|model| model.pose);
        Ok(Self {
            choice: None,
            pose,
            options,
            recipe,
            network,
            matcher,
            device,
            base,
            opened: None,
            normals,
        })
    }

    /// How many images were added; flipped and turned copies do not count.
    pub fn count(&self) -> usize {
        self.normals.given()
    }

    /// From now on, a fit sums the anomaly maps of the normal images, of this width and height: 16 bytes a pixel.
    pub fn keep_maps(&mut self, size: (u32, u32)) {
        self.normals.keep_maps(size);
    }

    /// Sums over the anomaly maps of the normal images of the last fit, each against all others, [H, W]; none unless
    /// [`Fitter::keep_maps`] asked for them.
    ///
    /// Of a model that is extended, only the new images; an only image, and one with a mask, has no map.
    pub fn maps(&self) -> Option<&Spread> {
        self.normals.maps()
    }

    /// Bytes that the model will take at most if `images` are fitted in all, on disk and in memory; none before the first.
    ///
    /// The images of a model that is extended are not counted.
    pub fn model_bytes(&self, images: usize) -> Option<u64> {
        let opened = self.opened.as_ref()?;
        let copies = self.recipe.copies.orientations(opened.is_square()).len();
        let images = images.saturating_mul(copies + 1);
        Some(model_bytes(&self.recipe, opened.first?, images))
    }

    /// Makes a model of the images so far; the fitter keeps them, so more can be added and fitted again.
    ///
    /// A picture that is given twice counts once. With `fit.outliers = drop`, images that do not look like the others are left
    /// out; [`Model::left_out`] names both.
    ///
    /// Errors: `TooFewImages`, `Cancelled` by `progress`, `Numeric`, `Memory`, `Io` of the temporary file.
    pub fn fit(&mut self, progress: &mut dyn Progress) -> Result<Model> {
        let _no_grad = tch::no_grad_guard();
        let count = self.normals.len();
        self.decide(progress)?;
        let (Some(opened), true) = (&self.opened, count >= FEWEST_IMAGES) else {
            let message =
                "no good part was given; it takes one at least, and some 25 for a good model";
            return Err(Error::new(ErrorKind::TooFewImages, message));
        };
        let (input_size, image_size) = (opened.input_size, opened.image_size);
        let grid = opened.first.map_or((0, 0), |first| first.grid);

        let mut left_out = self
            .base
            .as_ref()
            .map_or_else(Vec::new, |model| model.left_out.clone());
        let images = self.distinct(&mut left_out);
        let (groups, min_matches) = self.groups(images, &mut left_out, progress)?;
        let options = self
            .base
            .as_ref()
            .map_or(&self.options, |model| &model.options)
            .clone();
        let origin = Origin::of_groups(&groups, self.recipe.false_alarm_rate)?;
        Ok(Model {
            options,
            thresholds: origin.thresholds(),
            origin,
            recipe: Arc::clone(&self.recipe),
            network: Arc::clone(&self.network),
            matcher: self.matcher.clone(),
            input_size,
            image_size,
            grid,
            groups,
            min_matches,
            left_out,
            pose: self.pose,
        })
    }
}

/// Errors: `ImageSize` if the option `input.size_mismatch` refuses a picture of another size than the model's.
pub(crate) fn check_size(size: (u32, u32), expected: (u32, u32), options: &Options) -> Result<()> {
    if size == expected || options.text("input.size_mismatch")? == "resize" {
        return Ok(());
    }
    let message = format!(
        "{} x {} pixels, the first good part had {} x {}",
        size.0, size.1, expected.0, expected.1
    );
    Err(Error::new(ErrorKind::ImageSize, message)
        .hint("Crop the picture, or use input.size_mismatch=resize."))
}
