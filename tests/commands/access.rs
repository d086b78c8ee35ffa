//! What is handed out: access to a cluster, and the user data of a machine.

use std::os::unix::fs::PermissionsExt;

use k8s_openapi::ByteString;
use kaasboard::bootstrap::cloud_config::CloudConfig;
use serde_json::Value;

use crate::stage::{Stage, play};

#[test]
fn access_is_recorded_with_its_reason_and_belongs_to_one_person() {
    play(async |stage: &Stage| {
        let said = stage.run("kubeconfig c0001 -o access").await;
        assert!(said.exit == 2 && said.err.contains("--reason"), "{said:?}");
        let said = stage.run("kubeconfig c0001 --reason INC-1 -o access").await;
        assert!(said.exit == 3 && said.err.contains("--yes was not given"), "{said:?}");
        assert!(!stage.served.file("access").exists());
        let before = stage.operations().await;
        let said = stage.run("kubeconfig c0001 --reason INC-1 --yes -o nowhere/access").await;
        assert!(said.exit == 1 && said.err.contains("the file cannot be written"), "{said:?}");
        assert_eq!(stage.operations().await, before, "what cannot be handed out is not recorded");
        let said = stage.run("kubeconfig c0001 --reason INC-1 --yes -o access").await;
        assert!(said.exit == 0 && said.out == "access\n", "{said:?}");
        assert_eq!(stage.journal(1).await, ["kubeconfig Done"]);
        let newest = stage.run("get journal -o json").await.json()["items"][0].clone();
        assert_eq!(newest["spec"]["reason"], "INC-1");

        let file = stage.served.file("access");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&file).unwrap();
        let config: Value = serde_saphyr::from_str(&text).unwrap();
        let server = config["clusters"][0]["cluster"]["server"].as_str().unwrap();
        assert!(server.starts_with("https://"), "{server}");
        let user = &config["users"][0]["user"];
        let pem: ByteString = serde_json::from_value(user["client-certificate-data"].clone()).unwrap();
        let (_, pem) = x509_parser::pem::parse_x509_pem(&pem.0).unwrap();
        let certificate = pem.parse_x509().unwrap();
        let subject = certificate.subject().to_string();
        assert!(subject.contains("O=system:masters") && subject.contains("CN=kaasboard:mia@"), "{subject}");
        let validity = certificate.validity();
        let hours = (validity.not_after.timestamp() - validity.not_before.timestamp()) / 3600;
        assert!((8..10).contains(&hours), "{hours}");

        let said = stage.run("kubeconfig c0001 --reason INC-1 --yes -o access").await;
        assert!(said.exit == 3 && said.err.contains("the file is there already"), "{said:?}");
        let said = stage.run("kubeconfig c0001 --reason INC-1 --yes").await;
        assert!(said.exit == 0 && said.out.contains("client-key-data:"), "{said:?}");
        assert_eq!(stage.run("kubeconfig c9999 --reason INC-1 --yes").await.exit, 4);
    });
}

#[test]
fn user_data_is_shown_masked_unless_it_is_asked_for_aloud() {
    play(async |stage: &Stage| {
        for role in ["worker", "ingress", "control-plane", "etcd"] {
            let machine = stage.machines(role).await[0].clone();
            let shown = stage.run(&format!("bootstrap-data {machine}")).await;
            assert_eq!(shown.exit, 0, "{shown:?}");
            let document = CloudConfig::parse(&shown.out).unwrap();
            assert!(!shown.out.contains("PRIVATE KEY"), "{role}");
            let secrets: Vec<_> = document.write_files.iter().filter(|file| file.is_secret()).collect();
            assert!(
                !secrets.is_empty() && secrets.iter().all(|file| file.content.contains("masked")),
                "{role}"
            );
            let revealed = stage.run(&format!("bootstrap-data {machine} --reveal")).await;
            let keys = revealed.out.contains("PRIVATE KEY");
            assert_eq!(keys, matches!(role, "control-plane" | "etcd"), "{role}: workers carry no key");
            if role != "etcd" {
                assert!(revealed.out.contains("(made when the server is made)"), "{role}");
            }
        }
        let said = stage.run("bootstrap-data cluster/c0001").await;
        assert_eq!(said.exit, 2, "{said:?}");
    });
}
