//! The columns that a CustomResourceDefinition gives its type.
//!
//! Source of how values become cells: `pkg/registry/customresource/tableconvertor` of `apiextensions-apiserver`.

use serde_json::{Value, json};

use super::look::{Look, UNKNOWN};
use crate::manager::jsonpath::JsonPath;
use crate::manager::registry::resource::PrinterColumn;

/// A column with its path compiled. A path that does not compile finds nothing.
#[derive(Debug)]
pub struct CustomColumn {
    column: PrinterColumn,
    path: Option<JsonPath>,
}

impl CustomColumn {
    /// The columns of a definition, or the age where it has none.
    pub fn all(columns: &[PrinterColumn]) -> Vec<Self> {
        if columns.is_empty() {
            vec![Self::new(age())]
        } else {
            columns.iter().cloned().map(Self::new).collect()
        }
    }

    fn new(column: PrinterColumn) -> Self {
        Self { path: JsonPath::parse(&column.json_path).ok(), column }
    }

    /// What a table says of the column.
    pub fn definition(&self) -> Value {
        let PrinterColumn { name, type_name, format, description, priority, json_path } = &self.column;
        let description = match description.as_str() {
            "" => format!("Custom resource definition column (in JSONPath format): {json_path}"),
            given => given.to_owned(),
        };
        json!({
            "name": name, "type": type_name, "format": format, "description": description, "priority": priority,
        })
    }

    /// The cell of an object: null where there is nothing, or nothing of the column's type.
    pub fn read(&self, look: &Look<'_>) -> Value {
        let Some(found) = self.path.as_ref().and_then(|path| path.first(look.object)) else {
            return Value::Null;
        };
        match self.column.type_name.as_str() {
            "string" => Value::from(printed(found)),
            "integer" => whole(found),
            "number" => found.as_f64().map_or(Value::Null, Value::from),
            "boolean" => found.as_bool().map_or(Value::Null, Value::from),
            "date" => date(found, look),
            _ => Value::Null,
        }
    }
}

fn age() -> PrinterColumn {
    PrinterColumn {
        name: "Age".to_owned(),
        type_name: "date".to_owned(),
        format: String::new(),
        description: "When the object was created.".to_owned(),
        priority: 0,
        json_path: ".metadata.creationTimestamp".to_owned(),
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
