//! The formats that Kubernetes checks (`k8s.io/kube-openapi/pkg/validation/strfmt`). Unknown ones are ignored.

use std::sync::LazyLock;

use regex::Regex;

use super::addresses;
use super::node::{Type, Types};
use super::times;

/// A format that is checked, and its name as the schema spells it.
#[derive(Clone, Debug)]
pub struct Format {
    /// The name as it was written: `date-time` and `datetime` are one format.
    pub name: String,
    /// Which one it is.
    pub kind: Kind,
}

/// The formats by what they check.
#[allow(missing_docs, reason = "the names are those of the formats")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Int32,
    Int64,
    Float,
    Double,
    BsonObjectId,
    Byte,
    Cidr,
    CreditCard,
    Date,
    DateTime,
    Duration,
    Email,
    HexColor,
    Hostname,
    Ipv4,
    Ipv6,
    Isbn,
    Isbn10,
    Isbn13,
    LongName,
    Mac,
    Password,
    RgbColor,
    ShortName,
    Ssn,
    Uri,
    Uuid,
    Uuid3,
    Uuid4,
    Uuid5,
}

impl Format {
    /// The format of a name where the types allow it; nothing if Kubernetes ignores it there.
    pub fn named(name: &str, types: Types) -> Option<Self> {
        let kind = match types {
            Types::Any | Types::IntOrString | Types::One(Type::String) => of_text(&name.replace('-', "")),
            Types::One(Type::Integer) => match name {
                "int32" => Some(Kind::Int32),
                "int64" => Some(Kind::Int64),
                _ => None,
            },
            Types::One(Type::Number) => match name {
                "float" => Some(Kind::Float),
                "double" => Some(Kind::Double),
                _ => None,
            },
            Types::One(Type::Object | Type::Array | Type::Boolean) => None,
        };
        kind.map(|kind| Self { name: name.to_owned(), kind })
    }
}

fn of_text(plain: &str) -> Option<Kind> {
    Some(match plain {
        "bsonobjectid" => Kind::BsonObjectId,
        "byte" => Kind::Byte,
        "cidr" => Kind::Cidr,
        "creditcard" => Kind::CreditCard,
        "date" => Kind::Date,
        "datetime" => Kind::DateTime,
        "duration" => Kind::Duration,
        "email" => Kind::Email,
        "hexcolor" => Kind::HexColor,
        "hostname" => Kind::Hostname,
        "ipv4" => Kind::Ipv4,
        "ipv6" => Kind::Ipv6,
        "isbn" => Kind::Isbn,
        "isbn10" => Kind::Isbn10,
        "isbn13" => Kind::Isbn13,
        "k8slongname" => Kind::LongName,
        "mac" => Kind::Mac,
        "password" => Kind::Password,
        "rgbcolor" => Kind::RgbColor,
        "k8sshortname" => Kind::ShortName,
        "ssn" => Kind::Ssn,
        "uri" => Kind::Uri,
        "uuid" => Kind::Uuid,
        "uuid3" => Kind::Uuid3,
        "uuid4" => Kind::Uuid4,
        "uuid5" => Kind::Uuid5,
        _ => return None,
    })
}

impl Kind {
    /// Whether the text is of the format. Formats of numbers say nothing about text.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::Int32 | Self::Int64 | Self::Float | Self::Double | Self::Password => true,
            Self::BsonObjectId => text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Self::Byte => is(&BASE64, text),
            Self::Cidr => addresses::is_cidr(text),
            Self::CreditCard => is_credit_card(text),
            Self::Date => times::is_date(text),
            Self::DateTime => times::is_date_time(text),
            Self::Duration => times::is_duration(text),
            Self::Email => addresses::is_email(text),
            Self::HexColor => is(&HEX_COLOR, text),
            Self::Hostname => addresses::is_hostname(text),
            Self::Ipv4 => addresses::is_ipv4(text),
            Self::Ipv6 => addresses::is_ipv6(text),
            Self::Isbn => is_isbn10(text) || is_isbn13(text),
            Self::Isbn10 => is_isbn10(text),
            Self::Isbn13 => is_isbn13(text),
            Self::LongName => text.len() <= 253 && text.split('.').all(is_label),
            Self::Mac => addresses::is_mac(text),
            Self::RgbColor => is(&RGB_COLOR, text),
            Self::ShortName => text.len() <= 63 && is_label(text),
            Self::Ssn => text.len() == 11 && is(&SSN, text),
            Self::Uri => addresses::is_uri(text),
            Self::Uuid => is(&UUID, text),
            Self::Uuid3 => is(&UUID3, text),
            Self::Uuid4 => is(&UUID4, text),
            Self::Uuid5 => is(&UUID5, text),
        }
    }
}

/// Whether a text matches; a pattern of ours that did not compile would match nothing, and a test says so.
fn is(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

type Lazy = LazyLock<Option<Regex>>;
static BASE64: Lazy = LazyLock::new(|| {
    Regex::new("^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$").ok()
});
static HEX_COLOR: Lazy = LazyLock::new(|| Regex::new("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$").ok());
static RGB_COLOR: Lazy = LazyLock::new(|| {
    let part = r"\s*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])\s*";
    Regex::new(&format!(r"^rgb\({part},{part},{part}\)$")).ok()
});
static SSN: Lazy = LazyLock::new(|| Regex::new("^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$").ok());
static CARD: Lazy = LazyLock::new(|| {
    let makers = "4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}";
    Regex::new(&format!(
        "^(?:{makers}|3(?:0[0-5]|[68][0-9])[0-9]{{11}}|(?:2131|1800|35[0-9]{{3}})[0-9]{{11}})$"
    ))
    .ok()
});
static UUID: Lazy = LazyLock::new(|| uuid("[0-9a-f]{4}", "[0-9a-f]{4}"));
static UUID3: Lazy = LazyLock::new(|| uuid("3[0-9a-f]{3}", "[0-9a-f]{4}"));
static UUID4: Lazy = LazyLock::new(|| uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}"));
static UUID5: Lazy = LazyLock::new(|| uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}"));

fn uuid(third: &str, fourth: &str) -> Option<Regex> {
    Regex::new(&format!("(?i)^[0-9a-f]{{8}}-?[0-9a-f]{{4}}-?{third}-?{fourth}-?[0-9a-f]{{12}}$")).ok()
}

/// A label of a DNS name in lower case (RFC 1123).
fn is_label(text: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    ends(text.bytes().next())
        && ends(text.bytes().next_back())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_credit_card(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (u32::from(digit - b'0'), at % 2) {
            (digit, 0) => digit,
            (digit, _) if digit >= 5 => digit * 2 - 9,
            (digit, _) => digit * 2,
        })
        .sum();
    is(&CARD, &digits) && sum.is_multiple_of(10)
}

fn isbn_digits(text: &str) -> String {
    text.chars().filter(|letter| *letter != '-' && !letter.is_ascii_whitespace()).collect()
}

fn is_isbn10(text: &str) -> bool {
    let plain = isbn_digits(text);
    let Some((body, check)) = plain.split_at_checked(9) else { return false };
    let last = match check {
        "X" => 10,
        digit if digit.len() == 1 && digit.bytes().all(|byte| byte.is_ascii_digit()) => {
            u32::from(digit.as_bytes()[0] - b'0')
        }
        _ => return false,
    };
    if !body.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = (1..).zip(body.bytes()).map(|(weight, digit)| weight * u32::from(digit - b'0')).sum();
    (sum + 10 * last).is_multiple_of(11)
}

fn is_isbn13(text: &str) -> bool {
    let plain = isbn_digits(text);
    if plain.len() != 13 || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let weights = [1, 3].into_iter().cycle();
    let sum: u32 = plain.bytes().zip(weights).map(|(digit, weight)| weight * u32::from(digit - b'0')).sum();
    sum.is_multiple_of(10)
}
