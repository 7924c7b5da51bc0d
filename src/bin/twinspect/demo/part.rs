//! One picture of one plate: samples the surface, lights it, and adds what a camera adds.

use super::defects::Defect;
use super::light::{Lamp, Spot};
use super::shape::{self, BELT_HEIGHT_PX, Finish, SCREWS, Surface, distance, smooth_step};
use super::texture::{Texture, bell};
use super::{HEIGHT_PX, WIDTH_PX};
use image::{GrayImage, Luma, Rgb, RgbImage};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Samples per pixel along each axis; their mean is the pixel.
const FINE: usize = 2;
const COLUMNS: usize = WIDTH_PX as usize * FINE;
const ROWS: usize = HEIGHT_PX as usize * FINE;
/// Reflectance of aluminium and of the belt's rubber, linear.
const ALUMINIUM: [f32; 3] = [0.80, 0.82, 0.85];
const RUBBER: [f32; 3] = [0.030, 0.033, 0.036];
/// How finely and how far a shadow is followed: 1.5 pixels, 12 pixels.
const SHADOW_STEP_PX: f32 = 1.5;
const SHADOW_STEPS: usize = 8;
/// Standard deviation of the camera's noise, in grey levels.
const NOISE_LEVELS: f32 = 1.6;

/// Draws a plate with or without `defect`: the picture, and 255 where the metal is damaged.
pub fn draw(defect: Option<&Defect>, random: &mut ChaCha8Rng) -> (RgbImage, GrayImage) {
    let scene = Scene {
        pose: Pose::new(random),
        lamp: Lamp::new(random),
        hue: random.random_range(-0.008..0.008),
        texture: Texture::new(random),
        defect,
    };
    let surfaces = scene.surfaces();
    let image = expose(&scene.light(&surfaces), random);
    (image, scene.mask())
}

/// Where the plate lies in the picture.
struct Pose {
    shift: [f32; 2],
    cos: f32,
    sin: f32,
}

impl Pose {
    /// Up to 2.5 pixels and 1 degree from the middle.
    fn new(random: &mut ChaCha8Rng) -> Self {
        let shift = [
            random.random_range(-2.5..2.5),
            random.random_range(-2.5..2.5),
        ];
        let (sin, cos) = random.random_range(-1.0_f32..1.0).to_radians().sin_cos();
        Self { shift, cos, sin }
    }

    /// A point of the picture, from its centre, as a point of the plate.
    fn to_plate(&self, place: [f32; 2]) -> [f32; 2] {
        let (x, y) = (place[0] - self.shift[0], place[1] - self.shift[1]);
        [self.cos * x + self.sin * y, self.cos * y - self.sin * x]
    }

    /// A direction on the plate as one of the picture.
    fn to_picture(&self, v: [f32; 2]) -> [f32; 2] {
        [
            self.cos * v[0] - self.sin * v[1],
            self.sin * v[0] + self.cos * v[1],
        ]
    }
}

struct Scene<'a> {
    pose: Pose,
    lamp: Lamp,
    /// Shift of the metal's colour from blue to red.
    hue: f32,
    texture: Texture,
    defect: Option<&'a Defect>,
}

impl Scene<'_> {
    /// The surface at every sample, row by row.
    fn surfaces(&self) -> Vec<Surface> {
        let undrilled = self.defect.and_then(Defect::undrilled);
        let mut surfaces = Vec::with_capacity(ROWS * COLUMNS);
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let p = self.pose.to_plate(sample_place(row, column));
                let mut surface = shape::surface(p, undrilled);
                if let Some(defect) = self.defect {
                    defect.damage(p, &self.texture, &mut surface);
                }
                surfaces.push(surface);
            }
        }
        surfaces
    }

    /// Linear colour of every sample, row by row.
    fn light(&self, surfaces: &[Surface]) -> Vec<[f32; 3]> {
        let heights: Vec<f32> = surfaces
            .iter()
            .map(|s| {
                if s.solid > 0.0 {
                    BELT_HEIGHT_PX
                } else {
                    s.height
                }
            })
            .collect();
        let way = self.way_to_lamp();
        let mut colours = Vec::with_capacity(surfaces.len());
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let index = row * COLUMNS + column;
                let lit = lit(&heights, row, column, &way);
                let cover = smooth_step(0.5, -0.5, surfaces[index].solid);
                let metal = if cover > 0.0 {
                    self.metal(surfaces, row, column, lit)
                } else {
                    [0.0; 3]
                };
                let belt = if cover < 1.0 {
                    self.belt(&surfaces[index], row, column, lit)
                } else {
                    [0.0; 3]
                };
                colours.push(std::array::from_fn(|c| {
                    cover * metal[c] + (1.0 - cover) * belt[c]
                }));
            }
        }
        colours
    }

    /// The samples between a sample and the lamp, nearest first.
    fn way_to_lamp(&self) -> [Step; SHADOW_STEPS] {
        let [x, y] = self.lamp.azimuth();
        std::array::from_fn(|step| {
            let far = (step + 1) as f32 * SHADOW_STEP_PX;
            let samples = far * FINE as f32;
            Step {
                down: (y * samples).round() as isize,
                right: (x * samples).round() as isize,
                ray_height: far * self.lamp.steepness(),
                sharpness: 1.0 / (0.7 * far),
            }
        })
    }

    fn metal(&self, surfaces: &[Surface], row: usize, column: usize, lit: f32) -> [f32; 3] {
        let here = &surfaces[row * COLUMNS + column];
        let place = sample_place(row, column);
        let p = self.pose.to_plate(place);
        let (grain, rough) = match here.finish {
            Finish::Brushed => (Some([1.0, 0.0]), self.texture.brushed(p)),
            Finish::Turned => (
                ring_direction(p, [0.0, 0.0]),
                0.9 * self.texture.turned(distance(p, [0.0, 0.0])),
            ),
            Finish::Countersunk(screw) => {
                let radius = distance(p, SCREWS[screw]);
                (
                    ring_direction(p, SCREWS[screw]),
                    0.7 * self.texture.turned(radius + 70.0 * screw as f32),
                )
            }
            Finish::Raw => (None, 0.0),
        };
        let spot = Spot {
            place,
            slope: slope(surfaces, row, column),
            grain: grain.map(|v| self.pose.to_picture(v)),
            gloss: here.gloss * (1.0 + 0.12 * rough),
            lit,
        };
        let light = self.lamp.on_metal(&spot);
        // The sky is hidden from deep places.
        let open = 1.0 - 0.55 * smooth_step(2.0, 9.0, -here.height);
        let hue = [1.0 + self.hue, 1.0, 1.0 - self.hue];
        std::array::from_fn(|c| {
            light[c] * ALUMINIUM[c] * here.tint[c] * hue[c] * open * (1.0 + 0.03 * rough)
        })
    }

    fn belt(&self, here: &Surface, row: usize, column: usize, lit: f32) -> [f32; 3] {
        let place = sample_place(row, column);
        let light = self.lamp.on_belt(place, lit);
        let outline = shape::outline(self.pose.to_plate(place));
        // Beside the plate half of the sky is hidden; down a hole nearly all of it.
        let beside = 1.0 - 0.5 * (-here.solid.max(0.0) / 9.0).exp();
        let open = beside * (1.0 - 0.6 * smooth_step(0.0, 14.0, -outline));
        let weave = (place[0] * 1.1).sin() * (place[1] * 1.1).sin();
        let uneven = 1.0 + 0.16 * self.texture.belt(place) + 0.10 * weave;
        std::array::from_fn(|c| light[c] * RUBBER[c] * open * uneven.max(0.2))
    }

    fn mask(&self) -> GrayImage {
        GrayImage::from_fn(WIDTH_PX, HEIGHT_PX, |x, y| {
            let middle = [
                x as f32 + 0.5 - WIDTH_PX as f32 / 2.0,
                y as f32 + 0.5 - HEIGHT_PX as f32 / 2.0,
            ];
            let covered = self
                .defect
                .is_some_and(|defect| defect.covers(self.pose.to_plate(middle), &self.texture));
            Luma([if covered { 255 } else { 0 }])
        })
    }
}

/// A sample's place in pixels from the picture's centre.
fn sample_place(row: usize, column: usize) -> [f32; 2] {
    let from_centre =
        |index: usize, count: usize| (index as f32 + 0.5 - count as f32 / 2.0) / FINE as f32;
    [from_centre(column, COLUMNS), from_centre(row, ROWS)]
}

/// One sample on the way to the lamp.
struct Step {
    /// Samples from where the way starts.
    down: isize,
    right: isize,
    /// Height of the ray there, in pixels above its start.
    ray_height: f32,
    /// Per pixel of height: the nearer the blocker, the sharper its shadow.
    sharpness: f32,
}

/// Share of the lamp that reaches a sample past everything higher on the way; a wide lamp throws soft shadows.
fn lit(heights: &[f32], row: usize, column: usize, way: &[Step]) -> f32 {
    let base = heights[row * COLUMNS + column];
    let mut hidden = 0.0_f32;
    for step in way {
        let row = row.saturating_add_signed(step.down).min(ROWS - 1);
        let column = column.saturating_add_signed(step.right).min(COLUMNS - 1);
        let above_ray = heights[row * COLUMNS + column] - base - step.ray_height;
        hidden = hidden.max(above_ray * step.sharpness + 0.35);
    }
    1.0 - smooth_step(0.0, 0.8, hidden)
}

/// Slope of the height in the picture's x and y.
fn slope(surfaces: &[Surface], row: usize, column: usize) -> [f32; 2] {
    let height = |row: usize, column: usize| surfaces[row * COLUMNS + column].height;
    let (left, right) = (column.saturating_sub(1), (column + 1).min(COLUMNS - 1));
    let (up, down) = (row.saturating_sub(1), (row + 1).min(ROWS - 1));
    let per_px = FINE as f32 / 2.0;
    [
        (height(row, right) - height(row, left)) * per_px,
        (height(down, column) - height(up, column)) * per_px,
    ]
}

/// Unit direction of a ring around `centre`; `None` at the centre itself.
fn ring_direction(p: [f32; 2], centre: [f32; 2]) -> Option<[f32; 2]> {
    let radius = distance(p, centre);
    (radius > 0.0).then(|| [-(p[1] - centre[1]) / radius, (p[0] - centre[0]) / radius])
}

/// What lens and sensor do: mean of the samples, vignetting, tone curve, noise.
fn expose(colours: &[[f32; 3]], random: &mut ChaCha8Rng) -> RgbImage {
    let half_diagonal = distance([0.0, 0.0], [WIDTH_PX as f32 / 2.0, HEIGHT_PX as f32 / 2.0]);
    RgbImage::from_fn(WIDTH_PX, HEIGHT_PX, |x, y| {
        let (row, column) = (y as usize * FINE, x as usize * FINE);
        let off_axis = distance(sample_place(row, column), [0.0, 0.0]) / half_diagonal;
        let passed = (1.0 - 0.16 * off_axis * off_axis) / (FINE * FINE) as f32;
        let grey_noise = NOISE_LEVELS * bell(random);
        Rgb(std::array::from_fn(|c| {
            let samples = (0..FINE * FINE)
                .map(|s| colours[(row + s / FINE) * COLUMNS + column + s % FINE][c]);
            let linear = samples.sum::<f32>() * passed;
            let level = 255.0 * soft_clip(linear).powf(1.0 / 2.2);
            (level + grey_noise + 0.5 * NOISE_LEVELS * bell(random) + 0.5) as u8
        }))
    })
}

/// Straight up to 0.7, then bent so that highlights do not burn out.
fn soft_clip(linear: f32) -> f32 {
    if linear < 0.7 {
        linear
    } else {
        0.7 + 0.3 * (1.0 - (-(linear - 0.7) / 0.3).exp())
    }
}
