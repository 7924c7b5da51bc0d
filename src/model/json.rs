//! Descriptions and inspections as JSON: one form, which the program prints and the C interface returns.

use serde_json::{Value, json};

use crate::error::Result;
use crate::image::FrameStatistics;
use crate::model::archive::Description;
use crate::model::{Inspection, Model};
use crate::verdict::Health;

impl Description {
    /// The model as one JSON object.
    pub fn to_json(&self) -> Value {
        let recipe: serde_json::Map<String, Value> = self
            .recipe
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().into()))
            .collect();
        let groups: Vec<Value> = self
            .groups
            .iter()
            .map(|group| {
                json!({
                    "lead": group.lead().name, "images": group.images,
                    "fewest_matches": group.fewest_matches(), "median_matches": group.median_matches(),
                })
            })
            .collect();
        json!({
            "backbone": { "name": self.backbone, "sha256": self.sha256 }, "matcher": self.matcher,
            "image_size": self.image_size, "input_size": self.input_size, "grid_size": self.grid_size,
            "images": self.image_count(), "library": self.library,
            "threshold": self.thresholds.image, "pixel_threshold": self.thresholds.pixel,
            "calibration": self.origin, "pose": self.pose,
            "left_out": self.left_out, "warnings": self.warnings,
            "recipe": recipe, "groups": groups,
        })
    }
}

impl Inspection {
    /// The inspection by `model` as one JSON object, the map left out.
    ///
    /// Errors: `Numeric` if the motion onto the lead image cannot be given in pixels.
    pub fn to_json(&self, model: &Model) -> Result<Value> {
        let (height, width) = self.map.dim();
        let group = &model.groups()[self.group];
        let mut object = json!({
            "score": self.score,
            "verdict": self.verdict,
            "threshold": self.thresholds.image,
            "pixel_threshold": self.thresholds.pixel,
            "regions": self.regions,
            "width": width,
            "height": height,
            "group": self.group,
            "lead": group.lead().name,
            "matches": self.matches,
        });
        if let Some(health) = &self.health {
            object["health"] = health.to_json();
        }
        if model.recipe().registration.is_some() {
            object["registration"] = match self.registration {
                Some(found) => {
                    let to_lead = found.in_pixels((width as u32, height as u32))?;
                    json!({
                        "to_lead": to_lead, "turned_degrees": to_lead.angle().to_degrees(), "scale": to_lead.scale(),
                        "inliers": found.inliers, "rms_px": found.rms_px, "aligned": found.aligned,
                    })
                }
                None => Value::Null,
            };
        }
        if !self.nearest.is_empty() {
            let images = group.images();
            let nearest = self.nearest.iter().filter_map(|number| images.get(*number));
            object["nearest"] = nearest.map(|image| image.name.as_str()).collect();
        }
        Ok(object)
    }
}

impl Health {
    /// What is wrong with a picture, and each value with its limits, null where there is none, as one JSON object.
    pub fn to_json(&self) -> Value {
        let Self {
            frame,
            limits,
            repeats,
            findings,
        } = self;
        let limit = |value: f32| (value > 0.0 && value.is_finite()).then_some(value);
        let measured = |of: fn(&FrameStatistics) -> f32| {
            json!({
                "value": of(frame),
                "low": limits.and_then(|limits| limit(of(&limits.low))),
                "high": limits.and_then(|limits| limit(of(&limits.high))),
            })
        };
        json!({
            "findings": findings, "advice": self.sentences(), "limits_known": limits.is_some(), "repeats": repeats,
            "brightness": measured(|frame| frame.brightness), "contrast": measured(|frame| frame.contrast),
            "sharpness": measured(|frame| frame.sharpness), "black": measured(|frame| frame.black),
            "saturated": measured(|frame| frame.saturated), "proportions": measured(|frame| frame.proportions),
        })
    }
}
