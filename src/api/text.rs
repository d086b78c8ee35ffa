//! Checked texts: names that are known to be well formed once they are parsed.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The longest name of a cluster or tenant. With the longest role and eight characters of a uid,
/// `<cluster>-<role>-<uid8>` still fits into a DNS label of 63 characters.
pub const CLUSTER_NAME_MAX: usize = 40;

/// The longest name of a pool, so that `<cluster>-<pool>` is a DNS label too.
pub const POOL_NAME_MAX: usize = 22;

/// The longest DNS label (RFC 1035), which is also the longest value of a label in Kubernetes.
pub const LABEL_MAX: usize = 63;

/// The longest name that OpenStack's services accept.
const CLOUD_NAME_MAX: usize = 255;

/// The name of a tenant, which is also the name of its namespace.
pub type TenantName = DnsLabel<CLUSTER_NAME_MAX>;
/// The name of a cluster, unique within its tenant.
pub type ClusterName = DnsLabel<CLUSTER_NAME_MAX>;
/// The name of a pool of workers, unique within its cluster.
pub type PoolName = DnsLabel<POOL_NAME_MAX>;
/// The name of an addon, unique within its cluster and the same in every Release.
pub type AddonName = DnsLabel<POOL_NAME_MAX>;

/// Why a text was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It is longer than allowed.
    #[error("{text:?} has more than {max} characters")]
    TooLong {
        /// The text.
        text: String,
        /// The most characters allowed.
        max: usize,
    },
    /// It is no DNS label that begins with a letter.
    #[error(
        "{text:?} is not made of lower-case letters, digits and '-', beginning with a letter and not ending with '-'"
    )]
    NoLabel {
        /// The text.
        text: String,
    },
    /// It is empty, begins or ends with a space, or holds control characters.
    #[error("{text:?} is empty, begins or ends with a space, or holds a control character")]
    NotPrintable {
        /// The text.
        text: String,
    },
}

/// A DNS label (RFC 1123) that begins with a letter, of at most `MAX` characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DnsLabel<const MAX: usize>(String);

impl<const MAX: usize> DnsLabel<MAX> {
    /// The label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A label that stands in the source. It is for defaults; a test parses all of them.
    pub(super) fn literal(text: &'static str) -> Self {
        Self(text.to_owned())
    }
}

impl<const MAX: usize> TryFrom<String> for DnsLabel<MAX> {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        if text.len() > MAX {
            return Err(TextError::TooLong { text, max: MAX });
        }
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let well_formed = text.bytes().all(inner)
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && !text.ends_with('-');
        if well_formed { Ok(Self(text)) } else { Err(TextError::NoLabel { text }) }
    }
}

impl<const MAX: usize> From<DnsLabel<MAX>> for String {
    fn from(label: DnsLabel<MAX>) -> Self {
        label.0
    }
}

impl<const MAX: usize> fmt::Display for DnsLabel<MAX> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl<const MAX: usize> JsonSchema for DnsLabel<MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("DnsLabel{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": MAX, "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$",
        })
    }
}

/// A name or id of something in OpenStack: a flavor, an image, a network, a zone. Compared as it is
/// written; whether it exists is for the cloud to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CloudName(String);

impl CloudName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CloudName {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        if text.chars().count() > CLOUD_NAME_MAX {
            return Err(TextError::TooLong { text, max: CLOUD_NAME_MAX });
        }
        let edges = text.starts_with(' ') || text.ends_with(' ');
        if text.is_empty() || edges || text.chars().any(char::is_control) {
            return Err(TextError::NotPrintable { text });
        }
        Ok(Self(text))
    }
}

impl From<CloudName> for String {
    fn from(name: CloudName) -> Self {
        name.0
    }
}

impl fmt::Display for CloudName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl JsonSchema for CloudName {
    fn schema_name() -> Cow<'static, str> {
        "CloudName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": CLOUD_NAME_MAX,
            "pattern": r"^[^ \x00-\x1f\x7f-\x{9f}]([^\x00-\x1f\x7f-\x{9f}]*[^ \x00-\x1f\x7f-\x{9f}])?$",
        })
    }
}
