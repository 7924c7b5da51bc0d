//! Whether a picture is one that a verdict can be given on: its frame's statistics against those of the normal images.

use crate::image::FrameStatistics;
use crate::verdict::finding::Finding;
use crate::verdict::limits::Limits;

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
