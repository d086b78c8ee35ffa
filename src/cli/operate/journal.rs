//! Operations as objects of the manager: filed, planned, approved, cancelled, taken back.

use std::time::Duration;

use futures::StreamExt;
use kube::api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::watch_object;
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout, timeout_at};

use crate::api::operation::{Operation, OperationSpec};
use crate::api::operation_status::{OperationPhase, OperationPlan};
use crate::api::request::{Request, word};
use crate::cli::failure::{Exit, Failure};
use crate::cli::leader::leader;
use crate::cli::objects::unanswered;
use crate::cli::trouble;
use crate::clock;
use crate::settings::person;

/// The field manager under which the command line writes.
pub const FIELD_MANAGER: &str = "kaasboard";
/// How long an engine has to plan before somebody asks whether there is one.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long an engine that is there has to plan: with a whole fleet coming up it has a lot to do.
const PLANNING: Duration = Duration::from_secs(60);
/// How long the manager has to answer when only one Operation is looked at, and somebody waits for the end of it.
const LOOK: Duration = Duration::from_secs(5);

/// An Operation that was filed.
#[derive(Clone, Debug)]
pub struct Filed {
    api: Api<Operation>,
    /// What was asked.
    pub request: Request,
    /// The Operation as it was seen last.
    pub operation: Operation,
}

/// Files an Operation.
///
/// # Errors
/// When the manager refuses it, or does not answer.
pub async fn file(
    client: &Client,
    request: &Request,
    reason: &str,
    plan_only: bool,
) -> Result<Filed, Failure> {
    let api: Api<Operation> = Api::namespaced(client.clone(), request.namespace());
    let operation = Operation {
        metadata: ObjectMeta {
            generate_name: Some(format!("{}-", word(request.verb))),
            ..ObjectMeta::default()
        },
        spec: OperationSpec {
            verb: request.verb,
            target: request.target.clone(),
            arguments: request.arguments.clone(),
            requester: person::here(),
            reason: reason.to_owned(),
            plan_only,
            approved: None,
            cancelled: false,
        },
        status: None,
    };
    let who = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    match api.create(&who, &operation).await {
        Ok(operation) => Ok(Filed { api, request: request.clone(), operation }),
        Err(kube::Error::Api(status)) if status.code == 422 => {
            let why = color_eyre::Report::msg(status.message.clone());
            Err(Failure::new(Exit::Usage, "the manager refuses this").on(request).because(why))
        }
        Err(error) => Err(unanswered(error.into()).on(request)),
    }
}

impl Filed {
    /// Its tenant and name, as commands take them.
    pub fn name(&self) -> String {
        format!("{}/{}", self.operation.namespace().unwrap_or_default(), self.operation.name_any())
    }

    /// Where it is on its way.
    pub fn phase(&self) -> OperationPhase {
        let status = self.operation.status.as_ref();
        status.and_then(|status| status.phase).unwrap_or(OperationPhase::Proposed)
    }

    /// Its plan, once there is one.
    pub fn plan(&self) -> Option<&OperationPlan> {
        self.operation.status.as_ref()?.plan.as_ref()
    }

    /// Waits for the engine's plan.
    ///
    /// # Errors
    /// When no engine makes one.
    pub async fn planned(&mut self, client: &Client) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut asked = false;
        let name = self.operation.name_any();
        let mut seen = watch_object(self.api.clone(), &name).default_backoff().boxed();
        while self.phase() == OperationPhase::Proposed {
            let end = begun + if asked { PLANNING } else { PATIENCE };
            match timeout_at(end, seen.next()).await {
                Ok(Some(Ok(Some(operation)))) => self.operation = operation,
                Ok(Some(Ok(None)) | None) => return Err(self.vanished()),
                // The watch is opened again.
                Ok(Some(Err(error))) => {
                    let why = trouble::why(&error);
                    tracing::warn!(why, "the watch of an Operation broke");
                }
                Err(_) if asked => return Err(self.unplanned()),
                Err(_) => {
                    asked = true;
                    let leader = leader(client).await.map_err(|failure| failure.or_on(&self.request))?;
                    if leader.is_none() {
                        return Err(no_engine().on(&self.request));
                    }
                }
            }
        }
        Ok(())
    }

    fn vanished(&self) -> Failure {
        Failure::new(Exit::Failed, "somebody deleted the Operation").on(self.name())
    }

    fn unplanned(&self) -> Failure {
        Failure::new(Exit::TimedOut, "the engine holds its Lease, but makes no plan")
            .on(&self.request)
            .remedy("look at its log, and at `kaasboard get loops`")
    }

    /// Approves the plan that was shown.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub async fn approve(&mut self) -> Result<(), Failure> {
        let hash = self.plan().map(|plan| plan.hash.clone());
        let approved = json!({ "by": person::here(), "planHash": hash, "at": clock::now_in_seconds() });
        self.change(json!({ "spec": { "approved": approved } })).await
    }

    /// Gives it up before it began: what was planned stays in the journal as cancelled, and what was only to be looked at
    /// goes.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub async fn withdraw(&mut self) -> Result<(), Failure> {
        if self.phase().is_final() {
            return Ok(());
        }
        if self.operation.spec.plan_only || self.phase() == OperationPhase::Proposed {
            return self.remove().await;
        }
        self.change(json!({ "spec": { "cancelled": true } })).await
    }

    /// Takes it out of the journal.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub async fn remove(&self) -> Result<(), Failure> {
        match self.api.delete(&self.operation.name_any(), &DeleteParams::default()).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(unanswered(error.into()).on(self.name())),
        }
    }

    /// Looks at it once more. Gone is an answer as well: it stays as it was seen last.
    ///
    /// # Errors
    /// Why the manager does not answer.
    pub async fn look(&mut self) -> Result<(), String> {
        let name = self.operation.name_any();
        match timeout(LOOK, self.api.get_opt(&name)).await {
            Ok(Ok(seen)) => self.operation = seen.unwrap_or_else(|| self.operation.clone()),
            Ok(Err(error)) => return Err(trouble::why(&error)),
            Err(_) => return Err(format!("no answer within {} s", LOOK.as_secs())),
        }
        Ok(())
    }

    /// Its states from now on, until it is gone.
    pub fn changes(
        &self,
    ) -> impl futures::Stream<Item = Result<Option<Operation>, kube::runtime::watcher::Error>> + Send + use<>
    {
        watch_object(self.api.clone(), &self.operation.name_any()).default_backoff()
    }

    async fn change(&mut self, change: Value) -> Result<(), Failure> {
        let who = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let written = self.api.patch(&self.operation.name_any(), &who, &Patch::Merge(change)).await;
        self.operation = written.map_err(|error| unanswered(error.into()).on(self.name()))?;
        Ok(())
    }
}

/// Nobody plans or acts.
pub fn no_engine() -> Failure {
    Failure::new(Exit::Failed, "no engine holds the Lease, so that nobody plans or acts").remedy(
        "start one: `kaasboard engine` on the same manager; or the sandbox, which has its own; then ask again",
    )
}
