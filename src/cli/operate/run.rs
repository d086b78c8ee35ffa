//! What each command does: its requests, taken their way.

use super::arguments::{Brake, Fence, Forced, OnOperation, Plain, Scale};
use super::{brake, go, requests, show};
use crate::api::operation::Verb;
use crate::api::request::Request;
use crate::cli::failure::Failure;
use crate::startup;

/// `heal` and `delete`.
///
/// # Errors
/// As [`go::go`].
pub fn forced(verb: Verb, typed: &Forced) -> Result<(), Failure> {
    startup::runtime()?.block_on(async {
        let client = typed.how.manager.client().await?;
        let requests = requests::forced(&client, verb, typed).await?;
        go::go(&client, &requests, &typed.how, "").await
    })
}

/// `drain`, `uncordon`, `pause`, `resume` and `retry`.
///
/// # Errors
/// As [`go::go`].
pub fn plain(verb: Verb, typed: &Plain) -> Result<(), Failure> {
    startup::runtime()?.block_on(async {
        let client = typed.how.manager.client().await?;
        let requests = requests::plain(&client, verb, typed).await?;
        go::go(&client, &requests, &typed.how, "").await
    })
}

/// `scale`.
///
/// # Errors
/// As [`go::go`].
pub fn scale(typed: &Scale) -> Result<(), Failure> {
    startup::runtime()?.block_on(async {
        let client = typed.how.manager.client().await?;
        let requests = requests::scale(&client, typed).await?;
        go::go(&client, &requests, &typed.how, "").await
    })
}

/// `fence`.
///
/// # Errors
/// As [`go::go`].
pub fn fence(typed: &Fence) -> Result<(), Failure> {
    startup::runtime()?.block_on(async {
        let client = typed.how.manager.client().await?;
        let requests = requests::fence(&client, typed).await?;
        go::go(&client, &requests, &typed.how, "").await
    })
}

/// `brake`.
///
/// # Errors
/// As [`go::go`].
pub fn brake(typed: &Brake) -> Result<(), Failure> {
    startup::runtime()?.block_on(async {
        let client = typed.how.manager.client().await?;
        let requests = brake::brake(&client, typed).await?;
        go::go(&client, &requests, &typed.how, "").await
    })
}

/// `cancel`.
///
/// # Errors
/// As [`go::go`].
pub fn cancel(typed: &OnOperation) -> Result<(), Failure> {
    startup::runtime()?.block_on(async {
        let client = typed.how.manager.client().await?;
        let requests = brake::cancel(&client, typed).await?;
        go::go(&client, &requests, &typed.how, "").await
    })
}

/// `approve`: the plan that is approved is shown.
///
/// # Errors
/// As [`go::go`].
pub fn approve(typed: &OnOperation) -> Result<(), Failure> {
    startup::runtime()?.block_on(async {
        let client = typed.how.manager.client().await?;
        let mut preface = String::new();
        let mut requests = Vec::new();
        for (request, operation) in brake::approve(&client, typed).await? {
            let spec = &operation.spec;
            let asked =
                Request { verb: spec.verb, target: spec.target.clone(), arguments: spec.arguments.clone() };
            if let Some(plan) = operation.status.as_ref().and_then(|status| status.plan.as_ref()) {
                preface +=
                    &format!("asked by {}: {}\n{}\n", spec.requester, spec.reason, show::one(&asked, plan));
            }
            requests.push(request);
        }
        go::go(&client, &requests, &typed.how, &preface).await
    })
}
