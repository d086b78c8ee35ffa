//! Projects, quotas, credentials, security groups, names, volumes and access lists.

use std::net::IpAddr;

use kaasboard::api::names::Tag;
use kaasboard::cloud::errors::CloudErrorKind;
use kaasboard::cloud::types::belonging::BelongingSort;
use kaasboard::cloud::types::compute::SpreadPolicy;
use kaasboard::cloud::types::identity::{NewProject, Quota};
use kaasboard::cloud::types::network::{
    IngressRule, NewPort, NewSecurityGroup, Protocol, RecordState, RuleSource,
};

use crate::helper::sdk;
use crate::helper::stage::{Stage, ZONE, kind, plenty, tell, tell_real};

#[test]
fn a_projects_name_is_unique_its_quota_holds_and_its_credential_is_revoked_once() {
    tell("projects", |stage| Box::pin(projects(stage)));
}

async fn projects(stage: &Stage) {
    if !stage.own {
        return eprintln!("NOT RUN: what needs a project of its own: there is no administrator's entry");
    }
    let (cloud, project) = (&stage.cloud, &stage.project);
    let same = NewProject { name: stage.mark.clone(), description: String::new(), tags: Vec::new() };
    assert!(matches!(kind(cloud.create_project(&same).await), CloudErrorKind::Conflict(_)));
    assert_eq!(cloud.project_named(&stage.mark).await.unwrap().unwrap().id, *project);
    assert_eq!(cloud.project_named("nobody's").await.unwrap(), None);
    cloud.set_quota(project, &plenty()).await.unwrap();
    let made = stage.server(1).await.1;
    stage.settled(&made).await;
    let used = cloud.quota(project).await.unwrap();
    assert_eq!((used.used.servers, used.used.cores, used.used.memory_mib, used.used.ports), (1, 2, 4096, 1));
    assert_eq!((used.limit.servers, used.limit.balancers, used.limit.volume_gib), (40, 4, 100));
    cloud.set_quota(project, &Quota { servers: 1, ports: 2, ..used.limit }).await.unwrap();
    let port = stage.port(2).await;
    let refused = cloud.create_server(&stage.new_server(&port, 2)).await.unwrap_err();
    assert!(matches!(&refused.kind, CloudErrorKind::Quota(what) if what.contains("instances")), "{refused}");
    let refused = kind(cloud.create_port(&stage.new_port(3)).await);
    assert!(matches!(refused, CloudErrorKind::Quota(_)), "{refused}");
    stage.clear(1..4).await;
    let first = cloud.create_credential(project, "storage-1").await.unwrap();
    let second = cloud.create_credential(project, "storage-1").await.unwrap();
    assert_ne!(first.id, second.id, "one whose secret nobody has gives way to another");
    assert!(!second.secret.is_empty() && !format!("{second:?}").contains(&second.secret));
    assert_eq!(kind(cloud.revoke_credential(project, &first.id).await), CloudErrorKind::NotFound);
    assert!(!cloud.knows_credential(project, &first.id).await.unwrap());
    assert!(cloud.knows_credential(project, &second.id).await.unwrap());
    cloud.revoke_credential(project, &second.id).await.unwrap();
    assert!(!cloud.knows_credential(project, &second.id).await.unwrap());
    assert_eq!(kind(cloud.revoke_credential(project, &second.id).await), CloudErrorKind::NotFound);
}

#[test]
fn a_security_group_has_the_rules_it_was_made_with_and_goes_after_its_ports() {
    tell("security groups", |stage| Box::pin(security_groups(stage)));
}

async fn security_groups(stage: &Stage) {
    let (cloud, project) = (&stage.cloud, &stage.project);
    let range = || RuleSource::Range("10.0.0.0/8".into());
    let mut rules = vec![
        IngressRule { protocol: None, ports: None, from: RuleSource::Members },
        IngressRule { protocol: Some(Protocol::Tcp), ports: Some((30000, 32767)), from: range() },
        IngressRule { protocol: Some(Protocol::Icmp), ports: None, from: range() },
    ];
    rules.sort();
    let wanted = NewSecurityGroup {
        project: project.clone(),
        name: format!("{}-nodes", stage.mark),
        rules: rules.clone(),
        tags: Vec::new(),
    };
    let group = cloud.create_security_group(&wanted).await.unwrap();
    let listed = cloud.security_groups(project).await.unwrap();
    let mut found = listed.into_iter().find(|known| known.id == group.id).unwrap();
    found.rules.sort();
    assert_eq!((found.name, found.rules), (wanted.name, rules));
    let guarded = NewPort { security_groups: vec![group.id.clone()], ..stage.new_port(1) };
    let port = cloud.create_port(&guarded).await.unwrap();
    let refused = kind(cloud.delete_security_group(project, &group.id).await);
    assert!(matches!(refused, CloudErrorKind::Conflict(_)), "{refused}");
    cloud.delete_port(project, &port.id).await.unwrap();
    cloud.delete_security_group(project, &group.id).await.unwrap();
    assert_eq!(kind(cloud.delete_security_group(project, &group.id).await), CloudErrorKind::NotFound);
    let guarded = NewPort { security_groups: vec![group.id], ..stage.new_port(1) };
    assert!(matches!(kind(cloud.create_port(&guarded).await), CloudErrorKind::Invalid(_)));
}

#[test]
fn a_name_is_taken_once_and_is_answered_after_a_while() {
    tell("names", |stage| Box::pin(names(stage)));
}

async fn names(stage: &Stage) {
    if stage.world.is_none() {
        sdk::python(&format!(
            "cloud.dns.find_zone('{ZONE}') or cloud.dns.create_zone(name='{ZONE}', email='a@devcloud.test')"
        ));
    }
    let (cloud, project) = (&stage.cloud, &stage.project);
    let address: IpAddr = "198.18.0.20".parse().unwrap();
    let name = format!("{}.{ZONE}", stage.mark);
    let record = cloud.create_record(project, &name, address).await.unwrap();
    assert_eq!((&record.name, record.address, record.state), (&name, address, RecordState::Pending));
    let refused = kind(cloud.create_record(project, &name, address).await);
    assert!(matches!(refused, CloudErrorKind::Conflict(_)), "{refused}");
    let known = stage.until("the name is answered", async || {
        let records = cloud.records(project, ZONE).await.unwrap();
        records.into_iter().find(|record| record.name == name && record.state == RecordState::Active)
    });
    assert_eq!(known.await.id, record.id);
    assert_eq!(cloud.records(project, "elsewhere.test.").await.unwrap(), []);
    cloud.delete_record(project, &record.id).await.unwrap();
    assert!(cloud.records(project, ZONE).await.unwrap().iter().all(|record| record.name != name));
    assert_eq!(kind(cloud.delete_record(project, &record.id).await), CloudErrorKind::NotFound);
}

#[test]
fn what_lies_in_projects_is_listed_with_the_project_that_it_is_of() {
    tell("belongings", |stage| Box::pin(belongings(stage)));
}

async fn belongings(stage: &Stage) {
    let (cloud, project) = (&stage.cloud, &stage.project);
    if !stage.own {
        let refused = kind(cloud.belongings(BelongingSort::Project).await);
        return assert!(matches!(refused, CloudErrorKind::Denied(_)), "{refused}");
    }
    let of = async |sort| {
        let all = cloud.belongings(sort).await.unwrap();
        let own: Vec<_> = all.into_iter().filter(|one| one.project == *project).collect();
        own
    };
    let projects = of(BelongingSort::Project).await;
    assert_eq!((projects.len(), projects[0].id.as_str()), (1, project.as_str()));
    assert_eq!(projects[0].name, stage.mark);
    assert!(projects[0].tags.iter().any(|tag| Tag::parse(tag).is_some()), "{projects:?}");
    for sort in &BelongingSort::ALL[1..] {
        assert_eq!(of(*sort).await, [], "{sort}");
    }
    let wanted = NewSecurityGroup {
        project: project.clone(),
        name: format!("{}-left", stage.mark),
        rules: Vec::new(),
        tags: Vec::new(),
    };
    let guard = cloud.create_security_group(&wanted).await.unwrap();
    let policy = SpreadPolicy::SoftAntiAffinity;
    let group = cloud.create_server_group(project, &wanted.name, policy).await.unwrap();
    if stage.world.is_none() {
        sdk::python(&format!(
            "cloud.dns.find_zone('{ZONE}') or cloud.dns.create_zone(name='{ZONE}', email='a@devcloud.test')"
        ));
    }
    let name = format!("left.{}.{ZONE}", stage.mark);
    let record = cloud.create_record(project, &name, "198.18.0.21".parse().unwrap()).await.unwrap();
    let credential = cloud.create_credential(project, "left").await.unwrap();
    for (sort, id) in [
        (BelongingSort::SecurityGroup, guard.id.as_str()),
        (BelongingSort::ServerGroup, group.id.as_str()),
        (BelongingSort::Record, record.id.as_str()),
        (BelongingSort::Credential, credential.id.as_str()),
    ] {
        let found = of(sort).await;
        assert_eq!(found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [id], "{sort}");
    }
    cloud.delete_security_group(project, &guard.id).await.unwrap();
    cloud.delete_server_group(project, &group.id).await.unwrap();
    cloud.delete_record(project, &record.id).await.unwrap();
    cloud.revoke_credential(project, &credential.id).await.unwrap();
    for sort in &BelongingSort::ALL[1..] {
        assert_eq!(of(*sort).await, [], "{sort}");
    }
}

#[test]
fn what_there_is_to_choose_from_is_listed() {
    tell("choices", |stage| Box::pin(choices(stage)));
}

async fn choices(stage: &Stage) {
    let cloud = &stage.cloud;
    let flavors = cloud.flavors().await.unwrap();
    let small = flavors.iter().find(|flavor| flavor.name == "m1.kube.small").unwrap();
    assert_eq!((small.cores, small.memory_mib), (2, 4096));
    let images = cloud.images().await.unwrap();
    assert!(images.iter().any(|image| image.name == "ubuntu-24.04-kube" && image.active));
    let networks = cloud.networks().await.unwrap();
    let backend = networks.iter().find(|network| network.name == "backend").unwrap();
    assert!(backend.shared && backend.ranges.len() == 1);
    let zones = cloud.zones().await.unwrap();
    let zones: Vec<_> = zones.iter().map(|zone| (zone.name.as_str(), zone.available)).collect();
    assert_eq!(zones, [("az1", true), ("az2", true), ("az3", true)]);
    match cloud.hypervisors().await {
        Ok(hosts) => assert!(hosts.len() == 3 && hosts.iter().all(|host| host.up && host.enabled)),
        Err(error) => assert!(matches!(error.kind, CloudErrorKind::Denied(_)), "{error}"),
    }
}

#[test]
fn volumes_and_access_lists_are_those_of_the_project() {
    tell_real("volumes and shares", |stage| Box::pin(storage(stage)));
}

async fn storage(stage: &Stage) {
    if !stage.own {
        return eprintln!("NOT RUN: what needs a project of its own: there is no administrator's entry");
    }
    let (cloud, project, mark) = (&stage.cloud, &stage.project, &stage.mark);
    // Made as a CSI driver makes them, with the project's own credential.
    let credential = cloud.create_credential(project, "driver").await.unwrap();
    let driver = sdk::driver(credential.id.as_str(), &credential.secret);
    sdk::python(&format!("{driver}own.block_storage.create_volume(size=1, name='{mark}')\n"));
    let volume = stage.until("the volume is there", async || {
        let all = cloud.volumes().await.unwrap().items;
        all.into_iter().find(|volume| volume.name == *mark && volume.status == "available")
    });
    let volume = volume.await;
    assert_eq!((&volume.project, volume.size_gib, volume.attached.len()), (project, 1, 0));
    cloud.delete_volume(project, &volume.id).await.unwrap();
    stage
        .until("the volume is gone", async || {
            let all = cloud.volumes().await.unwrap().items;
            (!all.iter().any(|known| known.id == volume.id)).then_some(())
        })
        .await;
    assert!(matches!(kind(cloud.grant_access(project, "10.20.0.7").await), CloudErrorKind::Invalid(_)));
    let share = "own.shared_file_system.create_share(share_protocol='NFS', size=1, name='s')";
    sdk::python(&format!(
        "{driver}s = {share}\nimport time\n\
         while own.shared_file_system.get_share(s).status != 'available': time.sleep(0.5)\n"
    ));
    let rule = cloud.grant_access(project, "10.20.0.7").await.unwrap();
    assert!(matches!(kind(cloud.grant_access(project, "10.20.0.7").await), CloudErrorKind::Conflict(_)));
    stage
        .until("the rule is in force", async || {
            let rules = cloud.access_rules(project).await.unwrap();
            rules.iter().any(|known| known.id == rule.id && known.active).then_some(())
        })
        .await;
    cloud.revoke_access(project, &rule.id).await.unwrap();
    stage
        .until("nobody has access", async || {
            cloud.access_rules(project).await.unwrap().is_empty().then_some(())
        })
        .await;
    assert_eq!(kind(cloud.revoke_access(project, &rule.id).await), CloudErrorKind::NotFound);
    sdk::python(&format!(
        "{driver}import time\nfor s in list(own.shared_file_system.shares()): own.shared_file_system.delete_share(s)\n\
         while list(own.shared_file_system.shares()): time.sleep(0.5)\n"
    ));
    cloud.revoke_credential(project, &credential.id).await.unwrap();
}
