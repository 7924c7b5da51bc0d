//! A motion that is found in rounds: match, warp, match again.

use crate::error::Result;
use crate::registration::motion::Pair;
use crate::registration::ransac::{Ransac, Registered};
use crate::registration::transform::Transform;

/// Registers a picture in one round for each of `rounds`, the first from `start`, each next one from what was found.
///
/// Matchers tolerate only so much turning and scaling, and place their points the worse the more of it there is. A picture
/// that was warped by a first motion matches more points, nearer to where they are.
///
/// `match_warped` is given the motion so far. It warps the picture by it ([`warp`](crate::registration::warp())), matches it
/// with the lead, and returns the pairs, `from` in the warped picture. They are brought back into the picture, so that
/// every round fits the whole motion: its `scale_limit` holds for that, and rounds of [`Motion`](super::Motion)s may differ.
///
/// The result is the last round's; its `inliers` are of the pairs of that round, without those that a homography has behind
/// its horizon. `None` as soon as a round finds no motion, or if there is no round. Errors: those of `match_warped` and of [`Ransac::fit`].
///
/// # Example
/// ```
/// use twinspect::registration::{Pair, Ransac, Transform, register};
/// let truth = Transform::similarity(1.1, 0.3, (20.0, -9.0)).unwrap();
/// // Matches that are off by a tenth of the way that is left.
/// let mut rounds = 0;
/// let mut match_warped = |so_far: &Transform| {
///     rounds += 1;
///     let pair = |i: usize| {
///         let spot = ((i * 37 % 101) as f64, (i * 53 % 103) as f64);
///         let (from, to) = (so_far.apply(spot).unwrap(), truth.apply(spot).unwrap());
///         Pair { from, to: (to.0 + 0.1 * (to.0 - from.0), to.1 + 0.1 * (to.1 - from.1)) }
///     };
///     Ok((0..50).map(pair).collect())
/// };
/// let three = [Ransac::default(), Ransac::default(), Ransac::default()];
/// let registered = register(&Transform::identity(), &three, &mut match_warped)?.unwrap();
/// let (found, expected) = (registered.transform.apply((50.0, 50.0)), truth.apply((50.0, 50.0)));
/// assert!((found.unwrap().0 - expected.unwrap().0).abs() < 0.01);
/// assert_eq!(rounds, 3);
/// # Ok::<(), twinspect::Error>(())
/// ```
pub fn register(
    start: &Transform,
    rounds: &[Ransac],
    match_warped: &mut dyn FnMut(&Transform) -> Result<Vec<Pair>>,
) -> Result<Option<Registered>> {
    let mut found: Option<Registered> = None;
    for ransac in rounds {
        let so_far = found.map_or(*start, |found| found.transform);
        let pairs = match_warped(&so_far)?;
        match ransac.fit(&brought_back(&pairs, &so_far))? {
            Some(registered) => found = Some(registered),
            None => return Ok(None),
        }
    }
    Ok(found)
}

/// The pairs with `from` in the picture instead of the warped one, but for those behind the horizon: no pixel went there.
fn brought_back(pairs: &[Pair], warped_by: &Transform) -> Vec<Pair> {
    let back = warped_by.inverse();
    let pair = |pair: &Pair| {
        let from = back.apply(pair.from)?;
        Some(Pair { from, ..*pair })
    };
    pairs.iter().filter_map(pair).collect()
}
