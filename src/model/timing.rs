//! How long the stages of an inspection take.

use std::time::{Duration, Instant};

/// A stage of an inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Pixels to the networks' inputs.
    Preprocess,
    /// The backbone and the patch adaptor.
    Backbone,
    /// Key points, which lead image they match, and how the picture lies on it.
    Matching,
    /// Distances of the locations to what is normal.
    Statistics,
    /// Distances to the anomaly map and its score.
    Map,
    /// Regions and verdict.
    Verdict,
}

const STAGES: usize = Stage::Verdict as usize + 1;

/// How long the stages of one inspection took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing([Duration; STAGES]);

impl Timing {
    /// The time of a stage; none if the recipe does not have it.
    pub fn of(&self, stage: Stage) -> Duration {
        self.0[stage as usize]
    }

    /// All stages together.
    pub fn total(&self) -> Duration {
        self.0.iter().sum()
    }
}

/// A stop watch that is read at the end of each piece of work: some 20 ns a reading.
pub(crate) struct Clock {
    since: Instant,
    timing: Timing,
}

impl Clock {
    /// Starts.
    pub fn start() -> Self {
        Self {
            since: Instant::now(),
            timing: Timing::default(),
        }
    }

    /// What was done since the last reading was of this stage.
    pub fn lap(&mut self, stage: Stage) {
        let now = Instant::now();
        self.timing.0[stage as usize] += now - self.since;
        self.since = now;
    }

    /// What was read.
    pub fn timing(&self) -> Timing {
        self.timing
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    #[test]
    fn laps_of_a_stage_add_up_and_belong_to_no_other() {
        let mut clock = Clock::start();
        let start = Instant::now();
        for stage in [Stage::Backbone, Stage::Map, Stage::Backbone] {
            sleep(Duration::from_millis(2));
            clock.lap(stage);
        }
        let timing = clock.timing();
        assert!(timing.of(Stage::Backbone) >= Duration::from_millis(4));
        assert!(timing.of(Stage::Map) >= Duration::from_millis(2));
        assert_eq!(timing.of(Stage::Verdict), Duration::ZERO);
        assert_eq!(
            timing.total(),
            timing.of(Stage::Backbone) + timing.of(Stage::Map)
        );
        assert!(timing.total() <= start.elapsed() + Duration::from_millis(1));
    }
}
