//! A rule, compiled, and what it says when it is broken.

use cel::common::ast::IdedExpr;

use crate::manager::schema::patterns::Pattern;
use crate::manager::status::CauseReason;

/// One rule of `x-kubernetes-validations`.
#[derive(Debug)]
pub struct Rule {
    /// The expression as it was written.
    pub source: String,
    /// The expression, ready to run.
    pub expression: IdedExpr,
    /// What to say, empty if the rule says nothing.
    pub message: String,
    /// An expression that makes what to say, ready to run, and as it was written.
    pub message_expression: Option<(IdedExpr, String)>,
    /// The reason of the cause.
    pub reason: CauseReason,
    /// Where the cause is, below the rule's own place, as Kubernetes writes it: empty, or `a.b[c]`.
    pub field_path: String,
    /// Whether the rule compares with the old value.
    pub uses_old: bool,
    /// Whether `oldSelf` is an optional value, so that the rule also runs where there is no old one.
    pub optional_old: bool,
    /// The patterns that the expressions name by their place.
    pub patterns: Vec<Pattern>,
}

impl Rule {
    /// What names the rule in an error: its message, else itself.
    pub fn title(&self) -> &str {
        match self.message.trim() {
            "" => self.source.trim(),
            message => message,
        }
    }
}
