//! What the engine tells of itself, and how something is explained.

use std::process::Stdio;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kaasboard::cli::manager::StoreAt;
use kaasboard::cloud::types::compute::ServerId;
use kaasboard::cloud::types::identity::ProjectId;
use kaasboard::simulation::faults::Fault;
use kaasboard::simulation::world::volumes::NewVolume;
use kaasboard::startup;
use kube::Api;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::{sleep, timeout};

use crate::stage::{Served, Stage, alone, play, without_engine};

#[test]
fn loops_are_told_by_the_engine_itself() {
    play(async |stage: &Stage| {
        let cluster = stage.run("get loops cluster/c0001").await;
        assert_eq!(cluster.exit, 0, "{cluster:?}");
        assert!(cluster.out.contains("kubernetescluster/team-001/c0001"), "{cluster:?}");
        let json = stage.run("get loops machine/c0001-nothing -o json").await;
        assert_eq!(json.exit, 4, "{json:?}");
        let json = stage.run("get loops cluster/c0001 -o json").await.json();
        assert_eq!((&json["leader"], &json["items"][0]["kind"]), (&true.into(), &"KubernetesCluster".into()));
        assert_eq!(json["queue"].as_array().unwrap().len(), 12);
        let wrong = stage.run("get loops -l a=b").await;
        assert_eq!(wrong.exit, 2, "{wrong:?}");
    });
}

#[test]
fn volumes_are_told_with_whose_they_are() {
    play(async |stage: &Stage| {
        let records = &stage.sandbox.working.engine.records;
        let status = records.clusters.get("team-001", "c0001").unwrap().status.clone().unwrap();
        let project = ProjectId::new(status.project_id.unwrap());
        let claim = "default/data-0".to_owned();
        let wanted = NewVolume { project: project.clone(), name: "pvc-0".to_owned(), claim, size_gib: 3 };
        let cloud = stage.sandbox.working.world().unwrap();
        let id = cloud.world().create_volume(&wanted).unwrap();
        // The engine lists volumes once a minute.
        let listed = timeout(Duration::from_secs(60), async {
            while stage.run("get volumes pvc-0 -o name").await.out != "volume/pvc-0\n" {}
        });
        listed.await.unwrap();
        let table = stage.run("get volumes pvc-0").await;
        let words: Vec<&str> = table.out.split_whitespace().collect();
        let heads = ["TENANT", "CLUSTER", "CLAIM", "STATE", "GIB", "MACHINE", "AGE"];
        assert_eq!(words[..7], heads, "{table:?}");
        assert_eq!(words[7..13], ["team-001", "c0001", "default/data-0", "available", "3", "-"], "{table:?}");
        let told = stage.run("get volumes --tenant team-001 -o json").await.json();
        assert_eq!(told["items"][0]["sizeGib"], 3);
        assert_eq!(stage.run("get volumes pvc-nothing").await.exit, 4);
        assert_eq!(stage.run("get volumes --tenant nobody -o name").await.out, "");
        assert_eq!(stage.run("get volumes -l a=b").await.exit, 2);
        cloud.world().delete_volume(&project, &id).unwrap();
    });
}

#[test]
fn a_dead_machine_is_explained_from_server_to_incident() {
    play(async |stage: &Stage| {
        let machine = stage.machines("ingress").await[0].clone();
        let healthy = stage.run(&format!("explain {machine}")).await;
        assert_eq!(healthy.exit, 0, "{healthy:?}");
        assert!(
            healthy.out.contains("tenant/team-001 > kubernetescluster/team-001/c0001 > "),
            "{}",
            healthy.out
        );
        assert!(healthy.out.contains("hypervisor compute-"), "{}", healthy.out);

        // Nothing is done to what is paused, so that the evidence stays.
        assert_eq!(stage.run("pause cluster/team-001/c0001 --yes").await.exit, 0);
        let name = machine.rsplit('/').next().unwrap();
        let record = stage.sandbox.working.engine.records.machines.get("team-001", name).unwrap();
        let server = record.status.as_ref().unwrap().server_id.clone().unwrap();
        stage.sandbox.working.world().unwrap().world().inject(Fault::ServerDies(ServerId::new(server)));
        let mut told = String::new();
        let evidence = [
            "found MachineUnhealthy since",
            "HealthCheckSucceeded     False",
            "open Incidents that reach it",
        ];
        let found = timeout(Duration::from_secs(60), async {
            while !evidence.iter().all(|part| told.contains(part)) {
                told = stage.run(&format!("explain {machine}")).await.out;
            }
        });
        let found = found.await.is_ok();
        assert!(found, "{told}");
        assert!(told.contains("waits: it is paused"), "{told}");
        assert_eq!(stage.run("resume cluster/team-001/c0001 --yes").await.exit, 0);
        stage
            .until("it is replaced", |stage| {
                let all = stage.sandbox.working.engine.records.machines.all();
                !all.iter().any(|machine| machine.metadata.name.as_deref() == Some(name))
            })
            .await;
        assert_eq!(stage.run(&format!("explain {machine}")).await.exit, 4);
    });
}

#[test]
fn an_engine_alone_takes_the_lease_tells_of_itself_and_gives_the_lease_up() {
    alone(async {
        let (manager, served) = without_engine().await;
        let said = served.run("get loops").await;
        assert!(said.exit == 1 && said.err.contains("no engine holds the Lease"), "{said:?}");
        let said = served.run("engine").await;
        assert!(said.exit == 2 && said.err.contains("--simulate"), "{said:?}");
        let said = served.run("engine --cloud nobody").await;
        assert!(said.exit == 4 && said.err.contains("nobody"), "{said:?}");

        let mut command = served.command("engine --simulate");
        let mut engine = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(engine.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        assert!(first.starts_with("an engine on a simulated cloud: engine-"), "{first}");
        let second = lines.next_line().await.unwrap().unwrap();
        let url = second.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();

        let leases: Api<Lease> = Api::namespaced(manager.client("default"), "kaasboard-system");
        let holder = async || leases.get("kaasboard-engine").await.ok()?.spec?.holder_identity;
        let held = timeout(Duration::from_secs(30), async {
            while holder().await.is_none_or(|holder| holder.is_empty()) {
                sleep(Duration::from_millis(50)).await;
            }
        });
        held.await.unwrap();
        assert_eq!(served.run("get loops").await.exit, 0);
        for (path, told) in [
            ("healthz", "ok"),
            ("metrics", "kaasboard_leader 1"),
            ("metrics", "kaasboard_cloud_calls_total{"),
        ] {
            let answer = fetch(&format!("{url}/{path}")).await;
            assert!(answer.contains(told), "{path}: {answer}");
        }

        let id = rustix::process::Pid::from_raw(i32::try_from(engine.id().unwrap()).unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        let status = timeout(Duration::from_secs(30), engine.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status:?}");
        assert_eq!(holder().await.unwrap_or_default(), "", "the Lease is given up");
    });
}

/// What a server answers to a plain GET.
async fn fetch(url: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let rest = url.strip_prefix("http://").unwrap();
    let (place, path) = rest.split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(place).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {place}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[test]
fn leaks_are_told_by_the_engine_itself() {
    play(async |stage: &Stage| {
        let compared = |stage: &Stage| stage.sandbox.working.engine.leaks.suspects().is_some();
        stage.until("cloud and records were compared", compared).await;
        let json = stage.run("get leaks -o json").await.json();
        assert!(json["looked"].is_string() && json["items"] == serde_json::json!([]), "{json}");
        let none = stage.run("get leaks 0123").await;
        assert!(none.exit == 4 && none.err.contains("no such thing is without a record"), "{none:?}");
        let wrong = stage.run("get leaks --watch").await;
        assert_eq!(wrong.exit, 2, "{wrong:?}");
    });
}

#[test]
fn the_doctor_looks_at_a_manager_and_says_what_to_do() {
    play(async |stage: &Stage| {
        let said = stage.run("doctor -o json").await;
        assert_eq!(said.exit, 0, "{said:?}");
        let told = said.json();
        let verdict = |subject: &str| {
            let items = told["items"].as_array().unwrap();
            items.iter().find(|check| check["subject"] == subject).map(|check| check["verdict"].clone())
        };
        for subject in ["manager", "kinds", "namespace", "permissions", "engine", "state directory"] {
            assert_eq!(verdict(subject), Some("ok".into()), "{subject}: {told}");
        }
        assert_eq!(verdict("cloud"), Some("notChecked".into()), "{told}");

        let other = "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, \
            user: a}}]\nusers: [{name: a, user: {}}]\nclusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\n";
        std::fs::write(stage.served.file("nowhere"), other).unwrap();
        let said = stage.run("doctor --kubeconfig nowhere --cloud nobody").await;
        assert_eq!(said.exit, 1, "{said:?}");
        assert!(
            said.out.contains("FAILED   manager") && said.out.contains("do: is its address right"),
            "{said:?}"
        );
        assert!(said.out.contains("FAILED   entry nobody"), "{said:?}");
    });
}

#[test]
fn the_doctor_misses_kinds_and_an_engine() {
    alone(async {
        let manager = startup::manager(&StoreAt::Memory).await.unwrap();
        let served = Served::new(&manager).await;
        let said = served.run("doctor").await;
        assert_eq!(said.exit, 1, "{said:?}");
        assert!(said.out.contains("not installed: Tenant, Release"), "{said:?}");
        assert!(said.out.contains("do: kaasboard crds | kubectl apply --server-side -f -"), "{said:?}");
        assert!(said.out.contains("nobody holds the Lease"), "{said:?}");
    });
}
