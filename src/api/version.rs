//! Versions of Kubernetes and etcd, and the names of Releases, which begin with one.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The syntax of a version: three numbers without leading zeros, of at most four digits.
const VERSION_PATTERN: &str = r"^v(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})$";

/// The syntax of a Release's name: a version, and the number of a build of it where there are several.
const RELEASE_PATTERN: &str =
    r"^v(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})(-[1-9][0-9]{0,8})?$";

/// A text that is no version, or no name of a Release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// It is not `v`, and three numbers with dots between them.
    #[error("{text:?} is no version: write it as v1.34.2")]
    NoVersion {
        /// The text.
        text: String,
    },
    /// It is not a version, or a version with a build's number.
    #[error("{text:?} names no Release: write a version such as v1.34.2, or with a build v1.34.2-3")]
    NoRelease {
        /// The text.
        text: String,
    },
}

/// A version such as `v1.34.2`. It is ordered by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    /// The first number: what is incompatible.
    pub major: u16,
    /// The second number: one step of an upgrade.
    pub minor: u16,
    /// The third number: corrections.
    pub patch: u16,
}

impl Version {
    /// A version from its three numbers.
    pub fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// How many minor versions lie from this one to `later`: 1 from v1.33.6 to v1.34.0, negative backwards.
    /// Nothing if the major versions differ, because then there is no such distance.
    pub fn minors_to(self, later: Self) -> Option<i32> {
        (self.major == later.major).then(|| i32::from(later.minor) - i32::from(self.minor))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.strip_prefix('v')?.split('.').map(number);
        let version = Self::new(numbers.next()??, numbers.next()??, numbers.next()??);
        numbers.next().is_none().then_some(version)
    }
}

/// A number of at most four digits without leading zeros.
fn number(digits: &str) -> Option<u16> {
    let plain = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = digits.len() > 1 && digits.starts_with('0');
    if plain && !leading_zero { digits.parse().ok() } else { None }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text).ok_or_else(|| VersionError::NoVersion { text: text.to_owned() })
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "v{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 15, "pattern": VERSION_PATTERN })
    }
}

/// The name of a Release: its Kubernetes version, and a build's number where the same version came out
/// again with another image or other addons (`v1.34.2`, then `v1.34.2-2`). Ordered by version, then build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseName {
    /// The Kubernetes version.
    pub version: Version,
    /// Which build of it; nothing for the first.
    pub build: Option<u32>,
}

impl ReleaseName {
    fn parse(text: &str) -> Option<Self> {
        let Some((version, build)) = text.split_once('-') else {
            return Some(Self { version: Version::parse(text)?, build: None });
        };
        let plain = build.len() <= 9 && build.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || build.starts_with('0') {
            return None;
        }
        Some(Self { version: Version::parse(version)?, build: Some(build.parse().ok()?) })
    }
}

impl FromStr for ReleaseName {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text).ok_or_else(|| VersionError::NoRelease { text: text.to_owned() })
    }
}

impl TryFrom<String> for ReleaseName {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<ReleaseName> for String {
    fn from(name: ReleaseName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for ReleaseName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.build {
            None => write!(out, "{}", self.version),
            Some(build) => write!(out, "{}-{build}", self.version),
        }
    }
}

impl JsonSchema for ReleaseName {
    fn schema_name() -> Cow<'static, str> {
        "ReleaseName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 25, "pattern": RELEASE_PATTERN })
    }
}
