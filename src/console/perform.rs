//! Carrying effects out. What comes of them returns as messages.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;

use super::effect::{Approve, FaultWish, Name, Write};
use super::elsewhere;
use super::message::Message;
use super::propose::{self, CONSOLE, told};
use super::rows::row::Target;
use super::screens::fault_lab;
use super::seat::Seat;
use crate::api::incident::Incident;
use crate::api::names::{GROUP, SYSTEM_NAMESPACE, VERSION};
use crate::api::operation::Operation;
use crate::clock;
use crate::engine::glance::Question;

/// The least time between two questions to an engine elsewhere: it has other things to do.
const BETWEEN: Duration = Duration::from_millis(1500);
/// The same while it cannot be asked.
const OUT_OF_REACH: Duration = Duration::from_secs(5);
/// How often it is looked whether the sandbox took a fault, and how often at most.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 100;

/// What effects are carried out with.
#[derive(Clone)]
pub struct Hands {
    /// The manager.
    pub client: Client,
    /// The engine in this process.
    pub engine: Seat,
    /// Where what came of it goes.
    pub answers: Sender<Message>,
    /// Whether whoever leads elsewhere is being asked.
    pub asking: Arc<AtomicBool>,
}

impl fmt::Debug for Hands {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Hands").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Hands {
    /// Carries a write out, beside everything else.
    pub fn write(&self, write: Write) {
        let hands = self.clone();
        tokio::spawn(async move {
            let message = match write {
                Write::Propose { request, operations } => {
                    Message::Planned(request, propose::propose(&hands.client, operations).await)
                }
                Write::File { operations, looked_at } => {
                    Message::Done(hands.file(operations, looked_at).await)
                }
                Write::Approve(approvals) => {
                    let names = approvals.iter().map(|approve| approve.name.clone()).collect();
                    Message::Approved(names, hands.approve(approvals).await)
                }
                Write::Cancel(names) => Message::Done(hands.cancel(names).await),
                Write::Acknowledge { incident, by } => Message::Done(hands.acknowledge(&incident, by).await),
                Write::Fault(wish) => Message::Done(hands.fault(wish).await),
            };
            hands.answer(message).await;
        });
    }

    /// Reads an object.
    pub fn load(&self, target: Target) {
        let hands = self.clone();
        tokio::spawn(async move {
            let value = hands.read(&target).await.map(Arc::new);
            hands.answer(Message::Loaded(target, value)).await;
        });
    }

    /// Reads what the server of a machine wrote to its console.
    pub fn load_console_log(&self, target: Target) {
        let hands = self.clone();
        tokio::spawn(async move {
            let log =
                match hands.engine.get() {
                    Some(engine) => engine.console_log(&target.namespace, &target.name).await,
                    None => Err("the engine is in another process, and only it has the cloud's credentials"
                        .to_owned()),
                };
            hands.answer(Message::ConsoleLog(target, log)).await;
        });
    }

    /// Asks whoever leads in another process, unless that is under way.
    pub fn ask_elsewhere(&self, question: Question) {
        if self.asking.swap(true, Ordering::SeqCst) {
            return;
        }
        let hands = self.clone();
        tokio::spawn(async move {
            let answer = elsewhere::ask(&hands.client, &question).await;
            let pause = if answer.facts.is_ok() { BETWEEN } else { OUT_OF_REACH };
            hands.answer(Message::Elsewhere(Box::new(answer))).await;
            tokio::time::sleep(pause).await;
            hands.asking.store(false, Ordering::SeqCst);
        });
    }

    /// Whether an engine elsewhere is being asked, or was a moment ago.
    pub fn is_asking(&self) -> bool {
        self.asking.load(Ordering::SeqCst)
    }

    /// Looks whether there is a sandbox behind the manager.
    pub fn look_for_lab(&self) {
        let hands = self.clone();
        tokio::spawn(async move {
            let found = hands.faults().get_opt(fault_lab::LIST).await;
            let found = found.map(|list| list.is_some()).map_err(|error| told(&error));
            hands.answer(Message::Lab(found)).await;
        });
    }

    async fn answer(&self, message: Message) {
        // Nobody listens any more when the console has ended.
        let _ = self.answers.send(message).await;
    }

    async fn read(&self, target: &Target) -> Result<Value, String> {
        let plural =
            plural(target.kind).ok_or_else(|| format!("a {} is no object of the manager", target.kind))?;
        let place = if target.namespace.is_empty() {
            String::new()
        } else {
            format!("namespaces/{}/", target.namespace)
        };
        let path = format!("/apis/{GROUP}/{VERSION}/{place}{plural}/{}", target.name);
        let request = http::Request::get(path).body(Vec::new()).map_err(|error| error.to_string())?;
        self.client.request::<Value>(request).await.map_err(|error| told(&error))
    }

    async fn file(
        &self,
        operations: Vec<(String, Operation)>,
        looked_at: Vec<Name>,
    ) -> Result<String, String> {
        for name in looked_at {
            let api: Api<Operation> = Api::namespaced(self.client.clone(), &name.namespace);
            match api.delete(&name.name, &DeleteParams::default()).await {
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(format!("{}: {}", name.name, told(&error))),
                Ok(_) => {}
            }
        }
        let mut names = Vec::new();
        for (about, operation) in operations {
            let made = propose::create(&self.client, &operation).await;
            let made = made.map_err(|error| format!("{about}: {}", told(&error)))?;
            names.push(format!("{about}: {}", made.metadata.name.unwrap_or_default()));
        }
        Ok(format!("written down: {}", names.join(", ")))
    }

    async fn approve(&self, approvals: Vec<Approve>) -> Result<String, String> {
        let count = approvals.len();
        for Approve { name, plan_hash, by } in approvals {
            let approved = json!({ "by": by, "planHash": plan_hash, "at": clock::now_in_seconds() });
            self.patch(&name, &json!({ "spec": { "approved": approved } })).await?;
        }
        Ok(if count == 1 {
            "approved: follow it in the journal (8)".to_owned()
        } else {
            format!("{count} approved")
        })
    }

    async fn cancel(&self, names: Vec<Name>) -> Result<String, String> {
        let count = names.len();
        for name in names {
            self.patch(&name, &json!({ "spec": { "cancelled": true } })).await?;
        }
        Ok(if count == 1 { "cancelled".to_owned() } else { format!("{count} cancelled") })
    }

    async fn patch(&self, name: &Name, patch: &Value) -> Result<(), String> {
        let api: Api<Operation> = Api::namespaced(self.client.clone(), &name.namespace);
        let who = PatchParams { field_manager: Some(CONSOLE.to_owned()), ..PatchParams::default() };
        let done = api.patch(&name.name, &who, &Patch::Merge(patch)).await;
        done.map(|_| ()).map_err(|error| format!("{}: {}", name.name, told(&error)))
    }

    async fn acknowledge(&self, incident: &str, by: Option<String>) -> Result<String, String> {
        let api: Api<Incident> = Api::all(self.client.clone());
        let who = PatchParams { field_manager: Some(CONSOLE.to_owned()), ..PatchParams::default() };
        let told_of = if by.is_some() { "you are on it" } else { "you are no longer on it" };
        let patch = json!({ "spec": { "acknowledgedBy": by } });
        let done = api.patch(incident, &who, &Patch::Merge(&patch)).await;
        done.map(|_| told_of.to_owned()).map_err(|error| told(&error))
    }

    /// Writes the list of faults, which the sandbox carries over to its world, and waits until it did.
    async fn fault(&self, wish: FaultWish) -> Result<String, String> {
        let FaultWish { name, entry } = wish;
        let Some(name) = name else {
            self.list(&Value::Null).await?;
            return Ok("everything is right again".to_owned());
        };
        let begins = entry.is_some();
        self.list(&json!({ (name.as_str()): entry })).await?;
        if !begins {
            return Ok(format!("{name} is over"));
        }
        for _ in 0..LOOKS {
            tokio::time::sleep(LOOK).await;
            let list = self.faults().get(fault_lab::LIST).await.map_err(|error| told(&error))?;
            match fault_lab::outcome(&list, &name) {
                None => {}
                Some(Ok(())) => return Ok(format!("{name} goes wrong now; the fault lab and tab end it")),
                Some(Err(problem)) => {
                    self.list(&json!({ (name.as_str()): null })).await?;
                    return Err(format!("{name} does not go wrong: {problem}"));
                }
            }
        }
        Err(format!("{name}: the sandbox did not take it; does it still run?"))
    }

    async fn list(&self, data: &Value) -> Result<(), String> {
        let who = PatchParams { field_manager: Some(CONSOLE.to_owned()), ..PatchParams::default() };
        let done = self.faults().patch(fault_lab::LIST, &who, &Patch::Merge(json!({ "data": data }))).await;
        done.map(|_| ()).map_err(|error| format!("the faults: {}", told(&error)))
    }

    fn faults(&self) -> Api<ConfigMap> {
        Api::namespaced(self.client.clone(), SYSTEM_NAMESPACE)
    }
}

/// The plural of a kind in paths.
fn plural(kind: &str) -> Option<&'static str> {
    match kind {
        "Tenant" => Some("tenants"),
        "KubernetesCluster" => Some("kubernetesclusters"),
        "MachineDeployment" => Some("machinedeployments"),
        "Machine" => Some("machines"),
        "LoadBalancer" => Some("loadbalancers"),
        "Incident" => Some("incidents"),
        "Operation" => Some("operations"),
        "Etcd" => Some("etcds"),
        "ControlPlane" => Some("controlplanes"),
        "StorageTenant" => Some("storagetenants"),
        "Addon" => Some("addons"),
        "Release" => Some("releases"),
        _ => None,
    }
}
