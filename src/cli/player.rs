//! Plays a story on a running sandbox, through its manager, as people would: faults by their ConfigMap, changes by patches.

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::Report;
use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use serde_json::Value;

use super::audience::{Audience, Listeners};
use super::failure::{Exit, Failure};
use super::fault;
use super::kinds::{self, Named};
use super::objects::unanswered;
use crate::api::condition::ConditionStatus;
use crate::clock;
use crate::console::key::{self, Key};
use crate::simulation::lab;
use crate::simulation::scenario::{Change, Scenario, See, Step, Wait};

/// How often something is looked at that is waited for.
const LOOK: TimeDelta = TimeDelta::seconds(2);
/// The same by the wall clock, however fast time goes.
const BREATH: std::time::Duration = std::time::Duration::from_millis(20);

/// Plays a story to its end, and tells it in lines. Answers how much of what had to come true did not.
///
/// # Errors
/// When the manager does not answer, or an object of the story is not there; the error says at which step.
pub async fn play(
    client: &Client,
    scenario: &Scenario,
    tell: impl Fn(&str) + Send + Sync,
) -> Result<usize, Failure> {
    play_before(&mut Listeners(tell), client, scenario).await
}

/// The same before people, or a program, with a screen.
///
/// # Errors
/// When the manager does not answer, an object of the story is not there, or its keys are none.
pub async fn play_before(
    audience: &mut impl Audience,
    client: &Client,
    scenario: &Scenario,
) -> Result<usize, Failure> {
    let keys = keys(scenario)?;
    audience.tell(&format!("scenario: {}", scenario.title));
    if !scenario.about.is_empty() {
        audience.tell(&scenario.about);
    }
    let begun = clock::now();
    let mut missed = 0;
    for (index, (step, keys)) in scenario.steps.iter().zip(&keys).enumerate() {
        sleep_until(begun, step).await;
        let taken = take(audience, client, step, keys).await;
        if !taken.map_err(|failure| failure.at(format!("step {}", index + 1)))? {
            missed += 1;
            // Where there is a screen, what follows would press keys on another one than the story means.
            if audience.look().await.is_some() {
                audience.tell(&format!("the story ends at step {}", index + 1));
                break;
            }
        }
    }
    audience.tell(&match missed {
        0 => "the scenario is over, and everything came true".to_owned(),
        count => format!("the scenario is over; {count} times something did not come true"),
    });
    Ok(missed)
}

async fn sleep_until(begun: DateTime<Utc>, step: &Step) {
    let at = step.at.map(|at| begun + at.to_chrono() - clock::now());
    let pause = at.or(step.after.map(|after| after.to_chrono())).unwrap_or_default();
    if pause > TimeDelta::zero() {
        clock::sleep(pause).await;
    }
}

/// The keys of each step.
fn keys(scenario: &Scenario) -> Result<Vec<Vec<Key>>, Failure> {
    let of = |(index, step): (usize, &Step)| {
        let wrong = |why: String| {
            Failure::new(Exit::Usage, "the story presses what is no key")
                .on(format!("step {}", index + 1))
                .because(Report::msg(why))
        };
        step.press.as_deref().map_or(Ok(Vec::new()), |keys| key::sequence(keys).map_err(wrong))
    };
    scenario.steps.iter().enumerate().map(of).collect()
}

/// Does a step; whether what it waits for came true.
async fn take(
    audience: &mut impl Audience,
    client: &Client,
    step: &Step,
    keys: &[Key],
) -> Result<bool, Failure> {
    if let Some(say) = &step.say {
        audience.narrate(say, step.point.as_deref()).await;
    }
    if let Some(fault) = &step.fault {
        audience.tell(&format!("fault: {} {}", fault.kind, fault.target.as_deref().unwrap_or_default()));
        // It keeps the name that the story gave it, by which the story ends it.
        let found = fault::found(client, fault.clone()).await?;
        fault::begin(client, &fault.name(), &found).await?;
    }
    if let Some(name) = &step.end {
        audience.tell(&format!("fault ends: {name}"));
        end(client, name).await?;
    }
    if let Some(change) = &step.change {
        audience.tell(&format!("{}: {}", if change.delete { "deleted" } else { "changed" }, change.object));
        write(client, change).await?;
    }
    if !keys.is_empty() {
        audience.press(keys).await;
    }
    if let Some(text) = &step.write {
        audience.press(&text.chars().map(Key::letter).collect::<Vec<_>>()).await;
    }
    if let Some(see) = &step.see
        && !seen(audience, see).await
    {
        return Ok(false);
    }
    match &step.wait {
        Some(wait) => waited(audience, client, wait).await,
        None => Ok(true),
    }
}

/// Takes a fault away, or all of them.
///
/// # Errors
/// When the manager does not answer.
pub async fn end(client: &Client, name: &str) -> Result<Vec<String>, Failure> {
    let failed = |error: kube::Error| unanswered(error.into());
    let map = lab::api(client).get(lab::NAME).await.map_err(failed)?;
    let all = map.data.unwrap_or_default().into_keys();
    let ended: Vec<String> = all.filter(|known| name == "all" || known == name).collect();
    for name in &ended {
        lab::write(client, name, None).await.map_err(failed)?;
    }
    Ok(ended)
}

/// An object or all of a kind, as a story names it.
fn named(text: &str) -> Result<(Named, Option<&str>, Option<&str>), Failure> {
    let mut parts = text.split('/');
    let kind = kinds::find(parts.next().unwrap_or_default())?;
    Ok(match (parts.next(), parts.next()) {
        (Some(tenant), Some(name)) => (kind, Some(tenant), Some(name)),
        (name, _) => (kind, None, name),
    })
}

fn api(client: &Client, kind: &Named, tenant: Option<&str>) -> Api<DynamicObject> {
    let resource = kind.resource();
    match tenant {
        Some(tenant) if kind.namespaced => Api::namespaced_with(client.clone(), tenant, &resource),
        Some(_) | None => Api::all_with(client.clone(), &resource),
    }
}

async fn found(client: &Client, text: &str) -> Result<Vec<DynamicObject>, Failure> {
    let (kind, tenant, name) = named(text)?;
    let mut how = ListParams::default();
    if let Some(name) = name {
        how = how.fields(&format!("metadata.name={name}"));
    }
    let list = api(client, &kind, tenant).list(&how).await;
    Ok(list.map_err(|error| unanswered(error.into()).on(text))?.items)
}

async fn write(client: &Client, change: &Change) -> Result<(), Failure> {
    let (kind, ..) = named(&change.object)?;
    for object in found(client, &change.object).await? {
        let api = api(client, &kind, object.metadata.namespace.as_deref());
        let name = object.metadata.name.clone().unwrap_or_default();
        let done = match &change.patch {
            Some(patch) => api.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await.map(|_| ()),
            None => api.delete(&name, &DeleteParams::default()).await.map(|_| ()),
        };
        done.map_err(|error| unanswered(error.into()).on(&change.object))?;
    }
    Ok(())
}

/// Waits until the screen shows a text.
async fn seen(audience: &mut impl Audience, see: &See) -> bool {
    let begun = clock::now();
    loop {
        let Some(screen) = audience.look().await else { return true };
        let took = clock::now() - begun;
        if screen.contains(&see.text) {
            audience.tell(&format!("seen after {}s: {}", took.num_seconds(), see.text));
            return true;
        }
        if took > see.within.to_chrono() {
            let waited = took.num_seconds();
            audience.tell(&format!("NOT on the screen within {waited}s: {}\n{screen}", see.text));
            return false;
        }
        clock::sleep(LOOK).await;
        tokio::time::sleep(BREATH).await;
    }
}

async fn waited(audience: &mut impl Audience, client: &Client, wait: &Wait) -> Result<bool, Failure> {
    let what = described(wait);
    audience.tell(&format!("waiting: {what}"));
    let begun = clock::now();
    loop {
        let objects = found(client, &wait.object).await?;
        let took = clock::now() - begun;
        if is_so(wait, &objects) {
            audience.tell(&format!("came true after {}s: {what}", took.num_seconds()));
            return Ok(true);
        }
        if took > wait.within.to_chrono() {
            audience.tell(&format!("did NOT come true within {}s: {what}", took.num_seconds()));
            return Ok(false);
        }
        clock::sleep(LOOK).await;
        tokio::time::sleep(BREATH).await;
    }
}

fn described(wait: &Wait) -> String {
    match (&wait.condition, wait.count) {
        (Some(condition), _) => format!("{} has {condition}={:?}", wait.object, wait.status),
        (None, Some(count)) => format!("there are {count} of {}", wait.object),
        (None, None) => format!("{} is gone", wait.object),
    }
}

fn is_so(wait: &Wait, objects: &[DynamicObject]) -> bool {
    match (&wait.condition, wait.count) {
        (Some(condition), _) => {
            !objects.is_empty() && objects.iter().all(|one| has(one, condition, wait.status))
        }
        (None, Some(count)) => objects.len() == count,
        (None, None) => objects.is_empty(),
    }
}

fn has(object: &DynamicObject, condition: &str, status: ConditionStatus) -> bool {
    let all = object.data["status"]["conditions"].as_array().into_iter().flatten();
    let found = all.filter(|one| one["type"] == condition).map(|one| &one["status"]);
    let wanted = Value::from(format!("{status:?}"));
    found.into_iter().any(|found| *found == wanted)
}
