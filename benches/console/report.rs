//! The table.

use serde_json::{Value, json};

/// The rows so far.
pub struct Report {
    scale: f64,
    rows: Vec<Value>,
}

impl Report {
    pub fn new(scale: f64) -> Self {
        println!("{:<58} {:>10} {:>10}", format!("console, scale {scale}"), "measured", "budget");
        Self { scale, rows: Vec::new() }
    }

    /// A figure that is to stay below a budget.
    pub fn within(&mut self, what: &str, unit: &str, budget: f64, measured: f64) {
        let met = measured <= budget;
        let missed = if met { "" } else { "  MISSED" };
        println!("{:<58} {measured:>10.2} {budget:>10.2}{missed}", format!("{what}, {unit}"));
        self.rows
            .push(json!({"what": what, "unit": unit, "measured": measured, "budget": budget, "met": met}));
    }

    /// A figure that explains others.
    pub fn beside(&mut self, what: &str, unit: &str, measured: f64) {
        println!("{:<58} {measured:>10.2}", format!("{what}, {unit}"));
        self.rows.push(json!({"what": what, "unit": unit, "measured": measured}));
    }

    /// Writes the JSON, if it is wanted.
    pub fn finish(self) {
        let Ok(file) = std::env::var("KAASBOARD_BENCH_JSON") else { return };
        let all = json!({"benchmark": "console", "scale": self.scale, "rows": self.rows});
        std::fs::write(&file, format!("{all:#}\n")).expect("the file of KAASBOARD_BENCH_JSON can be written");
    }
}

/// The value that all but one of a hundred stay below.
pub fn p99(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() * 99 / 100).min(times.len() - 1)]
}

/// The value in the middle.
pub fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
