//! The checked types: what they parse, and that their schemas let pass exactly that.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use kaasboard::api::cidr::Cidr;
use kaasboard::api::duration::Duration;
use kaasboard::api::int_or_percent::IntOrPercent;
use kaasboard::api::quantity::Quantity;
use kaasboard::api::text::{CloudName, ClusterName};
use kaasboard::api::version::{ReleaseName, Version};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use regex::Regex;
use schemars::{JsonSchema, schema_for};
use serde_json::Value;

/// A type and its schema agree about every text: those that the pattern makes, and those near to them.
#[track_caller]
fn agrees<T: JsonSchema + serde::de::DeserializeOwned>(other: &str) {
    let schema = schema_for!(T).to_value();
    let pattern = schema["pattern"].as_str().unwrap_or_else(|| panic!("{schema}"));
    let longest = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
    let regex = Regex::new(pattern).unwrap_or_else(|error| panic!("{error}"));
    let inner = pattern.trim_start_matches('^').trim_end_matches('$');
    let made = proptest::string::string_regex(inner).unwrap_or_else(|error| panic!("{error}"));
    let near = proptest::string::string_regex(other).unwrap_or_else(|error| panic!("{error}"));
    let failures = Config { failure_persistence: None, ..Config::with_cases(2000) };
    let checked = TestRunner::new(failures).run(&prop_oneof![made, near], |text| {
        let passes = regex.is_match(&text) && text.chars().count() as u64 <= longest;
        let parses = serde_json::from_value::<T>(Value::from(text.clone())).is_ok();
        prop_assert_eq!(passes, parses, "{:?}", text);
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn schemas_let_pass_what_is_parsed() {
    agrees::<Version>(r"v?[0-9]{1,5}\.[0-9]{0,5}(\.[0-9v-]{1,5})?");
    agrees::<ReleaseName>(r"v[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}-?[0-9a]{0,10}");
    agrees::<Quantity>(r"[0-9.]{0,13}[numkMGTPEKi+-]{0,2}[0-9]{0,2}");
    agrees::<Duration>(r"([0-9]{1,6}h)?([0-9]{0,3}m)?([0-9]{0,3}[smd])?");
    agrees::<IntOrPercent>(r"[0-9]{0,4}[%0]");
    agrees::<ClusterName>(r"[a-zA-Z0-9._-]{0,45}");
    agrees::<CloudName>(r"[ a-z\x00-\x20\x7f-\x{a0}\u{3042}]{0,260}");
}

/// Parsed and printed, a text says the same, and says it the same way the second time.
fn settles<T: FromStr<Err = E> + Display + PartialEq + Debug, E: Debug>(
    text: &str,
) -> Result<(), TestCaseError> {
    let once: T = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error:?}")))?;
    let twice: T = once.to_string().parse().map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
    prop_assert_eq!(&once, &twice);
    prop_assert_eq!(once.to_string(), twice.to_string());
    Ok(())
}

proptest! {
    #[test]
    fn versions_settle(text in r"v(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})") {
        settles::<Version, _>(&text)?;
        prop_assert_eq!(text.parse::<Version>().unwrap().to_string(), text);
    }

    #[test]
    fn releases_settle(text in r"v1\.[1-9][0-9]\.[0-9](-[1-9][0-9]{0,8})?") {
        settles::<ReleaseName, _>(&text)?;
        prop_assert_eq!(text.parse::<ReleaseName>().unwrap().to_string(), text);
    }

    #[test]
    fn versions_are_ordered_by_number(a in any::<[u8; 3]>(), b in any::<[u8; 3]>()) {
        let version = |n: [u8; 3]| Version::new(n[0].into(), n[1].into(), n[2].into());
        prop_assert_eq!(version(a).cmp(&version(b)), a.cmp(&b));
        let there = version(a).minors_to(version(b));
        prop_assert_eq!(there, version(b).minors_to(version(a)).map(|minors| -minors));
        prop_assert_eq!(there.is_some(), a[0] == b[0]);
    }

    #[test]
    fn durations_settle(seconds in any::<u32>()) {
        settles::<Duration, _>(&Duration::seconds(seconds).to_string())?;
    }

    #[test]
    fn ranges_contain_their_first_address(bits in any::<u32>(), prefix in 0_u8..=32) {
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        let first = std::net::Ipv4Addr::from_bits(bits & mask);
        let text = format!("{first}/{prefix}");
        settles::<Cidr, _>(&text)?;
        let range: Cidr = text.parse().unwrap();
        prop_assert!(range.contains(std::net::IpAddr::from(std::net::Ipv4Addr::from_bits(bits))));
    }

    #[test]
    fn nothing_makes_a_parser_panic(text in any::<String>()) {
        let _ = text.parse::<Version>();
        let _ = text.parse::<ReleaseName>();
        let _ = text.parse::<Quantity>();
        let _ = text.parse::<Duration>();
        let _ = text.parse::<Cidr>();
    }
}
