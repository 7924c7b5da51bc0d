//! Whether a picture is one that a verdict can be given on: its frame's statistics against those of the normal images.

use serde::{Deserialize, Serialize};

use crate::image::FrameStatistics;

/// Spreads of the normal images, from their median, that lie within the limits at least. Their spread is that of a normal
/// distribution with this median absolute deviation.
const SPREADS: f64 = 4.0;

/// Standard deviations of a normal distribution in its median absolute deviation.
const NORMAL_OF_MAD: f64 = 1.4826;

/// One in so many normal images, at either end, may itself be a bad frame.
const ONE_IN: usize = 20;

/// A single normal image says nothing of the next one: with n of them margins are `1 + FEW / n` times as wide.
const FEW: f64 = 2.0;

/// What is wrong with a picture. The numbers are bits, and those of the C interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
#[non_exhaustive]
pub enum Finding {
    /// Its brightness is below that of the normal images.
    TooDark = 1,
    /// Its brightness is above.
    TooBright = 2,
    /// More of it is black than of the normal images: covered, or transferred in part.
    Black = 4,
    /// More of it is saturated.
    Saturated = 8,
    /// Its contrast is below: nothing is seen.
    Flat = 16,
    /// Its sharpness is below.
    Blurred = 32,
    /// The same picture came before, to the last bit, as often as the option `health.repeats` says.
    Repeated = 64,
    /// Its width and height are in another proportion.
    Proportions = 128,
}

impl Finding {
    /// The word that scripts read: `too_dark`.
    pub fn word(self) -> &'static str {
        match self {
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
            Self::Black => "black",
            Self::Saturated => "saturated",
            Self::Flat => "flat",
            Self::Blurred => "blurred",
            Self::Repeated => "repeated",
            Self::Proportions => "proportions",
        }
    }

    /// What to look at, a whole sentence.
    pub fn advice(self) -> &'static str {
        match self {
            Self::TooDark => "Look at lamp, exposure time and aperture, and at what white means.",
            Self::TooBright => "Look at exposure time, gain and stray light.",
            Self::Black => "Look whether the lens is covered and the whole frame arrives.",
            Self::Saturated => "Shorten the exposure, or lower the gain.",
            Self::Flat => "Look whether a part lies there, and at lens and lamp.",
            Self::Blurred => "Look at focus, motion and dirt on the lens.",
            Self::Repeated => "Look whether the camera delivers new frames.",
            Self::Proportions => "Give the region of interest that the model was fitted with.",
        }
    }
}

/// Between which values a picture is like the normal images.
///
/// For each value, of the normal images: the lowest and the highest without one in twenty at either end, or four spreads
/// from the median where that is further; and beyond it a margin. The margin is what a camera may differ from one day to
/// the next while parts still look the same:
///
/// | value | below | above | margin |
/// | --- | --- | --- | --- |
/// | brightness | yes | yes | a factor of 1.4, half a stop |
/// | contrast | yes | - | a factor of 2; a defect may raise it |
/// | sharpness | yes | - | a factor of 2; a defect may raise it |
/// | share of black, and of saturated pixels | - | yes | 0.1 of the picture |
/// | proportions | yes | yes | 3 % |
///
/// Brightness, contrast and sharpness are compared as ratios, each with some gray levels added so that dark pictures do not
/// differ by their noise. With n normal images those margins, but not that of the proportions, are `1 + 2 / n` times as wide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// What lies below is outside; 0 = no limit.
    pub low: FrameStatistics,
    /// What lies above is outside; infinite = no limit.
    pub high: FrameStatistics,
    /// How many normal images they are from.
    pub images: usize,
}

/// How a value is held against limits.
struct Rule {
    name: &'static str,
    value: fn(&FrameStatistics) -> f32,
    place: fn(&mut FrameStatistics) -> &mut f32,
    scale: Scale,
    /// On that scale.
    margin: f64,
    widens: bool,
    below: Option<Finding>,
    above: Option<Finding>,
}

/// Where values are compared.
#[derive(Clone, Copy)]
enum Scale {
    /// The logarithm of the value and this much.
    Ratio(f64),
    /// As they are.
    Share,
}

impl Scale {
    fn of(self, value: f32) -> f64 {
        match self {
            Self::Ratio(offset) => (f64::from(value) + offset).ln(),
            Self::Share => f64::from(value),
        }
    }

    fn value(self, place: f64) -> f32 {
        match self {
            Self::Ratio(offset) => (place.exp() - offset) as f32,
            Self::Share => place as f32,
        }
    }
}

const RULES: [Rule; 6] = [
    Rule {
        name: "brightness",
        value: |frame| frame.brightness,
        place: |frame| &mut frame.brightness,
        // 5 of 255.
        scale: Scale::Ratio(0.02),
        margin: 0.5 * std::f64::consts::LN_2,
        widens: true,
        below: Some(Finding::TooDark),
        above: Some(Finding::TooBright),
    },
    Rule {
        name: "contrast",
        value: |frame| frame.contrast,
        place: |frame| &mut frame.contrast,
        // 1 of 255.
        scale: Scale::Ratio(0.004),
        margin: std::f64::consts::LN_2,
        widens: true,
        below: Some(Finding::Flat),
        above: None,
    },
    Rule {
        name: "sharpness",
        value: |frame| frame.sharpness,
        place: |frame| &mut frame.sharpness,
        // What is left of a picture in focus that is resized to an input is 0.01 and more.
        scale: Scale::Ratio(0.000_5),
        margin: std::f64::consts::LN_2,
        widens: true,
        below: Some(Finding::Blurred),
        above: None,
    },
    Rule {
        name: "black",
        value: |frame| frame.black,
        place: |frame| &mut frame.black,
        scale: Scale::Share,
        margin: 0.1,
        widens: true,
        below: None,
        above: Some(Finding::Black),
    },
    Rule {
        name: "saturated",
        value: |frame| frame.saturated,
        place: |frame| &mut frame.saturated,
        scale: Scale::Share,
        margin: 0.1,
        widens: true,
        below: None,
        above: Some(Finding::Saturated),
    },
    Rule {
        name: "proportions",
        value: |frame| frame.proportions,
        place: |frame| &mut frame.proportions,
        scale: Scale::Ratio(0.0),
        // Of the logarithm, so 3 %.
        margin: 0.03,
        widens: false,
        below: Some(Finding::Proportions),
        above: Some(Finding::Proportions),
    },
];

impl Limits {
    /// Of the frames of normal images; none if there is none.
    pub fn of(frames: &[FrameStatistics]) -> Option<Self> {
        let mut limits = Self {
            low: *frames.first()?,
            high: frames[0],
            images: frames.len(),
        };
        for rule in &RULES {
            let places = frames
                .iter()
                .map(|frame| rule.scale.of((rule.value)(frame)));
            let (low, high) = spanned(places.collect());
            let margin = match rule.widens {
                true => rule.margin * (1.0 + FEW / frames.len() as f64),
                false => rule.margin,
            };
            *(rule.place)(&mut limits.low) = match rule.below {
                Some(_) => rule.scale.value(low - margin).max(0.0),
                None => 0.0,
            };
            *(rule.place)(&mut limits.high) = match rule.above {
                Some(_) => rule.scale.value(high + margin),
                None => f32::INFINITY,
            };
        }
        Some(limits)
    }

    /// What of a frame lies outside. A value that is not a number does.
    fn findings<'a>(
        &'a self,
        frame: &'a FrameStatistics,
    ) -> impl Iterator<Item = (Finding, &'static Rule)> + 'a {
        RULES.iter().filter_map(move |rule| {
            let value = (rule.value)(frame);
            let is_low = value.is_nan() || value < (rule.value)(&self.low);
            let is_high = value.is_nan() || value > (rule.value)(&self.high);
            let below = rule.below.filter(|_| is_low);
            let found = below.or(rule.above.filter(|_| is_high))?;
            Some((found, rule))
        })
    }
}

/// Between which most of the values lie, of which there is one at least.
fn spanned(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let middle = median(&values);
    let mut off: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    off.sort_by(f64::total_cmp);
    let reach = SPREADS * NORMAL_OF_MAD * median(&off);
    let left_out = values.len() / ONE_IN;
    (
        values[left_out].min(middle - reach),
        values[values.len() - 1 - left_out].max(middle + reach),
    )
}

/// Of sorted values.
fn median(values: &[f64]) -> f64 {
    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
}

/// What is known of a picture as a frame of a camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// What it is like.
    pub frame: FrameStatistics,
    /// What it is held against; none if the model is of an old file, which says nothing of its normal images' frames.
    pub limits: Option<Limits>,
    /// Pictures right before it, one after the other, that were the same to the last bit.
    pub repeats: u32,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

impl Health {
    /// Of a frame; `most_repeats` equal pictures before it are too many, 0 = never.
    pub fn new(
        frame: FrameStatistics,
        limits: Option<Limits>,
        repeats: u32,
        most_repeats: u32,
    ) -> Self {
        let outside = limits.iter().flat_map(|limits| limits.findings(&frame));
        let mut findings: Vec<Finding> = outside.map(|(finding, _)| finding).collect();
        if most_repeats > 0 && repeats >= most_repeats {
            findings.push(Finding::Repeated);
        }
        Self {
            frame,
            limits,
            repeats,
            findings,
        }
    }

    /// Whether nothing is wrong with it, as far as is known.
    pub fn is_fine(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings as bits.
    pub fn bits(&self) -> u32 {
        let findings = self.findings.iter();
        findings.fold(0, |bits, finding| bits | *finding as u32)
    }

    /// For each finding what was measured, what it should be and what to look at.
    pub fn sentences(&self) -> Vec<String> {
        let limits = self.limits.as_ref();
        let outside = limits.into_iter().flat_map(|limits| {
            limits
                .findings(&self.frame)
                .map(move |found| (limits, found))
        });
        let mut sentences: Vec<String> = outside
            .map(|(limits, (finding, rule))| {
                format!(
                    "{}: {} {}, of the normal images {}. {}",
                    finding.word().replace('_', " "),
                    rule.name,
                    short((rule.value)(&self.frame)),
                    span((rule.value)(&limits.low), (rule.value)(&limits.high)),
                    finding.advice()
                )
            })
            .collect();
        if self.findings.contains(&Finding::Repeated) {
            let times = match self.repeats {
                1 => "the picture before it was the same".to_owned(),
                count => format!("the {count} pictures before it were the same"),
            };
            sentences.push(format!("repeated: {times}. {}", Finding::Repeated.advice()));
        }
        sentences
    }
}

fn span(low: f32, high: f32) -> String {
    match (low > 0.0, high.is_finite()) {
        (true, true) => format!("{} to {}", short(low), short(high)),
        (_, true) => format!("{} at most", short(high)),
        _ => format!("{} at least", short(low)),
    }
}

/// To three digits.
fn short(value: f32) -> String {
    match value.abs() {
        size if size >= 0.1 || size == 0.0 => format!("{value:.3}"),
        size if size >= 0.01 => format!("{value:.4}"),
        _ => format!("{value:.5}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: FrameStatistics = FrameStatistics {
        brightness: 0.48,
        contrast: 0.2,
        sharpness: 0.02,
        black: 0.05,
        saturated: 0.0,
        proportions: 1.5,
    };

    /// Frames whose brightness varies by some per cent.
    fn frames(count: usize) -> Vec<FrameStatistics> {
        (0..count)
            .map(|i| FrameStatistics {
                brightness: 0.48 + 0.01 * (i % 5) as f32,
                ..FRAME
            })
            .collect()
    }

    fn found(limits: Limits, frame: FrameStatistics) -> Vec<Finding> {
        Health::new(frame, Some(limits), 0, 0).findings
    }

    #[test]
    fn each_value_is_outside_beyond_its_own_limit() {
        use Finding::*;
        let limits = Limits::of(&frames(100)).unwrap();
        let with = |change: fn(&mut FrameStatistics)| {
            let mut frame = FRAME;
            change(&mut frame);
            found(limits, frame)
        };
        assert_eq!(found(limits, FRAME), []);
        assert_eq!(with(|frame| frame.brightness = 0.3), [TooDark]);
        assert_eq!(with(|frame| frame.brightness = 0.85), [TooBright]);
        assert_eq!(with(|frame| frame.contrast = 0.09), [Flat]);
        assert_eq!(with(|frame| frame.contrast = 0.5), []);
        assert_eq!(with(|frame| frame.sharpness = 0.009), [Blurred]);
        assert_eq!(with(|frame| frame.sharpness = 1.0), []);
        assert_eq!(with(|frame| frame.black = 0.2), [Black]);
        assert_eq!(with(|frame| frame.black = 0.0), []);
        assert_eq!(with(|frame| frame.saturated = 0.2), [Saturated]);
        assert_eq!(with(|frame| frame.proportions = 1.6), [Proportions]);
        assert_eq!(with(|frame| frame.proportions = 1.4), [Proportions]);
        assert_eq!(with(|frame| frame.proportions = 1.51), []);
        assert_eq!(with(|frame| frame.brightness = f32::NAN), [TooDark]);
    }

    #[test]
    fn margins_by_hand_and_wider_with_few_images() {
        // A single brightness of 0.48 and half a stop, three times as wide: (0.48 + 0.02) * sqrt(2)^3 - 0.02.
        let high = |count| Limits::of(&vec![FRAME; count]).unwrap().high.brightness;
        let expected = 0.5 * 2f32.powf(1.5) - 0.02;
        assert!((high(1) - expected).abs() < 1e-6, "{}", high(1));
        assert!((high(2) - (0.5 * 2.0 - 0.02)).abs() < 1e-6, "{}", high(2));
        assert!(high(1) > high(2) && high(2) > high(4) && high(4) > high(100));
        // Even of one image, a quarter of the light and half of a frame are told.
        let limits = Limits::of(&[FRAME]).unwrap();
        let dark = FrameStatistics {
            brightness: FRAME.brightness / 4.0,
            ..FRAME
        };
        let half = FrameStatistics {
            black: 0.5 + 0.5 * FRAME.black,
            ..FRAME
        };
        assert_eq!(found(limits, dark), [Finding::TooDark]);
        assert_eq!(found(limits, half), [Finding::Black]);
        assert!(Limits::of(&[]).is_none());
    }

    #[test]
    fn bad_frames_among_the_normal_images_move_no_limit() {
        let mut frames = frames(40);
        let before = Limits::of(&frames).unwrap();
        frames[7].brightness = 0.0;
        frames[9].brightness = 1.0;
        let after = Limits::of(&frames).unwrap();
        let change = after.low.brightness / before.low.brightness;
        assert!((0.95..1.05).contains(&change), "{change}");
        let change = after.high.brightness / before.high.brightness;
        assert!((0.95..1.05).contains(&change), "{change}");
    }

    #[test]
    fn images_of_two_kinds_are_both_normal() {
        let mut frames = frames(40);
        for frame in &mut frames[..4] {
            frame.brightness = 0.1;
        }
        let limits = Limits::of(&frames).unwrap();
        for frame in frames {
            assert_eq!(found(limits, frame), [], "{frame:?}");
        }
    }

    #[test]
    fn repeats_are_found_only_where_they_are_asked_for() {
        let repeated = |repeats, most| Health::new(FRAME, None, repeats, most);
        assert!(repeated(1000, 0).is_fine() && repeated(2, 3).is_fine());
        let found = repeated(3, 3);
        assert_eq!((found.bits(), found.repeats), (64, 3));
        assert_eq!(
            found.sentences(),
            [
                "repeated: the 3 pictures before it were the same. Look whether the camera delivers new frames."
            ]
        );
    }

    #[test]
    fn sentences_say_value_limits_and_advice() {
        let limits = Limits::of(&frames(100)).unwrap();
        let dark = FrameStatistics {
            brightness: 0.12,
            contrast: 0.05,
            ..FRAME
        };
        let health = Health::new(dark, Some(limits), 0, 0);
        assert_eq!(health.bits(), 1 | 16);
        let sentences = health.sentences();
        assert!(
            sentences[0].starts_with("too dark: brightness 0.120, of the normal images 0.3"),
            "{sentences:?}"
        );
        assert!(sentences[0].ends_with("and at what white means."));
        assert!(sentences[1].contains("flat: contrast 0.0500, of the normal images 0.0"));
        assert!(sentences[1].contains(" at least. "));
    }
}
