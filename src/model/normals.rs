//! The normal images that a fitter was given: what was found in them, and what a score of them needs.

use std::collections::HashMap;
use std::sync::Arc;

use image::RgbImage;
use ndarray::Array2;
use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::image::{FrameStatistics, ImageView, Mask, PixelFormat};
use crate::matching::Keypoints;
use crate::model::Group;
use crate::model::copies::Orientation;
use crate::model::extractor::{Input, Prepared, Seen};
use crate::model::store::{Place, TensorStore};
use crate::registration::Transform;
use crate::statistics::Spread;

/// Normal images in the order in which they came.
#[derive(Debug)]
pub struct Normals {
    store: TensorStore,
    images: Vec<Given>,
    /// Name of the first image that looked so to the network, by its digest; of those that were given, not of their copies.
    first_of: HashMap<String, String>,
    /// Sums over the anomaly maps that the last fit scored, each against all others; none if nobody asked for them.
    maps: Option<Spread>,
}

/// What is known of an image, or of a flipped or turned copy of it, when it is added.
#[derive(Debug)]
pub struct Known<'a> {
    /// How a copy lies; none for the picture itself.
    pub copy: Option<Orientation>,
    /// What the network saw, for people and for finding pictures that are given twice.
    pub seen: &'a Seen,
    /// Of an image that will be moved onto its lead: what networks are to look at then.
    pub prepared: Option<&'a Prepared<'a>>,
    /// Features of the image as it lies, [h*w, C'] f32.
    pub features: &'a Tensor,
    /// Key points, if the recipe matches anything.
    pub keypoints: Option<&'a Keypoints>,
}

#[derive(Debug)]
struct Given {
    name: String,
    /// Number of the picture that it is a copy of; its own if it was given itself.
    source: usize,
    copy: Option<Orientation>,
    size: (u32, u32),
    mask: Option<Arc<Vec<u8>>>,
    digest: String,
    frame: Option<FrameStatistics>,
    twin: Option<String>,
    thumbnail: Place,
    input: Option<Place>,
    picture: Option<Place>,
    features: Place,
    keypoints: Option<(Place, Place)>,
    at_lead: Option<AtLead>,
}

/// An image moved onto its lead.
#[derive(Debug)]
struct AtLead {
    /// In units of the picture's width and height.
    to_lead: Transform,
    features: Place,
}

impl Normals {
    /// None yet; `memory_bytes` of what is known of them are held in memory, and the images of `groups` are known.
    pub fn new(memory_bytes: usize, groups: &[Arc<Group>]) -> Self {
        let known = groups.iter().flat_map(|group| &group.images);
        let first_of = known
            .map(|image| (image.digest.clone(), image.name.clone()))
            .collect();
        Self {
            store: TensorStore::new(memory_bytes),
            images: Vec::new(),
            first_of,
            maps: None,
        }
    }

    /// From now on sums anomaly maps of this width and height.
    pub fn keep_maps(&mut self, (width, height): (u32, u32)) {
        self.maps = Some(Spread::new((height as usize, width as usize)));
    }

    /// The sums, if they were asked for.
    pub fn maps(&self) -> Option<&Spread> {
        self.maps.as_ref()
    }

    /// Forgets the maps so far: what images are compared with changes.
    pub fn forget_maps(&mut self) {
        if let Some(maps) = &mut self.maps {
            *maps = Spread::new(maps.sum().dim());
        }
    }

    /// Puts other maps in the place of those so far, which it returns; none: no maps are kept.
    pub fn replace_maps(&mut self, maps: Option<Spread>) -> Option<Spread> {
        std::mem::replace(&mut self.maps, maps)
    }

    /// Adds the anomaly map of an image. One of another size, or that a mask covers in part, says nothing of the others' pixels.
    pub fn add_map(&mut self, image: usize, map: &Array2<f32>) -> Result<()> {
        match &mut self.maps {
            Some(maps) if map.dim() == maps.sum().dim() && self.images[image].mask.is_none() => {
                maps.push(map)
            }
            _ => Ok(()),
        }
    }

    /// How many there are, with flipped and turned copies.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// How many of them were given.
    pub fn given(&self) -> usize {
        let images = self.images.iter();
        images.filter(|image| image.copy.is_none()).count()
    }

    /// Whether a picture of this digest was given before.
    pub fn knows(&self, digest: &str) -> bool {
        self.first_of.contains_key(digest)
    }

    /// Adds an image of this size, and copies of it. A failed call adds nothing.
    pub fn push(
        &mut self,
        name: &str,
        size: (u32, u32),
        mask: Option<&Mask<'_>>,
        (image, copies): (Known<'_>, Vec<Known<'_>>),
    ) -> Result<()> {
        let mut image = self.stored(name, size, mask, image)?;
        let digest = image.digest.clone();
        let copies = copies.into_iter().map(|copy| {
            // No score of it is formed, so no mask is asked for.
            let copy = self.stored(name, size, None, copy)?;
            Ok(Given {
                digest: digest.clone(),
                ..copy
            })
        });
        let copies = copies.collect::<Result<Vec<_>>>()?;
        image.twin = self.first_of.get(&digest).cloned();
        if image.twin.is_none() {
            self.first_of.insert(digest, name.to_owned());
        }
        self.images.push(image);
        self.images.extend(copies);
        Ok(())
    }

    /// An image that is not among the others yet.
    fn stored(
        &mut self,
        name: &str,
        size: (u32, u32),
        mask: Option<&Mask<'_>>,
        known: Known<'_>,
    ) -> Result<Given> {
        let store = &mut self.store;
        let mut put = |tensor: Option<&Tensor>| tensor.map(|tensor| store.put(tensor)).transpose();
        let prepared = known.prepared;
        let input = put(prepared.map(Prepared::whole).transpose()?)?;
        let picture = put(prepared.and_then(|prepared| prepared.picture.as_ref()))?;
        let features = store.put(known.features)?;
        let keypoints = match known.keypoints {
            Some(keypoints) => Some((
                store.put(keypoints.positions())?,
                store.put(keypoints.descriptors())?,
            )),
            None => None,
        };
        let thumbnail = store.put(&pixels(&known.seen.thumbnail)?)?;
        Ok(Given {
            name: name.to_owned(),
            source: self.images.len(),
            copy: known.copy,
            size,
            mask: mask.map(|mask| self.shared(mask, size)),
            digest: known.seen.digest.clone(),
            frame: known.seen.frame,
            twin: None,
            thumbnail,
            input,
            picture,
            features,
            keypoints,
            at_lead: None,
        })
    }

    /// An image now lies on its lead: what it looks like there, [h*w, C'] f32.
    pub fn move_to_lead(
        &mut self,
        image: usize,
        to_lead: Transform,
        features: &Tensor,
    ) -> Result<()> {
        let given = &mut self.images[image];
        let place = given.at_lead.as_ref().map(|known| &known.features);
        given.at_lead = Some(AtLead {
            to_lead,
            features: self.store.replace(place, features)?,
        });
        Ok(())
    }

    /// Lines usually have one mask for all pictures: it is kept once.
    fn shared(&self, mask: &Mask<'_>, (width, height): (u32, u32)) -> Arc<Vec<u8>> {
        let mut bytes = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            bytes.extend_from_slice(mask.row(y));
        }
        let mut given = self.images.iter().rev();
        let last = given.find(|image| image.copy.is_none());
        match last.and_then(|image| image.mask.as_ref()) {
            Some(last) if **last == bytes => Arc::clone(last),
            _ => Arc::new(bytes),
        }
    }

    /// Name of an image.
    pub fn name(&self, image: usize) -> &str {
        &self.images[image].name
    }

    /// Number of the image that was given, of which this one is a copy; its own if it was given itself.
    pub fn source(&self, image: usize) -> usize {
        self.images[image].source
    }

    /// How a copy lies; none for an image that was given.
    pub fn copy(&self, image: usize) -> Option<Orientation> {
        self.images[image].copy
    }

    /// SHA-256 of what the network saw of an image; of a copy, that of the image that was given.
    pub fn digest(&self, image: usize) -> &str {
        &self.images[image].digest
    }

    /// What the frame of an image is like; none of a flipped or turned copy.
    pub fn frame(&self, image: usize) -> Option<FrameStatistics> {
        let given = &self.images[image];
        given.frame.filter(|_| given.copy.is_none())
    }

    /// Name of the earlier image, or of one in the model that is extended, that the network cannot tell from this one.
    pub fn twin(&self, image: usize) -> Option<&str> {
        self.images[image].twin.as_deref()
    }

    /// Features of an image as it lies, [h*w, C'] f32 in host memory.
    pub fn features(&mut self, image: usize) -> Result<Tensor> {
        self.store.get(&self.images[image].features)
    }

    /// Features of an image moved onto its lead, [h*w, C'] f32 in host memory. Errors: `State` if it was not.
    pub fn features_at_lead(&mut self, image: usize) -> Result<Tensor> {
        let at_lead = found(
            self.images[image].at_lead.as_ref(),
            image,
            "a place on its lead",
        )?;
        self.store.get(&at_lead.features)
    }

    /// How an image was moved onto its lead, in units of its width and height; none if it was not.
    pub fn to_lead(&self, image: usize) -> Option<Transform> {
        self.images[image]
            .at_lead
            .as_ref()
            .map(|known| known.to_lead)
    }

    /// Key points of an image. Errors: `State` if the recipe matches nothing.
    pub fn keypoints(&mut self, image: usize) -> Result<Keypoints> {
        let places = self.images[image].keypoints.as_ref();
        let (positions, descriptors) = found(places, image, "key points")?;
        let positions = self.store.get(positions)?;
        Keypoints::new(positions, self.store.get(descriptors)?)
    }

    /// What networks look at in an image. Errors: `State` if the recipe compares images as they lie.
    pub fn prepared(&mut self, image: usize) -> Result<Prepared<'static>> {
        let Given { input, picture, .. } = &self.images[image];
        let input = self.store.get(found(input.as_ref(), image, "its input")?)?;
        let picture = picture.as_ref().map(|place| self.store.get(place));
        Ok(Prepared {
            input: Input::Whole(input),
            picture: picture.transpose()?,
            frame: self.images[image].frame,
        })
    }

    /// Thumbnail of an image.
    pub fn thumbnail(&mut self, image: usize) -> Result<RgbImage> {
        let place = &self.images[image].thumbnail;
        let tensor = self.store.get(place)?;
        let (height, width, _) = tensor.size3()?;
        let mut bytes = vec![0; tensor.numel()];
        tensor.f_copy_data_u8(&mut bytes, tensor.numel())?;
        RgbImage::from_raw(width as u32, height as u32, bytes)
            .ok_or_else(|| Error::new(ErrorKind::Format, "a stored thumbnail is incomplete"))
    }

    /// Width and height of an image, and what of it counts for the thresholds.
    pub fn outline(&self, image: usize) -> Result<((u32, u32), Option<Mask<'_>>)> {
        let given = &self.images[image];
        let (width, height) = given.size;
        let mask = match &given.mask {
            Some(bytes) => {
                let view = ImageView::packed(PixelFormat::Gray8, width, height, bytes)?;
                Some(Mask::new(view)?)
            }
            None => None,
        };
        Ok((given.size, mask))
    }
}

/// What an image must have. Errors: `State`.
fn found<T>(place: Option<T>, image: usize, what: &str) -> Result<T> {
    place.ok_or_else(|| {
        let message = format!("image {image} was added without {what}");
        Error::new(ErrorKind::State, message)
    })
}

fn pixels(picture: &RgbImage) -> Result<Tensor> {
    let (width, height) = picture.dimensions();
    let shape = [i64::from(height), i64::from(width), 3];
    Ok(Tensor::f_from_data_size(
        picture.as_raw(),
        &shape,
        Kind::Uint8,
    )?)
}
