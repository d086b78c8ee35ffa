//! From a schema as it was written to the tree that is walked. What cannot be compiled was refused before.

use serde_json::{Number, Value};

use super::accept::nested;
use super::accept::raw::{Raw, RawAdditional};
use super::formats::Format;
use super::node::{Additional, Bound, Checks, ListKind, Node, Range, Type, Types};
use super::patterns::Pattern;

/// Compiles a schema and everything below it, without its rules.
pub fn node(schema: Raw) -> Node {
    let types = match Type::named(schema.type_name()) {
        _ if schema.flag("x-kubernetes-int-or-string") => Types::IntOrString,
        Some(one) => Types::One(one),
        None => Types::Any,
    };
    let mut node = Node {
        types,
        nullable: schema.flag("nullable"),
        default: schema.get("default").cloned(),
        properties: schema
            .properties()
            .into_iter()
            .map(|(name, inner)| (name.to_owned(), node(inner)))
            .collect(),
        additional: match schema.additional() {
            None => Additional::Unset,
            Some(RawAdditional::Allowed(allowed)) => Additional::Allowed(allowed),
            Some(RawAdditional::Schema(inner)) => Additional::Schema(Box::new(node(inner))),
        },
        items: schema.schema("items").map(|items| Box::new(node(items))),
        preserve_unknown: schema.flag("x-kubernetes-preserve-unknown-fields"),
        embedded: schema.flag("x-kubernetes-embedded-resource"),
        list: list_kind(schema),
        checks: checks(schema, types),
        rules: None,
        below: super::node::Below::default(),
    };
    node.sum_up();
    node
}

fn list_kind(schema: Raw) -> ListKind {
    match schema.text("x-kubernetes-list-type") {
        "set" => ListKind::Set,
        "map" => {
            let keys = schema.texts("x-kubernetes-list-map-keys");
            ListKind::Map(keys.into_iter().map(str::to_owned).collect())
        }
        _ => ListKind::Atomic,
    }
}

/// The checks of values, if there are any.
fn checks(schema: Raw, types: Types) -> Option<Box<Checks>> {
    let number = |keyword: &str| match schema.get(keyword) {
        Some(Value::Number(number)) => Some(number.clone()),
        _ => None,
    };
    let bound =
        |at: Option<Number>, exclusive: &str| at.map(|at| Bound { at, exclusive: schema.flag(exclusive) });
    let schemas = |keyword: &str| schema.schemas(keyword).into_iter().map(node).collect::<Vec<_>>();
    // An `anyOf` that only repeats what `x-kubernetes-int-or-string` says has nothing to check.
    let says_again = types == Types::IntOrString && nested::int_or_string(schema).is_any_of();
    let checks = Checks {
        required: schema.texts("required").into_iter().map(str::to_owned).collect(),
        allowed: schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
        format: Format::named(schema.text("format"), types),
        multiple_of: number("multipleOf"),
        minimum: bound(number("minimum"), "exclusiveMinimum"),
        maximum: bound(number("maximum"), "exclusiveMaximum"),
        length: range(schema, "minLength", "maxLength"),
        pattern: match schema.text("pattern") {
            "" => None,
            pattern => Pattern::compile(pattern).ok(),
        },
        items: range(schema, "minItems", "maxItems"),
        properties: range(schema, "minProperties", "maxProperties"),
        all_of: schemas("allOf"),
        any_of: if says_again { Vec::new() } else { schemas("anyOf") },
        one_of: schemas("oneOf"),
        not: schema.schema("not").map(node),
    };
    checks.is_needed().then(|| Box::new(checks))
}

fn range(schema: Raw, least: &str, most: &str) -> Range {
    let count = |keyword: &str| schema.count(keyword).map(|count| u64::try_from(count).unwrap_or(0));
    Range { least: count(least), most: count(most) }
}
