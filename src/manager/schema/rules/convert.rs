//! Values of objects as values of expressions, typed as the schema says.

use std::collections::HashMap;

use cel::common::types::{
    CelBool, CelBytes, CelDouble, CelDuration, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString,
    CelTimestamp,
};
use cel::common::value::Val;
use serde_json::Value;

use super::escape::escape;
use super::need::Need;
use super::types::property;
use crate::manager::schema::formats::Kind;
use crate::manager::schema::node::{Node, Type, Types};
use crate::manager::schema::times;

/// A value of expressions that borrows from an object.
pub type Made<'v> = Box<dyn Val + 'v>;

/// Makes a value. Fields that the schema does not name are left out, as rules cannot see them.
pub fn value<'v>(value: &'v Value, node: &'v Node, is_root: bool, need: &Need) -> Made<'v> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(bool) => Box::new(CelBool::from(*bool)),
        Value::Number(number) => match (node.types, number.as_i64()) {
            (Types::One(Type::Number), _) | (_, None) => {
                Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN)))
            }
            (_, Some(whole)) => Box::new(CelInt::from(whole)),
        },
        Value::String(text) => self::text(text, node),
        Value::Array(items) => match node.items.as_deref() {
            Some(child) => {
                let made: Vec<Made> =
                    items.iter().map(|item| self::value(item, child, child.embedded, &Need::All)).collect();
                Box::new(CelList::from(made))
            }
            None => Box::new(CelList::from(Vec::new())),
        },
        Value::Object(fields) => match node.additional.schema() {
            Some(child) => {
                let made = fields.iter().filter_map(|(name, value)| {
                    let need = need.field(name)?;
                    Some((CelMapKey::from(name.as_str()), self::value(value, child, child.embedded, need)))
                });
                Box::new(CelMap::from(made.collect::<HashMap<_, _>>()))
            }
            None => Box::new(CelMap::from(object(value, node, is_root, need))),
        },
    }
}

fn text<'v>(text: &'v str, node: &Node) -> Made<'v> {
    let format = node.checks.as_ref().and_then(|checks| checks.format.as_ref()).map(|format| format.kind);
    let special: Option<Made> = match (node.types, format) {
        (Types::IntOrString, _) => None,
        (_, Some(Kind::Byte)) => base64(text).map(|bytes| Box::new(CelBytes::from(bytes)) as Made),
        (_, Some(Kind::DateTime)) => chrono::DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|time| Box::new(CelTimestamp::from(time)) as Made),
        (_, Some(Kind::Date)) => chrono::DateTime::parse_from_rfc3339(&format!("{text}T00:00:00Z"))
            .ok()
            .map(|time| Box::new(CelTimestamp::from(time)) as Made),
        (_, Some(Kind::Duration)) => times::parse_duration(text).map(|nanoseconds| {
            Box::new(CelDuration::from(chrono::Duration::nanoseconds(nanoseconds))) as Made
        }),
        _ => None,
    };
    special.unwrap_or_else(|| Box::new(CelString::from(text)))
}

fn object<'v>(
    object: &'v Value,
    node: &'v Node,
    is_root: bool,
    need: &Need,
) -> HashMap<CelMapKey<'v>, Made<'v>> {
    let mut made: HashMap<CelMapKey<'v>, Made<'v>> = HashMap::new();
    let mut add = |name: String, child: Made<'v>| made.insert(CelMapKey::from(name), child);
    let plain = |name: &str| object.get(name).and_then(Value::as_str);
    if is_root {
        for name in ["apiVersion", "kind"] {
            if let (Some(_), Some(text)) = (need.field(name), plain(name)) {
                add(name.to_owned(), Box::new(CelString::from(text)));
            }
        }
        if let (Some(_), Some(metadata)) = (need.field("metadata"), object.get("metadata")) {
            add("metadata".to_owned(), Box::new(CelMap::from(names(metadata))));
        }
    }
    let is_meta = |name: &str| is_root && matches!(name, "apiVersion" | "kind" | "metadata");
    match need {
        Need::All => {
            for (own, child) in &node.properties {
                if let (Some(value), Some(name)) = (object.get(own), escape(own))
                    && !is_meta(own)
                {
                    add(name, self::value(value, child, child.embedded, &Need::All));
                }
            }
        }
        Need::Fields(fields) => {
            for (name, need) in fields {
                if let Some((own, child)) = property(node, name)
                    && !is_meta(own)
                    && let Some(value) = object.get(own)
                {
                    add(name.clone(), self::value(value, child, child.embedded, need));
                }
            }
        }
    }
    made
}

/// Of the metadata rules see the name only.
fn names(metadata: &Value) -> HashMap<CelMapKey<'_>, Made<'_>> {
    let names = ["name", "generateName"].into_iter().filter_map(|field| {
        let text = metadata.get(field)?.as_str()?;
        Some((CelMapKey::from(field), Box::new(CelString::from(text)) as Made))
    });
    names.collect()
}

/// Standard base64 with padding, as in JSON.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}
