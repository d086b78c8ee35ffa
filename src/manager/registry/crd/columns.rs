//! What a version says beside its schema: printer columns, selectable fields, subresources.

use serde_json::Value;

use crate::manager::jsonpath::JsonPath;
use crate::manager::registry::resource::ScalePaths;
use crate::manager::schema::accept::raw::Raw;
use crate::manager::schema::rules::fieldpath;
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// How many selectable fields a version may have.
pub const MAX_SELECTABLE: u64 = 8;

/// The types that a column may have.
const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];

/// The formats that a column may have.
const FORMATS: [&str; 8] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its head.
    pub name: String,
    /// Its type: boolean, date, integer, number or string.
    pub kind: String,
    /// Its format, empty if it has none.
    pub format: String,
    /// What it is about, empty if it does not say.
    pub description: String,
    /// 0 is always shown, larger ones in wide tables.
    pub priority: i64,
    /// Where its value is.
    pub path: JsonPath,
}

/// A field that field selectors may ask for.
#[derive(Clone, Debug)]
pub struct Selectable {
    /// As selectors write it: `spec.role`.
    pub name: String,
    /// Where its value is.
    pub path: JsonPath,
}

/// Reads `additionalPrinterColumns`.
pub fn columns(version: &Value, place: &str, causes: &mut Vec<Cause>) -> Vec<Column> {
    let list = version.get("additionalPrinterColumns").and_then(Value::as_array);
    let columns = list.into_iter().flatten().enumerate();
    columns.filter_map(|(at, column)| self::column(column, &format!("{place}[{at}]"), causes)).collect()
}

fn column(column: &Value, place: &str, causes: &mut Vec<Cause>) -> Option<Column> {
    let text = |field: &str| column.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, kind, format) = (text("name"), text("type"), text("format"));
    if name.is_empty() {
        causes.push(words::required(format!("{place}.name"), ""));
    }
    let listed = format!("must be one of {}", TYPES.join(","));
    if kind.is_empty() {
        causes.push(words::required(format!("{place}.type"), &listed));
    } else if !TYPES.contains(&kind.as_str()) {
        causes.push(words::invalid(format!("{place}.type"), &Value::from(kind.as_str()), &listed));
    }
    if !format.is_empty() && !FORMATS.contains(&format.as_str()) {
        let detail = format!("must be one of {}", FORMATS.join(","));
        causes.push(words::invalid(format!("{place}.format"), &Value::from(format.as_str()), &detail));
    }
    let path = text("jsonPath");
    let field = format!("{place}.JSONPath");
    if path.is_empty() {
        causes.push(words::required(field, ""));
        return None;
    }
    let path = simple_path(&path, &field, causes)?;
    let priority = column.get("priority").and_then(Value::as_i64).unwrap_or(0);
    Some(Column { name, kind, format, description: text("description"), priority, path })
}

fn simple_path(path: &str, field: &str, causes: &mut Vec<Cause>) -> Option<JsonPath> {
    let shown = Value::from(path);
    if !path.starts_with('.') {
        causes.push(words::invalid(field, &shown, "must be a simple json path starting with ."));
        return None;
    }
    // A real API server accepts any text here and shows nothing later; this one says so at once.
    match JsonPath::parse(path) {
        Ok(compiled) => Some(compiled),
        Err(why) => {
            causes.push(words::invalid(field, &shown, &why.to_string()));
            None
        }
    }
}

/// Reads `selectableFields`, which must name fields of the schema that hold one plain value.
pub fn selectable(version: &Value, place: &str, causes: &mut Vec<Cause>) -> Vec<Selectable> {
    let list = version.get("selectableFields").and_then(Value::as_array);
    let schema = version.pointer("/schema/openAPIV3Schema").and_then(Raw::of);
    let (Some(list), Some(schema)) = (list, schema) else { return Vec::new() };
    let mut fields: Vec<Selectable> = Vec::new();
    for (at, entry) in list.iter().enumerate() {
        let field = format!("{place}[{at}].jsonPath");
        let path = entry.get("jsonPath").and_then(Value::as_str).unwrap_or_default();
        if path.is_empty() {
            causes.push(words::required(field, ""));
            continue;
        }
        let shown = Value::from(path);
        let (found, inner) = match fieldpath::find(path, schema, false) {
            Ok(found) => found,
            Err(why) => {
                causes.push(words::invalid(field, &shown, &format!("is an invalid path: {why}")));
                continue;
            }
        };
        if found.names.first().is_some_and(|name| name == "metadata") {
            causes.push(words::invalid(&field, &shown, "must not point to fields in metadata"));
        }
        if !matches!(inner.type_name(), "string" | "boolean" | "integer") {
            let detail = "must point to a field of type string, boolean or integer. Enum string fields and strings \
                          with formats are allowed.";
            causes.push(words::invalid(&field, &shown, detail));
        }
        if fields.iter().any(|known| known.name == found.written) {
            causes.push(words::duplicate(&field, &shown));
        } else if let Some(path) = simple_path(path, &field, causes) {
            fields.push(Selectable { name: found.written, path });
        }
    }
    if fields.len() as u64 > MAX_SELECTABLE {
        causes.push(words::too_many(place, fields.len(), MAX_SELECTABLE));
    }
    fields
}

/// Reads `subresources.scale`.
pub fn scale(version: &Value, place: &str, causes: &mut Vec<Cause>) -> Option<ScalePaths> {
    let scale = version.pointer("/subresources/scale").filter(|scale| !scale.is_null())?;
    let text = |field: &str| scale.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let under = [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")];
    for (name, prefix) in under {
        let (path, field) = (text(name), format!("{place}.scale.{name}"));
        if path.is_empty() {
            causes.push(words::required(field, ""));
        } else if simple_path(&path, &field, causes).is_some() && !path.starts_with(prefix) {
            let detail = format!("should be a json path under {}", prefix.trim_end_matches('.'));
            causes.push(words::invalid(field, &Value::from(path), &detail));
        }
    }
    let selector = text("labelSelectorPath");
    let field = format!("{place}.scale.labelSelectorPath");
    let is_below = selector.starts_with(".spec.") || selector.starts_with(".status.");
    if !selector.is_empty() && simple_path(&selector, &field, causes).is_some() && !is_below {
        let detail = "should be a json path under either .spec or .status";
        causes.push(words::invalid(field, &Value::from(selector.as_str()), detail));
    }
    Some(ScalePaths {
        spec_replicas: text("specReplicasPath"),
        status_replicas: text("statusReplicasPath"),
        label_selector: (!selector.is_empty()).then_some(selector),
    })
}
