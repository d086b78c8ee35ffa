//! Maintenance windows: when disturbing work may begin.

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::time::Time;

/// The syntax of a time of day.
const CLOCK_PATTERN: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]$";

/// The syntax of an offset from UTC, up to the fourteen hours that occur.
const OFFSET_PATTERN: &str = "^([+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)$";

/// How many days ahead the next opening is looked for: with at least one day of the week there is one within
/// eight days.
const DAYS_AHEAD: i64 = 8;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Self {
        match day {
            Day::Monday => Self::Mon,
            Day::Tuesday => Self::Tue,
            Day::Wednesday => Self::Wed,
            Day::Thursday => Self::Thu,
            Day::Friday => Self::Fri,
            Day::Saturday => Self::Sat,
            Day::Sunday => Self::Sun,
        }
    }
}

/// When disturbing work may begin: on some days of the week, from a time of day on, for some hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct MaintenanceWindow {
    /// The days of the week on which the window opens. Every day if left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 7), extend("x-kubernetes-list-type" = "set"))]
    pub days: Vec<Day>,
    /// The time of day at which it opens, hours and minutes: 22:00.
    #[schemars(length(max = 5), regex(pattern = CLOCK_PATTERN))]
    pub start: String,
    /// For how long it stays open, at most 24h; it may end on the next day.
    #[schemars(extend("x-kubernetes-validations" = [longest_window()]))]
    pub duration: Duration,
    /// The offset from UTC in which days and start are meant: +09:00.
    #[serde(default = "utc")]
    #[schemars(length(max = 6), regex(pattern = OFFSET_PATTERN))]
    pub utc_offset: String,
}

fn utc() -> String {
    "+00:00".to_owned()
}

fn longest_window() -> serde_json::Value {
    super::rules::invalid(
        "duration(self) > duration('0s') && duration(self) <= duration('24h')",
        "a window must be open for more than nothing and at most 24h",
    )
}

impl MaintenanceWindow {
    /// Until when the window is open, if it is open at `now`.
    pub fn open_until(&self, now: DateTime<Utc>) -> Option<Time> {
        let openings = (-1..=0).filter_map(|day| self.opening(now, day));
        let ends = openings.filter(|opens| *opens <= now).map(|opens| opens + self.duration.to_chrono());
        ends.filter(|ends| now < *ends).max().map(Time::from)
    }

    /// When the window opens next, after `now`.
    pub fn next_opening(&self, now: DateTime<Utc>) -> Option<Time> {
        (-1..=DAYS_AHEAD).filter_map(|day| self.opening(now, day)).find(|opens| *opens > now).map(Time::from)
    }

    /// When the window opens on the day that lies `days` after the day of `now`, if it does on such a day.
    fn opening(&self, now: DateTime<Utc>, days: i64) -> Option<DateTime<Utc>> {
        let offset = minutes_of(self.utc_offset.get(1..)?)?;
        let offset = if self.utc_offset.starts_with('-') { -offset } else { offset };
        let date = (now.naive_utc() + offset).date() + TimeDelta::days(days);
        let on_this_day = |day: &Day| Weekday::from(*day) == date.weekday();
        if !self.days.is_empty() && !self.days.iter().any(on_this_day) {
            return None;
        }
        Some((date.and_time(NaiveTime::MIN) + minutes_of(&self.start)? - offset).and_utc())
    }
}

/// The time since midnight of `HH:MM`.
fn minutes_of(clock: &str) -> Option<TimeDelta> {
    let (hours, minutes) = clock.split_once(':')?;
    Some(TimeDelta::hours(hours.parse().ok()?) + TimeDelta::minutes(minutes.parse().ok()?))
}
