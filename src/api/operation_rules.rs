//! The rules of an Operation that its API server checks: which verb takes which arguments, and what may change.

use serde_json::Value;

use super::rules;

/// Each argument with the verbs that take it.
const TAKEN_BY: [(&str, &[&str]); 10] = [
    ("replicas", &["scale"]),
    ("victims", &["scale"]),
    ("release", &["upgrade"]),
    ("rotate", &["rotate"]),
    ("backup", &["restore"]),
    ("scope", &["brake"]),
    ("zone", &["brake"]),
    ("host", &["fence"]),
    ("planHash", &["approve"]),
    ("force", &["heal", "drain", "delete"]),
];

/// Each argument without which a verb cannot be done.
const NEEDED_BY: [(&str, &str); 6] = [
    ("replicas", "scale"),
    ("release", "upgrade"),
    ("rotate", "rotate"),
    ("backup", "restore"),
    ("scope", "brake"),
    ("planHash", "approve"),
];

/// The rules of the whole spec.
pub fn spec_rules() -> Vec<Value> {
    let mut all = vec![
        rules::immutable_at("verb", WRITTEN_ONCE),
        rules::immutable_option_at("target", WRITTEN_ONCE),
        rules::immutable_at("arguments", WRITTEN_ONCE),
        rules::immutable_at("requester", WRITTEN_ONCE),
        rules::immutable_option_at("reason", WRITTEN_ONCE),
        rules::immutable_at("planOnly", WRITTEN_ONCE),
        rules::forbidden_at(
            ".approved",
            "!has(oldSelf.approved) || (has(self.approved) && self.approved == oldSelf.approved)",
            "an approval is not changed or taken back: cancel the Operation",
        ),
        rules::forbidden_at(
            ".cancelled",
            "self.cancelled || !oldSelf.cancelled",
            "what was cancelled is not taken up again: make a new Operation",
        ),
        rules::required_at(".target", TARGET_NEEDED, "this verb needs a target"),
    ];
    all.extend(TAKEN_BY.map(|(argument, verbs)| {
        let rule = format!("!has(self.arguments.{argument}) || self.verb in ['{}']", verbs.join("', '"));
        let message = format!("it is an argument of {}", verbs.join(", "));
        rules::forbidden_at(&format!(".arguments.{argument}"), &rule, &message)
    }));
    all.extend(NEEDED_BY.map(|(argument, verb)| {
        let rule = format!("self.verb != '{verb}' || has(self.arguments.{argument})");
        let message = format!("{verb} cannot be done without it");
        rules::required_at(&format!(".arguments.{argument}"), &rule, &message)
    }));
    all
}

/// The rules of the arguments among themselves.
pub fn argument_rules() -> [Value; 2] {
    [
        rules::required_at(
            ".zone",
            "!has(self.scope) || self.scope != 'Zone' || has(self.zone)",
            "a brake on a zone names the zone",
        ),
        rules::forbidden_at(
            ".zone",
            "!has(self.zone) || (has(self.scope) && self.scope == 'Zone')",
            "only a brake whose scope is Zone names one",
        ),
    ]
}

/// What is said to somebody who edits an Operation.
const WRITTEN_ONCE: &str = "an Operation is written once, so that the journal stays true: make a new one";

/// A brake on all or on a zone, and a fence of a host, are about no single object.
const TARGET_NEEDED: &str = "has(self.target) \
    || (self.verb == 'brake' && has(self.arguments.scope) && self.arguments.scope in ['All', 'Zone']) \
    || (self.verb == 'fence' && has(self.arguments.host))";
