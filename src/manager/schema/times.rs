//! Dates, times and durations as text, as Kubernetes' formats read them.

use std::time::Duration;

/// `2006-01-02`, a day that there is.
pub fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| matches!(at, 4 | 7) == (byte == b'-'))
        && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// RFC 3339, with or without fractions of a second; the zone is a must.
pub fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    is_date(date) && is_time(time)
}

/// `15:04:05`, an optional fraction, and `z` or an offset. As in Kubernetes, any letter may start the fraction.
fn is_time(text: &str) -> bool {
    let Some((clock, rest)) = text.split_at_checked(8) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let at_most = |text: Option<&str>, most: &str| text.is_some_and(|text| digits(text) && text <= most);
    let clock_is_fine = clock.as_bytes()[2] == b':'
        && clock.as_bytes()[5] == b':'
        && at_most(clock.get(0..2), "23")
        && at_most(clock.get(3..5), "59")
        && at_most(clock.get(6..8), "59");
    let zone_is_fine = |zone: &str| {
        zone == "z"
            || zone.len() == 6
                && zone.starts_with(['+', '-'])
                && zone.as_bytes()[3] == b':'
                && zone.get(1..3).is_some_and(digits)
                && zone.get(4..6).is_some_and(digits)
    };
    let zone_at = rest.len().saturating_sub(if rest.ends_with('z') { 1 } else { 6 });
    let Some((fraction, zone)) = rest.split_at_checked(zone_at) else { return false };
    let mut fraction = fraction.chars();
    let fraction_is_fine = fraction.next().is_none() || digits(fraction.as_str());
    clock_is_fine && zone_is_fine(zone) && fraction_is_fine
}

/// Go's `time.ParseDuration`, or counts with units in words: `1h30m`, `22 ns`, `3 days`.
pub fn is_duration(text: &str) -> bool {
    parse_duration(text).is_some()
}

/// A duration as the format `duration` reads it, in nanoseconds.
pub fn parse_duration(text: &str) -> Option<i64> {
    parse_go_duration(text).or_else(|| parse_worded(text))
}

/// A duration as Go writes it, in nanoseconds: `-1.5h`, `300ms`. Nothing if it is none or does not fit.
pub fn parse_go_duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number_end =
            rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(number_end);
        let unit_end =
            tail.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        total = total.checked_add(nanoseconds(number, unit)?)?;
        rest = tail;
    }
    i64::try_from(sign * total).ok()
}

fn nanoseconds(number: &str, unit: &str) -> Option<i128> {
    let unit = match unit {
        "ns" => Duration::from_nanos(1),
        "us" | "µs" | "μs" => Duration::from_micros(1),
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        "h" => Duration::from_secs(3600),
        _ => return None,
    };
    let unit = i128::try_from(unit.as_nanos()).ok()?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { i128::from(whole.parse::<i64>().ok()?) };
    let mut scaled = 0;
    let mut weight = unit;
    for digit in fraction.bytes() {
        weight /= 10;
        scaled += weight * i128::from(digit - b'0');
    }
    whole.checked_mul(unit)?.checked_add(scaled)
}

/// The words that Kubernetes takes for a unit, and its nanoseconds; a word that begins with the last of a group is
/// one, too.
const UNITS: [(&[&str], i64); 8] = [
    (&["ns", "nano"], 1),
    (&["us", "µs", "micro"], 1_000),
    (&["ms", "milli"], 1_000_000),
    (&["s", "sec"], SECOND),
    (&["m", "min"], 60 * SECOND),
    (&["h", "hr", "hour"], 3_600 * SECOND),
    (&["d", "day"], 86_400 * SECOND),
    (&["w", "wk", "week"], 604_800 * SECOND),
];

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// The counts with units that are somewhere in the text, added up; nothing if there is none, or if a count is too
/// large to be one. As in Kubernetes, sums that do not fit wrap around.
fn parse_worded(text: &str) -> Option<i64> {
    let mut total = None;
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        rest = &rest[start..];
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (count, tail) = rest.split_at(end);
        let tail = tail.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
        let word_end = tail.find(|letter: char| !letter.is_ascii_alphabetic() && letter != 'µ');
        let (word, tail) = tail.split_at(word_end.unwrap_or(tail.len()));
        rest = tail;
        if word.is_empty() {
            continue;
        }
        let count: i64 = count.parse().ok()?;
        if let Some(unit) = unit_of(&word.to_lowercase()) {
            total = Some(total.unwrap_or(0_i64).wrapping_add(count.wrapping_mul(unit)));
        }
    }
    total
}

fn unit_of(word: &str) -> Option<i64> {
    let fits =
        |group: &[&str]| group.contains(&word) || group.last().is_some_and(|last| word.starts_with(last));
    UNITS.iter().find(|(group, _)| fits(group)).map(|(_, nanoseconds)| *nanoseconds)
}
