//! The way of Operations: filed, planned, shown, confirmed, approved, followed.

use std::time::Duration;

use kube::Client;
use serde_json::{Value, json};

use super::arguments::{Form, How};
use super::confirm;
use super::follow::{End, Silence, Told, Until, follow};
use super::journal::{self, Filed};
use super::show;
use super::signals::Signals;
use crate::api::operation::Verb;
use crate::api::operation_status::OperationPhase;
use crate::api::request::Request;
use crate::cli::connect::{self, Guard};
use crate::cli::failure::{Exit, Failure};
use crate::cli::output;
use crate::planning::operation::needs_approval;
use crate::settings::context::{Confirm, Writing};

/// How long the engine has to begin what was approved before we leave it to itself.
const BEGINNING: Duration = Duration::from_secs(10);

/// Takes Operations their way.
///
/// # Errors
/// When they are refused, fail, are not found, or are not done in time.
pub async fn go(client: &Client, requests: &[Request], how: &How, preface: &str) -> Result<(), Failure> {
    let guard = how.manager.guard()?;
    if guard.writing == Writing::Never && !how.plan {
        return Err(Failure::new(Exit::Refused, "this context changes nothing")
            .remedy("its `write` in config.toml is \"never\"; --plan works all the same"));
    }
    let mut signals = Signals::listen()?;
    let mut way = Way { client, how, guard, filed: Vec::new() };
    let prepared = tokio::select! {
        prepared = way.prepare(requests, preface) => prepared,
        () = signals.any() => {
            // The cursor may stand behind a question.
            output::note("");
            Err(Failure::new(Exit::Failed, "stopped before anything was done"))
        }
    };
    match prepared {
        Ok(Prepared::Shown) => return Ok(()),
        Ok(Prepared::Confirmed) => {}
        Err(failure) => {
            way.withdraw().await;
            return Err(failure);
        }
    }
    way.commit().await?;
    way.wait(&mut signals).await
}

/// What came of looking at the plans.
enum Prepared {
    /// They were only to be looked at.
    Shown,
    /// They may be done.
    Confirmed,
}

struct Way<'a> {
    client: &'a Client,
    how: &'a How,
    guard: Guard,
    filed: Vec<Filed>,
}

impl Way<'_> {
    /// Files, plans, shows and asks.
    async fn prepare(&mut self, requests: &[Request], preface: &str) -> Result<Prepared, Failure> {
        for request in requests {
            // What needs no approval would be done at once; its plan is looked at first all the same.
            let plan_only = self.how.plan || !needs_approval(request.verb);
            let filed = journal::file(self.client, request, &self.how.reason, plan_only).await?;
            self.filed.push(filed);
        }
        for one in &mut self.filed {
            one.planned(self.client).await?;
        }
        if let Some(failed) = self.filed.iter().find(|one| one.phase() == OperationPhase::Failed) {
            return Err(ended(failed));
        }
        self.say(&format!("{preface}{}", show::plans(&self.filed)))?;
        let vetoed = self.filed.iter().find_map(|one| Some((one, one.plan()?.vetoes.first()?)));
        let vetoed = vetoed.map(|(one, veto)| {
            let told = format!("{}: {}", veto.reason, veto.message);
            let failure = Failure::new(Exit::Refused, "a veto speaks against it; nothing was done")
                .on(&one.request)
                .because(color_eyre::Report::msg(told));
            match show::way_out(&one.request, veto) {
                Some(way) => failure.remedy(way),
                None => failure,
            }
        });
        if self.how.plan {
            self.print_json()?;
            self.withdraw().await;
            return vetoed.map_or(Ok(Prepared::Shown), Err);
        }
        if let Some(vetoed) = vetoed {
            return Err(vetoed);
        }
        self.confirm().await?;
        Ok(Prepared::Confirmed)
    }

    async fn confirm(&self) -> Result<(), Failure> {
        if self.how.yes {
            return Ok(());
        }
        if !confirm::can_ask() {
            return Err(Failure::new(
                Exit::Refused,
                "nobody can be asked, and --yes was not given; nothing was done",
            )
            .remedy("add --yes to approve the plan, or --plan to look at it only"));
        }
        let refused = || Failure::new(Exit::Refused, "not confirmed; nothing was done");
        let by_name = self.guard.confirm == Confirm::TypeName;
        let mut plain = 0;
        for one in &self.filed {
            match one.request.to_type(one.plan(), by_name) {
                None => plain += 1,
                Some(name) if confirm::typed(&one.request.to_string(), name).await => {}
                Some(_) => return Err(refused()),
            }
        }
        let question = if plain == 1 { "go on?".to_owned() } else { format!("go on with all {plain}?") };
        if plain == 0 || confirm::yes(&question).await { Ok(()) } else { Err(refused()) }
    }

    /// Approves; what needs no approval is filed anew, to be done.
    async fn commit(&mut self) -> Result<(), Failure> {
        for index in 0..self.filed.len() {
            let Some(one) = self.filed.get_mut(index) else { break };
            let done = if one.operation.spec.plan_only {
                one.remove().await?;
                journal::file(self.client, &one.request, &self.how.reason, false)
                    .await
                    .map(|filed| *one = filed)
            } else {
                one.approve().await
            };
            if let Err(failure) = done {
                let begun = index;
                // What was approved before goes on; what was not is given up.
                let mut rest = self.filed.split_off(index);
                for one in &mut rest {
                    let _ = one.withdraw().await;
                }
                return Err(
                    failure.remedy(format!("{begun} of the Operations before it were approved and go on"))
                );
            }
        }
        Ok(())
    }

    /// Waits as long as was asked, and says how it is left.
    async fn wait(&mut self, signals: &mut Signals) -> Result<(), Failure> {
        let mut told = Told::new(self.filed.len(), !self.how.wait);
        let at_once = self.filed.iter().all(|one| ends_at_once(one.request.verb));
        let until = if at_once { Until::Ended } else { Until::Begun };
        let begun = follow(&mut self.filed, until, Some(BEGINNING), signals, &mut told).await;
        let limit = self.how.timeout.map(|limit| limit.to_std());
        let end = match (begun, self.how.wait) {
            (End::Stopped, _) => End::Stopped,
            (_, true) => follow(&mut self.filed, Until::Ended, limit, signals, &mut told).await,
            (_, false) if told.silence.is_some() => End::Silent,
            (_, false) => End::Reached,
        };
        self.say(&self.told_at_the_end(told.silence.is_some()))?;
        self.print_json()?;
        self.judge(end, told.silence.as_ref())
    }

    /// How each stands. Of what is under way nothing is said while the manager is silent: nobody knows.
    fn told_at_the_end(&self, silent: bool) -> String {
        let mut text = String::new();
        for one in &self.filed {
            let (name, phase) = (one.name(), one.phase());
            text += &match (phase, one.request.verb) {
                (OperationPhase::Done, _) => format!("done: {} (Operation {name})\n", one.request),
                (OperationPhase::Running, Verb::Brake) => {
                    format!("the brake holds: {name}; release it with `kaasboard {} --off`\n", one.request)
                }
                (OperationPhase::Failed | OperationPhase::Cancelled, _) => String::new(),
                _ if silent => format!("not known how far: {} (Operation {name})\n", one.request),
                _ => format!("under way: {} (Operation {name})\n{}", one.request, how_to_follow(one)),
            };
        }
        text
    }

    fn judge(&self, end: End, silence: Option<&Silence>) -> Result<(), Failure> {
        if let Some(failed) = self.filed.iter().find(|one| has_failed(one)) {
            return Err(ended(failed));
        }
        match (end, silence) {
            (End::Reached, _) => Ok(()),
            (End::Stopped, _) => Err(Failure::new(Exit::Failed, "the waiting was ended, not the Operation")),
            (End::TimedOut, None) => Err(Failure::new(Exit::TimedOut, "not done in time")
                .remedy("the Operation goes on without this command")),
            (End::TimedOut, Some(silence)) => Err(self.out_of_reach(Exit::TimedOut, silence)),
            (End::Silent, Some(silence)) => Err(self.out_of_reach(Exit::Failed, silence)),
            (End::Silent, None) => Err(Failure::new(Exit::Failed, "the manager does not answer any more")),
        }
    }

    /// Nobody knows what becomes of the Operations: the manager that holds them cannot be asked.
    fn out_of_reach(&self, exit: Exit, silence: &Silence) -> Failure {
        let open: Vec<&Filed> = self.filed.iter().filter(|one| !one.phase().is_final()).collect();
        let names: Vec<String> = open.iter().map(|one| one.name()).collect();
        let look = match open.as_slice() {
            [one] => format!(
                "kaasboard get operation {} -n {}",
                one.operation.metadata.name.as_deref().unwrap_or_default(),
                one.request.namespace()
            ),
            _ => "kaasboard get journal".to_owned(),
        };
        let why = match connect::server() {
            Some(server) => format!("{server}: {}", silence.why),
            None => silence.why.clone(),
        };
        Failure::new(exit, format!("the manager is out of reach, for {} by now", silence.age()))
            .on(format!("Operation {}", names.join(", ")))
            .because(color_eyre::Report::msg(why))
            .remedy(format!("when the manager is back, see what became of it: `{look}`"))
    }

    /// Gives up what was filed and not approved. What cannot be given up waits for an approval that nobody gives.
    async fn withdraw(&mut self) {
        for one in &mut self.filed {
            if let Err(failure) = one.withdraw().await {
                output::note(&format!(
                    "the Operation {} is left behind, not approved\n{failure}",
                    one.name()
                ));
            }
        }
    }

    /// Tells people: beside a result for programs, on stderr.
    fn say(&self, text: &str) -> Result<(), Failure> {
        match self.how.output {
            Form::Text => output::result(text),
            Form::Json | Form::Aside => {
                output::note(text.trim_end());
                Ok(())
            }
        }
    }

    fn print_json(&self) -> Result<(), Failure> {
        if self.how.output != Form::Json {
            return Ok(());
        }
        let whole = |one: &Filed| {
            let mut object = serde_json::to_value(&one.operation).unwrap_or(Value::Null);
            if let Some(meta) = object["metadata"].as_object_mut() {
                meta.remove("managedFields");
            }
            object
        };
        let items: Vec<Value> = self.filed.iter().map(whole).collect();
        output::result(&format!("{:#}\n", json!({ "items": items })))
    }
}

/// Whether a verb is done as soon as it is written down: nobody is told to come back for that.
fn ends_at_once(verb: Verb) -> bool {
    match verb {
        Verb::Heal | Verb::Scale | Verb::Upgrade | Verb::Drain | Verb::Uncordon | Verb::Rotate => false,
        Verb::Failover | Verb::Backup | Verb::Restore | Verb::Delete => false,
        Verb::Pause | Verb::Resume | Verb::Retry | Verb::Cancel | Verb::Approve | Verb::Fence => true,
        Verb::Kubeconfig | Verb::Brake => true,
    }
}

fn has_failed(one: &Filed) -> bool {
    matches!(one.phase(), OperationPhase::Failed | OperationPhase::Cancelled)
}

/// How an Operation that did not come to its end is told.
fn ended(one: &Filed) -> Failure {
    let outcome = one.operation.status.as_ref().and_then(|status| status.outcome.as_ref());
    let (reason, message) = outcome.map_or(("Unknown", "no outcome was written down"), |outcome| {
        (outcome.reason.as_str(), outcome.message.as_str())
    });
    let exit = match reason {
        "TargetMissing" => Exit::NotFound,
        "PlanChanged" | "TargetChanged" | "Vetoed" => Exit::Refused,
        "WrongTarget" | "NotSupported" => Exit::Usage,
        _ => Exit::Failed,
    };
    let what = match one.phase() {
        OperationPhase::Cancelled => "the Operation was cancelled",
        _ => "the Operation failed",
    };
    Failure::new(exit, what)
        .on(format!("{} (Operation {})", one.request, one.name()))
        .because(color_eyre::Report::msg(format!("{reason}: {message}")))
}

fn how_to_follow(one: &Filed) -> String {
    let (name, namespace) =
        (one.operation.metadata.name.clone().unwrap_or_default(), one.request.namespace());
    format!(
        "  follow it: kaasboard get operation {name} -n {namespace} --watch\n  \
           stop it:   kaasboard cancel {}\n",
        one.name()
    )
}
