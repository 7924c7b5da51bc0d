//! Groups of normal images that show the part in the same pose, each with a lead image.

use crate::error::{Error, ErrorKind, Result};

/// How groups are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupRule {
    /// Matches with a lead that make an image join its group; 0 derives the number from the images.
    pub min_matches: u32,
    /// Images that a group should hold, for the derived number; 0 asks for one group of all.
    pub size: usize,
    /// Smaller groups are merged into the nearest.
    pub smallest: usize,
    /// Groups at most.
    pub most: usize,
}

/// Which normal image belongs to which lead image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// Image number of each group's lead.
    pub leads: Vec<usize>,
    /// Group of each image.
    pub group_of: Vec<usize>,
    /// Matches of each image with its lead.
    pub matches: Vec<u32>,
    /// Matches with a lead that made an image join its group: the given number, or the derived one.
    pub min_matches: u32,
}

impl Grouping {
    /// Numbers of the images of a group, ascending.
    pub fn members(&self, group: usize) -> impl Iterator<Item = usize> + '_ {
        self.group_of
            .iter()
            .enumerate()
            .filter(move |(_, of)| **of == group)
            .map(|(image, _)| image)
    }
}

/// Which of some leads, given by their image numbers, an image matches best: its place among them, and the matches.
pub type Best<'a> = dyn FnMut(usize, &[usize]) -> Result<(usize, u32)> + 'a;

/// Puts `count` images into groups; `best` says which lead an image matches best.
///
/// The first image leads a group. Each next one joins the group whose lead it matches best if the matches reach the
/// threshold, and leads a new group otherwise (METHOD.md, section 1). The derived threshold is the highest that gives no
/// more groups than [`GroupRule::size`] asks for. Then every image goes to the lead that it matches best, as a picture
/// under inspection will, and groups below [`GroupRule::smallest`] are dissolved into the others, the smallest first.
///
/// Cost: each image is compared with the leads once for each of about ten thresholds that are tried, and once for each group
/// that is dissolved; so `best` should remember. Errors: `TooFewImages` for no image; those of `best`.
pub fn group(count: usize, rule: &GroupRule, best: &mut Best<'_>) -> Result<Grouping> {
    if count == 0 {
        return Err(Error::new(
            ErrorKind::TooFewImages,
            "there is no image to group",
        ));
    }
    let min_matches = if rule.min_matches > 0 {
        rule.min_matches
    } else {
        derive_threshold(count, rule, best)?
    };
    let leads = match lead_images(count, min_matches, rule.most, Overflow::Join, best)? {
        Some(leads) => leads,
        None => vec![0],
    };
    let grouping = merge_small(count, rule.smallest, leads, best)?;
    Ok(Grouping {
        min_matches,
        ..grouping
    })
}

#[derive(PartialEq)]
enum Overflow {
    /// An image that would lead one group too many joins the best one.
    Join,
    /// One group too many ends the search.
    GiveUp,
}

fn lead_images(
    count: usize,
    min_matches: u32,
    most: usize,
    overflow: Overflow,
    best: &mut Best<'_>,
) -> Result<Option<Vec<usize>>> {
    let mut leads = vec![0];
    for image in 1..count {
        if best(image, &leads)?.1 >= min_matches {
            continue;
        }
        if leads.len() < most {
            leads.push(image);
        } else if overflow == Overflow::GiveUp {
            return Ok(None);
        }
    }
    Ok(Some(leads))
}

/// The highest number of matches that gives no more than the wanted number of groups, by bisection.
fn derive_threshold(count: usize, rule: &GroupRule, best: &mut Best<'_>) -> Result<u32> {
    let wanted = match rule.size {
        0 => 1,
        size => ((count as f64 / size as f64).round() as usize).clamp(1, rule.most),
    };
    if wanted == 1 {
        return Ok(0);
    }
    let mut highest = 0;
    for image in 1..count {
        highest = highest.max(best(image, &[0])?.1);
    }
    let (mut few, mut too_many) = (0, highest.saturating_add(1));
    while too_many - few > 1 {
        let middle = few + (too_many - few) / 2;
        match lead_images(count, middle, wanted, Overflow::GiveUp, best)? {
            Some(_) => few = middle,
            None => too_many = middle,
        }
    }
    Ok(few)
}

fn merge_small(
    count: usize,
    smallest: usize,
    mut leads: Vec<usize>,
    best: &mut Best<'_>,
) -> Result<Grouping> {
    loop {
        let mut grouping = Grouping {
            leads,
            group_of: Vec::with_capacity(count),
            matches: Vec::with_capacity(count),
            min_matches: 0,
        };
        let mut sizes = vec![0usize; grouping.leads.len()];
        for image in 0..count {
            let (place, matches) = best(image, &grouping.leads)?;
            sizes[place] += 1;
            grouping.group_of.push(place);
            grouping.matches.push(matches);
        }
        let least = sizes.iter().enumerate().min_by_key(|(_, size)| **size);
        match least {
            Some((place, size)) if *size < smallest && grouping.leads.len() > 1 => {
                grouping.leads.remove(place);
                leads = grouping.leads;
            }
            _ => return Ok(grouping),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: GroupRule = GroupRule {
        min_matches: 0,
        size: 4,
        smallest: 1,
        most: 32,
    };

    /// Images at places on a line: the nearer, the more matches, 100 at most.
    fn on_a_line(places: &[i32], rule: GroupRule) -> Grouping {
        let mut best = |image: usize, leads: &[usize]| {
            let matches =
                |lead: &usize| 100u32.saturating_sub(places[image].abs_diff(places[*lead]));
            let counts: Vec<u32> = leads.iter().map(matches).collect();
            let most = counts.iter().copied().max().unwrap_or(0);
            let first = counts.iter().position(|count| *count == most);
            Ok((first.unwrap_or(0), most))
        };
        group(places.len(), &rule, &mut best).unwrap()
    }

    #[test]
    fn two_poses_become_two_groups_without_a_threshold() {
        let found = on_a_line(&[0, 50, 1, 51, 2, 52, 3, 53], RULE);
        assert_eq!(found.group_of, [0, 1, 0, 1, 0, 1, 0, 1]);
        assert_eq!(found.leads, [0, 1]);
    }

    #[test]
    fn size_zero_makes_one_group_of_all() {
        let found = on_a_line(&[0, 50, 99, 20, 70], GroupRule { size: 0, ..RULE });
        assert_eq!((found.leads, found.group_of), (vec![0], vec![0; 5]));
    }

    #[test]
    fn given_threshold_is_kept() {
        let found = on_a_line(
            &[0, 4, 9, 14],
            GroupRule {
                min_matches: 95,
                ..RULE
            },
        );
        assert_eq!(found.leads, [0, 2]);
    }

    #[test]
    fn image_goes_to_the_lead_that_it_matches_best_even_if_that_came_later() {
        // Image 1 joins lead 0 when it comes; image 2 then leads a group, and is nearer to it.
        let found = on_a_line(
            &[0, 9, 12],
            GroupRule {
                min_matches: 90,
                ..RULE
            },
        );
        assert_eq!(found.group_of, [0, 1, 1]);
    }

    #[test]
    fn small_group_is_merged_into_the_nearest() {
        let places = [0, 1, 2, 30, 60, 61, 62];
        let found = on_a_line(
            &places,
            GroupRule {
                min_matches: 90,
                smallest: 2,
                ..RULE
            },
        );
        assert_eq!(found.group_of, [0, 0, 0, 0, 1, 1, 1]);
    }

    #[test]
    fn number_of_groups_is_bounded() {
        let places: Vec<i32> = (0..50).map(|i| i * 40).collect();
        let found = on_a_line(
            &places,
            GroupRule {
                min_matches: 90,
                smallest: 1,
                most: 5,
                size: 4,
            },
        );
        assert_eq!(found.leads.len(), 5);
    }

    #[test]
    fn one_image_is_its_own_lead() {
        assert_eq!(on_a_line(&[7], RULE).group_of, [0]);
    }
}
