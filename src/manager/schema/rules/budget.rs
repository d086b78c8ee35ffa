//! What the evaluation of rules may cost.
//!
//! The interpreter itself counts nothing. [`super::prepare`] therefore wraps whatever an expression walks over into
//! calls of the functions here, which weigh it and take the weight off a budget. Once nothing is left, no further
//! list is walked and no text is read, so that the rest of the expression ends at once.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cel::common::types::{CelBytes, CelInt, CelList, CelMap, CelString, DYN_TYPE, INT_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

/// What one evaluation of one rule may cost, as in Kubernetes (`PerCallLimit`). A unit is about a field that is
/// looked at, or ten letters that are read; a million of them take well under a second.
pub const PER_CALL: u64 = 1_000_000;

/// What all rules of one write may cost, as in Kubernetes (`RuntimeCELCostBudget`).
pub const PER_WRITE: u64 = 10_000_000;

/// How many letters are read for one unit.
const LETTERS_PER_UNIT: u64 = 10;

/// What compiling a regular expression that comes from an object costs: it takes as long as reading that much.
const PATTERN: u64 = 2_000;

/// The name of the variable that holds the budget. It cannot be written in an expression.
pub const VARIABLE: &str = "@budget";
/// `@charge(@budget, factor, value)`: takes factor times the weight of the value.
pub const CHARGE: &str = "@charge";
/// `@charge_product(@budget, value, other)`: takes the product of both weights.
pub const CHARGE_PRODUCT: &str = "@charge_product";

static BUDGET: Type = Type::new_unspecified_type("@budget");

/// What is left for one evaluation. Clones share it.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Left>);

#[derive(Debug)]
struct Left {
    units: AtomicU64,
    exceeded: AtomicBool,
}

impl Budget {
    /// A budget of so many units.
    pub fn new(units: u64) -> Self {
        Self(Arc::new(Left { units: AtomicU64::new(units), exceeded: AtomicBool::new(false) }))
    }

    /// What is left.
    pub fn left(&self) -> u64 {
        self.0.units.load(Ordering::Relaxed)
    }

    /// Whether something cost more than was left. An expression may go on after that (`error || true` is true), so
    /// this is asked at the end.
    pub fn is_exceeded(&self) -> bool {
        self.0.exceeded.load(Ordering::Relaxed)
    }

    /// Takes units.
    ///
    /// # Errors
    /// There are not so many left.
    pub fn take(&self, units: u64) -> Result<(), ExecutionError> {
        let left = self.left();
        if self.is_exceeded() || units > left {
            self.0.exceeded.store(true, Ordering::Relaxed);
            return Err(ExecutionError::function_error(CHARGE, "actual cost limit exceeded"));
        }
        self.0.units.store(left - units, Ordering::Relaxed);
        Ok(())
    }
}

impl Val for Budget {
    fn get_type(&self) -> &Type {
        &BUDGET
    }

    fn cel_type() -> &'static Type {
        &BUDGET
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Budget {}

/// The type of the budget, for functions that take it.
pub fn kind() -> Type {
    BUDGET.to_owned()
}

/// Declares the functions that take from the budget.
pub fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_overload(CHARGE, "charge", vec![kind(), INT_TYPE, DYN_TYPE], charge)?;
    env.add_overload(CHARGE_PRODUCT, "charge_product", vec![kind(), DYN_TYPE, DYN_TYPE], charge_product)
}

fn charge<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let Ok([budget, factor, value]) = <[_; 3]>::try_from(args) else { return Err(misused()) };
    let (Some(budget), Some(factor)) = (budget.downcast_ref::<Budget>(), factor.downcast_ref::<CelInt>())
    else {
        return Err(misused());
    };
    let factor = u64::try_from(*factor.inner()).unwrap_or(1);
    budget.take(weight(value.as_ref(), budget.left()).saturating_mul(factor))?;
    Ok(value)
}

fn charge_product<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let Ok([budget, value, other]) = <[_; 3]>::try_from(args) else { return Err(misused()) };
    let Some(budget) = budget.downcast_ref::<Budget>() else { return Err(misused()) };
    let left = budget.left();
    let product = weight(value.as_ref(), left).saturating_mul(weight(other.as_ref(), left));
    budget.take(product.saturating_mul(LETTERS_PER_UNIT))?;
    Ok(value)
}

/// Takes what compiling a pattern costs.
///
/// # Errors
/// There is not so much left.
pub fn charge_pattern(budget: &Budget) -> Result<(), ExecutionError> {
    budget.take(PATTERN)
}

fn misused() -> ExecutionError {
    ExecutionError::function_error(CHARGE, "internal error: the budget is misused")
}

/// How much there is of a value. Counting ends where it is more than `most`.
fn weight(value: &dyn Val, most: u64) -> u64 {
    let letters = |length: usize| 1 + length as u64 / LETTERS_PER_UNIT;
    if let Some(text) = value.downcast_ref::<CelString>() {
        return letters(text.inner().len());
    }
    if let Some(bytes) = value.downcast_ref::<CelBytes>() {
        return letters(bytes.inner().len());
    }
    let mut total = 1;
    if let Some(list) = value.downcast_ref::<CelList>() {
        for item in list.inner() {
            total += weight(item.as_ref(), most);
            if total > most {
                break;
            }
        }
    } else if let Some(map) = value.downcast_ref::<CelMap>() {
        for (key, value) in map.inner() {
            total += weight(key.inner(), most) + weight(value.as_ref(), most);
            if total > most {
                break;
            }
        }
    }
    total
}
