//! The plate as it should be: outline, holes, boss, bore and engraving, as distances and heights.
//!
//! Points are pixels from the plate's centre, x to the right, y down. A signed distance is negative inside.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

/// Centres of the four screw holes.
pub const SCREWS: [[f32; 2]; 4] = [
    [-118.0, -82.0],
    [118.0, -82.0],
    [118.0, 82.0],
    [-118.0, 82.0],
];
/// Radius of a screw hole's countersink.
pub const COUNTERSINK_PX: f32 = 17.0;
/// How far the belt lies below the plate's surface.
pub const BELT_HEIGHT_PX: f32 = -11.0;

const HALF_SIZE: [f32; 2] = [154.0, 120.0];
const CORNER_PX: f32 = 36.0;
const CHAMFER_PX: f32 = 4.0;
const SCREW_PX: f32 = 9.5;
const SCALLOP: ([f32; 2], f32) = ([0.0, 166.0], 62.0);
const BOSS_PX: f32 = 63.0;
const BOSS_HEIGHT_PX: f32 = 4.0;
const GROOVE_PX: f32 = 48.0;
const COUNTERBORE_PX: f32 = 33.0;
const BORE_PX: f32 = 21.0;
const SLOT: ([f32; 2], f32, f32) = ([-111.0, 0.0], 17.0, 7.0);
const PIN: ([f32; 2], f32) = ([111.0, 0.0], 6.0);
const ENGRAVING: (&str, [f32; 2]) = ("TS-17", [0.0, 83.0]);

/// Which tool left the surface, and so how its grain runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// Lines along x.
    Brushed,
    /// Rings around the plate's centre.
    Turned,
    /// Rings around a screw hole, given by its index.
    Countersunk(usize),
    /// No direction: torn or foreign metal.
    Raw,
}

/// What one point of the plate is like.
#[derive(Clone, Copy)]
pub struct Surface {
    /// Signed distance to the metal, in pixels; positive where one sees the belt.
    pub solid: f32,
    /// Height above the plate's surface, in pixels; also defined where there is no metal.
    pub height: f32,
    /// How the grain runs.
    pub finish: Finish,
    /// Factor to the metal's colour: red, green, blue.
    pub tint: [f32; 3],
    /// How much of the lamp it mirrors; 1 for clean metal.
    pub gloss: f32,
}

/// The good plate at `p`; `undrilled` names a screw hole that was left out.
pub fn surface(p: [f32; 2], undrilled: Option<usize>) -> Surface {
    let edge = outline(p);
    let mut surface = Surface {
        solid: edge,
        height: -(CHAMFER_PX + edge).clamp(0.0, CHAMFER_PX + 1.0) * 0.8,
        finish: Finish::Brushed,
        tint: [1.0; 3],
        gloss: 1.0,
    };
    screws(p, undrilled, &mut surface);
    boss(p, &mut surface);
    slot_and_pin(p, &mut surface);
    surface.height -= 0.9 * ink(p);
    surface
}

/// Signed distance to the plate's outline, holes ignored.
pub fn outline(p: [f32; 2]) -> f32 {
    let q = [
        p[0].abs() - HALF_SIZE[0] + CORNER_PX,
        p[1].abs() - HALF_SIZE[1] + CORNER_PX,
    ];
    let plate = length([q[0].max(0.0), q[1].max(0.0)]) + q[0].max(q[1]).min(0.0) - CORNER_PX;
    let scallop = SCALLOP.1 - length([p[0] - SCALLOP.0[0], p[1].abs() - SCALLOP.0[1]]);
    smooth_max(plate, scallop, 10.0)
}

/// Distance from `p` to the nearest edge of anything machined; flat plate around `p` for as many pixels.
pub fn flat_around(p: [f32; 2]) -> f32 {
    let screws = SCREWS
        .iter()
        .map(|centre| distance(p, *centre) - COUNTERSINK_PX);
    let others = [
        -outline(p) - CHAMFER_PX,
        length(p) - BOSS_PX - 3.0,
        slot(p) - 1.0,
        distance(p, PIN.0) - PIN.1 - 1.5,
    ];
    screws.chain(others).fold(f32::INFINITY, f32::min)
}

fn screws(p: [f32; 2], undrilled: Option<usize>, surface: &mut Surface) {
    for (index, centre) in SCREWS
        .iter()
        .enumerate()
        .filter(|(index, _)| Some(*index) != undrilled)
    {
        let radius = distance(p, *centre);
        if radius < COUNTERSINK_PX {
            surface.height -= (COUNTERSINK_PX - radius) * 0.75;
            surface.finish = Finish::Countersunk(index);
            surface.solid = surface.solid.max(SCREW_PX - radius);
        }
    }
}

fn boss(p: [f32; 2], surface: &mut Surface) {
    let radius = length(p);
    if radius > BOSS_PX + 4.0 {
        return;
    }
    surface.height += BOSS_HEIGHT_PX * (1.0 - smooth_step(BOSS_PX - 2.0, BOSS_PX + 3.0, radius));
    if radius < BOSS_PX - 1.0 {
        surface.finish = Finish::Turned;
    }
    surface.height -= 1.6 * (1.0 - smooth_step(0.8, 2.6, (radius - GROOVE_PX).abs()));
    let wall = COUNTERBORE_PX + 3.0 - radius;
    surface.height -= 0.8 * wall.clamp(0.0, 3.0) + 7.0 * smooth_step(3.0, 4.5, wall);
    surface.height -= 0.7 * (BORE_PX + 2.0 - radius).clamp(0.0, 3.0);
    surface.solid = surface.solid.max(BORE_PX - radius);
}

fn slot_and_pin(p: [f32; 2], surface: &mut Surface) {
    let slot = slot(p);
    surface.height -= 0.8 * (1.5 - slot).clamp(0.0, 2.0);
    surface.solid = surface.solid.max(-slot);
    surface.height -= 6.0 * (1.0 - smooth_step(PIN.1 - 1.0, PIN.1 + 0.8, distance(p, PIN.0)));
}

fn slot(p: [f32; 2]) -> f32 {
    let (centre, half_length, radius) = SLOT;
    let along = (p[1] - centre[1]).clamp(-half_length, half_length);
    length([p[0] - centre[0], p[1] - centre[1] - along]) - radius
}

/// How deep the engraving is at `p`, 0..=1.
fn ink(p: [f32; 2]) -> f32 {
    const SIZE: RasterHeight = RasterHeight::Size20;
    let (text, centre) = ENGRAVING;
    let advance = get_raster_width(FontWeight::Bold, SIZE) as f32;
    let x = p[0] - centre[0] + advance * text.len() as f32 / 2.0;
    let y = p[1] - centre[1] + SIZE.val() as f32 / 2.0;
    if x < 0.0 || y < 0.0 || x >= advance * text.len() as f32 || y >= SIZE.val() as f32 {
        return 0.0;
    }
    let glyph = text
        .chars()
        .nth((x / advance) as usize)
        .and_then(|c| get_raster(c, FontWeight::Bold, SIZE));
    let Some(glyph) = glyph else { return 0.0 };
    let (x, y) = (x % advance, y);
    let (fx, fy) = (x.fract(), y.fract());
    let at = |dx: usize, dy: usize| {
        f32::from(glyph.pixel(x as usize + dx, y as usize + dy).unwrap_or(0)) / 255.0
    };
    (at(0, 0) * (1.0 - fx) + at(1, 0) * fx) * (1.0 - fy)
        + (at(0, 1) * (1.0 - fx) + at(1, 1) * fx) * fy
}

/// Length of a vector.
pub fn length(v: [f32; 2]) -> f32 {
    (v[0] * v[0] + v[1] * v[1]).sqrt()
}

/// Distance between two points.
pub fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    length([a[0] - b[0], a[1] - b[1]])
}

/// 0 below `low`, 1 above `high`, without a kink in between.
pub fn smooth_step(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The greater of two, rounded off where they differ by less than `width`.
fn smooth_max(a: f32, b: f32, width: f32) -> f32 {
    let near = (width - (a - b).abs()).max(0.0) / width;
    a.max(b) + near * near * width * 0.25
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outline_is_zero_on_the_straight_side() {
        assert!(
            (outline([154.0, 20.0])).abs() < 1e-4,
            "{}",
            outline([154.0, 20.0])
        );
        assert!(
            (outline([150.0, 20.0]) + 4.0).abs() < 1e-4,
            "{}",
            outline([150.0, 20.0])
        );
    }

    #[test]
    fn screw_hole_undrilled_is_metal() {
        assert!(surface(SCREWS[2], None).solid > 9.0);
        assert!(surface(SCREWS[2], Some(2)).solid < -20.0);
    }

    #[test]
    fn smooth_step_half_way_is_half() {
        assert_eq!(smooth_step(1.0, 3.0, 2.0), 0.5);
    }
}
