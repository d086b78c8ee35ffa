//! The table.

use std::time::Duration;

use serde_json::{Value, json};

/// The rows so far.
pub struct Report {
    name: &'static str,
    scale: f64,
    rows: Vec<Value>,
}

/// What came of the watchers.
pub struct Watching {
    /// How many there were.
    pub watchers: usize,
    /// Changes a second that were made.
    pub changes: f64,
    /// Events a second that were received, by all together.
    pub events: f64,
    /// CPU time by time, 1.0 is one core.
    pub cpu: f64,
    /// The same for the changes alone, without watchers.
    pub writing: f64,
}

impl Report {
    pub fn new(name: &'static str, scale: f64) -> Self {
        println!("{:<44} {:>12} {:>12}", format!("{name}, scale {scale}"), "measured", "goal");
        Self { name, scale, rows: Vec::new() }
    }

    /// Something a second; the goal is a lower limit, 0 for none.
    pub fn rate(&mut self, what: &str, goal: f64, measured: f64) {
        self.row(what, "per second", goal, measured, measured >= goal, 0);
    }

    /// A time; the goal in seconds is an upper limit, 0 for none.
    pub fn time(&mut self, what: &str, goal: f64, measured: Duration) {
        let seconds = measured.as_secs_f64();
        self.row(
            &format!("{what}, ms"),
            "ms",
            goal * 1000.0,
            seconds * 1000.0,
            goal == 0.0 || seconds <= goal,
            1,
        );
    }

    /// Bytes; the goal in MiB is an upper limit, 0 for none.
    pub fn size(&mut self, what: &str, goal: f64, bytes: u64) {
        let mib = bytes as f64 / f64::from(1 << 20);
        self.row(what, "MiB", goal, mib, goal == 0.0 || mib <= goal, 1);
    }

    pub fn watching(&mut self, of: Watching) {
        let what = |text: &str| format!("{} watchers: {text}", of.watchers);
        self.row(&what("changes"), "per second", 0.0, of.changes, true, 0);
        self.row(&what("events"), "per second", 0.0, of.events, true, 0);
        self.row(&what("CPU, % of a core"), "%", 0.0, of.cpu * 100.0, true, 1);
        self.row(&what("CPU without them, %"), "%", 0.0, of.writing * 100.0, true, 1);
    }

    fn row(&mut self, what: &str, unit: &str, goal: f64, measured: f64, met: bool, digits: usize) {
        let wanted = if goal == 0.0 { String::new() } else { format!("{goal:.0}") };
        let missed = if met { "" } else { "  MISSED" };
        println!("{what:<44} {measured:>12.digits$} {wanted:>12}{missed}");
        self.rows.push(json!({"what": what, "unit": unit, "measured": measured, "goal": goal, "met": met}));
    }

    /// Writes the JSON, if it is wanted.
    pub fn finish(self) {
        let Ok(file) = std::env::var("KAASBOARD_BENCH_JSON") else { return };
        let all = json!({"benchmark": self.name, "scale": self.scale, "rows": self.rows});
        std::fs::write(&file, format!("{all:#}\n")).expect("the file of KAASBOARD_BENCH_JSON can be written");
    }
}
