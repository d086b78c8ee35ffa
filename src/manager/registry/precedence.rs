//! Which of two API versions comes first: `v2` before `v1` before `v1beta1` before `v1alpha1` before anything else.
//!
//! Source: "Version priority" in Kubernetes' documentation of CustomResourceDefinitions.

use std::cmp::{Ordering, Reverse};

/// How mature a version says it is. The better one is the greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Maturity {
    Alpha,
    Beta,
    Stable,
}

/// Orders two versions, the preferred one first.
pub fn compare(one: &str, other: &str) -> Ordering {
    match (parse(one), parse(other)) {
        (Some(one), Some(other)) => Reverse(one).cmp(&Reverse(other)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => one.cmp(other),
    }
}

/// `v2beta1` as its maturity, its major number and its minor one.
fn parse(version: &str) -> Option<(Maturity, u64, u64)> {
    let rest = version.strip_prefix('v')?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (major, rest) = rest.split_at(end);
    let major = number(major)?;
    if rest.is_empty() {
        return Some((Maturity::Stable, major, 0));
    }
    let (maturity, minor) = match rest.strip_prefix("beta") {
        Some(minor) => (Maturity::Beta, minor),
        None => (Maturity::Alpha, rest.strip_prefix("alpha")?),
    };
    Some((maturity, major, number(minor)?))
}

fn number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_listed_as_the_documentation_lists_them() {
        let expected =
            ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10"];
        let mut versions = expected;
        versions.reverse();
        versions.sort_by(|one, other| compare(one, other));
        assert_eq!(versions, expected);
    }
}
