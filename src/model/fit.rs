//! Normal images to a model; and new normal images into a model that there is.

use std::sync::Arc;

use tch::Device;

use crate::device;
use crate::error::{Error, ErrorKind, Result};
use crate::features::pretrained::Pretrained;
use crate::image::{ImageView, Mask};
use crate::matching::PretrainedMatcher;
use crate::model::choice::{Choice, settled};
use crate::model::copies::Orientation;
use crate::model::extractor::{Extracted, Extractor, Prepared, Seen};
use crate::model::groups::{Formed, Grouper, Tools};
use crate::model::normals::{Known, Normals};
use crate::model::placing::Placer;
use crate::model::recipe::Recipe;
use crate::model::size::{First, model_bytes};
use crate::model::survey::{SURVEYED, survey};
use crate::model::{Group, LeftOut, Model, Origin, Pose, Reason};
use crate::options::Options;
use crate::progress::Progress;
use crate::registration::PartFinder;
use crate::verdict::LogScores;

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
    extractor: Extractor,
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
        let network = Arc::new(Pretrained::open(&recipe.backbone, device)?);
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

    /// Bytes that the model will take at most if `images` are fitted in all, on disk and in memory; none before the first.
    ///
    /// The images of a model that is extended are not counted.
    pub fn model_bytes(&self, images: usize) -> Option<u64> {
        let opened = self.opened.as_ref()?;
        let copies = self.recipe.copies.orientations(opened.is_square()).len();
        let images = images.saturating_mul(copies + 1);
        Some(model_bytes(&self.recipe, opened.first?, images))
    }

    /// Adds a normal image; `mask` marks what of it counts for the thresholds. A failed call adds nothing.
    ///
    /// A picture of another size than the first is brought to the same input, or refused by `input.size_mismatch`.
    pub fn add(&mut self, view: &ImageView<'_>, mask: Option<&Mask<'_>>, name: &str) -> Result<()> {
        let added = self
            .try_add(view, mask, name)
            .map_err(|error| error.at(name));
        if self.normals.len() == 0 {
            // The size of a picture that could not be added decides nothing.
            self.opened = None;
        }
        added
    }

    fn try_add(&mut self, view: &ImageView<'_>, mask: Option<&Mask<'_>>, name: &str) -> Result<()> {
        let size = (view.width(), view.height());
        if let Some(mask) = mask {
            mask.check_size(size.0, size.1)?;
        }
        if self.normals.given() >= SURVEYED {
            self.decide(&mut ())?;
        }
        let (copies, is_registered) = (self.recipe.copies, self.recipe.registration.is_some());
        let opened = match &mut self.opened {
            Some(opened) => opened,
            None => {
                let opened = self.open(size);
                self.opened.insert(opened)
            }
        };
        check_size(size, opened.image_size, &self.options)?;
        let is_square = opened.is_square();
        let extractor = &mut opened.extractor;
        let picture = Look::at(extractor.prepare(view)?, None, extractor)?;
        let orientations = if self.normals.knows(&picture.seen.digest) {
            Vec::new()
        } else {
            copies.orientations(is_square)
        };
        let copies = orientations.into_iter().map(|orientation| {
            let copy = orientation.of(&picture.prepared)?;
            Look::at(copy, Some(orientation), extractor)
        });
        let copies = copies.collect::<Result<Vec<_>>>()?;
        let known = copies.iter().map(|copy| copy.known(is_registered));
        let known = (picture.known(is_registered), known.collect());
        self.normals.push(name, size, mask, known)?;
        if let Some(finder) = &mut opened.finder {
            finder.push_whole(&picture.prepared.input)?;
        }
        opened
            .first
            .get_or_insert_with(|| first_of(&picture.extracted));
        Ok(())
    }

    /// Ready for pictures of this size, or for those of the model that is extended.
    fn open(&self, size: (u32, u32)) -> Opened {
        let (image_size, input_size) = match &self.base {
            Some(model) => (model.image_size, model.input_size),
            None => {
                let multiples = self.network.backbone().multiples();
                (size, self.recipe.input_size(size, multiples))
            }
        };
        let extractor = Extractor::new(
            Arc::clone(&self.network),
            self.matcher.clone(),
            Arc::clone(&self.recipe),
            input_size,
            self.device,
        );
        Opened {
            extractor,
            input_size,
            image_size,
            first: None,
            finder: self.finder(input_size),
        }
    }

    /// Sees where the part lies in pictures of a new model, if the ground is to be scaled.
    fn finder(&self, (width, height): (u32, u32)) -> Option<PartFinder> {
        let is_asked = self.recipe.level_ground && self.base.is_none();
        is_asked.then(|| PartFinder::new(CHANNELS, i64::from(height), i64::from(width)).ok())?
    }

    /// Lets the images so far decide what is left to them. A failed call changes nothing.
    fn decide(&mut self, progress: &mut dyn Progress) -> Result<()> {
        let (Some(choice), Some(opened)) = (&self.choice, &mut self.opened) else {
            return Ok(());
        };
        let tools = Tools {
            recipe: &self.recipe,
            matcher: self.matcher.as_deref(),
            extractor: &opened.extractor,
            input_size: opened.input_size,
            grid: opened.first.map_or((0, 0), |first| first.grid),
            device: self.device,
            is_part: None,
        };
        let all = 0..self.normals.len();
        let images: Vec<usize> = all
            .filter(|image| self.normals.twin(*image).is_none())
            .collect();
        let normals = &mut self.normals;
        let mut placer = Placer {
            normals,
            tools,
            progress,
        };
        let pose = survey(&mut placer, &images)?;
        let options = choice.made(pose)?;
        let recipe = Arc::new(Recipe::from_options(&options)?);
        let matcher = recipe.matcher;
        let matcher = matcher.map(|plan| PretrainedMatcher::open(plan, self.device));
        let matcher = matcher.transpose()?.map(Arc::new);
        let finder = match recipe.level_ground {
            true => {
                let (width, height) = opened.input_size;
                let size = (i64::from(height), i64::from(width));
                let mut finder = PartFinder::new(CHANNELS, size.0, size.1)?;
                for image in 0..self.normals.len() {
                    finder.push_whole(&self.normals.prepared(image)?.input)?;
                }
                Some(finder)
            }
            false => None,
        };
        opened.extractor = Extractor::new(
            Arc::clone(&self.network),
            matcher.clone(),
            Arc::clone(&recipe),
            opened.input_size,
            self.device,
        );
        opened.finder = finder;
        (self.options, self.recipe, self.matcher) = (options, recipe, matcher);
        (self.pose, self.choice) = (Some(pose), None);
        Ok(())
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

    /// Numbers of the images that differ from all before them; flipped and turned copies last, so that they lead a group
    /// only if no picture as it was given can.
    fn distinct(&self, left_out: &mut Vec<LeftOut>) -> Vec<usize> {
        let all = 0..self.normals.len();
        let mut images: Vec<usize> = all
            .clone()
            .filter(|image| self.normals.twin(*image).is_none())
            .collect();
        images.sort_by_key(|image| self.normals.copy(*image).is_some());
        for image in all {
            if let Some(twin) = self.normals.twin(image) {
                let name = self.normals.name(image).to_owned();
                note(
                    left_out,
                    LeftOut {
                        name,
                        reason: Reason::CopyOf(twin.to_owned()),
                    },
                );
            }
        }
        images
    }

    /// The groups; where the recipe drops outliers, those are named and left out until there are none.
    fn groups(
        &mut self,
        mut images: Vec<usize>,
        left_out: &mut Vec<LeftOut>,
        progress: &mut dyn Progress,
    ) -> Result<(Vec<Arc<Group>>, u32)> {
        let known = self
            .base
            .as_ref()
            .map(|model| (&model.groups[..], model.min_matches));
        let grid = self.opened.as_ref().and_then(|opened| opened.first);
        let (h, w) = grid.map_or((0, 0), |first| first.grid);
        let finder = self
            .opened
            .as_ref()
            .and_then(|opened| opened.finder.as_ref());
        let is_part = finder.map(|finder| finder.find((h as usize, w as usize)));
        let is_part = is_part.transpose()?;
        let mut round = 0;
        loop {
            let Some(opened) = &self.opened else {
                return Ok((Vec::new(), 0));
            };
            let tools = Tools {
                recipe: &self.recipe,
                matcher: self.matcher.as_deref(),
                extractor: &opened.extractor,
                input_size: opened.input_size,
                grid: opened.first.map_or((0, 0), |first| first.grid),
                device: self.device,
                is_part: is_part.as_ref(),
            };
            let grouper = Grouper::new(&mut self.normals, tools, progress);
            let Formed {
                groups,
                numbers,
                unregistered,
                min_matches,
            } = match known {
                Some((groups, min_matches)) => grouper.extend(groups, min_matches, &images)?,
                None => grouper.form(&images)?,
            };
            let is_given = |image: &usize| self.normals.copy(*image).is_none();
            let learned = groups.iter().flat_map(|group| {
                let images = group.images.iter().enumerate();
                images.map(|(place, image)| (group.is_typical(place), image.score))
            });
            let (numbers, scores): (Vec<Option<usize>>, Vec<f32>) = numbers
                .into_iter()
                .zip(learned)
                .filter(|(_, (is_typical, _))| *is_typical)
                .map(|(number, (_, score))| (number, score))
                .unzip();
            // Images of the model that is extended stay, whatever they score beside the new ones.
            let outliers = LogScores::of(&scores).too_high().into_iter();
            let outliers: Vec<(usize, f32)> = outliers
                .filter_map(|place| Some((numbers[place]?, scores[place])))
                .collect();
            let given = images
                .iter()
                .copied()
                .filter(|image| is_given(image))
                .count();
            let too_few = self.base.is_none() && given - outliers.len() < FEWEST_IMAGES;
            if !self.recipe.drop_outliers || outliers.is_empty() || too_few || round == ROUNDS {
                // One that only an outlier's group could not register is none: the groups of the last round count.
                for image in unregistered.into_iter().filter(is_given) {
                    let name = self.normals.name(image).to_owned();
                    let reason = Reason::Unregistered;
                    note(left_out, LeftOut { name, reason });
                }
                return Ok((groups, min_matches));
            }
            for (number, score) in outliers {
                images.retain(|image| self.normals.source(*image) != number);
                let name = self.normals.name(number).to_owned();
                note(
                    left_out,
                    LeftOut {
                        name,
                        reason: Reason::Outlier { score },
                    },
                );
            }
            round += 1;
        }
    }
}

fn first_of(extracted: &Extracted) -> First {
    let keypoints = extracted.keypoints.as_ref();
    First {
        grid: extracted.grid,
        channels: extracted.features.size().last().copied().unwrap_or(0),
        keypoints: keypoints.map_or((0, 0), |keypoints| {
            let size = keypoints.descriptors().size();
            (size[0], size[1])
        }),
    }
}

/// A picture, or a copy of it, and what is found in it.
struct Look {
    copy: Option<Orientation>,
    prepared: Prepared,
    seen: Seen,
    extracted: Extracted,
}

impl Look {
    fn at(prepared: Prepared, copy: Option<Orientation>, extractor: &Extractor) -> Result<Self> {
        Ok(Self {
            copy,
            seen: extractor.show(&prepared)?,
            extracted: extractor.extract(&prepared)?,
            prepared,
        })
    }

    /// What is kept of it; what networks look at as well, if it will be moved onto its lead.
    fn known(&self, will_move: bool) -> Known<'_> {
        Known {
            copy: self.copy,
            seen: &self.seen,
            prepared: will_move.then_some(&self.prepared),
            features: &self.extracted.features,
            keypoints: self.extracted.keypoints.as_ref(),
        }
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

/// Once is enough, however often the same picture is given again.
fn note(left_out: &mut Vec<LeftOut>, image: LeftOut) {
    if !left_out.contains(&image) {
        left_out.push(image);
    }
}
