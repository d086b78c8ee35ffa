//! The two accounts, and by which of them a call is made.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;

use super::account::{Account, AccountError, Open};
use super::balancer_tree::Trees;
use super::call::{Call, Reply};
use super::choices::Choices;
use super::entry::Entry;
use super::failure;
use super::login::{Holder, LoginError, Scope};
use super::network::Subnets;
use super::pages::{self, Listed, Pages, Paging};
use super::quota::Limits;
use crate::cloud::errors::{CloudError, CloudErrorKind};
use crate::cloud::provider::Answer;
use crate::cloud::types::identity::ProjectId;

/// OpenStack, as its accounts reach it.
pub struct OpenStack {
    pub(super) home: Account,
    admin: Option<Account>,
    pub(super) choices: Choices,
    pub(super) trees: Trees,
    pub(super) subnets: Subnets,
    pub(super) balancer_limits: Limits<u32>,
    pub(super) volume_limits: Limits<(u32, u64)>,
    /// By how much compute's clock is ahead of ours, in milliseconds.
    skew: AtomicI64,
}

impl fmt::Debug for OpenStack {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OpenStack").finish_non_exhaustive()
    }
}

/// By whom a call is made.
#[derive(Clone, Copy, Debug)]
pub(super) enum As<'a> {
    /// The administrator where there is one, else the home account in its own project.
    Reader,
    /// The home account in its own project.
    Home,
    /// The home account in this project, and in no other.
    Member(&'a ProjectId),
}

impl OpenStack {
    /// OpenStack by an entry of clouds.yaml, and where each cluster is to have a project of its own, by an administrator's
    /// entry. Nobody is asked yet.
    ///
    /// # Errors
    /// When an entry is of no use.
    pub fn new(home: Entry, admin: Option<Entry>) -> Result<Self, AccountError> {
        Ok(Self {
            home: Account::new(home)?,
            admin: admin.map(Account::new).transpose()?,
            choices: Choices::default(),
            trees: Trees::default(),
            subnets: Subnets::default(),
            balancer_limits: Limits::default(),
            volume_limits: Limits::default(),
            skew: AtomicI64::default(),
        })
    }

    /// The project of the home account.
    ///
    /// # Errors
    /// When the account is not let in, or its token is for no project.
    pub async fn home_project(&self) -> Answer<ProjectId> {
        let call = Call::login("log in");
        let holder = self.home_holder(&call).await?;
        let nowhere = || CloudErrorKind::Invalid("the entry names no project".to_owned());
        holder.project.map(|project| ProjectId::new(project.id)).ok_or_else(|| call.failed(nowhere()))
    }

    pub(super) fn has_admin(&self) -> bool {
        self.admin.is_some()
    }

    /// Asks for things of all projects, if that is allowed.
    pub(super) fn everywhere(&self, call: Call) -> Call {
        if self.has_admin() { call.query("all_tenants", "1") } else { call }
    }

    pub(super) fn skew(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.skew.load(Ordering::Relaxed))
    }

    pub(super) fn keep_skew(&self, skew: TimeDelta) {
        self.skew.store(skew.num_milliseconds(), Ordering::Relaxed);
    }

    /// Whom the home account's token belongs to.
    pub(super) async fn home_holder(&self, call: &Call) -> Answer<Holder> {
        holder(&self.home, call).await
    }

    /// Whom the administrator's token belongs to, if there is one.
    pub(super) async fn admin_holder(&self, call: &Call) -> Answer<Option<Holder>> {
        match &self.admin {
            Some(admin) => holder(admin, call).await.map(Some),
            None => Ok(None),
        }
    }

    /// The domain that projects are made in: that of the home account's own.
    pub(super) async fn home_domain(&self, call: &Call) -> Answer<String> {
        let holder = self.home_holder(call).await?;
        let place = holder.project.and_then(|project| project.domain).or(holder.user.domain);
        let nowhere = || CloudErrorKind::Invalid("the entry's project has no domain".to_owned());
        place.map(|place| place.id).ok_or_else(|| call.failed(nowhere()))
    }

    pub(super) async fn send(&self, who: As<'_>, call: &Call) -> Answer<Reply> {
        call.send(&self.open(who, call).await?).await
    }

    /// The same, where it is as well if there is nothing to act on.
    pub(super) async fn send_if_there(&self, who: As<'_>, call: &Call) -> Answer<()> {
        match self.send(who, call).await {
            Err(error) if !error.is_not_found() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    pub(super) async fn fetch<T: DeserializeOwned>(&self, who: As<'_>, call: &Call) -> Answer<T> {
        call.read(&self.send(who, call).await?)
    }

    pub(super) async fn all<T: Listed>(
        &self,
        who: As<'_>,
        call: Call,
        key: &str,
        paging: Paging,
    ) -> Answer<Vec<T>> {
        Ok(self.listing(who, call, key, paging).await?.items)
    }

    pub(super) async fn listing<T: Listed>(
        &self,
        who: As<'_>,
        call: Call,
        key: &str,
        paging: Paging,
    ) -> Answer<Pages<T>> {
        let open = self.open(who, &call).await?;
        pages::listing(&open, call, key, paging).await
    }

    async fn open(&self, who: As<'_>, call: &Call) -> Answer<Open> {
        let opened = match (who, &self.admin) {
            (As::Reader, Some(admin)) => admin.open(&Scope::Entry).await,
            (As::Reader, None) | (As::Home, _) => self.home.open(&Scope::Entry).await,
            (As::Member(project), Some(_)) => return self.member(project, call).await,
            (As::Member(project), None) => {
                let own = self.home_project().await?;
                if own != *project {
                    let why = "without an administrator's entry nothing can be done in another project";
                    return Err(call.failed(CloudErrorKind::Denied(why.to_owned())));
                }
                self.home.open(&Scope::Entry).await
            }
        };
        opened.map_err(|error| no_login(call, error))
    }

    /// The home account in a project. It is let in when it first comes.
    async fn member(&self, project: &ProjectId, call: &Call) -> Answer<Open> {
        let scope = Scope::Project(project.clone());
        match self.home.open(&scope).await {
            Err(LoginError::Refused { .. }) => Box::pin(self.let_in(call, project)).await?,
            opened => return opened.map_err(|error| no_login(call, error)),
        }
        self.home.open(&scope).await.map_err(|error| no_login(call, error))
    }

    /// What the service's clock says when ours says this.
    pub(super) fn by_their_clock(&self, ours: DateTime<Utc>) -> DateTime<Utc> {
        ours + self.skew()
    }
}

async fn holder(account: &Account, call: &Call) -> Answer<Holder> {
    let login = |error| no_login(call, error);
    let open = account.open(&Scope::Entry).await.map_err(login)?;
    let token = open.login.token(open.client()).await.map_err(login)?;
    Ok(token.holder.clone())
}

fn no_login(call: &Call, error: LoginError) -> CloudError {
    let kind = failure::kind_of_login(&error);
    CloudError { source: Some(Box::new(error)), ..call.failed(kind) }
}
