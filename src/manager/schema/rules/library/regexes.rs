//! `matches`, `find` and `findAll`, with regular expressions as Go reads them.
//!
//! They replace the crate's own `matches`, which compiles its pattern at every call and reads it as Rust does.

use std::any::Any;

use cel::common::types::{CelBool, CelInt, CelList, CelString, INT_TYPE, STRING_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

use crate::manager::schema::patterns::Pattern;
use crate::manager::schema::rules::budget::{self, Budget};

static PATTERN: Type = Type::new_unspecified_type("@pattern");

/// A pattern that was compiled with its rule.
#[derive(Clone, Debug)]
pub struct Compiled(pub Pattern);

impl Val for Compiled {
    fn get_type(&self) -> &Type {
        &PATTERN
    }

    fn cel_type() -> &'static Type {
        &PATTERN
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Compiled {}

/// The name of the variable that holds a rule's pattern. It cannot be written in an expression.
pub fn variable(at: usize) -> String {
    format!("@pattern{at}")
}

/// Declares the functions, each with a compiled pattern and with one that comes from the object.
pub fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    for (kind, pattern) in
        [("compiled", || PATTERN.to_owned()), ("text", || STRING_TYPE)] as [(&str, fn() -> Type); 2]
    {
        let arguments = || vec![budget::kind(), STRING_TYPE, pattern()];
        env.add_overload("@matches", &format!("matches_{kind}"), arguments(), matches)?;
        env.add_overload("@find", &format!("find_{kind}"), arguments(), find)?;
        env.add_overload("@findAll", &format!("find_all_{kind}"), arguments(), find_all)?;
        let limited = [arguments(), vec![INT_TYPE]].into_iter().flatten().collect();
        env.add_overload("@findAll", &format!("find_some_{kind}"), limited, find_all)?;
    }
    Ok(())
}

fn matches<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let (pattern, text) = read(&args)?;
    Ok(CowVal::owned(CelBool::from(pattern.regex.is_match(text))))
}

fn find<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let (pattern, text) = read(&args)?;
    let found = pattern.regex.find(text).map_or("", |found| found.as_str());
    Ok(CowVal::owned(CelString::from(found.to_owned())))
}

fn find_all<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let (pattern, text) = read(&args)?;
    let limit =
        args.get(3).and_then(|limit| limit.downcast_ref::<CelInt>()).map_or(-1, |limit| *limit.inner());
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = pattern.regex.find_iter(text).take(most);
    let found: Vec<Box<dyn Val + 'v>> =
        found.map(|found| Box::new(CelString::from(found.as_str().to_owned())) as Box<dyn Val>).collect();
    Ok(CowVal::owned(CelList::from(found)))
}

/// The pattern and the text of a call.
fn read<'a>(args: &'a [CowVal<'_, '_>]) -> Result<(Pattern, &'a str), ExecutionError> {
    let [budget, text, pattern, ..] = args else {
        return Err(ExecutionError::invalid_argument_count(3, args.len()));
    };
    let text = text.downcast_ref::<CelString>().ok_or_else(ExecutionError::missing_argument_or_target)?;
    let pattern = match (pattern.downcast_ref::<Compiled>(), pattern.downcast_ref::<CelString>()) {
        (Some(Compiled(pattern)), _) => pattern.clone(),
        (None, Some(source)) => {
            if let Some(budget) = budget.downcast_ref::<Budget>() {
                budget::charge_pattern(budget)?;
            }
            Pattern::compile(source.inner()).map_err(|why| ExecutionError::function_error("matches", why))?
        }
        (None, None) => return Err(ExecutionError::missing_argument_or_target()),
    };
    Ok((pattern, text.inner()))
}
