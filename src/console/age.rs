//! Times as people say them: how long ago, and when that changes.

use chrono::{DateTime, TimeDelta, Utc};

/// By how much clocks may differ before it is worth a word.
const SKEW: TimeDelta = TimeDelta::seconds(10);

/// How long ago something was, in at most four columns: `42s`, `7m`, `5h`, `3d`.
///
/// Beyond a minute it is told in minutes only, so that a screen on which nothing happens stays as it is. What is to come by
/// this clock, because that of the manager is ahead, says so: `-7m`.
pub fn short(age: TimeDelta) -> String {
    if age < -SKEW {
        return format!("-{}", short(-age));
    }
    let seconds = age.num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// When what [`short`] says about an age changes next.
pub fn next_change(since: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    if since > now + SKEW {
        return now + TimeDelta::minutes(1);
    }
    let seconds = (now - since).num_seconds().max(0);
    let unit = match seconds {
        0..60 => 1,
        60..3600 => 60,
        3600..172_800 => 3600,
        _ => 86_400,
    };
    since + TimeDelta::seconds((seconds / unit + 1) * unit)
}

/// A span as people write it: `90s`, `15m`, `2h`, `3d`, or several of these in a row.
pub fn parse(text: &str) -> Option<TimeDelta> {
    let mut total = TimeDelta::zero();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let count: i64 = rest.get(..digits)?.parse().ok()?;
        let unit = rest.get(digits..)?.chars().next()?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        total = total.checked_add(&TimeDelta::try_seconds(count.checked_mul(seconds)?)?)?;
        rest = rest.get(digits + unit.len_utf8()..)?;
    }
    (!text.is_empty()).then_some(total)
}

/// A span to come, down to the second: `14:59`, `2:03:00`.
pub fn countdown(left: TimeDelta) -> String {
    let seconds = left.num_seconds().max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short_and_say_when_they_change() {
        for (seconds, said, next) in [
            (0, "0s", 1),
            (59, "59s", 60),
            (61, "1m", 120),
            (3599, "59m", 3600),
            (7300, "2h", 10_800),
            (172_800, "2d", 259_200),
        ] {
            assert_eq!(short(TimeDelta::seconds(seconds)), said);
            let now = DateTime::<Utc>::default() + TimeDelta::seconds(seconds);
            assert_eq!(next_change(DateTime::default(), now).timestamp(), next, "{said}");
        }
        assert_eq!(short(TimeDelta::seconds(-5)), "0s");
        assert_eq!(short(TimeDelta::minutes(-7)), "-7m", "a clock that is ahead is not hidden");
    }

    #[test]
    fn spans_are_read_as_they_are_written() {
        assert_eq!(parse("1h30m"), Some(TimeDelta::minutes(90)));
        assert_eq!(parse("15m").map(countdown), Some("15:00".to_owned()));
        for wrong in ["", "15", "m", "15x", "99999999999999999999d", "9223372036854775807d"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
