//! Shapes from the OpenAPI schema of a CustomResourceDefinition.

use serde_json::{Map, Value};

use super::builtin;
use super::shape::{Field, Id, Key, Keyed, ListMerge, Node, Rest, Scalar, Shape, Struct};

impl Shape {
    /// The shape of a custom resource, from its `openAPIV3Schema` with the `x-kubernetes-*` extensions.
    ///
    /// The schema is taken to be a checked, structural one; what it should not contain is read as a value without
    /// known structure.
    pub fn from_openapi(schema: &Value) -> Self {
        let mut build = Build { nodes: builtin::nodes() };
        let root = build.root(schema);
        Self::new(build.nodes.into(), root)
    }

    /// The shape of objects of which nothing is known but that they have metadata.
    pub fn unknown() -> Self {
        Self::from_openapi(&Value::Null)
    }
}

struct Build {
    nodes: Vec<Node>,
}

impl Build {
    fn root(&mut self, schema: &Value) -> Id {
        let preserve = is_true(schema, "x-kubernetes-preserve-unknown-fields") || schema.is_null();
        let mut map = self.object(schema, preserve);
        self.add_identity(&mut map);
        self.add(Node::Struct(map))
    }

    /// `apiVersion`, `kind` and `metadata`, which the schema of every whole object has without saying so.
    fn add_identity(&mut self, map: &mut Struct) {
        let text = self.add(Node::Scalar(Scalar::Text));
        let metadata = builtin::object_meta();
        map.fields.retain(|field| !matches!(&*field.name, "apiVersion" | "kind" | "metadata"));
        map.fields.extend([plain("apiVersion", text), plain("kind", text), plain("metadata", metadata)]);
        map.fields.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// `preserve` says whether this schema or one around it keeps unknown fields.
    fn schema(&mut self, schema: &Value, preserve: bool) -> Id {
        let preserve = preserve || is_true(schema, "x-kubernetes-preserve-unknown-fields");
        if is_true(schema, "x-kubernetes-int-or-string") {
            return self.add(Node::Scalar(Scalar::Untyped));
        }
        match text(schema, "type") {
            "object" => {
                let mut map = self.object(schema, preserve);
                if is_true(schema, "x-kubernetes-embedded-resource") {
                    self.add_identity(&mut map);
                }
                let inside = self.add(Node::Struct(map));
                match text(schema, "x-kubernetes-map-type") {
                    "atomic" => self.add(Node::AtomicMap(inside)),
                    _ => inside,
                }
            }
            "array" => self.array(schema, preserve),
            "string" => self.add(Node::Scalar(Scalar::Text)),
            "integer" | "number" => self.add(Node::Scalar(Scalar::Number)),
            "boolean" => self.add(Node::Scalar(Scalar::Boolean)),
            _ => Id::ANY,
        }
    }

    fn object(&mut self, schema: &Value, preserve: bool) -> Struct {
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let mut fields: Vec<Field> =
            properties.iter().map(|(name, schema)| plain(name, self.schema(schema, preserve))).collect();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        let rest = match schema.get("additionalProperties") {
            Some(items @ Value::Object(_)) => Rest::Items(self.schema(items, preserve)),
            Some(Value::Bool(true)) => Rest::Items(Id::ANY),
            Some(Value::Bool(false)) => Rest::Undeclared,
            // An object of which nothing is said may hold anything.
            _ if preserve || properties.is_empty() => Rest::Items(Id::ANY),
            _ => Rest::Undeclared,
        };
        Struct { fields, rest }
    }

    fn array(&mut self, schema: &Value, preserve: bool) -> Id {
        let items = schema.get("items").unwrap_or(&Value::Null);
        let item = self.schema(items, preserve);
        let node = match text(schema, "x-kubernetes-list-type") {
            "set" => Node::Set,
            "map" => {
                let names = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
                let mut keys: Vec<Key> = names
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(|name| Key { name: name.into(), default: default_of(items, name) })
                    .collect();
                keys.sort_by(|a, b| a.name.cmp(&b.name));
                Node::Keyed(Keyed { keys, item })
            }
            _ => Node::AtomicList(item),
        };
        self.add(node)
    }

    fn add(&mut self, node: Node) -> Id {
        let id = Id(u32::try_from(self.nodes.len()).unwrap_or(0));
        self.nodes.push(node);
        id
    }
}

fn plain(name: &str, node: Id) -> Field {
    Field { name: name.into(), node, always: false, list: ListMerge::Replace }
}

fn is_true(schema: &Value, key: &str) -> bool {
    schema.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn text<'v>(schema: &'v Value, key: &str) -> &'v str {
    schema.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn default_of(items: &Value, key: &str) -> Option<Value> {
    items.get("properties")?.get(key)?.get("default").cloned()
}
