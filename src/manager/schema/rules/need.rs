//! Which parts of `self` and `oldSelf` the rules of a place look at, so that only those are made into values.

use std::collections::BTreeMap;

use cel::common::ast::{Expr, IdedExpr};

use super::prepare::parts;

/// What is looked at below a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Everything.
    All,
    /// These fields, by the names that expressions use, and what is looked at in them.
    Fields(BTreeMap<String, Need>),
}

impl Need {
    /// Nothing at all.
    pub fn nothing() -> Self {
        Self::Fields(BTreeMap::new())
    }

    /// What is looked at in a field; nothing if it is not looked at.
    pub fn field(&self, name: &str) -> Option<&Need> {
        match self {
            Self::All => Some(&Self::All),
            Self::Fields(fields) => fields.get(name),
        }
    }

    /// Adds what an expression looks at in a variable.
    pub fn add(&mut self, expression: &IdedExpr, variable: &str) {
        let mut path = Vec::new();
        if roots_in(&expression.expr, variable, &mut path) {
            path.reverse();
            self.add_path(&path);
            return;
        }
        parts(&expression.expr).into_iter().for_each(|part| self.add(part, variable));
    }

    fn add_path(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else {
            *self = Self::All;
            return;
        };
        if let Self::Fields(fields) = self {
            fields.entry((*first).to_owned()).or_insert_with(Self::nothing).add_path(rest);
        }
    }
}

/// Whether an expression is a variable or a field below it; `path` has the fields, the last one first.
fn roots_in<'e>(expression: &'e Expr, variable: &str, path: &mut Vec<&'e str>) -> bool {
    match expression {
        Expr::Ident(name) => name == variable,
        Expr::Select(select) => {
            path.push(&select.field);
            roots_in(&select.operand.expr, variable, path)
        }
        _ => false,
    }
}
