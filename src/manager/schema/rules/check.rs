//! Whether an expression makes sense before any object is seen: its names are declared, its fields exist, its
//! functions take what they are given.
//!
//! The words are cel-go's. Unlike it, the first thing that is wrong ends the check.

use std::rc::Rc;

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators,
};

use super::signatures::{Signature, Table};
use super::types::Ty;
use crate::manager::schema::patterns::Pattern;
use crate::manager::schema::times;

/// What is wrong, and with which part of the expression.
#[derive(Debug)]
pub struct Fault {
    /// The part's number.
    pub id: u64,
    /// The sentence.
    pub text: String,
}

/// The names of types that expressions may use as values.
const TYPE_NAMES: [&str; 13] = [
    "bool",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
    "google.protobuf.Duration",
    "google.protobuf.Timestamp",
    "optional_type",
];

/// Checks expressions against the variables that they may use.
pub struct Checker<'a, 't> {
    table: &'t Table,
    variables: Vec<(String, Ty<'a>)>,
}

impl<'a, 't> Checker<'a, 't> {
    /// A checker that knows these variables.
    pub fn new(table: &'t Table, variables: Vec<(String, Ty<'a>)>) -> Self {
        Self { table, variables }
    }

    /// The type of an expression.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&mut self, expression: &IdedExpr) -> Result<Ty<'a>, Fault> {
        let id = expression.id;
        match &expression.expr {
            Expr::Literal(literal) => Ok(literal_type(literal)),
            Expr::Ident(name) => self.variable(name).ok_or_else(|| undeclared(id, name)),
            Expr::Select(select) => self.select(id, select, &expression.expr),
            Expr::Call(call) => self.call(id, call),
            Expr::List(list) => {
                let mut items = Ty::Free;
                for element in &list.elements {
                    let found = self.check(element)?;
                    items = same(&items, &found, element.id)?;
                }
                Ok(Ty::List(Rc::new(items)))
            }
            Expr::Map(map) => {
                let (mut keys, mut values) = (Ty::Free, Ty::Free);
                for entry in &map.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else { continue };
                    let (key, value) = (self.check(&entry.key)?, self.check(&entry.value)?);
                    keys = same(&keys, &key, entry.key.id)?;
                    values = same(&values, &value, entry.value.id)?;
                }
                Ok(Ty::Map(Rc::new(keys), Rc::new(values)))
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Struct(made) => Err(undeclared(id, &made.type_name)),
            Expr::Unspecified => Err(Fault { id, text: "unspecified expression".to_owned() }),
        }
    }

    fn variable(&self, name: &str) -> Option<Ty<'a>> {
        let known = self.variables.iter().rev().find(|(known, _)| known == name);
        known.map(|(_, found)| found.clone()).or_else(|| TYPE_NAMES.contains(&name).then_some(Ty::Type))
    }

    fn select(&mut self, id: u64, select: &SelectExpr, whole: &Expr) -> Result<Ty<'a>, Fault> {
        if let Some(name) = dotted(whole)
            && TYPE_NAMES.contains(&name.as_str())
        {
            return Ok(Ty::Type);
        }
        let operand = self.check(&select.operand)?;
        let found = field(&operand, &select.field, id)?;
        Ok(if select.test { Ty::Bool } else { found })
    }

    fn call(&mut self, id: u64, call: &CallExpr) -> Result<Ty<'a>, Fault> {
        if call.func_name == operators::OPT_SELECT {
            return self.optional_select(id, call);
        }
        let qualified = call.target.as_ref().and_then(|target| self.namespace(target, &call.func_name));
        let target = match (&call.target, &qualified) {
            (Some(target), None) => Some(self.check(target)?),
            _ => None,
        };
        let mut arguments = Vec::with_capacity(call.args.len());
        for argument in &call.args {
            arguments.push(match (&argument.expr, call.func_name.as_str()) {
                // What is formatted may be of different types.
                (Expr::List(list), "format") => {
                    list.elements.iter().try_for_each(|element| self.check(element).map(drop))?;
                    Ty::List(Rc::new(Ty::Dyn))
                }
                _ => self.check(argument)?,
            });
        }
        let name = qualified.as_deref().unwrap_or(&call.func_name);
        if matches!(name, operators::LOGICAL_AND | operators::LOGICAL_OR) {
            for (argument, found) in call.args.iter().zip(&arguments) {
                same(&Ty::Bool, found, argument.id)?;
            }
        }
        let Some(signatures) = self.table.get(name) else { return Err(undeclared(id, name)) };
        literals(name, call)?;
        resolve(signatures, target.as_ref(), &arguments).ok_or_else(|| {
            let listed: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let listed = listed.join(", ");
            let applied =
                target.map_or_else(|| format!("({listed})"), |target| format!("{target}.({listed})"));
            Fault { id, text: format!("found no matching overload for '{name}' applied to '{applied}'") }
        })
    }

    /// The full name of a function such as `optional.of`, if the target is no variable.
    fn namespace(&self, target: &IdedExpr, function: &str) -> Option<String> {
        let Expr::Ident(space) = &target.expr else { return None };
        let name = format!("{space}.{function}");
        let is_variable = self.variables.iter().any(|(known, _)| known == space);
        (!is_variable && self.table.contains_key(name.as_str())).then_some(name)
    }

    fn optional_select(&mut self, id: u64, call: &CallExpr) -> Result<Ty<'a>, Fault> {
        let [operand, name] = call.args.as_slice() else { return Err(undeclared(id, &call.func_name)) };
        let operand = self.check(operand)?;
        let Expr::Literal(LiteralValue::String(name)) = &name.expr else {
            return Err(Fault { id, text: "unsupported optional field selection".to_owned() });
        };
        match field(&operand, name.inner(), id)? {
            already @ Ty::Optional(_) => Ok(already),
            found => Ok(Ty::Optional(Rc::new(found))),
        }
    }

    fn comprehension(&mut self, loop_over: &ComprehensionExpr) -> Result<Ty<'a>, Fault> {
        let range = self.check(&loop_over.iter_range)?;
        let item = match &range {
            Ty::List(items) => Ty::clone(items),
            Ty::Map(keys, _) => Ty::clone(keys),
            Ty::Dyn | Ty::Free => Ty::Dyn,
            other => {
                let text = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                return Err(Fault { id: loop_over.iter_range.id, text });
            }
        };
        let start = self.check(&loop_over.accu_init)?;
        let depth = self.variables.len();
        self.variables.push((loop_over.accu_var.clone(), start.clone()));
        self.variables.push((loop_over.iter_var.clone(), item));
        if let Some(second) = &loop_over.iter_var2 {
            self.variables.push((second.clone(), Ty::Dyn));
        }
        self.check(&loop_over.loop_cond)?;
        let step = self.check(&loop_over.loop_step)?;
        self.variables.truncate(depth);
        let grown = start.join(&step).unwrap_or(step);
        self.variables.push((loop_over.accu_var.clone(), grown));
        let result = self.check(&loop_over.result);
        self.variables.truncate(depth);
        result
    }
}

fn undeclared(id: u64, name: &str) -> Fault {
    Fault { id, text: format!("undeclared reference to '{name}' (in container '')") }
}

fn same<'a>(known: &Ty<'a>, found: &Ty<'a>, id: u64) -> Result<Ty<'a>, Fault> {
    known
        .join(found)
        .ok_or_else(|| Fault { id, text: format!("expected type '{known}' but found '{found}'") })
}

fn literal_type(literal: &LiteralValue) -> Ty<'static> {
    match literal {
        LiteralValue::Boolean(_) => Ty::Bool,
        LiteralValue::Bytes(_) => Ty::Bytes,
        LiteralValue::Double(_) => Ty::Double,
        LiteralValue::Int(_) => Ty::Int,
        LiteralValue::Null => Ty::Null,
        LiteralValue::String(_) => Ty::Text,
        LiteralValue::UInt(_) => Ty::Uint,
    }
}

fn field<'a>(operand: &Ty<'a>, name: &str, id: u64) -> Result<Ty<'a>, Fault> {
    match operand {
        Ty::Dyn | Ty::Free => Ok(Ty::Dyn),
        Ty::Map(_, values) => Ok(Ty::clone(values)),
        Ty::Optional(inner) => Ok(Ty::Optional(Rc::new(field(inner, name, id)?))),
        Ty::Object(..) | Ty::Meta => {
            operand.field(name).ok_or_else(|| Fault { id, text: format!("undefined field '{name}'") })
        }
        other => Err(Fault { id, text: format!("type '{other}' does not support field selection") }),
    }
}

/// A name such as `google.protobuf.Timestamp`.
fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => {
            Some(format!("{}.{}", dotted(&select.operand.expr)?, select.field))
        }
        _ => None,
    }
}

/// The type of a call's result, if any signature takes what is given. Where several do, because something is known
/// only when the rule runs, so is the result.
fn resolve<'a>(signatures: &[Signature], target: Option<&Ty<'a>>, arguments: &[Ty<'a>]) -> Option<Ty<'a>> {
    let mut results: Option<Ty<'a>> = None;
    for signature in signatures {
        let Some(found) = apply(signature, target, arguments) else { continue };
        results = Some(match results {
            None => found,
            Some(known) => known.join(&found).unwrap_or(Ty::Dyn),
        });
    }
    results
}

fn apply<'a>(signature: &Signature, target: Option<&Ty<'a>>, arguments: &[Ty<'a>]) -> Option<Ty<'a>> {
    if signature.arguments.len() != arguments.len() || signature.target.is_some() != target.is_some() {
        return None;
    }
    let mut bound = [Ty::Free, Ty::Free];
    let wanted = signature.target.iter().chain(&signature.arguments);
    for (wanted, given) in wanted.zip(target.into_iter().chain(arguments)) {
        bind(wanted, given, &mut bound)?;
    }
    Some(fill(&signature.result, &bound))
}

/// Whether a type fits into a signature's place; what its parameters stand for is noted.
fn bind<'a>(wanted: &Ty<'static>, given: &Ty<'a>, bound: &mut [Ty<'a>; 2]) -> Option<()> {
    match (wanted, given) {
        (Ty::Parameter(number), given) => {
            let place = bound.get_mut(*number)?;
            *place = place.join(given)?;
            Some(())
        }
        (_, Ty::Dyn | Ty::Free) | (Ty::Dyn, _) => Some(()),
        (Ty::List(wanted), Ty::List(given)) | (Ty::Optional(wanted), Ty::Optional(given)) => {
            bind(wanted, given, bound)
        }
        (Ty::Map(wanted_key, wanted_value), Ty::Map(key, value)) => {
            bind(wanted_key, key, bound)?;
            bind(wanted_value, value, bound)
        }
        (wanted, given) => wanted.join(given).map(|_| ()),
    }
}

fn fill<'a>(result: &Ty<'static>, bound: &[Ty<'a>; 2]) -> Ty<'a> {
    match result {
        Ty::Parameter(number) => bound.get(*number).cloned().unwrap_or(Ty::Dyn),
        Ty::List(items) => Ty::List(Rc::new(fill(items, bound))),
        Ty::Optional(inner) => Ty::Optional(Rc::new(fill(inner, bound))),
        Ty::Map(keys, values) => Ty::Map(Rc::new(fill(keys, bound)), Rc::new(fill(values, bound))),
        plain => plain.clone(),
    }
}

/// Texts that are read by a function must be fit to be read, where they stand in the rule itself.
fn literals(name: &str, call: &CallExpr) -> Result<(), Fault> {
    let Some(last) = call.args.last() else { return Ok(()) };
    let Expr::Literal(LiteralValue::String(text)) = &last.expr else { return Ok(()) };
    let text = text.inner();
    let is_fine = match name {
        "matches" => Pattern::compile(text).is_ok(),
        "duration" => times::parse_go_duration(text).is_some(),
        "timestamp" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        _ => true,
    };
    if is_fine { Ok(()) } else { Err(Fault { id: last.id, text: format!("invalid {name} argument") }) }
}
