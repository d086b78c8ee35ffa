//! What a project may use, as four services each keep it for themselves.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, Service, or_without};
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::cloud::provider::Answer;
use crate::cloud::types::identity::{ProjectId, Quota, QuotaUse};

/// A limit and what is used of it. Less than zero is no limit. What is reserved counts as used: it will be.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Amount {
    limit: i64,
    #[serde(alias = "in_use", default)]
    used: i64,
    #[serde(default)]
    reserved: i64,
}

impl Amount {
    fn limit(self) -> u64 {
        u64::try_from(self.limit).unwrap_or(u64::MAX)
    }

    fn used(self) -> u64 {
        u64::try_from(self.used + self.reserved).unwrap_or_default()
    }
}

/// The amounts of a service; whatever else it says is passed over.
#[derive(Debug, Default)]
struct Amounts(HashMap<String, Amount>);

impl Amounts {
    fn read(all: HashMap<String, Value>) -> Self {
        let amounts =
            all.into_iter().filter_map(|(key, value)| Some((key, serde_json::from_value(value).ok()?)));
        Self(amounts.collect())
    }

    fn of(&self, key: &str) -> Amount {
        self.0.get(key).copied().unwrap_or(Amount { limit: -1, ..Amount::default() })
    }
}

#[derive(Deserialize)]
struct Set {
    #[serde(alias = "quota")]
    quota_set: HashMap<String, Value>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

impl Listed for Named {
    fn id(&self) -> &str {
        &self.id
    }
}

impl OpenStack {
    pub(super) async fn show_quota(&self, project: &ProjectId) -> Answer<QuotaUse> {
        let id = project.as_str();
        let compute = self.amounts(id, Service::Compute, &["os-quota-sets", id, "detail"]).await?;
        let network = self.amounts(id, Service::Network, &["quotas", id, "details"]).await?;
        let volume = or_without(self.volume_amounts(id).await, || self.volume_limits.amounts(id))?;
        let balancers = self.balancers_of(id).await?;
        let [servers, cores, memory] = ["instances", "cores", "ram"].map(|key| compute.of(key));
        let (ports, volumes, gib) = (network.of("port"), volume.of("volumes"), volume.of("gigabytes"));
        let quota = |of: fn(Amount) -> u64| Quota {
            servers: narrow(of(servers)),
            cores: narrow(of(cores)),
            memory_mib: of(memory),
            ports: narrow(of(ports)),
            balancers: narrow(of(balancers)),
            volumes: narrow(of(volumes)),
            volume_gib: of(gib),
        };
        Ok(QuotaUse { limit: quota(Amount::limit), used: quota(Amount::used) })
    }

    pub(super) async fn change_quota(&self, project: &ProjectId, quota: &Quota) -> Answer<()> {
        let id = project.as_str();
        let compute = json!({ "quota_set": {
            "instances": quota.servers, "cores": quota.cores, "ram": quota.memory_mib, "force": true,
        }});
        self.put(id, Service::Compute, &["os-quota-sets", id], compute).await?;
        let network = json!({ "quota": { "port": quota.ports } });
        self.put(id, Service::Network, &["quotas", id], network).await?;
        let volume = json!({ "quota_set": { "volumes": quota.volumes, "gigabytes": quota.volume_gib } });
        or_without(self.put(id, Service::Volume, &["os-quota-sets", id], volume).await, || ())?;
        self.volume_limits.set(id, Some((quota.volumes, quota.volume_gib)));
        if self.balancer_limits.of(id) == Some(quota.balancers) {
            return Ok(());
        }
        let balancer = json!({ "quota": { "load_balancer": quota.balancers } });
        self.put(id, Service::Balancer, &["lbaas", "quotas", id], balancer).await?;
        self.balancer_limits.set(id, Some(quota.balancers));
        Ok(())
    }

    /// Forgets what was set for a project that goes; the services would keep it for ever. Octavia keeps a line for each
    /// project that ever had a balancer, whatever is reset.
    pub(super) async fn reset_quotas(&self, project: &ProjectId) -> Answer<()> {
        let id = project.as_str();
        let all: [(Service, &[&str]); 3] = [
            (Service::Compute, &["os-quota-sets", id]),
            (Service::Network, &["quotas", id]),
            (Service::Volume, &["os-quota-sets", id]),
        ];
        self.balancer_limits.set(id, None);
        self.volume_limits.set(id, None);
        for (service, path) in all {
            let call = Call::new(("reset quota", id), (service, Method::DELETE), path);
            or_without(self.send_if_there(As::Reader, &call).await, || ())?;
        }
        Ok(())
    }

    async fn usual_balancers(&self, project: &str) -> Answer<i64> {
        let path = ["lbaas", "quotas", project, "default"];
        let call = Call::new(("show quota", project), (Service::Balancer, Method::GET), &path);
        let set = self.fetch::<Set>(As::Reader, &call).await?.quota_set;
        Ok(set.get("load_balancer").and_then(Value::as_i64).unwrap_or(-1))
    }

    async fn put(&self, project: &str, service: Service, path: &[&str], body: Value) -> Answer<()> {
        let call = Call::new(("set quota", project), (service, Method::PUT), path).body(body);
        self.send(As::Reader, &call).await.map(|_| ())
    }

    async fn amounts(&self, project: &str, service: Service, path: &[&str]) -> Answer<Amounts> {
        let call = Call::new(("show quota", project), (service, Method::GET), path);
        Ok(Amounts::read(self.fetch::<Set>(As::Reader, &call).await?.quota_set))
    }

    async fn volume_amounts(&self, project: &str) -> Answer<Amounts> {
        let path = ["os-quota-sets", project];
        let call = Call::new(("show quota", project), (Service::Volume, Method::GET), &path);
        let set = self.fetch::<Set>(As::Reader, &call.query("usage", "true")).await?;
        Ok(Amounts::read(set.quota_set))
    }

    /// Octavia's own answer to this question costs it a connection to its database for good (18.0), and is not asked for:
    /// the limit is what was set by us, or else what projects have by default. What is used is counted.
    async fn balancers_of(&self, project: &str) -> Answer<Amount> {
        let limit = match self.balancer_limits.of(project) {
            Some(limit) => i64::from(limit),
            None => self.usual_balancers(project).await?,
        };
        let about = ("show quota", project);
        let call = Call::new(about, (Service::Balancer, Method::GET), &["lbaas", "loadbalancers"]);
        let call = call.query("project_id", project).query("fields", "id");
        let there = self.all::<Named>(As::Reader, call, "loadbalancers", Paging::Marker).await?;
        let used = i64::try_from(there.len()).unwrap_or(i64::MAX);
        Ok(Amount { limit, used, reserved: 0 })
    }
}

/// What each project may have, as far as we said so.
#[derive(Debug)]
pub(super) struct Limits<T>(Mutex<HashMap<String, T>>);

impl<T> Default for Limits<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Copy> Limits<T> {
    fn of(&self, project: &str) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(project).copied()
    }

    fn set(&self, project: &str, limit: Option<T>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match limit {
            Some(limit) => all.insert(project.to_owned(), limit),
            None => all.remove(project),
        };
    }
}

impl Limits<(u32, u64)> {
    /// The volumes of a project in a cloud that has none: it may have what was said, so that it is said once.
    fn amounts(&self, project: &str) -> Amounts {
        let Some((volumes, gib)) = self.of(project) else { return Amounts::default() };
        let amount = |limit| Amount { limit, ..Amount::default() };
        Amounts(HashMap::from([
            ("volumes".to_owned(), amount(i64::from(volumes))),
            ("gigabytes".to_owned(), amount(i64::try_from(gib).unwrap_or(i64::MAX))),
        ]))
    }
}

fn narrow(amount: u64) -> u32 {
    u32::try_from(amount).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without that, the limits would differ from what is wanted for ever, and be set at every look.
    #[test]
    fn a_cloud_without_volumes_keeps_what_was_said_of_them() {
        let limits = Limits::default();
        assert_eq!(limits.amounts("shop").of("volumes").limit(), u64::MAX);
        limits.set("shop", Some((20, 500)));
        let amounts = limits.amounts("shop");
        assert_eq!(["volumes", "gigabytes"].map(|key| amounts.of(key).limit()), [20, 500]);
        assert_eq!(amounts.of("volumes").used(), 0);
    }
}
