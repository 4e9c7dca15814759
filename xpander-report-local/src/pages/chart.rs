//! Bar charts by day or hour, as SVG.

/// The size of the drawing in its own units. Pages scale it.
pub(super) const WIDTH: f64 = 400.0;
pub(super) const HEIGHT: f64 = 150.0;
/// Room for the labels of the axis.
pub(super) const LEFT: f64 = 56.0;
pub(super) const RIGHT: f64 = 4.0;
pub(super) const TOP: f64 = 14.0;
pub(super) const BOTTOM: f64 = 20.0;

/// With more bars, only a bar that stands alone has its number on top.
const MAX_NUMBERED: usize = 8;

/// How many places beside a bar are empty if it stands alone.
const ALONE: usize = 3;

/// The maximal width of a bar.
const MAX_BAR_WIDTH: f64 = 40.0;

/// How many labels stand under the bars.
const MAX_LABELS: usize = 5;

/// A bar of this height is still visible.
const MIN_BAR_HEIGHT: f64 = 1.0;

/// How a chart looks.
pub(super) struct ChartOptions {
    pub(super) title: &'static str,
    pub(super) format: fn(f64) -> String,
    /// The unit of the axis, if it depends on the highest value.
    pub(super) unit: Option<UnitOf>,
    /// The axis goes up to this value at least. For shares it is 1.
    pub(super) top: Option<f64>,
    /// Whether the values are integers, so that the axis has no fractions.
    pub(super) whole: bool,
    /// Whether high bars are bad.
    pub(super) bad: bool,
}

/// The unit for a highest value: its size and its name.
type UnitOf = fn(f64) -> (f64, &'static str);

/// A day or an hour.
pub(super) struct Time {
    /// Under a bar: `Feb 27`.
    pub(super) label: String,
    /// In a sentence: `Fri Feb 27, 2026`.
    pub(super) full: String,
    /// The value. `None` without runs.
    pub(super) value: Option<f64>,
}

/// A chart, ready to draw.
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// The chart in one sentence, for screen readers.
    pub(super) summary: String,
    pub(super) bad: bool,
    pub(super) bars: Vec<Bar>,
    pub(super) ticks: Vec<Tick>,
    pub(super) labels: Vec<Label>,
}

pub(super) struct Bar {
    /// The whole column, which shows the tip.
    pub(super) column: Span,
    pub(super) tip: String,
    /// `None` on a day without a value.
    pub(super) bar: Option<Shape>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) x: f64,
    pub(super) width: f64,
}

pub(super) struct Shape {
    pub(super) span: Span,
    pub(super) y: f64,
    pub(super) height: f64,
    /// The number on top. `x` is its middle.
    pub(super) number: Option<Label>,
}

pub(super) struct Tick {
    pub(super) y: f64,
    pub(super) label: String,
}

pub(super) struct Label {
    pub(super) x: f64,
    pub(super) text: String,
}

impl Chart {
    /// A chart of times, each a day or each an hour. A time without a value leaves a gap.
    pub(super) fn new(options: &ChartOptions, by: &str, days: &[Time]) -> Self {
        let ChartOptions { title, format, .. } = *options;
        let highest = days
            .iter()
            .filter_map(|time| time.value)
            .fold(0.0_f64, f64::max);
        let axis = Axis::new(highest.max(options.top.unwrap_or(0.0)), options);
        let step = (WIDTH - LEFT - RIGHT) / days.len().max(1) as f64;
        let gap = if step > 4.0 { step * 0.2 } else { 0.0 };
        let width = (step - gap).min(MAX_BAR_WIDTH);
        let bars = days.iter().enumerate().map(|(index, time)| {
            let value = time.value;
            let x = LEFT + step * index as f64;
            let shape = value.map(|value| {
                let height = (axis.height(value)).max(MIN_BAR_HEIGHT);
                let y = HEIGHT - BOTTOM - height;
                Shape {
                    span: Span {
                        x: round(x + (step - width) / 2.0),
                        width: round(width),
                    },
                    y: round(y),
                    height: round(height),
                    number: (days.len() <= MAX_NUMBERED || is_alone(days, index)).then(|| Label {
                        x: round(x + step / 2.0),
                        text: format(value),
                    }),
                }
            });
            let said = value.map_or_else(|| "no runs".to_owned(), format);
            Bar {
                column: Span {
                    x: round(x),
                    width: round(step),
                },
                tip: format!("{}: {said}", time.full),
                bar: shape,
            }
        });
        Self {
            title,
            summary: summary(title, format, by, days),
            bad: options.bad,
            bars: bars.collect(),
            ticks: axis.ticks(format),
            labels: labels(days, step),
        }
    }
}

/// Whether the places beside a bar are empty.
fn is_alone(times: &[Time], index: usize) -> bool {
    let beside = index.saturating_sub(ALONE)..times.len().min(index + ALONE + 1);
    let beside = beside.filter_map(|at| times.get(at)?.value);
    beside.count() == 1
}

fn summary(title: &str, format: fn(f64) -> String, by: &str, times: &[Time]) -> String {
    let known = times
        .iter()
        .filter_map(|time| Some((&time.full, time.value?)));
    let highest = known.max_by(|(_, one), (_, other)| one.total_cmp(other));
    match highest {
        Some((time, value)) => format!(
            "{title} by {by}: the highest is {} on {time}. The table below has all numbers.",
            format(value),
        ),
        None => format!("{title} by {by}: none."),
    }
}

/// Labels at equal distances. They do not overlap.
fn labels(times: &[Time], step: f64) -> Vec<Label> {
    let every = times.len().div_ceil(MAX_LABELS).max(1);
    times
        .iter()
        .enumerate()
        .step_by(every)
        .map(|(index, time)| Label {
            x: round(LEFT + step * (index as f64 + 0.5)).clamp(LEFT + 14.0, WIDTH - 18.0),
            text: time.label.clone(),
        })
        .collect()
}

/// The unit of time for a highest value in seconds.
pub(super) fn time_unit(highest: f64) -> (f64, &'static str) {
    match highest {
        0.0..2.0 => (0.001, "ms"),
        7_200.0.. => (3_600.0, "h"),
        120.0.. => (60.0, "m"),
        _ => (1.0, "s"),
    }
}

/// The axis of values.
struct Axis {
    /// The value between two lines.
    step: f64,
    lines: u32,
    unit: Option<(f64, &'static str)>,
}

impl Axis {
    fn new(highest: f64, options: &ChartOptions) -> Self {
        if options.top == Some(highest) {
            return Self {
                step: highest / 4.0,
                lines: 4,
                unit: None,
            };
        }
        let unit = options.unit.map(|unit| unit(highest));
        let (size, _) = unit.unwrap_or((1.0, ""));
        let rough = highest / size / 4.0;
        let least = if options.whole { 1.0 } else { 0.001 };
        let magnitude = 10_f64.powf(rough.max(least).log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * magnitude)
            .filter(|step| !options.whole || step.fract() == 0.0)
            .find(|step| *step >= rough)
            .unwrap_or(10.0 * magnitude);
        let step = step * size;
        Self {
            step,
            lines: (highest / step).ceil().clamp(1.0, 4.0) as u32,
            unit,
        }
    }

    fn height(&self, value: f64) -> f64 {
        let top = self.step * f64::from(self.lines);
        (value / top).clamp(0.0, 1.0) * (HEIGHT - TOP - BOTTOM)
    }

    fn ticks(&self, format: fn(f64) -> String) -> Vec<Tick> {
        (0..=self.lines)
            .map(|line| {
                let value = self.step * f64::from(line);
                Tick {
                    y: round(HEIGHT - BOTTOM - self.height(value)),
                    label: match self.unit {
                        _ if line == 0 => "0".to_owned(),
                        Some((size, name)) => format!("{} {name}", round(value / size)),
                        None => short(format(value)),
                    },
                }
            })
            .collect()
    }
}

/// A number without the zeros at the end of its fraction.
fn short(number: String) -> String {
    let number = number.replace(".0 ", " ");
    match number.contains('.') && number.ends_with('0') {
        true => {
            let short = number.trim_end_matches('0');
            short.trim_end_matches('.').to_owned()
        }
        false => number,
    }
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::format;
    use super::*;

    const COUNTS: ChartOptions = ChartOptions {
        title: "Requests",
        format: format::compact,
        unit: None,
        top: None,
        whole: true,
        bad: false,
    };

    fn chart(options: &ChartOptions, values: &[Option<f64>]) -> Chart {
        let days = date(2026, 2, 26).series(jiff::Span::new().days(1));
        let days = days.zip(values).map(|(day, value)| Time {
            label: day.strftime("%b %-d").to_string(),
            full: day.strftime("%a %b %-d, %Y").to_string(),
            value: *value,
        });
        Chart::new(options, "day", &days.collect::<Vec<_>>())
    }

    fn labels(chart: &Chart) -> Vec<&str> {
        chart.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn bars_are_as_high_as_their_values() {
        let chart = chart(&COUNTS, &[Some(50.0), Some(100.0), None, Some(0.0)]);
        let heights: Vec<Option<f64>> = chart
            .bars
            .iter()
            .map(|bar| bar.bar.as_ref().map(|shape| shape.height))
            .collect();
        let full = HEIGHT - TOP - BOTTOM;
        assert_eq!(
            heights,
            [Some(full / 2.0), Some(full), None, Some(MIN_BAR_HEIGHT)],
            "a gap is no bar, and nothing is nearly none"
        );
        assert_eq!(chart.bars[1].tip, "Fri Feb 27, 2026: 100");
        assert_eq!(chart.bars[2].tip, "Sat Feb 28, 2026: no runs");
        assert!(
            chart
                .summary
                .contains("the highest is 100 on Fri Feb 27, 2026")
        );
    }

    #[test]
    fn axes_have_round_numbers() {
        assert_eq!(
            labels(&chart(&COUNTS, &[Some(100.0)])),
            ["0", "25", "50", "75", "100"]
        );
        assert_eq!(labels(&chart(&COUNTS, &[Some(2.0)])), ["0", "1", "2"]);
        assert_eq!(labels(&chart(&COUNTS, &[None])), ["0", "1"]);
        assert_eq!(
            labels(&chart(&COUNTS, &[Some(71_000.0)])),
            ["0", "20 k", "40 k", "60 k", "80 k"]
        );
        let rate = ChartOptions {
            title: "Success",
            format: |share| format!("{:.0} %", share * 100.0),
            unit: None,
            top: Some(1.0),
            whole: false,
            bad: false,
        };
        assert_eq!(
            labels(&chart(&rate, &[Some(0.3)])),
            ["0", "25 %", "50 %", "75 %", "100 %"]
        );
    }

    #[test]
    fn axes_of_time_count_in_fitting_units() {
        let times = ChartOptions {
            title: "Duration",
            format: format::duration,
            unit: Some(time_unit),
            top: None,
            whole: false,
            bad: false,
        };
        assert_eq!(
            labels(&chart(&times, &[Some(0.35)])),
            ["0", "100 ms", "200 ms", "300 ms", "400 ms"]
        );
        assert_eq!(
            labels(&chart(&times, &[Some(4.7)])),
            ["0", "2 s", "4 s", "6 s"]
        );
        assert_eq!(
            labels(&chart(&times, &[Some(252.0)])),
            ["0", "2 m", "4 m", "6 m"]
        );
        assert_eq!(
            labels(&chart(&times, &[Some(90_000.0)])),
            ["0", "10 h", "20 h", "30 h"]
        );
    }

    #[test]
    fn few_bars_have_numbers_and_many_have_some_dates() {
        let few = chart(&COUNTS, &[Some(1.0); 7]);
        assert!(
            few.bars
                .iter()
                .all(|bar| bar.bar.as_ref().unwrap().number.is_some())
        );
        let many = chart(&COUNTS, &[Some(1.0); 365]);
        assert!(
            many.bars
                .iter()
                .all(|bar| bar.bar.as_ref().unwrap().number.is_none())
        );
        assert_eq!(many.labels.len(), MAX_LABELS);
        assert!(many.labels.iter().all(|label| label.x < WIDTH));
    }

    #[test]
    fn wild_values_draw_something_finite() {
        for wild in [f64::INFINITY, f64::NAN, -5.0, 1e300, 1e-300] {
            let chart = chart(&COUNTS, &[Some(wild), Some(1.0)]);
            for bar in &chart.bars {
                let shape = bar.bar.as_ref().unwrap();
                assert!(shape.height.is_finite() && shape.y >= 0.0, "{wild}");
            }
        }
    }
}
