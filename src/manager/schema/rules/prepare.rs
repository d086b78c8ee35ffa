//! Makes a checked expression ready to run: what it walks over is charged to the budget, and patterns that stand in
//! the rule itself are compiled once.

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};

use super::budget;
use super::library::regexes;
use crate::manager::schema::patterns::Pattern;

/// Functions that look at their arguments only, whatever is in them.
const CHEAP: [&str; 12] = [
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::CONDITIONAL,
    operators::NOT_STRICTLY_FALSE,
    operators::NEGATE,
    operators::INDEX,
    operators::OPT_INDEX,
    operators::OPT_SELECT,
    "hasValue",
    "type",
    "dyn",
];

/// Rewrites an expression in place. The patterns that it found are appended to `patterns`; the expression names
/// them by their place.
pub fn prepare(expression: &mut IdedExpr, patterns: &mut Vec<Pattern>) {
    match &mut expression.expr {
        Expr::Call(call) => prepare_call(call, patterns),
        Expr::Comprehension(comprehension) => prepare_loop(comprehension, patterns),
        Expr::List(list) => list.elements.iter_mut().for_each(|element| {
            prepare(element, patterns);
            charge(element, 1);
        }),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    prepare(&mut entry.key, patterns);
                    prepare(&mut entry.value, patterns);
                    charge(&mut entry.value, 1);
                }
            }
        }
        Expr::Select(select) => prepare(&mut select.operand, patterns),
        Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => {}
    }
}

/// Walking a list costs its weight, since the interpreter copies every item, times what is done with each.
fn prepare_loop(comprehension: &mut ComprehensionExpr, patterns: &mut Vec<Pattern>) {
    let body = count(&comprehension.loop_step) + count(&comprehension.loop_cond);
    prepare(&mut comprehension.iter_range, patterns);
    charge(&mut comprehension.iter_range, body);
    prepare(&mut comprehension.accu_init, patterns);
    prepare_step(&mut comprehension.loop_step, patterns, &comprehension.accu_var);
    prepare(&mut comprehension.result, patterns);
}

/// The interpreter knows the step of `map` and `filter` by its shape, `result + [item]`, and then appends without
/// copying; so that shape is left as it is.
fn prepare_step(step: &mut IdedExpr, patterns: &mut Vec<Pattern>, result: &str) {
    let Expr::Call(call) = &mut step.expr else { return prepare(step, patterns) };
    let names_result = |argument: &IdedExpr| matches!(&argument.expr, Expr::Ident(name) if name == result);
    match (call.func_name.as_str(), call.args.as_mut_slice()) {
        (operators::ADD, [first, second]) if names_result(first) => prepare(second, patterns),
        (operators::CONDITIONAL, [condition, then, otherwise]) if names_result(otherwise) => {
            prepare(condition, patterns);
            prepare_step(then, patterns, result);
        }
        _ => prepare(step, patterns),
    }
}

fn prepare_call(call: &mut CallExpr, patterns: &mut Vec<Pattern>) {
    for part in call.target.as_deref_mut().into_iter().chain(&mut call.args) {
        prepare(part, patterns);
    }
    match (call.func_name.as_str(), call.args.len()) {
        ("matches" | "find" | "findAll", _) => return prepare_match(call, patterns),
        ("replace", 2 | 3) => charge_product(call, 1),
        ("join", 1) => charge_product(call, 0),
        _ => {}
    }
    if CHEAP.contains(&call.func_name.as_str()) {
        return;
    }
    let is_namespace =
        |target: &IdedExpr| matches!(&target.expr, Expr::Ident(name) if name == "optional" || name == "ip");
    let target = call.target.as_deref_mut().filter(|target| !is_namespace(target));
    target.into_iter().chain(&mut call.args).filter(|part| !is_small(part)).for_each(|part| charge(part, 1));
}

/// `text.matches('…')` becomes `@matches(@budget, text, @pattern0)`: with Go's syntax, compiled once.
fn prepare_match(call: &mut CallExpr, patterns: &mut Vec<Pattern>) {
    let mut arguments: Vec<IdedExpr> = call.target.take().map(|target| *target).into_iter().collect();
    arguments.append(&mut call.args);
    if let Some(text) = arguments.first_mut() {
        charge(text, 1);
    }
    if let Some(pattern) = arguments.get_mut(1)
        && let Expr::Literal(LiteralValue::String(source)) = &pattern.expr
        && let Ok(compiled) = Pattern::compile(source.inner())
    {
        pattern.expr = Expr::Ident(regexes::variable(patterns.len()));
        patterns.push(compiled);
    }
    arguments.insert(0, ident(budget::VARIABLE));
    call.func_name = format!("@{}", call.func_name);
    call.args = arguments;
}

/// Whether a part is a literal that takes no time to look at.
fn is_small(part: &IdedExpr) -> bool {
    match &part.expr {
        Expr::Literal(LiteralValue::String(text)) => text.inner().len() < 100,
        Expr::Literal(_) => true,
        _ => false,
    }
}

fn ident(name: &str) -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Ident(name.to_owned()) }
}

fn charge(part: &mut IdedExpr, factor: i64) {
    let inner = std::mem::take(part);
    let factor = IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::Int(factor.into())) };
    let args = vec![ident(budget::VARIABLE), factor, inner];
    part.expr = Expr::Call(CallExpr { func_name: budget::CHARGE.to_owned(), target: None, args });
}

/// Charges for a result that may be as long as the product of the target and an argument.
fn charge_product(call: &mut CallExpr, argument: usize) {
    let (Some(target), Some(other)) = (call.target.as_deref_mut(), call.args.get(argument)) else { return };
    let other = other.clone();
    let inner = std::mem::take(target);
    let args = vec![ident(budget::VARIABLE), inner, other];
    target.expr = Expr::Call(CallExpr { func_name: budget::CHARGE_PRODUCT.to_owned(), target: None, args });
}

/// How many parts an expression has.
pub fn count(expression: &IdedExpr) -> i64 {
    1 + parts(&expression.expr).into_iter().map(count).sum::<i64>()
}

/// How deep an expression is nested; more than `most` is not looked at.
pub fn depth(expression: &IdedExpr, most: usize) -> usize {
    if most == 0 {
        return 1;
    }
    1 + parts(&expression.expr).into_iter().map(|part| depth(part, most - 1)).max().unwrap_or(0)
}

/// The parts directly below.
pub fn parts(expression: &Expr) -> Vec<&IdedExpr> {
    match expression {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map
            .entries
            .iter()
            .flat_map(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
                EntryExpr::StructField(field) => vec![&field.value],
            })
            .collect(),
        Expr::Comprehension(inner) => {
            vec![&inner.iter_range, &inner.accu_init, &inner.loop_cond, &inner.loop_step, &inner.result]
        }
        Expr::Struct(made) => made
            .entries
            .iter()
            .flat_map(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
                EntryExpr::StructField(field) => vec![&field.value],
            })
            .collect(),
        Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => Vec::new(),
    }
}
