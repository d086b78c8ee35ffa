//! A rule and what it says when it is broken.

use crate::manager::status::CauseReason;

/// One rule of `x-kubernetes-validations`.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The expression as it was written.
    pub source: String,
    /// What to say, empty if the rule says nothing.
    pub message: String,
    /// The reason of the cause.
    pub reason: CauseReason,
    /// Where the cause is, below the rule's own place, as Kubernetes writes it: empty, or `a.b[c]`.
    pub field_path: String,
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
