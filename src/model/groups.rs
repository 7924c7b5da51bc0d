//! Normal images to groups with statistics and scores, or into groups that there are.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use ndarray::Array2;
use tch::{Device, Kind};

use crate::error::{Error, Result};
use crate::matching::group::{GroupRule, Grouping, group};
use crate::matching::{Gist, Keypoints, PretrainedMatcher};
use crate::model::Group;
use crate::model::extractor::Extractor;
use crate::model::lead::{Lead, turn};
use crate::model::learn::{Learner, Members};
use crate::model::normals::Normals;
use crate::model::recipe::Recipe;
use crate::model::recognise::{Compared, Recogniser, Registration};
use crate::progress::{Progress, report};
use crate::registration::PartFinder;

const MATCHING: &str = "matching good parts";
const MOVING: &str = "registering good parts";

/// Of a backbone's input.
const CHANNELS: i64 = 3;

/// What groups are made with.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Its matcher, if it matches anything.
    pub matcher: Option<&'a PretrainedMatcher>,
    /// Backbone and matcher at work.
    pub extractor: &'a Extractor,
    /// Width and height of the network's input.
    pub input_size: (u32, u32),
    /// Height and width of the grid of locations.
    pub grid: (i64, i64),
    /// Where matches are computed.
    pub device: Device,
}

/// Makes groups of normal images.
pub struct Grouper<'a> {
    normals: &'a mut Normals,
    tools: Tools<'a>,
    progress: &'a mut dyn Progress,
}

/// Groups, and what became of the images.
#[derive(Debug)]
pub struct Formed {
    /// The groups.
    pub groups: Vec<Arc<Group>>,
    /// For each of their images in order its number among the normals; none for one that was there before.
    pub numbers: Vec<Option<usize>>,
    /// Numbers of images that too few matches agree about to be moved onto their lead.
    pub unregistered: Vec<usize>,
    /// Matches with a lead that make an image join its group.
    pub min_matches: u32,
}

/// Images that will be a group.
struct Planned {
    lead_image: usize,
    lead: Option<Lead>,
    members: Vec<usize>,
    /// Which locations of the lead show the part, if images are moved onto it.
    part: Option<Array2<bool>>,
}

/// Images that were moved onto their lead, and those that could not be.
struct Moved {
    moved: Vec<usize>,
    lost: Vec<usize>,
    /// Knows where the part lies; none if nothing was to be moved.
    finder: Option<PartFinder>,
}

impl<'a> Grouper<'a> {
    /// A grouper of `normals`.
    pub fn new(normals: &'a mut Normals, tools: Tools<'a>, progress: &'a mut dyn Progress) -> Self {
        Self {
            normals,
            tools,
            progress,
        }
    }

    /// Groups of the images with these numbers, at least one.
    pub fn form(mut self, images: &[usize]) -> Result<Formed> {
        let rule = self.tools.recipe.groups;
        let mut matches = HashMap::new();
        let mut unregistered = Vec::new();
        let (planned, min_matches) = self.plan(images, &rule, &mut matches, &mut unregistered)?;
        let groups = self.learned(planned, &matches)?;
        let numbers = groups.1.into_iter().map(Some).collect();
        Ok(Formed {
            groups: groups.0,
            numbers,
            unregistered,
            min_matches,
        })
    }

    /// `groups` with these images in them: those that an image joins are extended, the others are shared.
    ///
    /// Images that match no lead as well as `min_matches` asks for open groups of their own, if they are enough for one.
    pub fn extend(
        mut self,
        groups: &[Arc<Group>],
        min_matches: u32,
        images: &[usize],
    ) -> Result<Formed> {
        let mut joining: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
        let (mut matches, mut unregistered) = (HashMap::new(), Vec::new());
        let strangers = self.join(groups, min_matches, images, &mut joining, &mut matches)?;
        let rule = self.tools.recipe.groups;
        let room = rule.most.saturating_sub(groups.len());
        let (mut new, strangers_numbers) = if strangers.len() >= rule.smallest && room > 0 {
            let rule = GroupRule {
                min_matches,
                most: room,
                ..rule
            };
            let (planned, _) = self.plan(&strangers, &rule, &mut matches, &mut unregistered)?;
            self.learned(planned, &matches)?
        } else {
            self.join(groups, 0, &strangers, &mut joining, &mut matches)?;
            (Vec::new(), Vec::new())
        };

        let (mut extended, mut numbers) = (Vec::new(), Vec::new());
        for (group, members) in groups.iter().zip(joining) {
            let lead = group.lead.as_ref();
            let Moved { moved, lost, .. } = self.moved(members, lead, None, &mut matches)?;
            unregistered.extend(lost);
            numbers.extend(group.images.iter().map(|_| None));
            numbers.extend(moved.iter().copied().map(Some));
            if moved.is_empty() {
                extended.push(Arc::clone(group));
                continue;
            }
            let learned = self.learner(moved.len()).add(group, &moved, &matches)?;
            let images = group.images.iter().cloned().chain(learned.images).collect();
            extended.push(Arc::new(Group {
                normality: learned.normality,
                part: learned.part,
                images,
                keypoints: learned.keypoints,
                ..group.to_device(Device::Cpu, self.tools.extractor.matched_size())?
            }));
        }
        extended.append(&mut new);
        numbers.extend(strangers_numbers.into_iter().map(Some));
        Ok(Formed {
            groups: extended,
            numbers,
            unregistered,
            min_matches,
        })
    }

    /// Puts each image to the group whose lead it matches best; returns those that match none as well as asked for.
    fn join(
        &mut self,
        groups: &[Arc<Group>],
        min_matches: u32,
        images: &[usize],
        joining: &mut [Vec<usize>],
        matches: &mut HashMap<usize, u32>,
    ) -> Result<Vec<usize>> {
        let leads: Vec<&Lead> = groups
            .iter()
            .filter_map(|group| group.lead.as_ref())
            .collect();
        let mut strangers = Vec::new();
        for (done, image) in images.iter().enumerate() {
            report(self.progress, MATCHING, done as u64, images.len() as u64)?;
            let found = match self.recogniser() {
                Some(recogniser) => {
                    let keypoints = self.keypoints(*image)?;
                    let found = recogniser.recognise(&keypoints, &leads)?;
                    (found.lead, found.matches)
                }
                None => (0, 0),
            };
            if found.1 < min_matches {
                strangers.push(*image);
                continue;
            }
            joining[found.0].push(*image);
            matches.insert(*image, found.1);
        }
        Ok(strangers)
    }

    /// Which images will be groups, their leads made and they themselves moved onto them.
    fn plan(
        &mut self,
        images: &[usize],
        rule: &GroupRule,
        matches: &mut HashMap<usize, u32>,
        unregistered: &mut Vec<usize>,
    ) -> Result<(Vec<Planned>, u32)> {
        let grouping = self.grouping(images, rule)?;
        let found = grouping.matches.iter().copied();
        matches.extend(images.iter().copied().zip(found));
        let mut planned = Vec::new();
        for (number, lead) in grouping.leads.iter().enumerate() {
            let lead_image = images[*lead];
            let members = grouping
                .members(number)
                .map(|place| images[place])
                .collect();
            let lead = match self.tools.matcher {
                Some(_) => Some(self.lead(lead_image)?),
                None => None,
            };
            let Moved {
                moved,
                lost,
                finder,
            } = self.moved(members, lead.as_ref(), Some(lead_image), matches)?;
            unregistered.extend(lost);
            let (h, w) = self.tools.grid;
            let part = finder.map(|finder| finder.find((h as usize, w as usize)));
            planned.push(Planned {
                lead_image,
                lead,
                members: moved,
                part: part.transpose()?,
            });
        }
        Ok((planned, grouping.min_matches))
    }

    /// Groups with what they learn of their images, and the numbers of these in the groups' order.
    fn learned(
        &mut self,
        planned: Vec<Planned>,
        matches: &HashMap<usize, u32>,
    ) -> Result<(Vec<Arc<Group>>, Vec<usize>)> {
        let matched_size = self.tools.extractor.matched_size();
        let members: Vec<Members<'_>> = planned
            .iter()
            .map(|group| Members {
                images: &group.members,
                part: group.part.as_ref(),
            })
            .collect();
        let numbers: Vec<usize> = planned
            .iter()
            .flat_map(|group| group.members.iter().copied())
            .collect();
        let learned = self.learner(numbers.len()).learn(&members, matches)?;
        let mut groups = Vec::new();
        for (group, learned) in planned.iter().zip(learned) {
            let lead_image = group
                .members
                .iter()
                .position(|member| *member == group.lead_image);
            let lead = group.lead.as_ref();
            groups.push(Arc::new(Group {
                lead: lead
                    .map(|lead| lead.to_device(Device::Cpu, matched_size))
                    .transpose()?,
                lead_image: lead_image.unwrap_or(0),
                thumbnail: self.normals.thumbnail(group.lead_image)?,
                normality: learned.normality,
                part: learned.part,
                images: learned.images,
                keypoints: learned.keypoints,
            }));
        }
        Ok((groups, numbers))
    }

    fn learner(&mut self, images: usize) -> Learner<'_> {
        Learner::new(self.normals, self.tools, images, self.progress)
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
    fn moved(
        &mut self,
        members: Vec<usize>,
        lead: Option<&Lead>,
        lead_image: Option<usize>,
        matches: &mut HashMap<usize, u32>,
    ) -> Result<Moved> {
        let (Some(recogniser), Some(lead), Some(_)) =
            (self.recogniser(), lead, self.tools.recipe.registration)
        else {
            return Ok(Moved {
                moved: members,
                lost: Vec::new(),
                finder: None,
            });
        };
        let (width, height) = self.tools.input_size;
        let mut finder = PartFinder::new(CHANNELS, i64::from(height), i64::from(width))?;
        let (mut moved, mut lost) = (Vec::new(), Vec::new());
        let total = members.len() as u64;
        for (done, image) in members.into_iter().enumerate() {
            report(self.progress, MOVING, done as u64, total)?;
            let prepared = self.normals.prepared(image)?;
            let found = if lead_image == Some(image) {
                let known = matches.get(&image).copied().unwrap_or(0);
                Some(Registration::identity(known))
            } else {
                let keypoints = self.keypoints(image)?;
                let coarse = recogniser.recognise(&keypoints, &[lead])?.registration;
                coarse
                    .map(|coarse| recogniser.refine(&prepared, lead, coarse))
                    .transpose()?
            };
            let Some(found) = found else {
                lost.push(image);
                continue;
            };
            let at_lead = prepared.moved_input(&found.to_lead)?;
            let features = self.tools.extractor.features(&at_lead.pixels)?;
            self.normals.move_to_lead(image, found.to_lead, &features)?;
            finder.push(&at_lead)?;
            matches.insert(image, found.inliers);
            moved.push(image);
        }
        Ok(Moved {
            moved,
            lost,
            finder: Some(finder),
        })
    }

    fn keypoints(&mut self, image: usize) -> Result<Keypoints> {
        self.normals.keypoints(image)?.to_device(self.tools.device)
    }

    /// An image as a lead. Errors: `Image` if it has no key points, for then nothing can match it.
    fn lead(&mut self, image: usize) -> Result<Lead> {
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
        for view in 1..plan.turns {
            let turned = prepared.moved(&turn(view, plan.turns, input_size))?;
            views.extend(extractor.keypoints(&turned)?);
        }
        let lead = Lead::new(views, extractor.matched_size());
        let lead = lead.map_err(|error| blame(error, self.normals))?;
        let gray = prepared.input.f_mean_dim(1, true, Kind::Float)?;
        lead.with_picture(gray.f_to_device(self.tools.device)?, plan.motion)
    }

    /// Places in `images`, put into groups.
    fn grouping(&mut self, images: &[usize], rule: &GroupRule) -> Result<Grouping> {
        let count = images.len();
        let Some(recogniser) = self.recogniser() else {
            let (leads, group_of, matches) = (vec![0], vec![0; count], vec![0; count]);
            return Ok(Grouping {
                leads,
                group_of,
                matches,
                min_matches: 0,
            });
        };
        let mut gists = Vec::with_capacity(count);
        for (place, image) in images.iter().enumerate() {
            report(self.progress, MATCHING, place as u64, count as u64)?;
            let keypoints = self.keypoints(*image)?;
            gists.push(Gist::new(&keypoints, self.tools.extractor.matched_size())?);
        }
        let mut known = Known::default();
        group(count, rule, &mut |place, leads| {
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
        })
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
