//! A chart: title, legend above the axes so that it covers nothing, axes with units, lines that differ in colour and dashes.

use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use twinspect::{Error, ErrorKind, Result};

const WIDTH_PX: u32 = 640;
const AXES_HEIGHT_PX: u32 = 400;
const TITLE_PX: u32 = 34;
const LEGEND_LINE_PX: u32 = 20;
const TEXT_PX: u32 = 14;
const FONT: &str = "sans-serif";
/// More lines than these cannot be told apart.
pub const MOST_LINES: usize = COLOURS.len();

/// Okabe and Ito's, which are told apart by colour-blind readers; the darker ones first.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(0, 0, 0),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];
/// Length of a dash and of the gap after it; none for a whole line.
const DASHES: [(u32, u32); 4] = [(0, 0), (9, 4), (2, 4), (15, 8)];

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    pub colour: RGBColor,
    dash: (u32, u32),
}

impl Pen {
    /// The pen of the line of this number.
    pub fn of(number: usize) -> Self {
        Self {
            colour: COLOURS[number % COLOURS.len()],
            dash: DASHES[number % DASHES.len()],
        }
    }

    /// For what is no class of its own, as a threshold.
    pub fn mark() -> Self {
        Self {
            colour: BLACK,
            dash: (2, 4),
        }
    }

    fn stroke(self) -> ShapeStyle {
        self.colour.stroke_width(2)
    }
}

/// What a chart shows beside its lines.
pub struct Frame<'a> {
    pub title: &'a str,
    /// Pens and what they draw.
    pub legend: Vec<(Pen, String)>,
    pub x: Axis<'a>,
    pub y: Axis<'a>,
}

/// An axis.
pub struct Axis<'a> {
    /// With the unit.
    pub label: &'a str,
    pub range: (f64, f64),
    /// How many values are written at most.
    pub ticks: usize,
    /// A value as text; empty where none is written.
    pub text: &'a dyn Fn(&f64) -> String,
}

/// The area between the axes.
pub struct Canvas<'a, 'b> {
    chart: ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
}

/// The SVG of a frame with what `draw` puts in it. Errors: `Io` if plotters fails, which has no file to fail with.
pub fn chart(
    frame: &Frame<'_>,
    draw: impl FnOnce(&mut Canvas<'_, '_>) -> Result<()>,
) -> Result<String> {
    let mut svg = String::new();
    let head_px = TITLE_PX + LEGEND_LINE_PX * frame.legend.len() as u32;
    {
        let size = (WIDTH_PX, head_px + AXES_HEIGHT_PX);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE).map_err(failed)?;
        let (head, body) = root.split_vertically(head_px);
        let text = |size: u32| TextStyle::from((FONT, size).into_font());
        let title = Text::new(frame.title.to_owned(), (16, 10), text(TEXT_PX + 3));
        head.draw(&title).map_err(failed)?;
        for (number, (pen, name)) in frame.legend.iter().enumerate() {
            let y = (TITLE_PX + LEGEND_LINE_PX * number as u32 + LEGEND_LINE_PX / 2) as i32;
            let ends = [(64, y), (104, y)];
            let sample = match pen.dash {
                (0, _) => PathElement::new(ends, pen.stroke()).into_dyn(),
                (dash, gap) => DashedPathElement::new(ends, dash, gap, pen.stroke()).into_dyn(),
            };
            head.draw(&sample).map_err(failed)?;
            let label = Text::new(name.clone(), (114, y - TEXT_PX as i32 / 2), text(TEXT_PX));
            head.draw(&label).map_err(failed)?;
        }
        let mut chart = ChartBuilder::on(&body)
            .margin(12)
            .margin_right(24)
            .x_label_area_size(48)
            .y_label_area_size(60)
            .build_cartesian_2d(
                frame.x.range.0..frame.x.range.1,
                frame.y.range.0..frame.y.range.1,
            )
            .map_err(failed)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_desc(frame.x.label)
            .y_desc(frame.y.label)
            .x_labels(frame.x.ticks)
            .y_labels(frame.y.ticks)
            .x_label_formatter(&frame.x.text)
            .y_label_formatter(&frame.y.text)
            .label_style((FONT, TEXT_PX))
            .axis_desc_style((FONT, TEXT_PX))
            .draw()
            .map_err(failed)?;
        draw(&mut Canvas { chart })?;
        root.present().map_err(failed)?;
    }
    Ok(svg)
}

impl Canvas<'_, '_> {
    /// A line through points.
    pub fn line(&mut self, pen: Pen, points: &[(f64, f64)]) -> Result<()> {
        let points = points.iter().copied();
        let drawn = match pen.dash {
            (0, _) => self
                .chart
                .draw_series(LineSeries::new(points, pen.stroke())),
            (dash, gap) => {
                let line = DashedLineSeries::new(points, dash, gap, pen.stroke());
                self.chart.draw_series(line)
            }
        };
        drawn.map(|_| ()).map_err(failed)
    }

    /// Dots at points.
    pub fn dots(&mut self, pen: Pen, points: &[(f64, f64)]) -> Result<()> {
        let dots = points
            .iter()
            .map(|point| Circle::new(*point, 4, pen.colour.filled()));
        self.chart.draw_series(dots).map(|_| ()).map_err(failed)
    }

    /// A pale area within a closed line.
    pub fn area(&mut self, pen: Pen, points: &[(f64, f64)]) -> Result<()> {
        let area = Polygon::new(points.to_vec(), pen.colour.mix(0.18).filled());
        let area = std::iter::once(area);
        self.chart.draw_series(area).map(|_| ()).map_err(failed)
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("cannot draw the plot: {error}"))
}

/// A share from 0 to 1 in per cent.
pub fn in_percent(share: &f64) -> String {
    // Of 0.30000000000000004 the noise is not written.
    let percent = (share * 1e6).round() / 1e4;
    format!("{percent}")
}
