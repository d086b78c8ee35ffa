//! Slips of the finger, and what is not there: each is told with the way out.

use crate::stage::{Stage, alone, play, without_engine};

#[test]
fn a_wrong_name_is_told_with_the_nearest() {
    play(async |stage: &Stage| {
        let (machine, before) = (stage.machines("worker").await[0].clone(), stage.operations().await);
        let name = machine.rsplit('/').next().unwrap();
        for (line, exit, told) in [
            ("heal cluster/c0001".to_owned(), 2, "name one of: machine"),
            ("heal machin/c0001".to_owned(), 2, "did you mean machine?"),
            ("heal c0001".to_owned(), 2, "write kind/tenant/name, or kind/name"),
            (format!("heal machine/team-002/{name}"), 4, machine.as_str()),
            (format!("heal {machine}x"), 4, machine.as_str()),
            ("delete cluster/c001".to_owned(), 4, "did you mean kubernetescluster/team-001/c0001?"),
            ("brake --zone az9".to_owned(), 4, "did you mean az"),
            ("brake --tenant team-01".to_owned(), 4, "did you mean tenant/team-001?"),
            ("brake".to_owned(), 2, "required"),
            ("fence host/nowhere".to_owned(), 4, "there are: "),
            ("cancel nothing".to_owned(), 4, "kaasboard get operations"),
            ("scale pool/c0001-general".to_owned(), 2, "--replicas"),
            ("heal x/y --timeout 3".to_owned(), 2, "write hours, minutes and seconds"),
        ] {
            let said = stage.run(&line).await;
            assert_eq!(said.exit, exit, "{line}: {said:?}");
            assert!(said.err.contains(told), "{line}: {said:?}");
        }
        assert_eq!(stage.operations().await, before);
    });
}

#[test]
fn without_an_engine_that_is_said_and_nothing_is_left() {
    alone(async {
        let (_manager, served) = without_engine().await;
        insta::assert_snapshot!(served.run("delete cluster/c0001 --yes").await.told(), @"
        exit 1
        --- stderr
        error: no engine holds the Lease, so that nobody plans or acts
           on: delete kubernetescluster/team-001/c0001
           do: start one: `kaasboard engine` on the same manager; or the sandbox, which has its own; then ask again
        ");
        assert_eq!(served.run("get journal -o name").await.out, "");
        served.stop();
        let said = served.run("delete cluster/c0001 --yes").await;
        assert_eq!(said.exit, 1, "{said:?}");
        assert!(said.err.contains("do: see whether it runs"), "{said:?}");
    });
}

#[test]
fn a_context_that_changes_nothing_lets_plans_be_looked_at() {
    play(async |stage: &Stage| {
        let machine = stage.machines("worker").await[0].clone();
        let config = "current = \"here\"\n[contexts.here]\nmanager = { kubeconfig = \"~/kubeconfig\" }\nengine = \"never\"\nwrite = \"never\"\n";
        std::fs::create_dir_all(stage.served.file(".config/kaasboard")).unwrap();
        std::fs::write(stage.served.file(".config/kaasboard/config.toml"), config).unwrap();
        let said = stage.run(&format!("heal {machine} --yes --context here")).await;
        assert_eq!(said.exit, 3, "{said:?}");
        assert!(said.err.contains("this context changes nothing"), "{said:?}");
        assert_eq!(stage.run(&format!("heal {machine} --plan --context here")).await.exit, 0);
    });
}
