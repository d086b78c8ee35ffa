//! What members of a real etcd say.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kaasboard::bootstrap::etcd::Start;
use kaasboard::bootstrap::facts::ClusterFacts;
use kaasboard::workload::access::{Access, AccessError, Workloads};
use kaasboard::workload::direct::Direct;
use kaasboard::workload::etcd::EtcdAnswer;
use reqwest::{Certificate, Identity};
use serde_json::{Value, json};

use crate::members::Member;
use crate::{access, cluster};

const ROOM: u64 = 64 * 1024 * 1024;
/// What a member may take until it does what it should, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn members_tell_who_leads_and_who_they_are_and_a_learner_little() {
    let cluster = cluster(1);
    let first = Start::Static { members: cluster.slots[..3].to_vec() };
    let mut members: Vec<Member> =
        cluster.slots[..3].iter().map(|slot| Member::start(&cluster, slot, &first, ROOM)).collect();
    let (direct, access) = (Direct::new(), access(&cluster, &cluster.pki));
    let mut answers = Vec::new();
    for (slot, member) in cluster.slots.iter().zip(&members) {
        let leads = |answer: &EtcdAnswer| answer.leader.is_some() && answer.members.len() == 3;
        answers.push(told(&direct, &access, slot.address, member, leads).await);
    }
    let leader = answers[0].leader.unwrap();
    assert!(answers.iter().all(|answer| answer.leader == Some(leader)), "{answers:?}");
    assert!(answers.iter().all(|answer| answer.db_bytes > 0 && answer.alarms.is_empty()), "{answers:?}");
    for (answer, slot) in answers.iter().zip(&cluster.slots) {
        let own = answer.members.iter().find(|member| member.id == answer.id).unwrap();
        assert_eq!((&own.name, &own.peer_urls), (&slot.name, &vec![slot.peer_url()]));
        assert!(answer.members.iter().all(|member| !member.learner), "{answer:?}");
    }

    // A learner is added and started as the engine's user data has it.
    let fourth = &cluster.slots[3];
    let wish = json!({ "peerURLs": [fourth.peer_url()], "isLearner": true });
    // Members that have just met change nothing yet.
    let deadline = Instant::now() + PATIENCE;
    while let Err(why) = etcd(&access, &cluster, "/v3/cluster/member/add", &wish).await {
        assert!(Instant::now() < deadline, "{why}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let later = Start::Learner { members: cluster.slots[..3].to_vec() };
    let learner = Member::start(&cluster, fourth, &later, ROOM);
    let said = told(&direct, &access, fourth.address, &learner, |answer| answer.leader.is_some()).await;
    assert_eq!((said.leader, said.members.len()), (Some(leader), 0), "a learner lists nobody: {said:?}");
    let listed = direct.etcd(&access, cluster.slots[0].address).await.unwrap();
    let learning: Vec<&str> =
        listed.members.iter().filter(|member| member.learner).map(|member| member.name.as_str()).collect();
    assert_eq!(learning, [fourth.name.as_str()]);

    // Two of three are gone: whoever is left knows of no leader, and still tells of the members.
    drop(learner);
    members.truncate(1);
    let alone = |answer: &EtcdAnswer| answer.leader.is_none() && answer.members.len() == 4;
    told(&direct, &access, cluster.slots[0].address, &members[0], alone).await;
    let gone = direct.etcd(&access, cluster.slots[1].address).await.unwrap_err();
    assert!(matches!(gone, AccessError::Unreachable { what: "the etcd member", .. }), "{gone}");
}

#[tokio::test]
async fn a_member_without_room_tells_its_alarm_and_strangers_are_refused() {
    const ROOM: u64 = 4 * 1024 * 1024;
    let cluster = cluster(2);
    let slot = &cluster.slots[0];
    let member = Member::start(&cluster, slot, &Start::Static { members: vec![slot.clone()] }, ROOM);
    let (direct, own) = (Direct::new(), access(&cluster, &cluster.pki));
    told(&direct, &own, slot.address, &member, |answer| answer.leader == Some(answer.id)).await;

    let stranger = access(&cluster, &crate::cluster(2).pki);
    let refused = Direct::new().etcd(&stranger, slot.address).await.unwrap_err();
    // Its alert may come too late to be heard.
    let closed =
        "does not answer: it closes the connection at once, as one does that does not take our certificate";
    let is_refused = matches!(refused, AccessError::Refused { what: "the etcd member", .. });
    assert!(is_refused || refused.to_string().ends_with(closed), "{refused}");
    let deceived = access(&crate::cluster(2), &cluster.pki);
    let foreign = Direct::new().etcd(&deceived, slot.address).await.unwrap_err();
    assert!(matches!(foreign, AccessError::Unreachable { .. }), "a server of another authority: {foreign}");

    let value = BASE64_STANDARD.encode(vec![b'x'; 1024 * 1024]);
    let put = async |number: u32| {
        let key = BASE64_STANDARD.encode(format!("key-{number}"));
        etcd(&own, &cluster, "/v3/kv/put", &json!({ "key": key, "value": value })).await
    };
    let mut number = 0;
    while put(number).await.is_ok() {
        number += 1;
        assert!(number < 8, "{number} MiB fit into 4");
    }
    let full = |answer: &EtcdAnswer| answer.alarms == ["NOSPACE"];
    told(&direct, &own, slot.address, &member, full).await;
}

/// What a member says once it says what it should.
async fn told(
    direct: &Direct,
    access: &Access,
    address: std::net::IpAddr,
    member: &Member,
    is_so: impl Fn(&EtcdAnswer) -> bool,
) -> EtcdAnswer {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = direct.etcd(access, address).await;
        if let Some(answer) = answer.as_ref().ok().filter(|answer| is_so(answer)) {
            return answer.clone();
        }
        assert!(Instant::now() < deadline, "{answer:?}\n{}", member.said());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Something that is asked of etcd as its own tools do; and why it was not done.
async fn etcd(access: &Access, cluster: &ClusterFacts, path: &str, body: &Value) -> Result<(), String> {
    let keys = &access.etcd;
    let identity = Identity::from_pem(format!("{}\n{}", keys.certificate, keys.key).as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .use_rustls_tls()
        .tls_built_in_root_certs(false)
        .add_root_certificate(Certificate::from_pem(keys.authority.as_bytes()).unwrap())
        .identity(identity)
        .no_proxy()
        .build()
        .unwrap();
    let url = format!("{}{path}", cluster.slots[0].client_url());
    let answer = client.post(&url).json(body).send().await.unwrap();
    if answer.status().is_success() { Ok(()) } else { Err(answer.text().await.unwrap()) }
}
