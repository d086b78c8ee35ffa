//! The console without a terminal: keys in, screens out, the real engine behind it, under paused time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

mod acting;
mod breaking;
mod hostile;
mod journal;
mod moving;
mod reading;
mod screenshots;
mod sizes;
mod stage;
mod stale;
mod triage;
mod walkthroughs;
