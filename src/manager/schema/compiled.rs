//! A schema ready for use.

use serde_json::Value;

use super::accept::raw::Raw;
use super::accept::{defaults as accept_defaults, keywords, root, shape, structural};
use super::node::Node;
use super::path::Path;
use super::validate::values::{self, Found};
use super::validate::{embedded, lists};
use super::{compile, defaults, prune, rules, words};
use crate::manager::status::{Cause, CauseReason};

/// The compiled `openAPIV3Schema` of one version of a custom resource.
#[derive(Debug)]
pub struct Schema {
    root: Node,
}

impl Schema {
    /// Compiles a schema. `path` is where it is in its definition, for the causes; `has_status` says whether the
    /// status is a subresource.
    ///
    /// # Errors
    /// The causes for which a real API server refuses the schema, among them rules that do not compile.
    pub fn compile(schema: &Value, path: &str, has_status: bool) -> Result<Self, Vec<Cause>> {
        let mut causes = Vec::new();
        shape::check(schema, path, &mut causes);
        let Some(raw) = Raw::of(schema).filter(|_| causes.is_empty()) else { return Err(causes) };
        root::check(raw, path, has_status, &mut causes);
        let is_readable = structural::is_readable(raw);
        let mut wrong = if is_readable { structural::check(raw, path) } else { Vec::new() };
        let mut node = compile::node(raw);
        if is_readable && wrong.is_empty() {
            accept_defaults::check(&node, path, &mut wrong);
        }
        causes.append(&mut wrong);
        keywords::check(raw, path, &mut causes);
        rules::accept::check(raw, path, &mut causes);
        if causes.is_empty() {
            rules::compile::attach(raw, &mut node, path, &mut causes);
        }
        if causes.is_empty() { Ok(Self { root: node }) } else { Err(causes) }
    }

    /// The tree itself.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Drops unknown fields, and nulls where there may be none (those that a default replaces stay for
    /// [`Schema::default`]). Returns the paths of the unknown fields, sorted: `spec.workers[0].flavour`.
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        let dropped = prune::unknown_fields(object, &self.root, true);
        prune::nulls(object, &self.root);
        dropped
    }

    /// Fills in the defaults.
    pub fn default(&self, object: &mut Value) {
        defaults::fill(object, &self.root);
    }

    /// What is wrong with an object. With the object's old state, what did not change is let pass, and transition
    /// rules are run.
    ///
    /// Rules are not run where the object is not even of the right shape; a cause says so.
    pub fn validate(&self, new: &Value, old: Option<&Value>) -> Vec<Cause> {
        let mut causes = self.validate_values(new, old);
        if !self.root.below.rules {
            return causes;
        }
        if causes.iter().any(blocks_rules) {
            let detail = "some validation rules were not checked because the object was invalid; correct the \
                          existing errors to complete validation";
            causes.push(words::invalid("<nil>", &Value::Null, detail));
        } else {
            causes.extend(rules::run::all(&self.root, new, old));
        }
        causes
    }

    /// What is wrong with an object's values, without its rules.
    fn validate_values(&self, new: &Value, old: Option<&Value>) -> Vec<Cause> {
        let mut found = Found::default();
        values::check(new, old, &self.root, &Path::Root, &mut found);
        let mut causes = found.causes;
        if self.root.below.embedded {
            embedded::check(new, &self.root, &Path::Root, &mut causes);
        }
        if self.root.below.lists {
            let mut repeated = Vec::new();
            lists::check(new, &self.root, &Path::Root, &mut repeated);
            // Lists that had items twice already may keep them.
            let mut known = Vec::new();
            if let (Some(old), false) = (old, repeated.is_empty()) {
                lists::check(old, &self.root, &Path::Root, &mut known);
            }
            if known.is_empty() {
                causes.append(&mut repeated);
            }
        }
        causes
    }
}

/// Whether the object is so wrong that rules cannot rely on its shape.
fn blocks_rules(cause: &Cause) -> bool {
    matches!(
        cause.reason,
        CauseReason::FieldValueNotSupported
            | CauseReason::FieldValueRequired
            | CauseReason::FieldValueTooLong
            | CauseReason::FieldValueTooMany
            | CauseReason::FieldValueTypeInvalid
    )
}
