//! A group's tensors in a model file, and the group that they are.

use std::sync::Arc;

use image::RgbImage;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use tch::{Device, Kind, Tensor};

use super::check::{Channels, check_locations, of_group};
use super::damaged;
use super::header::GroupHeader;
use crate::error::{Error, ErrorKind, Result};
use crate::matching::Keypoints;
use crate::model::ground::Ground;
use crate::model::lead::Lead;
use crate::model::nearest::KeptKeypoints;
use crate::model::normality::{Normality, Part, locations};
use crate::model::reference::{By, Reference, Statistic};
use crate::model::{Group, Recipe};
use crate::statistics::{Bank, Coreset, LowRankGaussian, Spread, Subspace};
use crate::torch::archive::copied;
use crate::torch::entry::{Entry, is_shape, kind_of};
use crate::torch::grid;

/// The longer side of a thumbnail at most, in pixels.
const LONGEST_THUMBNAIL_PX: usize = 128;

/// Adds a group's tensors to the entries of an archive.
pub fn add_entries(entries: &mut Vec<(String, Entry)>, number: usize, group: &Group) -> Result<()> {
    let mut add = |name: &str, tensor: &Tensor| {
        entries.push((format!("group.{number}.{name}"), Entry::of(tensor)?));
        Ok::<_, Error>(())
    };
    for (name, tensor) in tensors_of(group.normality.reference()) {
        add(name, tensor)?;
    }
    let spread = group.normality.spread();
    add("distances.sum", &grid::of_array(spread.sum())?)?;
    add("distances.squares", &grid::of_array(spread.squares())?)?;
    if let Some(ground) = group.normality.ground() {
        add("ground.mask", &grid::of_array(ground.is_part())?)?;
    }
    if let Some(part) = &group.part {
        for (name, tensor) in tensors_of(part.reference()) {
            add(&format!("part.{name}"), tensor)?;
        }
        add("part.mask", &grid::of_array(part.mask())?)?;
    }
    let views = group.lead.as_ref().map_or(&[][..], |lead| lead.views());
    for (number, view) in views.iter().enumerate() {
        let name = name_of_view(number);
        add(&format!("{name}.positions"), view.keypoints.positions())?;
        add(&format!("{name}.descriptors"), view.keypoints.descriptors())?;
    }
    if let Some(gray) = group.lead.as_ref().and_then(Lead::gray) {
        add("lead.gray", gray)?;
    }
    for (image, kept) in group.keypoints.iter().enumerate() {
        add(&format!("image.{image}.positions"), kept.positions())?;
        add(&format!("image.{image}.descriptors"), kept.descriptors())?;
    }
    let (width, height) = group.thumbnail.dimensions();
    let shape = [i64::from(height), i64::from(width), 3];
    add(
        "thumbnail",
        &Tensor::f_from_data_size(group.thumbnail.as_raw(), &shape, Kind::Uint8)?,
    )
}

fn tensors_of(reference: &Reference) -> Vec<(&'static str, &Tensor)> {
    match reference {
        Reference::Gaussian(gaussian) => vec![
            ("mean", gaussian.mean()),
            ("directions", gaussian.directions()),
            ("variances", gaussian.variances()),
        ],
        Reference::Nearest(bank) | Reference::Neighbours(bank, _) => {
            vec![("bank", bank.features())]
        }
        Reference::Coreset(coreset, _) => {
            vec![("members", coreset.members()), ("owners", coreset.owners())]
        }
        Reference::Subspace(subspace) => {
            let (sum, products) = subspace.moments().sums();
            vec![("sum", sum), ("products", products)]
        }
    }
}

/// The first view is the picture as it is.
fn name_of_view(view: usize) -> String {
    match view {
        0 => "lead".to_owned(),
        view => format!("lead.turn.{view}"),
    }
}

/// What the tensors of a model's groups must be like.
pub struct Form<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Height and width of the grid of locations, no larger than the input.
    pub grid: (i64, i64),
    /// Width and height of the backbone's input.
    pub input_size: (u32, u32),
    /// Channels.
    pub channels: Channels,
    /// Width and height of what key points are places in.
    pub matched_size: (f64, f64),
}

/// Reads one group of an archive.
pub struct GroupReader<'a> {
    /// Which group.
    pub number: usize,
    /// What it must be like.
    pub form: &'a Form<'a>,
    /// The archive.
    pub archive: &'a SafeTensors<'a>,
}

impl GroupReader<'_> {
    /// The group. Errors: `Format`, naming what cannot be right.
    pub fn group(&self, header: GroupHeader) -> Result<Group> {
        Ok(Group {
            lead: self.lead()?,
            lead_image: header.lead_image,
            thumbnail: thumbnail_of(self.number, self.archive)?,
            normality: self.normality(&header)?,
            part: self.part(&header)?,
            keypoints: self.keypoints(header.images.len())?,
            images: header.images,
        })
    }

    fn normality(&self, header: &GroupHeader) -> Result<Normality> {
        let (h, w) = self.form.grid;
        let all = || (0..h * w).collect();
        let reference = self.reference("", (header.count, header.epsilon), h * w, all)?;
        let sums = |name: &str| self.map::<f64>(name);
        let (sum, squares) = (sums("distances.sum")?, sums("distances.squares")?);
        let spread = Spread::from_parts(header.spread, sum, squares);
        let spread = spread.map_err(|error| of_group(self.number, error))?;
        let ground = header.ground.map(|scale| {
            let ground = Ground::from_parts(self.map::<bool>("ground.mask")?, scale);
            ground.map_err(|error| of_group(self.number, error))
        });
        let even = self.form.recipe.even;
        Ok(Normality::new(reference, spread, even, ground.transpose()?))
    }

    fn part(&self, header: &GroupHeader) -> Result<Option<Part>> {
        let Some(part) = &header.part else {
            return Ok(None);
        };
        let mask = self.map::<bool>("part.mask")?;
        let locations = locations(&mask);
        if locations.is_empty() {
            let number = self.number;
            return Err(damaged(format!("the part of group {number} is nowhere")));
        }
        let places = locations.len() as i64;
        let own = || locations.clone();
        let reference = self.reference("part.", (part.count, part.epsilon), places, own)?;
        Part::new(reference, mask, part.blend).map(Some)
    }

    /// What was formed of so many samples with this epsilon, at so many locations; its tensors' names have a prefix.
    ///
    /// `locations` is asked for their numbers once the file has shown that it holds features of as many: one of a few bytes may
    /// say that they are a thousand million.
    fn reference(
        &self,
        prefix: &str,
        (count, epsilon): (u64, f64),
        places: i64,
        locations: impl FnOnce() -> Vec<i64>,
    ) -> Result<Reference> {
        let number = self.number;
        let foreign = |error| of_group(number, error);
        let read = |name: &str| self.tensor(&format!("{prefix}{name}"));
        let (recipe, channels) = (self.form.recipe, self.form.channels.features);
        let check = |shape: &[i64]| check_locations(number, shape, places, channels);
        let bank = || {
            let features = read("bank")?;
            check(features.size().get(1..).unwrap_or_default())?;
            let bank = Bank::new(epsilon, features).map_err(foreign)?;
            if bank.count() as u64 != count {
                let found = bank.count();
                let message = format!("the bank of group {number} has {found} images, not {count}");
                return Err(damaged(message));
            }
            Ok(bank)
        };
        match recipe.statistic {
            Statistic::Gaussian if recipe.nearest.is_some() => Ok(Reference::Nearest(bank()?)),
            Statistic::Gaussian => {
                let mean = read("mean")?;
                check(&mean.size())?;
                let (directions, variances) = (read("directions")?, read("variances")?);
                LowRankGaussian::from_parts(count, epsilon, mean, directions, variances)
                    .map(Reference::Gaussian)
                    .map_err(foreign)
            }
            Statistic::Neighbour(rule) => match rule.coreset {
                None => {
                    let bank = bank()?;
                    let near = rule.near(&locations(), self.form.grid.1)?;
                    Ok(Reference::Neighbours(bank, near))
                }
                Some(rule) => {
                    let (members, owners) = (read("members")?, read("owners")?);
                    let kept = members.size().first().copied().unwrap_or(0);
                    check_locations(number, &members.size(), kept, channels)?;
                    Coreset::new(count, members, owners)
                        .map(|coreset| Reference::Coreset(coreset, rule.support))
                        .map_err(foreign)
                }
            },
            Statistic::Subspace(energy) => {
                let (sum, products) = (read("sum")?, read("products")?);
                check_locations(number, &[1, sum.numel() as i64], 1, channels)?;
                Subspace::from_parts((count, places as u64), energy, sum, products)
                    .map(Reference::Subspace)
                    .map_err(foreign)
            }
        }
    }

    fn lead(&self) -> Result<Option<Lead>> {
        let Some(channels) = self.form.channels.descriptors else {
            return Ok(None);
        };
        let plan = self.form.recipe.registration;
        let mut views = Vec::new();
        for view in 0..plan.map_or(1, |plan| plan.turns) {
            let name = name_of_view(view);
            let positions = self.tensor(&format!("{name}.positions"))?;
            let descriptors = self.tensor(&format!("{name}.descriptors"))?;
            let keypoints = Keypoints::from_parts(positions, descriptors, channels);
            views.push(keypoints.map_err(|error| of_group(self.number, error))?);
        }
        let lead = Lead::new(views, self.form.matched_size).map_err(|_| {
            let number = self.number;
            damaged(format!(
                "the lead image of group {number} has no key points"
            ))
        })?;
        let Some(plan) = plan else {
            return Ok(Some(lead));
        };
        let gray = self.tensor("lead.gray")?;
        let (width, height) = self.form.input_size;
        let right = [1, 1, i64::from(height), i64::from(width)];
        let is_right = gray.size() == right && gray.f_kind()? == Kind::Float;
        if !is_right || gray.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
            let (number, size) = (self.number, gray.size());
            return Err(damaged(format!(
                "the lead picture of group {number} is {size:?}, expected {right:?}, finite"
            )));
        }
        lead.with_picture(gray, plan.motion).map(Some)
    }

    /// Key points of each image, if pictures choose theirs by matches.
    fn keypoints(&self, images: usize) -> Result<Vec<Arc<KeptKeypoints>>> {
        let nearest = self.form.recipe.nearest;
        let is_by_matches = nearest.is_some_and(|rule| rule.by == By::Matches);
        let Some(channels) = self.form.channels.descriptors.filter(|_| is_by_matches) else {
            return Ok(Vec::new());
        };
        let kept = (0..images).map(|image| {
            let positions = self.tensor(&format!("image.{image}.positions"))?;
            let descriptors = self.tensor(&format!("image.{image}.descriptors"))?;
            let kept = KeptKeypoints::from_parts(positions, descriptors, channels);
            kept.map(Arc::new)
                .map_err(|error| of_group(self.number, error))
        });
        kept.collect()
    }

    /// A tensor that is a map of the model's grid.
    fn map<T: tch::kind::Element + Copy + Default>(
        &self,
        name: &str,
    ) -> Result<ndarray::Array2<T>> {
        let (h, w) = self.form.grid;
        let map = grid::to_array::<T>(&self.tensor(name)?, (h as usize, w as usize));
        map.map_err(|error| {
            error.blamed(|error| {
                let (number, message) = (self.number, error.message());
                damaged(format!("group {number}: {name}: {message}"))
            })
        })
    }

    fn tensor(&self, name: &str) -> Result<Tensor> {
        let view = view_of(self.number, name, self.archive)?;
        tensor_of(&view).map_err(|error| of_group(self.number, error))
    }
}

fn view_of<'a>(number: usize, name: &str, archive: &SafeTensors<'a>) -> Result<TensorView<'a>> {
    archive
        .tensor(&format!("group.{number}.{name}"))
        .map_err(damaged)
}

fn tensor_of(view: &TensorView<'_>) -> Result<Tensor> {
    let kind = kind_of(view.dtype())?;
    let shape: Vec<i64> = view.shape().iter().map(|side| *side as i64).collect();
    if !is_shape(&shape) {
        let message = format!("no tensor has the shape {:?}", view.shape());
        return Err(Error::new(ErrorKind::Format, message));
    }
    if view.data().is_empty() {
        return Ok(Tensor::f_zeros(&shape, (kind, Device::Cpu))?);
    }
    Ok(Tensor::f_from_data_size(view.data(), &shape, kind)?)
}

/// The thumbnail of a group's lead image. Errors: `Format`, `Memory`.
pub fn thumbnail_of(number: usize, archive: &SafeTensors<'_>) -> Result<RgbImage> {
    let view = view_of(number, "thumbnail", archive)?;
    let sides = 1..=LONGEST_THUMBNAIL_PX;
    let picture = match *view.shape() {
        [height, width, 3]
            if view.dtype() == Dtype::U8 && sides.contains(&height) && sides.contains(&width) =>
        {
            RgbImage::from_raw(width as u32, height as u32, copied(view.data())?)
        }
        _ => None,
    };
    picture.ok_or_else(|| {
        let (dtype, shape) = (view.dtype(), view.shape());
        damaged(format!(
            "the thumbnail of group {number} is {dtype:?} of shape {shape:?}"
        ))
    })
}
