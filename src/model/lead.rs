//! A group's lead image, as pictures are matched with it.

use std::f64::consts::TAU;

use tch::{Device, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::matching::{Gist, Keypoints};
use crate::registration::{Motion, Template, Transform};
use crate::torch::shared::SharedTensor;

/// A lead image: as it is, and turned copies of it if pictures may lie at any angle.
///
/// Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub struct Lead {
    views: Vec<View>,
    picture: Option<Picture>,
}

/// What gray values are aligned to.
#[derive(Debug)]
struct Picture {
    /// [1, 1, H, W] f32, of the backbone's input.
    gray: SharedTensor,
    motion: Motion,
    template: Template,
}

/// One of them.
#[derive(Debug)]
pub struct View {
    /// Its key points.
    pub keypoints: Keypoints,
    /// Its gist, by which it is shortlisted.
    pub gist: Gist,
}

impl Lead {
    /// A lead by the key points of its views, the picture as it is first, then turned a little further each time;
    /// `size` is width and height of what their positions are places in.
    ///
    /// Errors: `Image` if the picture as it is has no key point, for then nothing can match it.
    pub fn new(views: Vec<Keypoints>, size: (f64, f64)) -> Result<Self> {
        let is_blank = |view: &Keypoints| view.positions().size()[0] == 0;
        if views.first().is_none_or(is_blank) {
            let message = "the matcher finds no key point in it, and it would lead a group";
            return Err(Error::new(ErrorKind::Image, message)
                .hint("Leave the picture out, or use matcher=backbone."));
        }
        let view = |keypoints| {
            Ok(View {
                gist: Gist::new(&keypoints, size)?,
                keypoints,
            })
        };
        Ok(Self {
            views: views.into_iter().map(view).collect::<Result<_>>()?,
            picture: None,
        })
    }

    /// The same lead, for pictures that are moved onto it; `gray` [1, 1, H, W] f32 is the mean over the channels of the
    /// backbone's input.
    pub fn with_picture(self, gray: Tensor, motion: Motion) -> Result<Self> {
        let template = Template::new(&gray, motion)?;
        let gray = SharedTensor::new(gray);
        Ok(Self {
            picture: Some(Picture {
                gray,
                motion,
                template,
            }),
            ..self
        })
    }

    /// The picture as it is, then its turned copies.
    pub fn views(&self) -> &[View] {
        &self.views
    }

    /// Key points of the picture as it is.
    pub fn upright(&self) -> &Keypoints {
        // There is one, by `new`.
        &self.views[0].keypoints
    }

    /// Its gray values, [1, 1, H, W] f32, if pictures are moved onto it.
    pub fn gray(&self) -> Option<&Tensor> {
        self.picture.as_ref().map(|picture| &*picture.gray)
    }

    /// What pictures are aligned to, if they are moved onto it.
    pub fn template(&self) -> Option<&Template> {
        self.picture.as_ref().map(|picture| &picture.template)
    }

    /// The same lead on another device.
    pub fn to_device(&self, device: Device, size: (f64, f64)) -> Result<Self> {
        let views = self.views.iter();
        let views = views.map(|view| view.keypoints.to_device(device));
        let lead = Self::new(views.collect::<Result<_>>()?, size)?;
        match &self.picture {
            Some(Picture { gray, motion, .. }) => {
                lead.with_picture(gray.f_to_device(device)?, *motion)
            }
            None => Ok(lead),
        }
    }
}

/// How view number `view` of `views` is turned: about the middle of a picture of this size, in units of its sides.
pub fn turn(view: usize, views: usize, (width, height): (u32, u32)) -> Result<Transform> {
    let (width, height) = (f64::from(width), f64::from(height));
    let angle = TAU * view as f64 / views.max(1) as f64;
    let turned = Transform::turn(angle, (width / 2.0, height / 2.0));
    let turned = turned.ok_or_else(|| {
        let message = format!("a picture of {width} x {height} cannot be turned");
        Error::new(ErrorKind::Numeric, message)
    })?;
    turned.resized(1.0 / width, 1.0 / height)
}
