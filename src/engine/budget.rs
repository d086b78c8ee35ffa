//! How many calls the cloud is asked to bear, and how many it got.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::clock;
use crate::cloud::errors::{CloudError, CloudErrorKind};

/// The calls in flight to one service. A cloud that is asked more at a time gets slower, not faster.
const IN_FLIGHT: usize = 16;
/// The calls a second to one service, over a while.
const RATE: u32 = 200;
/// How many calls may come at once after a quiet time.
const BURST: u32 = 400;
/// The least that anybody waits for a token: what a timer can do.
const LEAST: Duration = Duration::from_millis(1);
const NANOSECONDS: f64 = 1e9;
/// How long a service that said `too many` without saying how long is left alone.
const REST: TimeDelta = TimeDelta::seconds(5);

/// The services, each with a budget of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are OpenStack's words for them")]
pub enum Service {
    Compute,
    Network,
    LoadBalancer,
    Identity,
    Storage,
    Dns,
    Image,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Compute,
        Self::Network,
        Self::LoadBalancer,
        Self::Identity,
        Self::Storage,
        Self::Dns,
        Self::Image,
    ];
}

/// What a service was asked and what it answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Calls that were answered as wished.
    pub succeeded: u64,
    /// Calls that failed, by what the failure means.
    pub failed: BTreeMap<Cow<'static, str>, u64>,
    /// Until when the service asked to be left alone.
    pub resting_until: Option<DateTime<Utc>>,
    /// Calls that wait for their turn.
    pub waiting: usize,
    /// Calls in flight.
    pub in_flight: usize,
}

#[derive(Debug)]
struct Purse {
    slots: Semaphore,
    account: Mutex<Account>,
}

#[derive(Debug)]
struct Account {
    spent: Spent,
    tokens: f64,
    filled: DateTime<Utc>,
}

/// The budgets of all services.
#[derive(Debug)]
pub struct Budget {
    purses: BTreeMap<Service, Purse>,
}

impl Default for Budget {
    fn default() -> Self {
        let now = clock::now();
        let account = || Account { spent: Spent::default(), tokens: f64::from(BURST), filled: now };
        let purse = || Purse { slots: Semaphore::new(IN_FLIGHT), account: Mutex::new(account()) };
        Self { purses: Service::ALL.into_iter().map(|service| (service, purse())).collect() }
    }
}

impl Budget {
    /// Makes a call when the service's budget has room for it, and keeps the account.
    ///
    /// # Errors
    /// What the call itself answers.
    pub async fn call<T>(
        &self,
        service: Service,
        call: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, CloudError> {
        let Some(purse) = self.purses.get(&service) else { return call.await };
        let _slot = purse.enter().await;
        let answer = call.await;
        purse.leave(answer.as_ref().err());
        answer
    }

    /// What each service was asked and answered.
    pub fn spent(&self) -> BTreeMap<Service, Spent> {
        let told = self.purses.iter().map(|(service, purse)| (*service, purse.told()));
        told.collect()
    }

    /// All calls together.
    pub fn calls(&self) -> u64 {
        self.spent().values().map(|spent| spent.succeeded + spent.failed.values().sum::<u64>()).sum()
    }
}

impl Purse {
    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        self.account(|account| account.spent.waiting += 1);
        // The semaphore is never closed.
        let slot = self.slots.acquire().await.ok();
        while let Some(wait) = self.account(Account::take) {
            tokio::time::sleep(wait).await;
        }
        self.account(|account| {
            account.spent.waiting -= 1;
            account.spent.in_flight += 1;
        });
        slot
    }

    fn leave(&self, failure: Option<&CloudError>) {
        let now = clock::now();
        self.account(|account| {
            let spent = &mut account.spent;
            spent.in_flight -= 1;
            let Some(failure) = failure else {
                spent.succeeded += 1;
                return;
            };
            *spent.failed.entry(Cow::Borrowed(word(&failure.kind))).or_default() += 1;
            if let CloudErrorKind::Throttled { retry_after } = &failure.kind {
                let rest = retry_after.and_then(|rest| TimeDelta::from_std(rest).ok()).unwrap_or(REST);
                spent.resting_until = spent.resting_until.max(Some(now + rest));
            }
        });
    }

    fn told(&self) -> Spent {
        self.account(|account| account.spent.clone())
    }

    fn account<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        change(&mut self.account.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Account {
    /// Takes a token, or says how long to wait for one.
    fn take(&mut self) -> Option<Duration> {
        let now = clock::now();
        if let Some(until) = self.spent.resting_until {
            if until > now {
                return Some(clock::real(until - now));
            }
            self.spent.resting_until = None;
        }
        // A sandbox's cloud answers by the sandbox's clock, so that its budget goes by it too.
        let passed = (now - self.filled).as_seconds_f64();
        self.tokens = (self.tokens + passed * f64::from(RATE)).min(f64::from(BURST));
        self.filled = now;
        if self.tokens < 1.0 {
            let missing = (1.0 - self.tokens) / f64::from(RATE);
            // A wait of nothing would be asked for again and again.
            let wait = TimeDelta::nanoseconds((missing * NANOSECONDS) as i64);
            return Some(clock::real(wait).max(LEAST));
        }
        self.tokens -= 1.0;
        None
    }
}

fn word(kind: &CloudErrorKind) -> &'static str {
    match kind {
        CloudErrorKind::Transient => "transient",
        CloudErrorKind::Throttled { .. } => "throttled",
        CloudErrorKind::Conflict(_) => "conflict",
        CloudErrorKind::NotFound => "not-found",
        CloudErrorKind::Denied(_) => "denied",
        CloudErrorKind::Quota(_) => "quota",
        CloudErrorKind::Invalid(_) => "invalid",
        CloudErrorKind::OutcomeUnknown(_) => "outcome-unknown",
    }
}
