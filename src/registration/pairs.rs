//! From a matcher's tensors to pairs of points in one frame.

use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::registration::motion::Pair;

/// Where the key points of one picture lie, and how to bring them into a frame that two pictures share.
///
/// The corner of the first pixel, or location, is (0, 0) everywhere; so a frame of another resolution is reached by
/// multiplication alone, with no half pixel to add.
#[derive(Clone, Copy, Debug)]
pub struct Points<'a> {
    /// (x, y) of each, [n, 2] f32 on any device, in pixels or locations of what the matcher saw.
    pub positions: &'a Tensor,
    /// Pixels of the frame in one of those, along x and y; 1 where the matcher saw the frame itself.
    pub scale: (f64, f64),
}

/// The pairs of points that a matcher's index pairs name, in their order.
///
/// Of plain tensors, since this room knows no matcher. Shapes: `matches` [m, 2] i64, rows of `from` and `to`.
/// Errors: `InvalidArgument` for other shapes, or for a row that there is not.
///
/// # Example
/// ```
/// use tch::Tensor;
/// use twinspect::registration::{Pair, Points, pairs};
/// // Locations of a stage with stride 16, and pixels of a picture half as large as the frame.
/// let locations = Tensor::from_slice(&[0.5f32, 0.5, 1.5, 0.5]).f_view([2, 2])?;
/// let pixels = Tensor::from_slice(&[11.5f32, 4.5]).f_view([1, 2])?;
/// let from = Points { positions: &locations, scale: (16.0, 16.0) };
/// let to = Points { positions: &pixels, scale: (2.0, 2.0) };
/// let found = pairs(&Tensor::from_slice(&[1i64, 0]).f_view([1, 2])?, from, to)?;
/// assert_eq!(found, [Pair { from: (24.0, 8.0), to: (23.0, 9.0) }]);
/// # Ok::<(), twinspect::Error>(())
/// ```
pub fn pairs(matches: &Tensor, from: Points<'_>, to: Points<'_>) -> Result<Vec<Pair>> {
    let (from, to) = (from.places()?, to.places()?);
    let rows = rows_of_two::<i64>(matches, Kind::Int64, "matches")?;
    let place = |points: &[(f64, f64)], row: i64| {
        let found = usize::try_from(row).ok().and_then(|row| points.get(row));
        found.copied().ok_or_else(|| {
            let message = format!("a match names point {row} of {}", points.len());
            Error::new(ErrorKind::InvalidArgument, message)
        })
    };
    rows.iter()
        .map(|[a, b]| {
            Ok(Pair {
                from: place(&from, *a)?,
                to: place(&to, *b)?,
            })
        })
        .collect()
}

impl Points<'_> {
    fn places(&self) -> Result<Vec<(f64, f64)>> {
        let rows = rows_of_two::<f32>(self.positions, Kind::Float, "positions")?;
        let (across, down) = self.scale;
        let place = |[x, y]: &[f32; 2]| (f64::from(*x) * across, f64::from(*y) * down);
        Ok(rows.iter().map(place).collect())
    }
}

fn rows_of_two<T>(tensor: &Tensor, kind: Kind, name: &str) -> Result<Vec<[T; 2]>>
where
    T: tch::kind::Element + Copy + Default,
{
    let (size, found) = (tensor.size(), tensor.f_kind()?);
    let [n, 2] = size[..] else {
        let message = format!("{name} of shape {size:?}, expected [n, 2]");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    };
    if found != kind {
        let message = format!("{name} of kind {found:?}, expected {kind:?}");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let mut values = vec![T::default(); 2 * n as usize];
    let tensor = tensor.f_to_device(Device::Cpu)?.f_contiguous()?;
    tensor.f_copy_data(&mut values, 2 * n as usize)?;
    Ok(values.as_chunks().0.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(positions: &Tensor) -> Points<'_> {
        Points {
            positions,
            scale: (2.0, 3.0),
        }
    }

    #[test]
    fn pairs_are_in_the_order_of_the_matches_and_in_the_frame() {
        let positions = Tensor::from_slice(&[1.0f32, 1.0, 2.0, 5.0]).view([2, 2]);
        let matches = Tensor::from_slice(&[1i64, 0, 0, 0]).view([2, 2]);
        let to = Points {
            scale: (1.0, 1.0),
            ..points(&positions)
        };
        let found = pairs(&matches, points(&positions), to).unwrap();
        let expected = [(4.0, 15.0), (2.0, 3.0)].map(|from| Pair {
            from,
            to: (1.0, 1.0),
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn no_match_is_no_pair() {
        let (none, no_match) = (Tensor::zeros([0, 2], (Kind::Float, Device::Cpu)), {
            Tensor::zeros([0, 2], (Kind::Int64, Device::Cpu))
        });
        let found = pairs(&no_match, points(&none), points(&none)).unwrap();
        assert_eq!(found, []);
    }

    #[test]
    fn what_is_no_match_of_these_points_is_refused() {
        let positions = Tensor::from_slice(&[1.0f32, 1.0, 2.0, 5.0]).view([2, 2]);
        let matches = |row: i64| Tensor::from_slice(&[0, row]).view([1, 2]);
        for (matches, expected) in [
            (matches(2), "a match names point 2 of 2"),
            (matches(-1), "a match names point -1 of 2"),
            (
                matches(0).to_kind(Kind::Float),
                "matches of kind Float, expected Int64",
            ),
            (
                matches(0).view([2]),
                "matches of shape [2], expected [n, 2]",
            ),
        ] {
            let error = pairs(&matches, points(&positions), points(&positions)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
