//! What of a recipe is left to the images: whether pictures are moved onto their lead, and whether the ground is scaled.

use crate::error::Result;
use crate::model::survey::Pose;
use crate::options::Options;

const REGISTRATION: &str = "registration";
const GROUND: &str = "ground";
const MATCHER: &str = "matcher";

/// Options of which the images decide some.
#[derive(Clone, Debug)]
pub struct Choice {
    given: Options,
}

impl Choice {
    /// None if the options leave nothing to the images.
    ///
    /// Only where one Gaussian is formed of all images as they were given is it known what is better.
    pub fn of(given: &Options) -> Result<Option<Self>> {
        let is = |key: &str, value: &str| Ok::<_, crate::Error>(given.text(key)? == value);
        let is_open = is(REGISTRATION, "auto")?
            && given.int("tile.size")? == 0
            && !is(MATCHER, "none")?
            && is("grouping", "leads")?
            && is("statistics", "gaussian")?
            && is("fit.copies", "none")?
            && !is(GROUND, "level")?
            && given.int("groups.size")? == 0
            && given.int("groups.min_matches")? == 0;
        Ok(is_open.then(|| Self {
            given: given.clone(),
        }))
    }

    /// The options until the images have decided: by these pictures can be moved.
    pub fn open(&self) -> Result<Options> {
        let mut options = settled(&self.given)?;
        options.set_text(REGISTRATION, "similarity")?;
        Ok(options)
    }

    /// The options that the images have decided.
    pub fn made(&self, pose: Pose) -> Result<Options> {
        let mut options = settled(&self.given)?;
        if pose.varies() {
            options.set_text(REGISTRATION, "similarity")?;
        } else if pose.is_fixed() && self.given.text(GROUND)? == "auto" {
            options.set_text(GROUND, "level")?;
        }
        Ok(options)
    }
}

/// The options where nothing is left to the images.
pub fn settled(given: &Options) -> Result<Options> {
    let mut options = given.clone();
    for (key, value) in [(REGISTRATION, "none"), (GROUND, "same")] {
        if given.text(key)? == "auto" {
            options.set_text(key, value)?;
        }
    }
    if given.int("tile.size")? > 0 && !needs_matches(&options)? {
        options.set_text(MATCHER, "none")?;
    }
    Ok(options)
}

/// Whether the backbone's matches, which tiles cannot have, would decide anything but that a picture is undecided.
fn needs_matches(options: &Options) -> Result<bool> {
    let is = |key: &str, value: &str| Ok::<_, crate::Error>(options.text(key)? == value);
    let by_picture = is("grouping", "nearest")?;
    let by_matches = by_picture && is("nearest.by", "matches")?;
    let has_groups = options.int("groups.size")? > 0 || options.int("groups.min_matches")? > 0;
    Ok(!is(MATCHER, "backbone")?
        || !is(REGISTRATION, "none")?
        || by_matches
        || (has_groups && !by_picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(settings: &[(&str, &str)]) -> Options {
        let mut options = Options::default();
        for (key, value) in settings {
            options.set_text(key, value).unwrap();
        }
        options
    }

    fn texts(options: &Options) -> [String; 2] {
        [REGISTRATION, GROUND].map(|key| options.text(key).unwrap())
    }

    #[test]
    fn pose_decides_what_the_options_leave_open() {
        let pose = |moved| Pose {
            images: 15,
            registered: 15,
            moved,
        };
        let lost = Pose {
            images: 15,
            registered: 2,
            moved: 2,
        };
        let choice = Choice::of(&options(&[])).unwrap().unwrap();
        assert_eq!(texts(&choice.open().unwrap()), ["similarity", "same"]);
        assert_eq!(
            texts(&choice.made(pose(15)).unwrap()),
            ["similarity", "same"]
        );
        assert_eq!(texts(&choice.made(pose(0)).unwrap()), ["none", "level"]);
        assert_eq!(texts(&choice.made(lost).unwrap()), ["none", "same"]);
        let same = Choice::of(&options(&[(GROUND, "same")])).unwrap().unwrap();
        assert_eq!(texts(&same.made(pose(0)).unwrap()), ["none", "same"]);
    }

    #[test]
    fn tiles_match_nothing_unless_groups_are_made_by_it() {
        let matcher = |settings: &[(&str, &str)]| {
            let given = options(&[&[("tile.size", "512")], settings].concat());
            assert!(Choice::of(&given).unwrap().is_none());
            let settled = settled(&given).unwrap();
            assert_eq!(texts(&settled)[1], "same");
            settled.text(MATCHER).unwrap()
        };
        assert_eq!(matcher(&[]), "none");
        assert_eq!(matcher(&[("grouping", "nearest")]), "none");
        assert_eq!(matcher(&[(MATCHER, "xfeat")]), "xfeat");
        for (key, value) in [("groups.size", "25"), (REGISTRATION, "affine")] {
            assert_eq!(matcher(&[(key, value)]), "backbone");
        }
    }

    #[test]
    fn what_is_said_is_not_left_open() {
        for (key, value) in [
            (REGISTRATION, "none"),
            (REGISTRATION, "affine"),
            ("matcher", "none"),
            ("grouping", "nearest"),
            ("groups.size", "25"),
            ("groups.min_matches", "40"),
            ("statistics", "subspace"),
            ("fit.copies", "flips"),
            (GROUND, "level"),
        ] {
            let given = options(&[(key, value)]);
            assert!(Choice::of(&given).unwrap().is_none(), "{key}={value}");
            let [registration, ground] = texts(&settled(&given).unwrap());
            assert_ne!(registration, "auto");
            assert_ne!(ground, "auto");
            let text = settled(&given).unwrap().text(key).unwrap();
            assert_eq!(text, value);
        }
    }
}
