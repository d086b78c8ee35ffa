//! Shapes of the built-in kinds, from the table in `builtin.txt`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::shape::{Field, Id, Key, Keyed, ListMerge, Node, Rest, Shape, Struct};

const TABLE: &str = include_str!("builtin.txt");

/// The nodes that every shape begins with: [`Id::ANY`], [`Id::OPEN`] and those of the metadata.
static COMMON: LazyLock<Table> = LazyLock::new(|| {
    let metadata = TABLE.split("\n\n").find(|block| block.starts_with("ObjectMeta"));
    Table::read(metadata.unwrap_or_default())
});

/// All kinds, in one graph that their shapes share.
static KINDS: LazyLock<Kinds> = LazyLock::new(|| {
    let table = Table::read(TABLE);
    Kinds { nodes: table.nodes.into(), types: table.types }
});

struct Kinds {
    nodes: Arc<[Node]>,
    types: BTreeMap<String, Id>,
}

impl Shape {
    /// The shape of a built-in kind. A kind that the table leaves out has nothing special but its metadata.
    pub fn builtin(kind: &str) -> Self {
        let Kinds { nodes, types } = &*KINDS;
        let root = types.get(kind).or_else(|| types.get(PLAIN_KIND)).copied().unwrap_or(Id::OPEN);
        Self::new(Arc::clone(nodes), root)
    }
}

/// The type of kinds that have nothing special.
const PLAIN_KIND: &str = "";

/// The nodes with which the shape of a custom resource begins.
pub(super) fn nodes() -> Vec<Node> {
    COMMON.nodes.clone()
}

/// The node of `metadata` among [`nodes`].
pub(super) fn object_meta() -> Id {
    COMMON.types.get("ObjectMeta").copied().unwrap_or(Id::OPEN)
}

#[derive(Default)]
struct Table {
    nodes: Vec<Node>,
    types: BTreeMap<String, Id>,
    /// Lines that could not be read. A test holds that there are none.
    #[cfg(test)]
    unread: Vec<String>,
}

impl Table {
    fn read(text: &str) -> Self {
        let mut table = Self { nodes: vec![Node::Any, Node::Open], ..Self::default() };
        let lines = || text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for name in lines().filter(|line| !line.starts_with(' ')).chain([PLAIN_KIND]) {
            let id = table.add(Node::Struct(Struct { fields: Vec::new(), rest: Rest::Fields }));
            table.types.insert(name.to_owned(), id);
        }
        let mut current = None;
        for line in lines() {
            match line.strip_prefix("  ") {
                None => current = table.types.get(line).copied(),
                Some(row) => table.row(current, row),
            }
        }
        table.finish();
        table
    }

    fn row(&mut self, owner: Option<Id>, row: &str) {
        match row.split_once(": ").and_then(|(name, what)| self.field(name, what)) {
            Some(field) => self.push(owner, field),
            #[cfg(test)]
            None => self.unread.push(row.to_owned()),
            #[cfg(not(test))]
            None => {}
        }
    }

    fn field(&mut self, name: &str, what: &str) -> Option<Field> {
        let mut words = what.split(' ').peekable();
        let first = words.next()?;
        let second = words.next_if(|word| *word == "struct" || word.starts_with(char::is_uppercase));
        let inside = second.map_or(Some(Id::OPEN), |word| self.type_of(word))?;
        let node = match first {
            "map" => self.add(Node::Struct(Struct { fields: Vec::new(), rest: Rest::Items(Id::ANY) })),
            "atomic" => self.add(Node::AtomicMap(inside)),
            "[set]" => self.add(Node::Set),
            "[]" => self.add(Node::AtomicList(inside)),
            list if list.starts_with('[') => {
                let keys = list.trim_matches(['[', ']']).split(',').map(key).collect();
                self.add(Node::Keyed(Keyed { keys: sorted(keys), item: inside }))
            }
            word => self.type_of(word)?,
        };
        let mut field = Field { name: name.into(), node, always: false, list: ListMerge::Replace };
        for word in words {
            match word.split_once('=').unwrap_or((word, "")) {
                ("always", _) => field.always = true,
                ("merge", "") => field.list = ListMerge::Values,
                ("merge", key) => field.list = ListMerge::Key(key.into()),
                _ => return None,
            }
        }
        Some(field)
    }

    fn type_of(&self, word: &str) -> Option<Id> {
        if word == "struct" { Some(Id::OPEN) } else { self.types.get(word).copied() }
    }

    fn push(&mut self, owner: Option<Id>, field: Field) {
        let node = owner.and_then(|id| self.nodes.get_mut(id.0 as usize));
        if let Some(Node::Struct(owner)) = node {
            owner.fields.push(field);
        }
    }

    /// Gives the kinds their metadata, and sorts all fields.
    fn finish(&mut self) {
        let metadata = self.types.get("ObjectMeta").copied().unwrap_or(Id::OPEN);
        for (name, id) in &self.types {
            let Some(Node::Struct(map)) = self.nodes.get_mut(id.0 as usize) else { continue };
            if name != "ObjectMeta" && !map.fields.iter().any(|field| &*field.name == "metadata") {
                let (name, list) = ("metadata".into(), ListMerge::Replace);
                map.fields.push(Field { name, node: metadata, always: true, list });
            }
            map.fields.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }

    fn add(&mut self, node: Node) -> Id {
        let id = Id(u32::try_from(self.nodes.len()).unwrap_or(0));
        self.nodes.push(node);
        id
    }
}

/// One key of a list: `protocol=TCP`. A key that is missing counts as Go's zero value.
fn key(text: &str) -> Key {
    let (name, default) = text.split_once('=').unwrap_or((text, ""));
    let numeric = name.to_ascii_lowercase().ends_with("port");
    let default = if numeric { Value::from(0) } else { Value::from(default) };
    Key { name: name.into(), default: Some(default) }
}

fn sorted(mut keys: Vec<Key>) -> Vec<Key> {
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_in_full() {
        let table = Table::read(TABLE);
        assert_eq!(table.unread, Vec::<String>::new());
        assert!(table.types.len() > 100, "{} types", table.types.len());
        assert!(table.types.contains_key("Deployment"));
    }

    #[test]
    fn common_nodes_have_the_metadata() {
        assert!(COMMON.types.contains_key("ObjectMeta"));
        assert!(COMMON.nodes.len() < 20, "only the metadata: {}", COMMON.nodes.len());
    }
}
