//! One soft lamp above the belt: how bright metal of a given slope and grain looks.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The lamp of one picture.
pub struct Lamp {
    /// Its place in pixels from the picture's centre, x right, y down, z up.
    position: [f32; 3],
    intensity: f32,
    /// Colour of the light: red, green, blue.
    colour: [f32; 3],
}

/// One point that the lamp shines on.
pub struct Spot {
    /// Pixels from the picture's centre.
    pub place: [f32; 2],
    /// Slope of the height along x and y.
    pub slope: [f32; 2],
    /// Unit direction of the grain; `None` if it has none.
    pub grain: Option<[f32; 2]>,
    /// How much of the lamp it mirrors; 1 for clean metal.
    pub gloss: f32,
    /// Share of the lamp that reaches it, 0..=1.
    pub lit: f32,
}

impl Lamp {
    /// A lamp at the upper left, moved and dimmed by up to 8 %.
    pub fn new(random: &mut ChaCha8Rng) -> Self {
        let mut near = |value: f32| value * random.random_range(0.92..1.08);
        let position = [near(-330.0), near(-300.0), near(520.0)];
        let intensity = near(1.0);
        let warmth = (near(1.0) - 1.0) * 0.15;
        Self {
            position,
            intensity,
            colour: [1.0 + warmth, 1.0, 1.03 - warmth],
        }
    }

    /// Direction from the picture's centre towards the lamp, along the belt, of length 1.
    pub fn azimuth(&self) -> [f32; 2] {
        let [x, y, _] = self.position;
        let length = (x * x + y * y).sqrt();
        [x / length, y / length]
    }

    /// How steeply the light falls: height over distance.
    pub fn steepness(&self) -> f32 {
        let [x, y, z] = self.position;
        z / (x * x + y * y).sqrt()
    }

    /// Linear brightness of metal, about 0.5 for the flat plate; red, green, blue.
    pub fn on_metal(&self, spot: &Spot) -> [f32; 3] {
        let towards = self.towards(spot.place);
        let normal = unit([-spot.slope[0], -spot.slope[1], 1.0]);
        let half = unit([towards[0], towards[1], towards[2] + 1.0]);
        let facing = dot(normal, towards).max(0.0);
        let sheen = match spot.grain {
            Some([x, y]) => {
                grain_sheen([x, y, x * spot.slope[0] + y * spot.slope[1]], half, facing)
            }
            None => 0.4 * facing,
        };
        let glint = dot(normal, half).max(0.0).powi(40);
        let sky = 0.5 + 0.5 * normal[2] - 0.25 * normal[1];
        let light = spot.lit
            * self.intensity
            * (0.28 * facing + spot.gloss * (0.40 * sheen + 0.55 * glint));
        self.colour.map(|channel| channel * (0.13 * sky + light))
    }

    /// Linear brightness of the dull belt.
    pub fn on_belt(&self, place: [f32; 2], lit: f32) -> [f32; 3] {
        let light = 0.3 + 0.7 * lit * self.intensity * self.towards(place)[2];
        self.colour.map(|channel| channel * light)
    }

    fn towards(&self, place: [f32; 2]) -> [f32; 3] {
        unit([
            self.position[0] - place[0],
            self.position[1] - place[1],
            self.position[2],
        ])
    }
}

/// Grooves mirror the lamp into a plane across them, not into a point (Kajiya and Kay 1989): so turned metal shows a bow
/// tie and brushed metal a band.
fn grain_sheen(along: [f32; 3], half: [f32; 3], facing: f32) -> f32 {
    let along = dot(unit(along), half);
    (1.0 - along * along).max(0.0).powi(10) * facing.sqrt()
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn unit(v: [f32; 3]) -> [f32; 3] {
    let length = dot(v, v).sqrt();
    v.map(|part| part / length)
}
