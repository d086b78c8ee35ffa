//! The parameters that operations take.

use serde_json::{Value, json};

/// What an operation takes, as its name, its type and a sentence.
type Parameter = (&'static str, &'static str, &'static str);

/// What lists, watches and deletions of collections take.
pub const LIST: &[Parameter] = &[
    ("labelSelector", "string", "Only objects with labels that match this selector."),
    ("fieldSelector", "string", "Only objects with fields that match this selector."),
    ("limit", "integer", "At most so many objects; `continue` in the answer asks for the next ones."),
    ("continue", "string", "Goes on with a list where an answer before it ended."),
    ("resourceVersion", "string", "The state that is to be shown, or from which on changes are to be told."),
    ("resourceVersionMatch", "string", "How `resourceVersion` is meant: NotOlderThan or Exact."),
    ("timeoutSeconds", "integer", "Ends a watch after so many seconds."),
    ("watch", "boolean", "Tells changes as they happen."),
    ("allowWatchBookmarks", "boolean", "Lets a watch tell how far it is when nothing changes."),
    ("sendInitialEvents", "boolean", "Lets a watch begin with the objects that are there."),
];

/// What a read takes.
pub const GET: &[Parameter] = &[("resourceVersion", "string", "The state that is to be shown.")];

/// What every write takes.
pub const WRITE: &[Parameter] = &[
    ("dryRun", "string", "With All, everything is checked and nothing is stored."),
    ("fieldManager", "string", "Who owns the fields that are written."),
    (
        "fieldValidation",
        "string",
        "What becomes of unknown and duplicate fields: Ignore, Warn (the default) or Strict.",
    ),
];

/// What a patch takes besides.
pub const PATCH: &[Parameter] =
    &[("force", "boolean", "Lets an apply take over fields that others own. Only for apply patches.")];

/// What a deletion takes, if its body does not say it.
pub const DELETE: &[Parameter] = &[
    ("dryRun", "string", "With All, everything is checked and nothing is deleted."),
    ("gracePeriodSeconds", "integer", "How long a pod may take to end."),
    ("orphanDependents", "boolean", "Superseded by propagationPolicy."),
    (
        "propagationPolicy",
        "string",
        "What becomes of what the object owns: Background, Foreground or Orphan.",
    ),
];

/// The parameters as a document has them.
pub fn written(lists: &[&[Parameter]]) -> Vec<Value> {
    let parameter = |(name, kind, description): &Parameter| json!({ "name": name, "in": "query", "description": description, "schema": { "type": kind } });
    lists.iter().copied().flatten().map(parameter).collect()
}

/// A part of the path as a parameter.
pub fn in_path(name: &str, description: &str) -> Value {
    json!({
        "name": name, "in": "path", "required": true, "description": description,
        "schema": { "type": "string" },
    })
}
