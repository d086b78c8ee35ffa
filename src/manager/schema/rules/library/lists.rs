//! `isSorted`, `sum`, `min`, `max`, `indexOf` and `lastIndexOf` of lists.

use std::cmp::Ordering;

use cel::common::types::{CelBool, CelInt, CelList, DYN_TYPE, LIST_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

/// Declares the functions.
pub fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_member_overload("isSorted", "list_is_sorted", LIST_TYPE, vec![], is_sorted)?;
    env.add_member_overload("sum", "list_sum", LIST_TYPE, vec![], sum)?;
    env.add_member_overload("min", "list_min", LIST_TYPE, vec![], |args| {
        extreme(&args, Ordering::Less, "min")
    })?;
    env.add_member_overload("max", "list_max", LIST_TYPE, vec![], |args| {
        extreme(&args, Ordering::Greater, "max")
    })?;
    env.add_member_overload("indexOf", "list_index_of", LIST_TYPE, vec![DYN_TYPE], index_of)?;
    env.add_member_overload("lastIndexOf", "list_last_index_of", LIST_TYPE, vec![DYN_TYPE], last_index_of)
}

fn items<'a, 'v>(args: &'a [CowVal<'_, 'v>]) -> Result<&'a [Box<dyn Val + 'v>], ExecutionError> {
    let list = args.first().and_then(|list| list.downcast_ref::<CelList>());
    list.map(CelList::inner).ok_or_else(ExecutionError::missing_argument_or_target)
}

fn compare(one: &dyn Val, other: &dyn Val) -> Result<Ordering, ExecutionError> {
    let comparer = one.as_comparer().ok_or_else(|| ExecutionError::no_such_overload("_<_", Vec::new()))?;
    comparer.compare(other)
}

fn is_sorted<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let mut sorted = true;
    for pair in items(&args)?.windows(2) {
        if let [one, other] = pair {
            sorted &= compare(one.as_ref(), other.as_ref())? != Ordering::Greater;
        }
    }
    Ok(CowVal::owned(CelBool::from(sorted)))
}

fn sum<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let mut items = items(&args)?.iter();
    let Some(first) = items.next() else { return Ok(CowVal::owned(CelInt::from(0))) };
    let mut total = first.clone();
    for item in items {
        let adder = total.as_adder().ok_or_else(|| ExecutionError::no_such_overload("_+_", Vec::new()))?;
        total = adder.add(item.as_ref())?.into_owned();
    }
    Ok(CowVal::Owned(total))
}

/// The least or greatest item.
fn extreme<'b, 'v>(
    args: &[CowVal<'b, 'v>],
    wanted: Ordering,
    name: &str,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let mut items = items(args)?.iter();
    let Some(mut best) = items.next() else {
        return Err(ExecutionError::function_error(name, format!("{name} called on empty list")));
    };
    for item in items {
        if compare(item.as_ref(), best.as_ref())? == wanted {
            best = item;
        }
    }
    Ok(CowVal::Owned(best.clone()))
}

fn index_of<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let wanted = args.get(1).ok_or_else(ExecutionError::missing_argument_or_target)?;
    Ok(place(items(&args)?.iter().position(|item| item.equals(wanted.as_ref()))))
}

fn last_index_of<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let wanted = args.get(1).ok_or_else(ExecutionError::missing_argument_or_target)?;
    Ok(place(items(&args)?.iter().rposition(|item| item.equals(wanted.as_ref()))))
}

fn place<'b, 'v>(at: Option<usize>) -> CowVal<'b, 'v> {
    CowVal::owned(CelInt::from(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)))
}
