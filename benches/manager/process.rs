//! What a process uses, as Linux tells it.

use std::fs;
use std::time::Duration;

/// Bytes of a page of memory on the machines that we run on.
const PAGE: u64 = 4096;
/// Ticks a second in which Linux counts CPU time (`USER_HZ`).
const TICKS: f64 = 100.0;

/// The memory that is resident, in bytes. A process is named by its number; `self` is this one.
pub fn resident(process: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/statm")).unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * PAGE
}

/// The CPU time used so far, by all threads.
pub fn cpu(process: &str) -> Duration {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name of the program is in parentheses and may hold anything; user and system time are 12 and 13 after it.
    let after = text.rsplit_once(')').unwrap().1;
    let ticks: f64 =
        after.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().unwrap()).sum();
    Duration::from_secs_f64(ticks / TICKS)
}
