//! The damage: where it lies and what it does to the metal.

use super::shape::{self, COUNTERSINK_PX, Finish, SCREWS, Surface, distance, length, smooth_step};
use super::texture::Texture;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::f32::consts::TAU;

/// Width of the torn metal around a bite out of the edge.
const TORN_PX: f32 = 5.0;

/// What is wrong with a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefectKind {
    /// A thin, lightly curved groove.
    Scratch,
    /// A shallow pit.
    Dent,
    /// A brownish film of dried coolant.
    Stain,
    /// A screw hole that was not drilled.
    MissingHole,
    /// A bite out of the outline.
    ChippedEdge,
    /// A curled chip of metal left on the surface.
    Swarf,
}

impl DefectKind {
    /// The word used in file names and captions, such as `missing_hole`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Scratch => "scratch",
            Self::Dent => "dent",
            Self::Stain => "stain",
            Self::MissingHole => "missing_hole",
            Self::ChippedEdge => "chipped_edge",
            Self::Swarf => "swarf",
        }
    }
}

/// One defect at its place; points are pixels from the plate's centre, lengths pixels.
pub enum Defect {
    Scratch {
        path: Vec<[f32; 2]>,
        half_width: f32,
    },
    Dent {
        centre: [f32; 2],
        radius: f32,
    },
    Stain {
        centre: [f32; 2],
        radius: f32,
        stretch: [f32; 2],
    },
    MissingHole {
        screw: usize,
    },
    ChippedEdge {
        centre: [f32; 2],
        radius: f32,
    },
    Swarf {
        path: Vec<[f32; 2]>,
        half_width: f32,
    },
}

impl Defect {
    /// A defect of `kind` at a random place where such a one can be.
    pub fn place(kind: DefectKind, random: &mut ChaCha8Rng) -> Self {
        match kind {
            DefectKind::Scratch => Self::scratch(random),
            DefectKind::Dent => {
                let radius = random.random_range(9.5..11.5);
                Self::Dent {
                    centre: flat_place(radius + 2.0, random),
                    radius,
                }
            }
            DefectKind::Stain => Self::Stain {
                centre: flat_place(14.0, random),
                radius: random.random_range(17.0..20.0),
                stretch: [
                    random.random_range(0.75..0.95),
                    random.random_range(1.1..1.3),
                ],
            },
            DefectKind::MissingHole => Self::MissingHole {
                screw: random.random_range(0..SCREWS.len()),
            },
            DefectKind::ChippedEdge => {
                let side = if random.random::<bool>() { 1.0 } else { -1.0 };
                let centre = [side * 157.0, random.random_range(-45.0..45.0)];
                Self::ChippedEdge {
                    centre,
                    radius: random.random_range(10.0..12.0),
                }
            }
            DefectKind::Swarf => {
                let centre = flat_place(14.0, random);
                let (start, turn) = (random.random_range(0.0..TAU), random.random_range(3.4..4.4));
                let point = |step: u32| {
                    let share = step as f32 / 24.0;
                    let (sin, cos) = (start + turn * share).sin_cos();
                    let radius = 5.5 + 5.0 * share;
                    [centre[0] + radius * cos, centre[1] + radius * sin]
                };
                Self::Swarf {
                    path: (0..=24).map(point).collect(),
                    half_width: 1.7,
                }
            }
        }
    }

    fn scratch(random: &mut ChaCha8Rng) -> Self {
        loop {
            let start = [
                random.random_range(-135.0..135.0),
                random.random_range(-105.0..105.0),
            ];
            let (sin, cos) = random.random_range(0.35_f32..1.3).sin_cos();
            let (long, bend) = (
                random.random_range(60.0..85.0),
                random.random_range(-9.0..9.0),
            );
            let point = |step: u32| {
                let share = step as f32 / 20.0;
                let (along, across) = (long * share, bend * 4.0 * share * (1.0 - share));
                [
                    start[0] + cos * along - sin * across,
                    start[1] + sin * along + cos * across,
                ]
            };
            let path: Vec<_> = (0..=20).map(point).collect();
            let on_metal = path.iter().all(|p| shape::surface(*p, None).solid < -6.0);
            let on_plate = path
                .iter()
                .filter(|p| shape::flat_around(**p) > 0.0)
                .count();
            if on_metal && on_plate > 15 {
                return Self::Scratch {
                    path,
                    half_width: random.random_range(0.8..1.0),
                };
            }
        }
    }

    /// The screw hole that was left out, if that is the defect.
    pub fn undrilled(&self) -> Option<usize> {
        if let Self::MissingHole { screw } = self {
            Some(*screw)
        } else {
            None
        }
    }

    /// Does the damage to `surface` at `p`.
    pub fn damage(&self, p: [f32; 2], texture: &Texture, surface: &mut Surface) {
        match self {
            Self::Scratch { path, half_width } => {
                let Some((gap, share)) = near_path(p, path, 5.0) else {
                    return;
                };
                let pressed =
                    (share * (1.0 - share) * 4.0).sqrt() * (0.8 + 0.2 * (share * 17.0).sin());
                let across = gap / half_width;
                surface.height += pressed
                    * (0.3 * (-(across - 2.0).powi(2)).exp() - 0.85 * (-across * across).exp());
                let bare = pressed * (-across * across).exp();
                surface.tint = surface.tint.map(|tint| tint * (1.0 + 0.35 * bare));
            }
            Self::Dent { centre, radius } => {
                let r = distance(p, *centre) / radius;
                surface.height -= 2.3 * (-2.2 * r * r).exp();
            }
            Self::Stain { .. } => {
                let film = self.film(p, texture);
                let rim = film * (1.0 - film) * 4.0;
                for (tint, dried) in surface.tint.iter_mut().zip([0.30, 0.42, 0.56]) {
                    *tint *= 1.0 - dried * (0.75 * film + 0.3 * rim);
                }
                surface.gloss *= 1.0 - 0.3 * film;
            }
            Self::MissingHole { .. } => {}
            Self::ChippedEdge { .. } => {
                let bite = self.bite(p, texture);
                surface.solid = surface.solid.max(-bite);
                if bite < TORN_PX {
                    let deep = (TORN_PX - bite).min(TORN_PX + 1.0);
                    surface.height -= 0.55 * deep + 0.12 * deep * texture.ragged(p);
                    surface.finish = Finish::Raw;
                    surface.gloss = 1.1;
                }
            }
            Self::Swarf { path, half_width } => {
                let Some((gap, share)) = near_path(p, path, *half_width) else {
                    return;
                };
                let round = (1.0 - (gap / half_width).powi(2)).max(0.0).sqrt();
                surface.height += 1.0 + 1.2 * half_width * round + 1.5 * share;
                surface.finish = Finish::Raw;
                surface.gloss = 1.3;
            }
        }
    }

    /// Whether the metal at `p` is damaged.
    pub fn covers(&self, p: [f32; 2], texture: &Texture) -> bool {
        match self {
            Self::Scratch { path, half_width } => near_path(p, path, 2.0 * half_width).is_some(),
            Self::Dent { centre, radius } => distance(p, *centre) < *radius,
            Self::Stain { .. } => {
                self.film(p, texture) > 0.3 && shape::surface(p, None).solid < 0.0
            }
            Self::MissingHole { screw } => distance(p, SCREWS[*screw]) < COUNTERSINK_PX,
            Self::ChippedEdge { .. } => self.bite(p, texture) < TORN_PX && shape::outline(p) < 0.0,
            Self::Swarf { path, half_width } => near_path(p, path, *half_width).is_some(),
        }
    }

    /// How thick the stain is, 0..=1.
    fn film(&self, p: [f32; 2], texture: &Texture) -> f32 {
        let Self::Stain {
            centre,
            radius,
            stretch,
        } = self
        else {
            return 0.0;
        };
        let from = [p[0] - centre[0], p[1] - centre[1]];
        let r = length([from[0] * stretch[0], from[1] * stretch[1]]) / radius;
        if r > 2.0 {
            return 0.0;
        }
        let slow = texture.ragged([from[0] * 0.3, from[1] * 0.3]);
        let fine = texture.ragged([from[0] * 0.8, from[1] * 0.8]);
        (1.0 - smooth_step(0.5, 1.1, r + 0.13 * slow + 0.05 * fine)) * (1.0 + 0.08 * slow)
    }

    /// Signed distance to what was bitten off the edge.
    fn bite(&self, p: [f32; 2], texture: &Texture) -> f32 {
        let Self::ChippedEdge { centre, radius } = self else {
            return f32::INFINITY;
        };
        let from = [p[0] - centre[0], (p[1] - centre[1]) * 0.8];
        let apart = length(from) - radius;
        if apart > 12.0 {
            apart
        } else {
            apart + 0.8 * texture.ragged(from)
        }
    }
}

/// A point of the flat plate with nothing machined within `margin`.
fn flat_place(margin: f32, random: &mut ChaCha8Rng) -> [f32; 2] {
    loop {
        let p = [
            random.random_range(-140.0..140.0),
            random.random_range(-108.0..108.0),
        ];
        if shape::flat_around(p) > margin {
            return p;
        }
    }
}

/// Distance from `p` to the path and the share of the path before that point, if it is no farther than `reach`.
fn near_path(p: [f32; 2], path: &[[f32; 2]], reach: f32) -> Option<(f32, f32)> {
    let pieces = (path.len() - 1) as f32;
    let mut nearest = None;
    let mut best = reach;
    for (index, pair) in path.windows(2).enumerate() {
        let (a, b) = (pair[0], pair[1]);
        if (p[0] - a[0]).abs() > reach + 10.0 || (p[1] - a[1]).abs() > reach + 10.0 {
            continue;
        }
        let along = [b[0] - a[0], b[1] - a[1]];
        let share = ((p[0] - a[0]) * along[0] + (p[1] - a[1]) * along[1])
            / (along[0] * along[0] + along[1] * along[1]);
        let share = share.clamp(0.0, 1.0);
        let gap = distance(p, [a[0] + share * along[0], a[1] + share * along[1]]);
        if gap <= best {
            best = gap;
            nearest = Some((gap, (index as f32 + share) / pieces));
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_path_gives_distance_and_share() {
        let path = [[0.0, 0.0], [4.0, 0.0], [8.0, 0.0]];
        assert_eq!(near_path([6.0, 1.5], &path, 2.0), Some((1.5, 0.75)));
        assert_eq!(near_path([6.0, 2.5], &path, 2.0), None);
    }
}
