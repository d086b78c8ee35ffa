//! Runs the rules of an object.
//!
//! Source of the rules and wordings: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel`.

use std::ops::ControlFlow;

use cel::common::ast::IdedExpr;
use cel::common::types::{CelBool, CelOptional, CelString};
use cel::{Context, ExecutionError};
use serde_json::Value;

use super::budget::{self, Budget};
use super::library::environment::environment;
use super::library::regexes;
use super::rule::Rule;
use super::{convert, failure};
use crate::manager::schema::node::{Node, PlaceRules, Type, Types};
use crate::manager::schema::path::Path;
use crate::manager::schema::validate::lists::Partners;
use crate::manager::schema::words;
use crate::manager::status::{Cause, CauseReason};

/// The longest message that an expression may make, as in Kubernetes.
const MAX_MESSAGE: usize = 5 * 1024;

/// What the rules of an object find wrong with it.
pub fn all(root: &Node, new: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut run = Run { left: budget::PER_WRITE, causes: Vec::new() };
    let place = Place { value: new, old, kept: old.map(|old| (new, old)), node: root, is_root: true };
    // Whether the budget ran out is told by a cause.
    let _ = run.walk(&place, &Path::Root);
    run.causes
}

struct Run {
    /// What may still be spent on this write.
    left: u64,
    causes: Vec<Cause>,
}

/// A value and what belongs to it.
#[derive(Clone, Copy)]
struct Place<'v> {
    value: &'v Value,
    /// The value that it replaces, where the two can be told to belong together.
    old: Option<&'v Value>,
    /// The nearest value above, or this one, that has an old one: if they are the same, what is wrong is let pass.
    kept: Option<(&'v Value, &'v Value)>,
    node: &'v Node,
    is_root: bool,
}

impl<'v> Place<'v> {
    fn below(&self, value: &'v Value, old: Option<&'v Value>, node: &'v Node) -> Self {
        let kept = old.map(|old| (value, old)).or(self.kept);
        Self { value, old, kept, node, is_root: node.embedded }
    }

    fn is_unchanged(&self) -> bool {
        self.kept.is_some_and(|(new, old)| new == old)
    }
}

impl Run {
    fn walk(&mut self, place: &Place, path: &Path) -> ControlFlow<()> {
        if !place.node.below.rules || place.value.is_null() {
            return ControlFlow::Continue(());
        }
        if let Some(rules) = &place.node.rules {
            self.rules(rules, place, path)?;
        }
        match place.value {
            Value::Array(items) => {
                let Some(child) = place.node.items.as_deref() else { return ControlFlow::Continue(()) };
                let partners = Partners::of(place.node, place.old.and_then(Value::as_array));
                for (at, item) in items.iter().enumerate() {
                    let below = place.below(item, partners.of_item(item), child);
                    self.walk(&below, &path.index(at))?;
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    let old = place.old.and_then(|old| old.get(name));
                    if let Some(child) = place.node.properties.get(name) {
                        self.walk(&place.below(value, old, child), &path.field(name))?;
                    } else if let Some(child) = place.node.additional.schema() {
                        self.walk(&place.below(value, old, child), &path.key(name))?;
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        ControlFlow::Continue(())
    }

    /// Runs the rules of one place.
    fn rules(&mut self, rules: &PlaceRules, place: &Place, path: &Path) -> ControlFlow<()> {
        let mut context = Context::with_env(environment());
        let own = convert::value(place.value, place.node, place.is_root, &rules.need);
        context.add_variable_as_val("self", own);
        let mut has_old = None;
        for rule in &rules.rules {
            if rule.uses_old && place.old.is_none() && !rule.optional_old {
                continue;
            }
            if rule.uses_old && has_old != Some(rule.optional_old) {
                let make = |old| convert::value(old, place.node, place.is_root, &rules.old_need);
                let old = place.old.map(make);
                match (rule.optional_old, old) {
                    (true, Some(old)) => {
                        context.add_variable_as_val("oldSelf", Box::new(CelOptional::of(old)))
                    }
                    (true, None) => context.add_variable_as_val("oldSelf", Box::new(CelOptional::none())),
                    (false, Some(old)) => context.add_variable_as_val("oldSelf", old),
                    (false, None) => {}
                }
                has_old = Some(rule.optional_old);
            }
            for (at, pattern) in rule.patterns.iter().enumerate() {
                let compiled = regexes::Compiled(pattern.clone());
                context.add_variable_as_val(regexes::variable(at), Box::new(compiled));
            }
            self.rule(rule, place, path, &mut context)?;
        }
        ControlFlow::Continue(())
    }

    fn rule(&mut self, rule: &Rule, place: &Place, path: &Path, context: &mut Context) -> ControlFlow<()> {
        let invalid = |detail: &str| {
            // An int-or-string has no type of its own to be shown.
            let shown = match place.node.types {
                Types::One(one) => one.name(),
                Types::Any | Types::IntOrString => "",
            };
            words::invalid(path.bracketed(), &Value::from(shown), detail)
        };
        match self.evaluate(&rule.expression, context) {
            Outcome::OutOfBudget => {
                self.causes.push(invalid(
                    "validation failed due to running out of cost budget, no further validation rules will be run",
                ));
                ControlFlow::Break(())
            }
            Outcome::TooCostly => {
                self.causes.push(invalid(&format!(
                    "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due \
                     to call cost exceeds limit for rule: {}",
                    rule.title()
                )));
                ControlFlow::Break(())
            }
            Outcome::Failed(why) => {
                let why = failure::words(&why);
                self.causes.push(invalid(&match why.as_str() {
                    failure::NO_OVERLOAD => format!(
                        "'{why}': call arguments did not match a supported operator, function or macro signature for \
                         rule: {}",
                        rule.title()
                    ),
                    why => format!("{why} evaluating rule: {}", rule.title()),
                }));
                ControlFlow::Continue(())
            }
            Outcome::Text(_) => {
                self.causes.push(invalid(&format!(
                    "{} evaluating rule: {}",
                    failure::NO_OVERLOAD,
                    rule.title()
                )));
                ControlFlow::Continue(())
            }
            Outcome::Bool(true) => ControlFlow::Continue(()),
            Outcome::Bool(false) => {
                if rule.uses_old || !place.is_unchanged() {
                    let detail = self.message(rule, context);
                    self.causes.push(broken(rule, place, path, &detail));
                }
                ControlFlow::Continue(())
            }
        }
    }

    /// What a broken rule says.
    fn message(&mut self, rule: &Rule, context: &mut Context) -> String {
        if let Some((expression, _)) = &rule.message_expression
            && let Outcome::Text(text) = self.evaluate(expression, context)
        {
            let text = text.trim();
            if !text.is_empty() && text.len() <= MAX_MESSAGE && !text.contains('\n') {
                return text.to_owned();
            }
        }
        match rule.message.trim() {
            "" => format!("failed rule: {}", rule.source.trim()),
            message => message.to_owned(),
        }
    }

    fn evaluate(&mut self, expression: &IdedExpr, context: &mut Context) -> Outcome {
        let granted = self.left.min(budget::PER_CALL);
        let budget = Budget::new(granted);
        context.add_variable_as_val(budget::VARIABLE, Box::new(budget.clone()));
        let result = cel::Value::resolve_val(expression, context);
        let exceeded = budget.is_exceeded();
        // A step costs something even where nothing is walked.
        self.left = self.left.saturating_sub(granted - budget.left() + 1);
        match result {
            _ if exceeded && granted < budget::PER_CALL => Outcome::OutOfBudget,
            _ if exceeded => Outcome::TooCostly,
            _ if self.left == 0 => Outcome::OutOfBudget,
            Err(why) => Outcome::Failed(why),
            Ok(value) => match (value.downcast_ref::<CelBool>(), value.downcast_ref::<CelString>()) {
                (Some(bool), _) => Outcome::Bool(*bool.inner()),
                (None, Some(text)) => Outcome::Text(text.inner().to_owned()),
                (None, None) => Outcome::Failed(ExecutionError::missing_argument_or_target()),
            },
        }
    }
}

/// What came of an expression.
enum Outcome {
    Bool(bool),
    Text(String),
    Failed(ExecutionError),
    /// This expression cost too much.
    TooCostly,
    /// All expressions together cost too much.
    OutOfBudget,
}

/// The cause of a broken rule, with the reason that the rule gives.
fn broken(rule: &Rule, place: &Place, path: &Path, detail: &str) -> Cause {
    let own = path.bracketed();
    let field = match (rule.field_path.as_str(), path) {
        ("", _) => own,
        (below, Path::Root) => below.to_owned(),
        (below, _) => format!("{own}.{below}"),
    };
    let is_large = matches!(place.node.types, Types::One(Type::Object | Type::Array));
    match rule.reason {
        CauseReason::FieldValueForbidden => words::forbidden(field, detail),
        CauseReason::FieldValueRequired => words::required(field, detail),
        CauseReason::FieldValueDuplicate if is_large => {
            Cause::new(CauseReason::FieldValueDuplicate, field, "Duplicate value")
        }
        CauseReason::FieldValueDuplicate => words::duplicate(field, place.value),
        _ if is_large => words::invalid_unshown(field, detail),
        _ => words::invalid(field, place.value, detail),
    }
}
