//! Which lead a normal image belongs to, and where it lies on it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use tch::{Kind, Tensor};

use crate::error::{Error, Result};
use crate::matching::group::{GroupRule, Grouping, group};
use crate::matching::{Gist, Keypoints};
use crate::model::extractor::{Prepared, bytes_of_input};
use crate::model::groups::Tools;
use crate::model::lead::{Lead, turn};
use crate::model::normals::Normals;
use crate::model::recognise::{Compared, Recognised, Recogniser, Registration};
use crate::progress::{Progress, report};
use crate::registration::{PartFinder, Warped};
use crate::torch::lanes::in_lanes;

const MATCHING: &str = "matching good parts";
const MOVING: &str = "registering good parts";

/// Of a backbone's input.
const CHANNELS: i64 = 3;

/// Finds leads for normal images, and moves them onto these.
pub struct Placer<'a> {
    /// The normal images.
    pub normals: &'a mut Normals,
    /// What they are matched with.
    pub tools: Tools<'a>,
    /// Hears of it.
    pub progress: &'a mut dyn Progress,
}

/// Images that were moved onto their lead, and those that could not be.
pub struct Moved {
    /// Numbers of those that now lie on it.
    pub moved: Vec<usize>,
    /// Matches of each of them that agree on how it lies.
    pub matches: Vec<(usize, u32)>,
    /// Numbers of the others.
    pub lost: Vec<usize>,
    /// Knows where the part lies; none if nothing was to be moved.
    pub finder: Option<PartFinder>,
}

impl<'a> Placer<'a> {
    /// Which of some leads an image matches best, and the matches; the first one if nothing is matched.
    ///
    /// `progress`: images that were done before, and all.
    pub fn best(
        &mut self,
        image: usize,
        leads: &[&Lead],
        progress: (usize, usize),
    ) -> Result<(usize, u32)> {
        report(
            self.progress,
            MATCHING,
            progress.0 as u64,
            progress.1 as u64,
        )?;
        let Some(recogniser) = self.recogniser() else {
            return Ok((0, 0));
        };
        let found = recogniser.recognise(&self.keypoints(image)?, leads)?;
        Ok((found.lead, found.matches))
    }

    /// How an image lies on a lead, compared with that as it is and with its most similar view; none if nothing is matched.
    pub fn placed(&mut self, image: usize, lead: &Lead) -> Result<Option<(Compared, Recognised)>> {
        let Some(recogniser) = self.recogniser() else {
            return Ok(None);
        };
        let keypoints = self.keypoints(image)?;
        let upright = recogniser.compare(&keypoints, lead, 0)?;
        Ok(Some((upright, recogniser.recognise(&keypoints, &[lead])?)))
    }

    fn recogniser(&self) -> Option<Recogniser<'a>> {
        let tools = self.tools;
        Some(Recogniser {
            recipe: tools.recipe,
            matcher: tools.matcher?,
            extractor: tools.extractor,
            input_size: tools.input_size,
        })
    }

    /// Moves images onto their lead where the recipe says so.
    pub fn moved(
        &mut self,
        members: &[usize],
        lead: Option<&Lead>,
        lead_image: Option<usize>,
    ) -> Result<Moved> {
        let (Some(recogniser), Some(lead), Some(_)) =
            (self.recogniser(), lead, self.tools.recipe.registration)
        else {
            return Ok(Moved {
                moved: members.to_vec(),
                matches: Vec::new(),
                lost: Vec::new(),
                finder: None,
            });
        };
        let (width, height) = self.tools.input_size;
        let bytes = bytes_of_input((width, height));
        let mut finder = PartFinder::new(CHANNELS, i64::from(height), i64::from(width))?;
        let (mut moved, mut matches, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        let total = members.len() as u64;
        let place = |_: &mut (), image: Lying| image.placed(&recogniser, lead);
        let mut lanes = vec![(); self.tools.lanes];
        in_lanes(&mut lanes, place, |lanes| {
            let mut done = 0;
            let mut keep = |placer: &mut Self,
                            (image, placed): (usize, Result<Option<OnLead>>)|
             -> Result<()> {
                done += 1;
                report(placer.progress, MOVING, done, total)?;
                let Some(OnLead {
                    found,
                    picture,
                    features,
                }) = placed?
                else {
                    lost.push(image);
                    return Ok(());
                };
                placer
                    .normals
                    .move_to_lead(image, found.to_lead, &features)?;
                finder.push(&picture)?;
                matches.push((image, found.inliers));
                moved.push(image);
                Ok(())
            };
            report(self.progress, MOVING, 0, total)?;
            for image in members.iter().copied() {
                let lying = Lying {
                    image,
                    is_lead: lead_image == Some(image),
                    prepared: self.normals.prepared(image)?,
                    keypoints: self.keypoints(image)?,
                };
                lanes.give(lying, bytes, |placed| keep(self, placed))?;
            }
            lanes.finish(|placed| keep(self, placed))
        })?;
        Ok(Moved {
            moved,
            matches,
            lost,
            finder: Some(finder),
        })
    }

    fn keypoints(&mut self, image: usize) -> Result<Keypoints> {
        self.normals.keypoints(image)?.to_device(self.tools.device)
    }

    /// An image as a lead. Errors: `Image` if it has no key points, for then nothing can match it.
    pub fn lead(&mut self, image: usize) -> Result<Lead> {
        let Tools {
            recipe,
            extractor,
            input_size,
            ..
        } = self.tools;
        let blame = |error: Error, normals: &Normals| error.at(normals.name(image));
        let mut views = vec![self.keypoints(image)?];
        let Some(plan) = recipe.registration else {
            let lead = Lead::new(views, extractor.matched_size());
            return lead.map_err(|error| blame(error, self.normals));
        };
        let prepared = self.normals.prepared(image)?;
        let look = |_: &mut (), turned: Prepared<'static>| extractor.keypoints(&turned);
        let mut lanes = vec![(); self.tools.lanes];
        in_lanes(&mut lanes, look, |lanes| {
            let mut keep = |found: Result<Option<Keypoints>>| {
                views.extend(found?);
                Ok::<(), Error>(())
            };
            for view in 1..plan.turns {
                let turned = prepared.moved(&turn(view, plan.turns, input_size)?)?;
                lanes.give(turned, bytes_of_input(input_size), &mut keep)?;
            }
            lanes.finish(keep)
        })?;
        let lead = Lead::new(views, extractor.matched_size());
        let lead = lead.map_err(|error| blame(error, self.normals))?;
        let gray = prepared.whole()?.f_mean_dim(1, true, Kind::Float)?;
        lead.with_picture(gray.f_to_device(self.tools.device)?, plan.motion)
    }

    /// Places in `images`, put into groups; and by their places the leads that were made for it.
    pub fn grouping(
        &mut self,
        images: &[usize],
        rule: &GroupRule,
    ) -> Result<(Grouping, HashMap<usize, Lead>)> {
        let count = images.len();
        let Some(recogniser) = self.recogniser() else {
            let (leads, group_of, matches) = (vec![0], vec![0; count], vec![0; count]);
            let grouping = Grouping {
                leads,
                group_of,
                matches,
                min_matches: 0,
            };
            return Ok((grouping, HashMap::new()));
        };
        let mut gists = Vec::with_capacity(count);
        for (place, image) in images.iter().enumerate() {
            report(self.progress, MATCHING, place as u64, count as u64)?;
            let keypoints = self.keypoints(*image)?;
            gists.push(Gist::new(&keypoints, self.tools.extractor.matched_size())?);
        }
        let mut known = Known::default();
        let grouping = group(count, rule, &mut |place, leads| {
            report(self.progress, MATCHING, place as u64, count as u64)?;
            for lead in leads {
                if !known.leads.contains_key(lead) {
                    known.leads.insert(*lead, self.lead(images[*lead])?);
                }
            }
            let found: Vec<&Lead> = leads.iter().map(|lead| &known.leads[lead]).collect();
            let best = recogniser.best_of(&gists[place], &found, &mut |lead, view| match known
                .compared
                .entry((place, leads[lead], view))
            {
                Entry::Occupied(before) => Ok(*before.get()),
                Entry::Vacant(new) => {
                    if known.current.as_ref().is_none_or(|(of, _)| *of != place) {
                        known.current = Some((place, self.keypoints(images[place])?));
                    }
                    let keypoints = known.current.as_ref().map(|(_, keypoints)| keypoints);
                    let compared =
                        keypoints.map(|keypoints| recogniser.compare(keypoints, found[lead], view));
                    Ok(*new.insert(compared.transpose()?.unwrap_or_default()))
                }
            })?;
            Ok((best.lead, best.matches))
        })?;
        Ok((grouping, known.leads))
    }
}

/// An image as it lies.
struct Lying {
    image: usize,
    is_lead: bool,
    prepared: Prepared<'static>,
    keypoints: Keypoints,
}

/// An image on its lead.
struct OnLead {
    found: Registration,
    picture: Warped,
    features: Tensor,
}

impl Lying {
    /// Its number, and it on its lead; none if it could not be moved there.
    fn placed(self, recogniser: &Recogniser<'_>, lead: &Lead) -> (usize, Result<Option<OnLead>>) {
        (self.image, self.on_lead(recogniser, lead))
    }

    fn on_lead(&self, recogniser: &Recogniser<'_>, lead: &Lead) -> Result<Option<OnLead>> {
        let found = if self.is_lead {
            let known = recogniser.compare(&self.keypoints, lead, 0)?.matches;
            Some(Registration::identity(known))
        } else {
            let coarse = recogniser.recognise(&self.keypoints, &[lead])?.registration;
            let refine = |coarse| recogniser.refine(&self.prepared, lead, coarse);
            coarse.map(refine).transpose()?
        };
        let Some(found) = found else {
            return Ok(None);
        };
        let picture = self.prepared.moved_input(&found.to_lead)?;
        let features = recogniser.extractor.features(&picture.pixels)?;
        Ok(Some(OnLead {
            found,
            picture,
            features,
        }))
    }
}

/// What comparing images with leads has shown so far; each of them by its place.
#[derive(Default)]
struct Known {
    leads: HashMap<usize, Lead>,
    /// By image, lead and view of the lead.
    compared: HashMap<(usize, usize, usize), Compared>,
    /// The image that was compared last.
    current: Option<(usize, Keypoints)>,
}
