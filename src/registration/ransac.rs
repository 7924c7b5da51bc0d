//! A motion from pairs of which many are wrong.

use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, ErrorKind, Result};
use crate::registration::motion::{Motion, Pair};
use crate::registration::transform::Transform;

/// Refits that one hypothesis gets at most; five are many, as the inliers hardly change after the second.
const MOST_REFITS: usize = 20;

/// How to look for a motion among wrong pairs: random sample consensus with local optimisation.
///
/// Samples of as few pairs as determine the motion are fitted; the one with the least truncated squared error wins (MSAC),
/// each new best after being refitted to its inliers until that no longer helps. It stops once a better motion would have
/// been found with the given confidence. Equal pairs in equal order and an equal seed give an equal result.
///
/// Cost: of 2,000 pairs half of which are wrong 0.4 ms, of wrong ones alone 5 ms; of a homography 2 and 11 ms (2026-11-25).
/// Source: Chum, Matas and Kittler, DAGM 2003; Torr and Zisserman, CVIU 2000.
///
/// # Example
/// ```
/// use twinspect::registration::{Pair, Ransac};
/// let moved = |i: usize| {
///     let (x, y) = ((i * 37 % 101) as f64, (i * 53 % 103) as f64);
///     // Every third pair is wrong.
///     let off = if i % 3 == 0 { 20.0 + (i * 29 % 97) as f64 } else { 0.0 };
///     Pair { from: (x, y), to: (x + 4.0 + off, y - 2.0 - off) }
/// };
/// let pairs: Vec<Pair> = (0..60).map(moved).collect();
/// let registered = Ransac::default().fit(&pairs)?.expect("two thirds are right");
/// assert_eq!(registered.count, 40);
/// assert!(registered.inliers.iter().enumerate().all(|(i, inlier)| *inlier == (i % 3 != 0)));
/// # Ok::<(), twinspect::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ransac {
    /// What the part may do. Default: similarity.
    pub motion: Motion,
    /// A pair is an inlier if its point comes to lie nearer than this to its partner, in pixels of `to`. Default: 3.
    pub tolerance_px: f64,
    /// Hypotheses that are tried at most. Default: 2000, for a confidence of 0.999 with 6 inliers in 100 of a similarity.
    pub most_iterations: u32,
    /// Probability of having seen a sample of inliers alone before it stops, 0 to 1. Default: 0.999.
    pub confidence: f64,
    /// A motion with fewer inliers is none, nor is one with fewer than determine it. Default: 8.
    pub least_inliers: usize,
    /// Lengths may change by 1 / this to this, anywhere within the extent of the `from` points; mirroring is refused in
    /// any case. 1 or more, infinite for any. Default: 1.25.
    pub scale_limit: f64,
    /// Of the samples. Default: 0.
    pub seed: u64,
}

/// A motion that many pairs agree on.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// From the `from` points to the `to` points.
    pub transform: Transform,
    /// Which pairs agree, in their order.
    pub inliers: Vec<bool>,
    /// How many pairs agree.
    pub count: usize,
    /// Root of the mean squared distance of the inliers from where they should be, in pixels of `to`.
    pub rms_px: f64,
}

impl Default for Ransac {
    fn default() -> Self {
        Self {
            motion: Motion::Similarity,
            tolerance_px: 3.0,
            most_iterations: 2000,
            confidence: 0.999,
            least_inliers: 8,
            scale_limit: 1.25,
            seed: 0,
        }
    }
}

impl Ransac {
    /// The motion that most pairs agree on, or `None` if too few do.
    ///
    /// Errors: `InvalidArgument` if an option is out of its range, `Numeric` if a point is not finite.
    pub fn fit(&self, pairs: &[Pair]) -> Result<Option<Registered>> {
        self.check(pairs)?;
        let size = self.motion.least_pairs();
        let least = self.least_inliers.max(size);
        if pairs.len() < least {
            return Ok(None);
        }
        let search = Search::new(self, pairs);
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut sample = Vec::with_capacity(size);
        let mut least_cost = f64::INFINITY;
        let mut best: Option<Hypothesis> = None;
        let mut iterations = self.most_iterations;
        let mut done = 0;
        while done < iterations {
            done += 1;
            sample.clear();
            sample.extend(
                index::sample(&mut random, pairs.len(), size)
                    .iter()
                    .map(|i| pairs[i]),
            );
            // Compared before refitting: a raw hypothesis on the right track seldom beats a refitted one on a wrong one.
            let Some(raw) = search.hypothesis(&sample, least_cost) else {
                continue;
            };
            least_cost = raw.cost;
            let refitted = search.refit(raw);
            if best.as_ref().is_none_or(|best| refitted.cost < best.cost) {
                iterations = iterations.min(self.iterations(refitted.count, pairs.len()));
                best = Some(refitted);
            }
        }
        Ok(best
            .filter(|best| best.count >= least)
            .map(|best| search.registered(best)))
    }

    fn check(&self, pairs: &[Pair]) -> Result<()> {
        let is_finite = |(x, y): (f64, f64)| x.is_finite() && y.is_finite();
        if let Some(pair) = pairs
            .iter()
            .find(|pair| !is_finite(pair.from) || !is_finite(pair.to))
        {
            return Err(Error::new(
                ErrorKind::Numeric,
                format!("{pair:?} is not finite"),
            ));
        }
        let (tolerance, confidence) = (self.tolerance_px, self.confidence);
        let wrong = if !(tolerance > 0.0 && tolerance.is_finite()) {
            format!("tolerance {tolerance} px, expected more than 0")
        } else if !(confidence > 0.0 && confidence < 1.0) {
            format!("confidence {confidence}, expected more than 0 and less than 1")
        } else if self.scale_limit.is_nan() || self.scale_limit < 1.0 {
            format!("scale limit {}, expected 1 or more", self.scale_limit)
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::InvalidArgument, wrong))
    }

    /// After how many samples one of `inliers` alone has been seen with the confidence asked for.
    fn iterations(&self, inliers: usize, pairs: usize) -> u32 {
        let share = inliers as f64 / pairs as f64;
        let good = share.powi(self.motion.least_pairs() as i32);
        ((1.0 - self.confidence).ln() / (-good).ln_1p()).ceil() as u32
    }
}

/// A motion and how well all pairs agree with it.
struct Hypothesis {
    transform: Transform,
    /// Sum of squared distances, each at most the squared tolerance.
    cost: f64,
    count: usize,
}

/// What stays the same during one search.
struct Search<'a> {
    options: &'a Ransac,
    pairs: &'a [Pair],
    /// The corners of the `from` points' extent.
    corners: [(f64, f64); 4],
    /// The squared tolerance.
    most: f64,
}

impl<'a> Search<'a> {
    fn new(options: &'a Ransac, pairs: &'a [Pair]) -> Self {
        let (mut least, mut greatest) = (
            (f64::INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, f64::NEG_INFINITY),
        );
        for Pair { from: (x, y), .. } in pairs {
            least = (least.0.min(*x), least.1.min(*y));
            greatest = (greatest.0.max(*x), greatest.1.max(*y));
        }
        let corners = [
            least,
            (greatest.0, least.1),
            (least.0, greatest.1),
            greatest,
        ];
        Self {
            options,
            pairs,
            corners,
            most: options.tolerance_px.powi(2),
        }
    }

    /// The motion of `chosen` pairs, weighed by all; `None` if there is none within the limits, or if it costs as much as
    /// `bound`: most samples do, and are given up at the pair that shows it.
    fn hypothesis(&self, chosen: &[Pair], bound: f64) -> Option<Hypothesis> {
        let transform = self.options.motion.fit(chosen)?;
        let limit = self.options.scale_limit;
        let is_within = |corner: &(f64, f64)| {
            let stretch = transform.stretch_at(*corner);
            stretch.is_some_and(|(least, greatest)| {
                least > 0.0 && least >= 1.0 / limit && greatest <= limit
            })
        };
        if !self.corners.iter().all(is_within) {
            return None;
        }
        let (mut cost, mut count) = (0.0, 0);
        for pair in self.pairs {
            let squared = squared_distance(&transform, pair);
            let is_inlier = squared < self.most;
            count += usize::from(is_inlier);
            cost += if is_inlier { squared } else { self.most };
            if cost >= bound {
                return None;
            }
        }
        Some(Hypothesis {
            transform,
            cost,
            count,
        })
    }

    /// Fits the motion to its inliers, again and again, as long as the cost falls.
    fn refit(&self, mut best: Hypothesis) -> Hypothesis {
        for _ in 0..MOST_REFITS {
            let is_inlier = |pair: &&Pair| squared_distance(&best.transform, pair) < self.most;
            let inliers: Vec<Pair> = self.pairs.iter().filter(is_inlier).copied().collect();
            match self.hypothesis(&inliers, best.cost) {
                Some(refitted) => best = refitted,
                None => break,
            }
        }
        best
    }

    fn registered(&self, found: Hypothesis) -> Registered {
        let transform = found.transform;
        let squared = self
            .pairs
            .iter()
            .map(|pair| squared_distance(&transform, pair));
        let of_inliers: f64 = squared.clone().filter(|squared| *squared < self.most).sum();
        Registered {
            transform,
            inliers: squared.map(|squared| squared < self.most).collect(),
            count: found.count,
            rms_px: (of_inliers / found.count as f64).sqrt(),
        }
    }
}

/// Of the moved point from its partner; infinite behind the horizon.
fn squared_distance(transform: &Transform, pair: &Pair) -> f64 {
    match transform.apply(pair.from) {
        Some((x, y)) => (x - pair.to.0).powi(2) + (y - pair.to.1).powi(2),
        None => f64::INFINITY,
    }
}
