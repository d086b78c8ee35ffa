//! What an account may do and which services answer it: for a person who wants to know before anything is made.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;

use super::call::{Call, NotInCatalog, Service};
use super::cloud::{As, OpenStack};
use crate::clock;
use crate::cloud::provider::Answer;

/// Which of the two entries is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one in whose name servers are made.
    Home,
    /// The administrator's.
    Admin,
}

/// Whom a token belongs to and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The user's id.
    pub user: String,
    /// The project's id, if the token is for one.
    pub project: Option<String>,
    /// The roles in it.
    pub roles: Vec<String>,
    /// When the token ends.
    pub expires: DateTime<Utc>,
    /// How far Keystone's clock is ahead of ours, by when it says to have made the token.
    pub ahead: Option<TimeDelta>,
}

/// How a service was found.
#[derive(Debug)]
pub struct Examined {
    /// Its type in the catalog.
    pub kind: &'static str,
    /// What clusters cannot have without it; nothing if there are no clusters without it.
    pub optional_for: Option<&'static str>,
    /// How far its clock is ahead of ours, as far as it says; and its failure to answer.
    pub answer: Answer<Option<TimeDelta>>,
}

/// The services with a path that a member of any project may read, and what is lost without them.
const SERVICES: [(Service, &[&str], Option<&str>); 7] = [
    (Service::Compute, &["flavors"], None),
    (Service::Network, &["networks"], None),
    (Service::Image, &["images"], None),
    (Service::Balancer, &["lbaas", "loadbalancers"], None),
    (Service::Volume, &["volumes"], Some("volumes of pods")),
    (Service::Dns, &["zones"], Some("names of clusters: their addresses alone are told")),
    (Service::Share, &["shares"], Some("shares as a storage backend")),
];

impl OpenStack {
    /// Logs an entry in, and tells what it may do. Nothing if there is no such entry.
    ///
    /// # Errors
    /// When it is not let in.
    pub async fn standing(&self, which: Which) -> Answer<Option<Standing>> {
        let holder = match which {
            Which::Home => Some(self.home_holder(&Call::login("log in")).await?),
            Which::Admin => self.admin_holder(&Call::login("log in as administrator")).await?,
        };
        Ok(holder.map(|holder| Standing {
            ahead: holder.issued_at.map(|issued| issued - clock::now()),
            expires: holder.expires_at,
            roles: holder.roles.into_iter().map(|role| role.name).collect(),
            project: holder.project.map(|project| project.id),
            user: holder.user.id,
        }))
    }

    /// Whether the administrator's entry sees the servers of all projects. Nothing if there is no such entry.
    ///
    /// # Errors
    /// When it may not, or compute does not answer.
    pub async fn sees_everything(&self) -> Answer<Option<()>> {
        if !self.has_admin() {
            return Ok(None);
        }
        let call =
            Call::new(("list servers", "of all projects"), (Service::Compute, Method::GET), &["servers"]);
        let call = call.query("all_tenants", "1").query("limit", "1");
        self.send(As::Reader, &call).await.map(|_| Some(()))
    }

    /// Asks each service for something small.
    pub async fn services(&self) -> Vec<Examined> {
        let asked = SERVICES.into_iter().map(|(service, path, optional_for)| async move {
            let what = path.last().copied().unwrap_or_default();
            let call = Call::new(("list", what), (service, Method::GET), path).query("limit", "1");
            let reply = self.send(As::Home, &call).await;
            let answer = reply.map(|reply| reply.date().map(|theirs| theirs - clock::now()));
            Examined { kind: service.name(), optional_for, answer }
        });
        futures::future::join_all(asked).await
    }
}

impl Examined {
    /// Whether the catalog has no such service, or not for us.
    pub fn is_absent(&self) -> bool {
        let source = self.answer.as_ref().err().and_then(|error| error.source.as_ref());
        source.is_some_and(|source| source.is::<NotInCatalog>())
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::or_without;
    use super::*;
    use crate::cloud::errors::CloudErrorKind;

    /// A service that is there and refuses the question has another fault than one that nobody has.
    #[test]
    fn only_what_the_catalog_does_not_list_is_absent() {
        let call = Call::new(("list", "volumes"), (Service::Volume, Method::GET), &["volumes"]);
        let examined = |error| Examined { kind: "block-storage", optional_for: None, answer: Err(error) };
        assert!(examined(call.without_service()).is_absent());
        let refused = || call.failed(CloudErrorKind::Invalid("no such microversion".to_owned()));
        assert!(!examined(refused()).is_absent());
        assert_eq!(or_without(Err(call.without_service()), || 7).ok(), Some(7));
        assert!(or_without(Err(refused()), || 7).is_err());
    }
}
