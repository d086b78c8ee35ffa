//! etcd's JSON gateway: the same calls as etcd's gRPC, as JSON over HTTP, which every member serves on the port of its
//! clients.
//!
//! Source: etcd's "gRPC gateway" and `rpc.proto` of version 3.5. 64-bit numbers are strings there, as protobuf's JSON
//! mapping has it, and what has the value of its type's default is left out.

use std::error::Error;

use reqwest::{Client, RequestBuilder};
use rustls::AlertDescription;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::etcd::{EtcdAnswer, ListedMember};

/// What a closed connection may mean.
const CLOSED: &str = "it closes the connection at once, as one does that does not take our certificate";

/// Why a member gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// It does not take our certificate.
    Refused,
    /// Anything else.
    Other(String),
}

#[derive(Debug, Deserialize)]
struct Status {
    header: Header,
    #[serde(default, rename = "dbSize", deserialize_with = "number")]
    db_size: u64,
    #[serde(default, deserialize_with = "number")]
    leader: u64,
    #[serde(default, rename = "isLearner")]
    is_learner: bool,
    /// What a person should know, as text; alarms among it.
    #[serde(default)]
    errors: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Header {
    #[serde(deserialize_with = "number")]
    member_id: u64,
}

#[derive(Debug, Deserialize)]
struct Members {
    #[serde(default)]
    members: Vec<Member>,
}

#[derive(Debug, Deserialize)]
struct Member {
    #[serde(rename = "ID", deserialize_with = "number")]
    id: u64,
    #[serde(default)]
    name: String,
    #[serde(default, rename = "peerURLs")]
    peer_urls: Vec<String>,
    #[serde(default, rename = "isLearner")]
    is_learner: bool,
}

/// What the member at this address (`https://…:2379`) says.
///
/// Its alarms are read from its status: asking for alarms is a proposal that all members have to agree on, which is too
/// much for something that is asked all the time, and which is not answered without a leader.
pub(super) async fn ask(client: &Client, address: &str) -> Result<EtcdAnswer, Silence> {
    let post = |path: &str| client.post(format!("{address}{path}"));
    let status: Status = answer(post("/v3/maintenance/status").json(&json!({}))).await?;
    let id = status.header.member_id;
    // A learner tells nothing but its status.
    let members = if status.is_learner {
        Vec::new()
    } else {
        // Not linearizable, so that it is answered without a leader too.
        let listed: Members = answer(post("/v3/cluster/member/list").json(&json!({}))).await?;
        listed.members
    };
    let listed = |member: Member| ListedMember {
        id: member.id,
        name: member.name,
        peer_urls: member.peer_urls,
        learner: member.is_learner,
    };
    Ok(EtcdAnswer {
        id,
        leader: (status.leader != 0).then_some(status.leader),
        db_bytes: status.db_size,
        members: members.into_iter().map(listed).collect(),
        alarms: status.errors.iter().filter_map(|text| alarm(text, id)).collect(),
    })
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Silence> {
    let response = request.send().await.map_err(|error| silence(&error))?;
    let status = response.status();
    let text = response.text().await.map_err(|error| silence(&error))?;
    if !status.is_success() {
        return Err(Silence::Other(format!("it answers {status}: {}", text.trim())));
    }
    serde_json::from_str(&text).map_err(|error| Silence::Other(format!("its answer cannot be read: {error}")))
}

/// Why nothing came back. Whom a server refuses, it tells in an alert of TLS.
pub(super) fn silence(error: &reqwest::Error) -> Silence {
    if error.is_timeout() {
        return Silence::Other("no answer in time".to_owned());
    }
    let mut reason = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        if refuses(cause) {
            return Silence::Refused;
        }
        // In TLS 1.3 a server looks at our certificate when the handshake is over for us. If it closes the connection before
        // the request is on its way, its alert is lost.
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled) {
            return Silence::Other(CLOSED.to_owned());
        }
        reason = cause.to_string();
        next = cause.source();
    }
    Silence::Other(reason)
}

/// Whether a server's alert says that it does not take our certificate. On the way here some become mere text.
fn refuses(cause: &(dyn Error + 'static)) -> bool {
    let told = cause.to_string();
    let Some(alert) = told.strip_prefix("received fatal alert: ") else { return false };
    REFUSALS.iter().any(|refusal| format!("{refusal:?}") == alert)
}

/// The alerts with which servers refuse a certificate (RFC 8446, 6.2).
const REFUSALS: [AlertDescription; 9] = [
    AlertDescription::AccessDenied,
    AlertDescription::BadCertificate,
    AlertDescription::CertificateExpired,
    AlertDescription::CertificateRequired,
    AlertDescription::CertificateRevoked,
    AlertDescription::CertificateUnknown,
    AlertDescription::DecryptError,
    AlertDescription::UnknownCA,
    AlertDescription::UnsupportedCertificate,
];

/// The alarm that this member raised, from etcd's text: `memberID:123 alarm:NOSPACE`.
fn alarm(text: &str, id: u64) -> Option<String> {
    let part = |key: &str| text.split_whitespace().find_map(|word| word.strip_prefix(key));
    let own = part("memberID:")?.parse() == Ok(id);
    part("alarm:").filter(|_| own).map(str::to_owned)
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_about_our_certificate_is_a_refusal() {
        let alert = |description| rustls::Error::AlertReceived(description);
        assert!(refuses(&alert(AlertDescription::UnknownCA)));
        assert!(refuses(&std::io::Error::other("received fatal alert: BadCertificate")));
        assert!(!refuses(&alert(AlertDescription::InternalError)));
        assert!(!refuses(&std::io::Error::other("connection reset by peer")));
    }

    #[test]
    fn an_alarm_is_the_members_that_raised_it() {
        let text = "memberID:13803658152347727308 alarm:NOSPACE ";
        assert_eq!(alarm(text, 13_803_658_152_347_727_308).as_deref(), Some("NOSPACE"));
        assert_eq!(alarm(text, 7), None);
        assert_eq!(alarm("etcdserver: no leader", 7), None);
    }
}
