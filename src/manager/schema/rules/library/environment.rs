//! The environment that all rules are parsed and run in.

use std::sync::{Arc, LazyLock};

use cel::{DeclarationError, Env, extensions};

use super::{addresses, lists, quantity, regexes};
use crate::manager::schema::rules::budget;

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    let declared = declare(&mut env);
    // A function that is declared twice is a mistake in this file; a test says so.
    debug_assert!(declared.is_ok(), "{declared:?}");
    Arc::new(env)
});

/// The environment.
pub fn environment() -> Arc<Env> {
    Arc::clone(&ENVIRONMENT)
}

fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    extensions::strings(env)?;
    extensions::lists(env)?;
    budget::declare(env)?;
    regexes::declare(env)?;
    lists::declare(env)?;
    quantity::declare(env)?;
    addresses::declare(env)
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_is_declared_twice() {
        let mut env = cel::Env::stdlib();
        assert_eq!(super::declare(&mut env), Ok(()));
    }
}
