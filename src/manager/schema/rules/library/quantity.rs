//! Quantities: `quantity("1Gi").isLessThan(quantity("2G"))`.
//!
//! Source of the syntax: `k8s.io/apimachinery/pkg/api/resource`. A quantity is held in billionths, which is as fine as
//! Kubernetes holds it; what is finer is rounded up.

use std::any::Any;
use std::cmp::Ordering;

use cel::common::functions::Function;
use cel::common::types::{CelBool, CelDouble, CelInt, CelString, INT_TYPE, STRING_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

use crate::manager::schema::rules::signatures::QUANTITY;

static KIND: Type = Type::new_unspecified_type(QUANTITY);

/// Billionths in one.
const ONE: i128 = 1_000_000_000;

/// The longest text of a quantity, so that reading one takes no time.
const MAX_LENGTH: usize = 64;

/// A quantity.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    billionths: i128,
    /// Whether it was written with a fraction of a power of two, such as `2.5Mi`. Kubernetes then does not give it as
    /// an integer, even if it is one.
    is_binary_fraction: bool,
}

impl Quantity {
    /// Reads a quantity: `1.5`, `100m`, `2Gi`, `1e3`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let (negative, plain) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let end = plain.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(plain.len());
        let (number, suffix) = plain.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let (base, power) = scale(suffix)?;
        let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
        let shift = power.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let mut numerator = digits.checked_mul(base)?.checked_mul(ONE)?;
        if shift >= 0 {
            numerator = numerator.checked_mul(10_i128.checked_pow(shift.unsigned_abs())?)?;
        } else {
            match 10_i128.checked_pow(shift.unsigned_abs()) {
                // What is finer than a billionth is rounded up.
                Some(divisor) => numerator = numerator / divisor + i128::from(numerator % divisor != 0),
                None => numerator = i128::from(numerator != 0),
            }
        }
        let is_binary_fraction = !fraction.is_empty() && suffix.ends_with('i');
        Some(Self { billionths: if negative { -numerator } else { numerator }, is_binary_fraction })
    }
}

/// What a suffix multiplies with: a base, and a power of ten.
fn scale(suffix: &str) -> Option<(i128, i32)> {
    Some(match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        exponent => {
            let digits = exponent.strip_prefix(['e', 'E'])?;
            let plain = digits.trim_start_matches(['+', '-']);
            let is_number = digits.len() - plain.len() <= 1 && !plain.is_empty();
            (1, is_number.then(|| digits.parse::<i32>().ok()).flatten()?)
        }
    })
}

impl Val for Quantity {
    fn get_type(&self) -> &Type {
        &KIND
    }

    fn cel_type() -> &'static Type {
        &KIND
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| self.billionths == other.billionths)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(*self)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Quantity {}

/// Declares the functions.
pub fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    let kind = || KIND.to_owned();
    env.add_overload("quantity", "string_to_quantity", vec![STRING_TYPE], |args| {
        let text = text(&args)?;
        let read = Quantity::parse(text).ok_or_else(|| {
            let why =
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
            ExecutionError::function_error("quantity", why)
        })?;
        Ok(CowVal::owned(read))
    })?;
    env.add_overload("isQuantity", "is_quantity_string", vec![STRING_TYPE], |args| {
        Ok(CowVal::owned(CelBool::from(Quantity::parse(text(&args)?).is_some())))
    })?;
    env.add_overload("sign", "quantity_sign", vec![kind()], |args| {
        Ok(CowVal::owned(CelInt::from(own(&args)?.billionths.signum() as i64)))
    })?;
    env.add_member_overload("isInteger", "quantity_is_integer", kind(), vec![], |args| {
        Ok(CowVal::owned(CelBool::from(whole(own(&args)?).is_some())))
    })?;
    env.add_member_overload("asInteger", "quantity_as_integer", kind(), vec![], |args| {
        let why = || ExecutionError::function_error("asInteger", "cannot convert value to integer");
        Ok(CowVal::owned(CelInt::from(whole(own(&args)?).ok_or_else(why)?)))
    })?;
    env.add_member_overload("asApproximateFloat", "quantity_as_float", kind(), vec![], |args| {
        #[allow(clippy::cast_precision_loss, reason = "the function's name says so")]
        let float = own(&args)?.billionths as f64 / ONE as f64;
        Ok(CowVal::owned(CelDouble::from(float)))
    })?;
    env.add_member_overload("isLessThan", "quantity_less", kind(), vec![kind()], |args| {
        Ok(CowVal::owned(CelBool::from(compare(&args)?.is_lt())))
    })?;
    env.add_member_overload("isGreaterThan", "quantity_greater", kind(), vec![kind()], |args| {
        Ok(CowVal::owned(CelBool::from(compare(&args)?.is_gt())))
    })?;
    env.add_member_overload("compareTo", "quantity_compare", kind(), vec![kind()], |args| {
        Ok(CowVal::owned(CelInt::from(compare(&args)? as i64)))
    })?;
    let operations: [(&str, Function); 2] = [
        ("add", |args| arithmetic(&args, i128::checked_add)),
        ("sub", |args| arithmetic(&args, i128::checked_sub)),
    ];
    for (name, operation) in operations {
        env.add_member_overload(name, &format!("quantity_{name}"), kind(), vec![kind()], operation)?;
        env.add_member_overload(name, &format!("quantity_{name}_int"), kind(), vec![INT_TYPE], operation)?;
    }
    Ok(())
}

type Operation = fn(i128, i128) -> Option<i128>;

fn own(args: &[CowVal<'_, '_>]) -> Result<Quantity, ExecutionError> {
    let own = args.first().and_then(|value| value.downcast_ref::<Quantity>());
    own.copied().ok_or_else(ExecutionError::missing_argument_or_target)
}

fn text<'a>(args: &'a [CowVal<'_, '_>]) -> Result<&'a str, ExecutionError> {
    let text = args.first().and_then(|value| value.downcast_ref::<CelString>());
    text.map(CelString::inner).ok_or_else(ExecutionError::missing_argument_or_target)
}

fn whole(quantity: Quantity) -> Option<i64> {
    let is_whole = quantity.billionths % ONE == 0 && !quantity.is_binary_fraction;
    is_whole.then(|| i64::try_from(quantity.billionths / ONE).ok()).flatten()
}

fn compare(args: &[CowVal<'_, '_>]) -> Result<Ordering, ExecutionError> {
    let other = args.get(1).and_then(|value| value.downcast_ref::<Quantity>());
    let other = other.ok_or_else(ExecutionError::missing_argument_or_target)?;
    Ok(own(args)?.billionths.cmp(&other.billionths))
}

fn arithmetic<'b, 'v>(
    args: &[CowVal<'b, 'v>],
    operation: Operation,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let other = args.get(1).ok_or_else(ExecutionError::missing_argument_or_target)?;
    let other = match (other.downcast_ref::<Quantity>(), other.downcast_ref::<CelInt>()) {
        (Some(quantity), _) => quantity.billionths,
        (None, Some(whole)) => i128::from(*whole.inner()) * ONE,
        (None, None) => return Err(ExecutionError::missing_argument_or_target()),
    };
    let result = operation(own(args)?.billionths, other);
    let result = result.ok_or_else(|| ExecutionError::function_error("add", "quantity overflow"))?;
    Ok(CowVal::owned(Quantity { billionths: result, is_binary_fraction: false }))
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, billionths) in [
            ("1", Some(1_000_000_000)),
            ("1.5", Some(1_500_000_000)),
            ("100m", Some(100_000_000)),
            ("1Ki", Some(1_024_000_000_000)),
            ("1e3", Some(1_000_000_000_000)),
            ("1E", Some(1_000_000_000_000_000_000_000_000_000)),
            ("-.5", Some(-500_000_000)),
            ("1n", Some(1)),
            ("0.0000000001", Some(1)),
            ("", None),
            ("x", None),
            ("1.2.3", None),
            ("1kk", None),
            ("1 k", None),
            (".", None),
            ("1e", None),
        ] {
            assert_eq!(Quantity::parse(text).map(|quantity| quantity.billionths), billionths, "{text}");
        }
    }
}
