//! Ranges of network addresses: `10.96.0.0/16`.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::rules;

/// A text that is no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// It is not an address, a slash and a length of its prefix.
    #[error("{text:?} is no range of addresses: write it as 10.96.0.0/16")]
    NoRange {
        /// The text.
        text: String,
    },
    /// The address has bits set that the prefix does not cover.
    #[error("{text:?} names a host in a range, not the range: its first address is {first}")]
    HostBits {
        /// The text.
        text: String,
        /// The first address of the range.
        first: IpAddr,
    },
}

/// A range of IPv4 or IPv6 addresses that share a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    first: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// A range that stands in the source. It is for defaults; a test parses all of them.
    pub(super) fn literal(first: [u8; 4], prefix: u8) -> Self {
        Self { first: IpAddr::from(first), prefix }
    }

    /// The first address of the range.
    pub fn first(self) -> IpAddr {
        self.first
    }

    /// How many leading bits all addresses of the range share.
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// How many ranges with the longer prefix `prefix` fit in: the most nodes that a range for pods serves.
    /// At most `u32::MAX`; none if the prefix is shorter than the range's own.
    pub fn subnets(self, prefix: u8) -> u32 {
        let Some(bits) = prefix.checked_sub(self.prefix) else { return 0 };
        1_u32.checked_shl(u32::from(bits)).unwrap_or(u32::MAX)
    }

    /// Whether an address lies in the range.
    pub fn contains(self, address: IpAddr) -> bool {
        masked(address, self.prefix) == Some(self.first)
    }

    /// Whether some address lies in both ranges.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other.first) || other.contains(self.first)
    }
}

/// The address with all bits behind the prefix cleared; nothing if the prefix is longer than the address.
fn masked(address: IpAddr, prefix: u8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => {
            let behind = 32_u32.checked_sub(u32::from(prefix))?;
            let mask = u32::MAX.checked_shl(behind).unwrap_or(0);
            Some(IpAddr::from((address.to_bits() & mask).to_be_bytes()))
        }
        IpAddr::V6(address) => {
            let behind = 128_u32.checked_sub(u32::from(prefix))?;
            let mask = u128::MAX.checked_shl(behind).unwrap_or(0);
            Some(IpAddr::from((address.to_bits() & mask).to_be_bytes()))
        }
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let no_range = || CidrError::NoRange { text: text.to_owned() };
        let (address, prefix) = text.split_once('/').ok_or_else(no_range)?;
        let plain = prefix.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = prefix.len() > 1 && prefix.starts_with('0');
        if !plain || leading_zero {
            return Err(no_range());
        }
        let address: IpAddr = address.parse().map_err(|_| no_range())?;
        let prefix: u8 = prefix.parse().map_err(|_| no_range())?;
        let first = masked(address, prefix).ok_or_else(no_range)?;
        if first != address {
            return Err(CidrError::HostBits { text: text.to_owned(), first });
        }
        Ok(Self { first, prefix })
    }
}

impl TryFrom<String> for Cidr {
    type Error = CidrError;

    fn try_from(text: String) -> Result<Self, CidrError> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.first, self.prefix)
    }
}

impl JsonSchema for Cidr {
    fn schema_name() -> Cow<'static, str> {
        "Cidr".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "maxLength": 43,
            "x-kubernetes-validations": [rules::invalid(
                "isCIDR(self) && cidr(self) == cidr(self).masked()",
                "must be a range of addresses that begins at its first one, such as 10.96.0.0/16",
            )],
        })
    }
}
