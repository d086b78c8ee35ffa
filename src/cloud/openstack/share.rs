//! Who may reach a project's shares (Manila).
//!
//! The access list of a project is that of all its shares together: an address is on it if it may reach each of them.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Service};
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::provider::Answer;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::storage::{AccessRule, AccessRuleId};

/// Manila's word for a rule in force.
const ACTIVE: &str = "active";
/// Rules that let an address in.
const BY_ADDRESS: &str = "ip";

#[derive(Deserialize)]
struct Share {
    id: String,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
    access_type: String,
    access_to: String,
    state: String,
}

impl Listed for Share {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for Rule {
    fn id(&self) -> &str {
        &self.id
    }
}

impl OpenStack {
    /// The id of a rule is the address that it lets in: there may be one of Manila's for each share.
    pub(super) async fn list_rules(&self, project: &ProjectId) -> Answer<Vec<AccessRule>> {
        let shares = self.shares("list access rules", project).await?;
        let mut seen: BTreeMap<String, (usize, bool)> = BTreeMap::new();
        for share in &shares {
            for rule in self.rules_of(project, share).await? {
                let (count, active) = seen.entry(rule.access_to).or_insert((0, true));
                *count += 1;
                *active &= rule.state == ACTIVE;
            }
        }
        let rules = seen.into_iter().map(|(address, (count, active))| AccessRule {
            id: AccessRuleId::new(address.as_str()),
            initiator: address,
            active: active && count == shares.len(),
        });
        Ok(rules.collect())
    }

    pub(super) async fn let_reach(&self, project: &ProjectId, address: &str) -> Answer<AccessRule> {
        let shares = self.shares("grant access", project).await?;
        if shares.is_empty() {
            let call = Call::new(("grant access", address), (Service::Share, Method::GET), &[]);
            return Err(call.failed(CloudErrorKind::Invalid("the project has no share".to_owned())));
        }
        let mut added = 0;
        for share in &shares {
            let there = self.rules_of(project, share).await?;
            if there.iter().any(|rule| rule.access_to == address) {
                continue;
            }
            let path = ["shares", share.id.as_str(), "action"];
            let call = Call::new(("grant access", address), (Service::Share, Method::POST), &path);
            let body = json!({ "access_type": BY_ADDRESS, "access_to": address, "access_level": "rw" });
            self.send(As::Member(project), &call.body(json!({ "allow_access": body }))).await?;
            added += 1;
        }
        if added == 0 {
            let call = Call::new(("grant access", address), (Service::Share, Method::GET), &[]);
            return Err(call.failed(CloudErrorKind::Conflict("it has access already".to_owned())));
        }
        Ok(AccessRule { id: AccessRuleId::new(address), initiator: address.to_owned(), active: false })
    }

    pub(super) async fn shut_out(&self, project: &ProjectId, id: &AccessRuleId) -> Answer<()> {
        let shares = self.shares("revoke access", project).await?;
        let mut removed = 0;
        for share in &shares {
            for rule in self.rules_of(project, share).await? {
                if rule.access_to != id.as_str() {
                    continue;
                }
                let path = ["shares", share.id.as_str(), "action"];
                let call = Call::new(("revoke access", id.as_str()), (Service::Share, Method::POST), &path);
                let call = call.body(json!({ "deny_access": { "access_id": rule.id } }));
                self.send(As::Member(project), &call).await?;
                removed += 1;
            }
        }
        let call = Call::new(("revoke access", id.as_str()), (Service::Share, Method::GET), &[]);
        if removed == 0 { Err(call.absent()) } else { Ok(()) }
    }

    async fn shares(&self, operation: &'static str, project: &ProjectId) -> Answer<Vec<Share>> {
        let call = Call::new((operation, project.as_str()), (Service::Share, Method::GET), &["shares"]);
        self.all::<Share>(As::Member(project), call, "shares", Paging::Offset).await
    }

    async fn rules_of(&self, project: &ProjectId, share: &Share) -> Answer<Vec<Rule>> {
        let about = ("list access rules", share.id.as_str());
        let call = Call::new(about, (Service::Share, Method::GET), &["share-access-rules"]);
        let call = call.query("share_id", share.id.as_str());
        let rules = self.all::<Rule>(As::Member(project), call, "access_list", Paging::Whole).await?;
        Ok(rules.into_iter().filter(|rule| rule.access_type == BY_ADDRESS).collect())
    }
}
