//! The columns that a CustomResourceDefinition gives its type.
//!
//! Source of how values become cells: `pkg/registry/customresource/tableconvertor` of `apiextensions-apiserver`.

use serde_json::{Value, json};

use super::look::{Look, UNKNOWN};
use crate::manager::registry::crd::columns::Column;

/// What a table says of a column.
pub fn definition(column: &Column) -> Value {
    let Column { name, kind, format, description, priority, .. } = column;
    json!({ "name": name, "type": kind, "format": format, "description": description, "priority": priority })
}

/// The cell of an object: null where there is nothing, or nothing of the column's type.
pub fn read(column: &Column, look: &Look<'_>) -> Value {
    let Some(found) = column.path.first(look.object) else { return Value::Null };
    match column.kind.as_str() {
        "string" => Value::from(printed(found)),
        "integer" => whole(found),
        "number" if found.is_number() => found.clone(),
        "boolean" => found.as_bool().map_or(Value::Null, Value::from),
        "date" => date(found, look),
        _ => Value::Null,
    }
}

/// A value as text: texts as they are, everything else as JSON.
fn printed(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number without its fraction.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float that is no integer is cut, as Kubernetes cuts it"
)]
fn whole(value: &Value) -> Value {
    let whole = value.as_i64().or_else(|| value.as_f64().map(|float| float as i64));
    whole.map_or(Value::Null, Value::from)
}

/// How long ago a time was.
fn date(value: &Value, look: &Look<'_>) -> Value {
    let Some(text) = value.as_str() else { return Value::Null };
    let holder = json!({ "at": text });
    match text {
        "" => Value::from(UNKNOWN),
        _ => match super::look::time(&holder, "/at") {
            Some(time) => Value::from(look.age(Some(time))),
            None => Value::from("<invalid>"),
        },
    }
}
