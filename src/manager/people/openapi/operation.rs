//! One operation on a path.

use serde_json::{Value, json};

use super::parameters::{self, DELETE, GET, LIST, PATCH, WRITE};

/// The content types of patches that documents tell of. Strategic merge patches of built-in types are understood
/// as well, but not told: a client that is told of them takes the keys of lists from the document, where they are
/// not; a client that is not told, like kubectl, knows the keys itself.
const PATCH_TYPES: [&str; 3] =
    ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads a list, or watches it.
    List,
    /// Reads an object.
    Read,
    /// Creates an object.
    Create,
    /// Replaces an object.
    Replace,
    /// Changes an object.
    Patch,
    /// Deletes an object.
    Delete,
    /// Deletes the objects of a list.
    DeleteCollection,
}

/// With what it is done.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The group, version and kind that are sent and received.
    pub kind: (&'a str, &'a str, &'a str),
    /// The name of the schema of what is sent and received.
    pub schema: &'a str,
    /// The name of the schema of a list of it.
    pub list: &'a str,
    /// What makes the operation's id different from all others.
    pub id: &'a str,
}

impl Verb {
    /// The method, as documents write it.
    pub fn method(self) -> &'static str {
        match self {
            Self::List | Self::Read => "get",
            Self::Create => "post",
            Self::Replace => "put",
            Self::Patch => "patch",
            Self::Delete | Self::DeleteCollection => "delete",
        }
    }

    /// The operation.
    pub fn written(self, subject: &Subject<'_>) -> Value {
        let (group, version, kind) = subject.kind;
        let (word, action, what) = match self {
            Self::List => ("list", "list", "list or watch objects of kind"),
            Self::Read => ("read", "get", "read the specified"),
            Self::Create => ("create", "post", "create a"),
            Self::Replace => ("replace", "put", "replace the specified"),
            Self::Patch => ("patch", "patch", "partially update the specified"),
            Self::Delete => ("delete", "delete", "delete a"),
            Self::DeleteCollection => ("deleteCollection", "deletecollection", "delete collection of"),
        };
        let mut operation = json!({
            "description": format!("{what} {kind}"),
            "operationId": format!("{word}{}", subject.id),
            "parameters": self.parameters(),
            "responses": { "200": { "description": "OK", "content": content(self.answers(subject)) } },
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": { "group": group, "version": version, "kind": kind },
        });
        if let Some(body) = self.body(subject) {
            operation["requestBody"] = body;
        }
        operation
    }

    fn parameters(self) -> Vec<Value> {
        parameters::written(match self {
            Self::List => &[LIST],
            Self::Read => &[GET],
            Self::Create | Self::Replace => &[WRITE],
            Self::Patch => &[WRITE, PATCH],
            Self::Delete => &[DELETE],
            Self::DeleteCollection => &[LIST, DELETE],
        })
    }

    fn answers<'a>(self, subject: &Subject<'a>) -> &'a str {
        match self {
            Self::List => subject.list,
            Self::Read | Self::Create | Self::Replace | Self::Patch => subject.schema,
            Self::Delete | Self::DeleteCollection => super::schemas::STATUS,
        }
    }

    fn body(self, subject: &Subject<'_>) -> Option<Value> {
        let content = match self {
            Self::List | Self::Read => return None,
            Self::Create | Self::Replace => content(subject.schema),
            Self::Delete | Self::DeleteCollection => content(super::schemas::DELETE_OPTIONS),
            Self::Patch => {
                let patch = json!({ "schema": reference(super::schemas::PATCH) });
                PATCH_TYPES.iter().map(|name| ((*name).to_owned(), patch.clone())).collect()
            }
        };
        Some(
            json!({ "content": content, "required": !matches!(self, Self::Delete | Self::DeleteCollection) }),
        )
    }
}

/// A reference to a schema of the document.
pub fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn content(schema: &str) -> Value {
    json!({ "application/json": { "schema": reference(schema) } })
}
