//! Reading a body in protobuf as the JSON value that says the same.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat};
use k8s_openapi::ByteString;
use serde_json::{Map, Value, json};

use super::table::{Field, Kind, Many, TYPES};
use super::wire::{Fields, Wire, WireError};

/// How a body begins: Kubernetes' mark before the message around the object.
const MARK: &[u8] = b"k8s\0";

/// How deep messages may stand in each other. The deepest of the built-in types need less than half of it.
const MOST_DEPTH: usize = 32;

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum ProtobufError {
    /// It does not begin with Kubernetes' mark.
    #[error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    Mark,
    /// The bytes are no protobuf.
    #[error("{0}")]
    Wire(#[from] WireError),
    /// A field is not what its type says.
    #[error("the field {0} is not what its type says")]
    Field(String),
    /// Messages stand too deep in each other.
    #[error("the protobuf is nested too deeply")]
    Depth,
    /// The kind is no built-in one, or not known in protobuf.
    #[error("{1} of {0} is not understood in protobuf")]
    Kind(String, String),
}

/// Reads a body.
///
/// # Errors
/// If it is no protobuf as Kubernetes writes it, or of a kind that is not known in it.
pub fn decode(body: &[u8]) -> Result<Value, ProtobufError> {
    let message = body.strip_prefix(MARK).ok_or(ProtobufError::Mark)?;
    let (mut api_version, mut kind, mut object): (String, String, &[u8]) = Default::default();
    for field in Fields::of(message) {
        match field? {
            (1, Wire::Bytes(of)) => {
                api_version = text_in(of, 1)?;
                kind = text_in(of, 2)?;
            }
            (2, Wire::Bytes(raw)) => object = raw,
            _ => {}
        }
    }
    let name = type_of(&api_version, &kind);
    let Some(fields) = TYPES.find(&name) else { return Err(ProtobufError::Kind(api_version, kind)) };
    let mut value = message_of(fields, object, 0)?;
    value.insert("apiVersion".to_owned(), Value::from(api_version));
    value.insert("kind".to_owned(), Value::from(kind));
    Ok(Value::Object(value))
}

/// The type of a kind in the table: its package is the first word of its group.
fn type_of(api_version: &str, kind: &str) -> String {
    if kind == "DeleteOptions" {
        return "meta.DeleteOptions".to_owned();
    }
    let package = match api_version.split_once('/') {
        None => "core",
        Some(("autoscaling", "v2")) => "autoscaling2",
        Some(("rbac.authorization.k8s.io", "v1")) => "rbac",
        Some((group, "v1")) => group.split('.').next().unwrap_or_default(),
        Some(_) => "",
    };
    format!("{package}.{kind}")
}

fn message_of(
    fields: &HashMap<u64, Field>,
    bytes: &[u8],
    depth: usize,
) -> Result<Map<String, Value>, ProtobufError> {
    if depth > MOST_DEPTH {
        return Err(ProtobufError::Depth);
    }
    let mut object = Map::new();
    for part in Fields::of(bytes) {
        let (number, wire) = part?;
        let Some(field) = fields.get(&number) else { continue };
        let name = field.name.as_deref().unwrap_or_default();
        match field.many {
            Many::One => {
                let value = value_of(&field.kind, name, wire, depth)?;
                match value {
                    Value::Object(inner) if field.name.is_none() => object.extend(inner),
                    value if field.optional || !is_zero(&value) => {
                        object.insert(name.to_owned(), value);
                    }
                    _ => {}
                }
            }
            Many::List => {
                let list = object.entry(name).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    add(list, &field.kind, name, wire, depth)?;
                }
            }
            Many::Map => {
                let (key, value) = entry(&field.kind, name, wire, depth)?;
                let map = object.entry(name).or_insert_with(|| json!({}));
                if let Some(map) = map.as_object_mut() {
                    map.insert(key, value);
                }
            }
        }
    }
    Ok(object)
}

/// Adds to a list, in which integers may stand together.
fn add(
    list: &mut Vec<Value>,
    kind: &Kind,
    name: &str,
    wire: Wire<'_>,
    depth: usize,
) -> Result<(), ProtobufError> {
    match (kind, wire) {
        (Kind::Integer, Wire::Bytes(packed)) => {
            let mut packed = Fields::of(packed);
            while !packed.is_empty() {
                list.push(Value::from(packed.varint()?.cast_signed()));
            }
        }
        _ => list.push(value_of(kind, name, wire, depth)?),
    }
    Ok(())
}

/// An entry of a map: a message of a name and a value, of which either may be absent because it is empty.
fn entry(kind: &Kind, name: &str, wire: Wire<'_>, depth: usize) -> Result<(String, Value), ProtobufError> {
    let Wire::Bytes(bytes) = wire else { return Err(ProtobufError::Field(name.to_owned())) };
    let mut value = value_of(kind, name, Wire::Bytes(&[]), depth).unwrap_or_default();
    for part in Fields::of(bytes) {
        if let (2, wire) = part? {
            value = value_of(kind, name, wire, depth)?;
        }
    }
    Ok((text_in(bytes, 1)?, value))
}

fn value_of(kind: &Kind, name: &str, wire: Wire<'_>, depth: usize) -> Result<Value, ProtobufError> {
    let wrong = || ProtobufError::Field(name.to_owned());
    Ok(match (kind, wire) {
        (Kind::Integer, Wire::Varint(value)) => Value::from(value.cast_signed()),
        (Kind::Truth, Wire::Varint(value)) => Value::from(value != 0),
        (Kind::Float, Wire::Fixed64(bits)) => Value::from(f64::from_bits(bits)),
        (Kind::Text, Wire::Bytes(bytes)) => Value::from(text(bytes).ok_or_else(wrong)?),
        (Kind::Bytes, Wire::Bytes(bytes)) => {
            serde_json::to_value(ByteString(bytes.to_vec())).map_err(|_| wrong())?
        }
        (Kind::Quantity, Wire::Bytes(bytes)) => Value::from(text_in(bytes, 1)?),
        (Kind::Time, Wire::Bytes(bytes)) => time(bytes, SecondsFormat::Secs)?,
        (Kind::MicroTime, Wire::Bytes(bytes)) => time(bytes, SecondsFormat::Micros)?,
        (Kind::IntOrText, Wire::Bytes(bytes)) => match number_in(bytes, 1)? {
            0 => Value::from(number_in(bytes, 2)?),
            _ => Value::from(text_in(bytes, 3)?),
        },
        (Kind::Raw, Wire::Bytes(bytes)) => match bytes_in(bytes, 1)? {
            [] => Value::Null,
            raw => serde_json::from_slice(raw).map_err(|_| wrong())?,
        },
        (Kind::Texts, Wire::Bytes(bytes)) => {
            let mut texts = Vec::new();
            for part in Fields::of(bytes) {
                if let (1, Wire::Bytes(bytes)) = part? {
                    texts.push(Value::from(text(bytes).ok_or_else(wrong)?));
                }
            }
            Value::Array(texts)
        }
        (Kind::Message(of), Wire::Bytes(bytes)) => {
            let fields = TYPES.find(of).ok_or_else(wrong)?;
            Value::Object(message_of(fields, bytes, depth + 1)?)
        }
        _ => return Err(wrong()),
    })
}

/// A time; Kubernetes writes none as zero seconds.
fn time(bytes: &[u8], format: SecondsFormat) -> Result<Value, ProtobufError> {
    let (seconds, nanos) = (number_in(bytes, 1)?, number_in(bytes, 2)?);
    let nanos = u32::try_from(nanos).unwrap_or_default();
    let time = DateTime::from_timestamp(seconds, nanos).filter(|_| (seconds, nanos) != (0, 0));
    Ok(time.map_or(Value::Null, |time| Value::from(time.to_rfc3339_opts(format, true))))
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn text_in(message: &[u8], number: u64) -> Result<String, ProtobufError> {
    let wrong = || ProtobufError::Field(number.to_string());
    text(bytes_in(message, number)?).map(str::to_owned).ok_or_else(wrong)
}

fn bytes_in(message: &[u8], number: u64) -> Result<&[u8], ProtobufError> {
    let mut found: &[u8] = &[];
    for field in Fields::of(message) {
        match field? {
            (at, Wire::Bytes(bytes)) if at == number => found = bytes,
            _ => {}
        }
    }
    Ok(found)
}

fn number_in(message: &[u8], number: u64) -> Result<i64, ProtobufError> {
    let mut found = 0;
    for field in Fields::of(message) {
        match field? {
            (at, Wire::Varint(value)) if at == number => found = value.cast_signed(),
            _ => {}
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What kubectl 1.32 sends for `kubectl create namespace u`.
    const NAMESPACE: &[u8] = &[
        0x6b, 0x38, 0x73, 0x00, 0x0a, 0x0f, 0x0a, 0x02, 0x76, 0x31, 0x12, 0x09, 0x4e, 0x61, 0x6d, 0x65, 0x73,
        0x70, 0x61, 0x63, 0x65, 0x12, 0x19, 0x0a, 0x11, 0x0a, 0x01, 0x75, 0x12, 0x00, 0x1a, 0x00, 0x22, 0x00,
        0x2a, 0x00, 0x32, 0x00, 0x38, 0x00, 0x42, 0x00, 0x12, 0x00, 0x1a, 0x02, 0x0a, 0x00, 0x1a, 0x00, 0x22,
        0x00,
    ];

    /// A field of bytes or of a message; all of them here are short.
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        bytes.extend(content);
        bytes
    }

    fn body(api_version: &str, kind: &str, object: &[u8]) -> Vec<u8> {
        let kind = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
        [MARK, &field(1, &kind), &field(2, object)].concat()
    }

    #[test]
    fn what_kubectl_sends_is_read() {
        let expected = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "u" } });
        assert_eq!(decode(NAMESPACE).unwrap(), expected);
    }

    #[test]
    fn every_kind_of_field_is_read() {
        let labels =
            [field(11, &[field(1, b"a"), field(2, b"b")].concat()), field(11, &field(1, b"c"))].concat();
        let created = field(8, &[0x08, 0x80, 0x94, 0xeb, 0xdc, 0x03]);
        let metadata = field(1, &[field(1, b"x"), created, labels].concat());
        let secret =
            [metadata, field(2, &[field(1, b"k"), field(2, b"v")].concat()), field(3, b"Opaque")].concat();
        assert_eq!(
            decode(&body("v1", "Secret", &secret)).unwrap(),
            json!({
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": { "k": "dg==" },
                "metadata": { "name": "x", "creationTimestamp": "2001-09-09T01:46:40Z", "labels": { "a": "b", "c": "" } },
            })
        );
        // Zero replicas are not no replicas; a number of pods may be a percentage.
        let strategy = field(4, &field(2, &field(1, &[&[0x08, 0x01][..], &field(3, b"25%")].concat())));
        let deployment = field(2, &[vec![0x08, 0x00], strategy].concat());
        assert_eq!(
            decode(&body("apps/v1", "Deployment", &deployment)).unwrap()["spec"],
            json!({ "replicas": 0, "strategy": { "rollingUpdate": { "maxUnavailable": "25%" } } })
        );
    }

    #[test]
    fn what_is_cut_off_or_changed_is_refused_or_read_but_never_more() {
        for end in 0..NAMESPACE.len() {
            decode(&NAMESPACE[..end]).ok();
            for bit in 0..8 {
                let mut changed = NAMESPACE.to_vec();
                changed[end] ^= 1 << bit;
                decode(&changed).ok();
            }
        }
        let said = |body: &[u8]| decode(body).unwrap_err().to_string();
        assert!(said(b"{}").starts_with("provided data does not appear to be a protobuf message"));
        assert_eq!(said(&NAMESPACE[..30]), "unexpected end of protobuf");
        assert_eq!(
            said(&body("cheese.dev/v1", "Cheese", b"")),
            "Cheese of cheese.dev/v1 is not understood in protobuf"
        );
    }
}
