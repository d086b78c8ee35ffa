//! How the body of a request is read: JSON or YAML, to a value, with the fields that were given twice.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::protobuf;
use super::protobuf::decode::ProtobufError;
use crate::manager::status::{ApiError, Reason};

/// A body that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// What it says; of a field that is given twice, the last.
    pub value: Value,
    /// The paths of the fields that were given twice: `spec.a`.
    pub duplicates: Vec<String>,
}

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// It is of a media type that is not read.
    #[error(
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"
    )]
    MediaType,
    /// It is no UTF-8.
    #[error("the body is not valid UTF-8")]
    Utf8(#[source] std::str::Utf8Error),
    /// It is not written as it should be, or nested too deeply. The parsers' own limits hold: 128 levels of JSON,
    /// and for YAML a budget that also bounds what aliases make of it.
    #[error("{0}")]
    Malformed(String),
}

impl ContentError {
    /// The answer to a body that should have been an object of a kind.
    pub fn for_kind(self, kind: &str) -> ApiError {
        match self {
            Self::MediaType => ApiError::new(Reason::UnsupportedMediaType, self.to_string()),
            Self::Utf8(_) | Self::Malformed(_) => ApiError::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {self}"
            )),
        }
    }
}

/// Reads a body.
///
/// # Errors
/// If its media type is none of JSON, YAML and protobuf, or it is not written so.
pub fn decode(content_type: &str, body: &[u8]) -> Result<Decoded, ContentError> {
    match content_type.split(';').next().unwrap_or_default().trim() {
        "" | "application/json" | "*/*" => json(body),
        "application/yaml" => yaml(body),
        "application/vnd.kubernetes.protobuf" => protobuf(body),
        _ => Err(ContentError::MediaType),
    }
}

/// Reads protobuf, in which no field is given twice. Kinds that are not known in it are refused like other media types.
fn protobuf(body: &[u8]) -> Result<Decoded, ContentError> {
    let value = protobuf::decode::decode(body).map_err(|error| match error {
        ProtobufError::Kind(..) => ContentError::MediaType,
        other => ContentError::Malformed(other.to_string()),
    })?;
    Ok(Decoded { value, duplicates: Vec::new() })
}

/// Reads JSON.
///
/// # Errors
/// If it is none.
pub fn json(body: &[u8]) -> Result<Decoded, ContentError> {
    let duplicates = RefCell::default();
    let mut reader = serde_json::Deserializer::from_slice(body);
    let seed = Tracked { path: &Path::Root, duplicates: &duplicates };
    let value = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    let value = value.map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => {
            ContentError::Malformed("unexpected end of JSON input".to_owned())
        }
        _ => ContentError::Malformed(error.to_string()),
    })?;
    Ok(Decoded { value, duplicates: duplicates.into_inner() })
}

/// Reads YAML, of which JSON is a part.
///
/// # Errors
/// If it is none.
pub fn yaml(body: &[u8]) -> Result<Decoded, ContentError> {
    if let Ok(decoded) = json(body) {
        return Ok(decoded);
    }
    let text = std::str::from_utf8(body).map_err(ContentError::Utf8)?;
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        with_snippet: false,
    };
    let value = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| ContentError::Malformed(error.to_string()))?;
    Ok(Decoded { value, duplicates: Vec::new() })
}

/// Where in a body a value is.
enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => out.write_str(name),
            Self::Field(parent, name) => write!(out, "{parent}.{name}"),
            Self::Item(parent, index) => write!(out, "{parent}[{index}]"),
        }
    }
}

/// Reads a value and notes the fields that come twice.
struct Tracked<'a> {
    path: &'a Path<'a>,
    duplicates: &'a RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Tracked<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tracked<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let path = Path::Item(self.path, list.len());
            match items.next_element_seed(Tracked { path: &path, duplicates: self.duplicates })? {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            let path = Path::Field(self.path, &key);
            if map.contains_key(&key) {
                let path = path.to_string();
                let mut known = self.duplicates.try_borrow_mut().map_err(A::Error::custom)?;
                if !known.contains(&path) {
                    known.push(path);
                }
            }
            let value = fields.next_value_seed(Tracked { path: &path, duplicates: self.duplicates })?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content_type: &str, body: &str, expected: &str) {
        let said = match decode(content_type, body.as_bytes()) {
            Ok(Decoded { value, duplicates }) => format!("{value} {duplicates:?}"),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn bodies_are_read() {
        check(
            "application/json",
            r#"{"a":{"b":1,"b":[{"c":1,"c":2}]}}"#,
            r#"{"a":{"b":[{"c":2}]}} ["a.b", "a.b[0].c"]"#,
        );
        check("application/json; charset=utf-8", "{", "error: unexpected end of JSON input");
        check("application/json", "{} x", "error: trailing characters at line 1 column 4");
        check("application/yaml", "a: 1\nb: [x, 'y']\n", r#"{"a":1,"b":["x","y"]} []"#);
        check("application/apply-patch+yaml", "a: 1", &format!("error: {}", ContentError::MediaType));
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        check("application/json", &deep, "error: recursion limit exceeded at line 1 column 128");
    }
}
