//! `kaasboard crds`: our kinds, for any Kubernetes API.

use super::failure::{Exit, Failure};
use super::output;
use crate::api::crds::{self, CrdError};

/// The long help of the subcommand.
pub const LONG_ABOUT: &str = "\
Print the CustomResourceDefinitions of all kinds as YAML.

A Kubernetes API learns them by `kaasboard crds | kubectl apply --server-side -f -`; doing it again after an upgrade \
changes what changed.";

/// Prints all CustomResourceDefinitions.
pub fn run() -> Result<(), Failure> {
    let failed = |error: CrdError| {
        Failure::new(Exit::Failed, "cannot print the definitions of the kinds")
            .because(error)
            .remedy("this is a mistake in kaasboard; report it with the text above")
    };
    output::result(&crds::to_yaml().map_err(failed)?)
}
