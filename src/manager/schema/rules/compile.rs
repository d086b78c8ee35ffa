//! Compiles the rules of a schema into its tree, or says why one cannot be.

use cel::common::ast::{Expr, IdedExpr, SourceInfo};
use serde_json::Value;

use super::check::{Checker, Fault};
use super::fieldpath;
use super::library::environment::environment;
use super::need::Need;
use super::prepare::{depth, parts, prepare};
use super::rule::Rule;
use super::signatures::{self, Table};
use super::types::Ty;
use crate::manager::schema::accept::raw::{Raw, child, entry, property};
use crate::manager::schema::node::{Node, PlaceRules};
use crate::manager::schema::words;
use crate::manager::status::{Cause, CauseReason};

/// The longest expression, in bytes. Kubernetes bounds only the request; no rule that a person wrote comes near it.
pub const MAX_LENGTH: usize = 16 * 1024;

/// How deep an expression may be nested: it is run recursively, on a stack that is shared with the request.
pub const MAX_DEPTH: usize = 48;

/// Compiles all rules below a schema.
pub fn attach(schema: Raw, node: &mut Node, path: &str, causes: &mut Vec<Cause>) {
    if says_rules(schema) {
        Compiler { table: signatures::table(), causes }.walk(schema, node, path, true, None);
    }
}

fn says_rules(schema: Raw) -> bool {
    !schema.schemas("x-kubernetes-validations").is_empty()
        || schema.properties().into_iter().any(|(_, inner)| says_rules(inner))
        || schema.schema("items").is_some_and(says_rules)
        || schema.additional().and_then(|additional| additional.schema()).is_some_and(says_rules)
}

struct Compiler<'c> {
    table: Table,
    causes: &'c mut Vec<Cause>,
}

impl Compiler<'_> {
    /// `uncorrelated` is the nearest list above whose items cannot be told apart.
    fn walk(&mut self, schema: Raw, node: &mut Node, path: &str, is_root: bool, uncorrelated: Option<&str>) {
        let rules = schema.schemas("x-kubernetes-validations");
        if !rules.is_empty() {
            let compiled = self.place(&rules, schema, node, path, is_root, uncorrelated);
            node.rules = compiled.map(Box::new);
        }
        for (name, inner) in schema.properties() {
            if let Some(node) = node.properties.get_mut(name) {
                self.walk(inner, node, &property(path, name), node.embedded, uncorrelated);
            }
        }
        if let (Some(inner), Some(node)) =
            (schema.additional().and_then(|additional| additional.schema()), node.additional.schema_mut())
        {
            self.walk(inner, node, &child(path, "additionalProperties"), node.embedded, uncorrelated);
        }
        let is_map = schema.text("x-kubernetes-list-type") == "map";
        let below = uncorrelated.or(if is_map { None } else { Some(path) });
        if let (Some(inner), Some(node)) = (schema.schema("items"), node.items.as_deref_mut()) {
            self.walk(inner, node, &child(path, "items"), node.embedded, below);
        }
        node.sum_up();
    }

    fn place(
        &mut self,
        rules: &[Raw],
        schema: Raw,
        node: &Node,
        path: &str,
        is_root: bool,
        uncorrelated: Option<&str>,
    ) -> Option<PlaceRules> {
        let Some(self_type) = Ty::of(node, is_root) else {
            let place = child(path, "x-kubernetes-validations");
            let detail = "internal error: failed to construct type information for x-kubernetes-validations rules: \
                          unable to convert structural schema to CEL declarations";
            self.causes.push(words::forbidden(place, detail));
            return None;
        };
        let mut compiled = PlaceRules { rules: Vec::new(), need: Need::nothing(), old_need: Need::nothing() };
        for (at, rule) in rules.iter().enumerate() {
            let place = entry(path, "x-kubernetes-validations", at);
            match self.rule(*rule, schema, &self_type, &place, uncorrelated) {
                Ok((rule, wholes)) => {
                    for whole in &wholes {
                        compiled.need.add(whole, "self");
                        compiled.old_need.add(whole, "oldSelf");
                    }
                    compiled.rules.push(rule);
                }
                Err(cause) => self.causes.push(cause),
            }
        }
        Some(compiled)
    }

    /// Compiles one rule; returns also its expressions as they were before they were made ready.
    fn rule(
        &self,
        rule: Raw,
        schema: Raw,
        self_type: &Ty,
        place: &str,
        uncorrelated: Option<&str>,
    ) -> Result<(Rule, Vec<IdedExpr>), Cause> {
        let optional_old = rule.flag("optionalOldSelf");
        let source = rule.text("rule");
        let wrong = |keyword: &str, detail: &str| {
            let message = format!("Invalid value: {}: {detail}", written(rule));
            Cause::new(CauseReason::FieldValueInvalid, child(place, keyword), message)
        };
        let (mut expression, found) = self
            .expression(source, self_type, optional_old)
            .map_err(|why| wrong("rule", &format!("compilation failed: {why}")))?;
        if !matches!(found, Ty::Bool | Ty::Dyn) {
            return Err(wrong("rule", "cel expression must evaluate to a bool"));
        }
        let uses_old = names(&expression.expr, "oldSelf");
        old_self(rule, uses_old, uncorrelated, place)?;
        let mut wholes = vec![expression.clone()];
        let mut patterns = Vec::new();
        prepare(&mut expression, &mut patterns);
        let message_source = rule.text("messageExpression");
        let message_expression = match message_source {
            "" => None,
            source => {
                let (mut made, found) = self.expression(source, self_type, optional_old).map_err(|why| {
                    wrong("messageExpression", &format!("messageExpression compilation failed: {why}"))
                })?;
                if !matches!(found, Ty::Text | Ty::Dyn) {
                    return Err(wrong("messageExpression", "messageExpression must evaluate to a string"));
                }
                wholes.push(made.clone());
                prepare(&mut made, &mut patterns);
                Some((made, source.to_owned()))
            }
        };
        let field_path = match rule.text("fieldPath") {
            "" => String::new(),
            path => fieldpath::find(path, schema, true).map(|(found, _)| found.written).unwrap_or_default(),
        };
        let compiled = Rule {
            source: source.to_owned(),
            expression,
            message: rule.text("message").to_owned(),
            message_expression,
            reason: reason(rule.text("reason")),
            field_path,
            uses_old,
            optional_old,
            patterns,
        };
        Ok((compiled, wholes))
    }

    /// Parses and checks an expression.
    fn expression<'a>(
        &self,
        source: &str,
        self_type: &Ty<'a>,
        optional: bool,
    ) -> Result<(IdedExpr, Ty<'a>), String> {
        if source.len() > MAX_LENGTH {
            return Err(format!("ERROR: <input>:1:1: expression is longer than {MAX_LENGTH} bytes"));
        }
        let parser = environment().parser().max_recursion_depth(MAX_DEPTH as u16);
        let (parsed, info) = parser.parse_with_source_info(source).map_err(|errors| {
            let told: Vec<String> = errors
                .errors
                .iter()
                .map(|error| drawn(source, error.pos.0, error.pos.1, &error.msg))
                .collect();
            told.join("\n")
        })?;
        if depth(&parsed, MAX_DEPTH) > MAX_DEPTH {
            return Err(format!("ERROR: <input>:1:1: expression is nested deeper than {MAX_DEPTH}"));
        }
        let old_type = match optional {
            true => Ty::Optional(std::rc::Rc::new(self_type.clone())),
            false => self_type.clone(),
        };
        let variables = vec![("self".to_owned(), self_type.clone()), ("oldSelf".to_owned(), old_type)];
        match Checker::new(&self.table, variables).check(&parsed) {
            Ok(found) => Ok((parsed, found)),
            Err(fault) => Err(told(source, &info, &fault)),
        }
    }
}

/// Whether `oldSelf` may be used, and whether what is said of it makes sense.
fn old_self(rule: Raw, uses_old: bool, uncorrelated: Option<&str>, place: &str) -> Result<(), Cause> {
    if let (true, Some(list)) = (uses_old, uncorrelated) {
        let detail =
            format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {list}");
        return Err(words::invalid(child(place, "rule"), &Value::from(rule.text("rule")), &detail));
    }
    if let (false, Some(set)) = (uses_old, rule.get("optionalOldSelf")) {
        let detail = "may not be set if oldSelf is not used in rule";
        return Err(words::invalid(child(place, "optionalOldSelf"), set, detail));
    }
    Ok(())
}

/// A fault with its place drawn.
fn told(source: &str, info: &SourceInfo, fault: &Fault) -> String {
    let at = info.offset_for(fault.id).map_or(0, |(start, _)| start as usize);
    let before: Vec<&str> = source.get(..at).unwrap_or_default().split('\n').collect();
    let column = before.last().map_or(0, |line| line.chars().count()) + 1;
    drawn(source, before.len() as isize, column as isize, &fault.text)
}

/// `ERROR: <input>:1:5: text`, the line, and a mark below the place, as cel-go draws it.
fn drawn(source: &str, line: isize, column: isize, text: &str) -> String {
    let shown = usize::try_from(line - 1).ok().and_then(|line| source.lines().nth(line)).unwrap_or_default();
    let dots = usize::try_from(column - 1).unwrap_or(0);
    format!("ERROR: <input>:{line}:{column}: {text}\n | {shown}\n | {}^", ".".repeat(dots))
}

/// A rule as Kubernetes shows it, with its own names of the fields.
fn written(rule: Raw) -> String {
    let text = |keyword: &str| html_escaped(&Value::from(rule.text(keyword)).to_string());
    let other = |keyword: &str| rule.get(keyword).unwrap_or(&Value::Null).to_string();
    format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        text("rule"),
        text("message"),
        text("messageExpression"),
        other("reason"),
        text("fieldPath"),
        other("optionalOldSelf")
    )
}

/// Go writes these three letters as escapes in JSON.
fn html_escaped(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn reason(name: &str) -> CauseReason {
    match name {
        "FieldValueDuplicate" => CauseReason::FieldValueDuplicate,
        "FieldValueForbidden" => CauseReason::FieldValueForbidden,
        "FieldValueRequired" => CauseReason::FieldValueRequired,
        _ => CauseReason::FieldValueInvalid,
    }
}

/// Whether an expression names a variable.
fn names(expression: &Expr, variable: &str) -> bool {
    matches!(expression, Expr::Ident(name) if name == variable)
        || parts(expression).into_iter().any(|part| names(&part.expr, variable))
}
