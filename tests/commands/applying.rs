//! Objects from files: checked as a whole, then written.

use std::io::Write as _;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::stage::{Said, Stage, play};

const SHOP: &str = "\
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: kaasboard.dev/v1alpha1
kind: Tenant
metadata: { name: shop }
spec:
  displayName: Shopping
  quota: { clusters: 4, machines: 200, volumesGiB: 20000 }
";

const CLUSTER: &str = "\
# The shop's only cluster.
apiVersion: kaasboard.dev/v1alpha1
kind: KubernetesCluster
metadata: { name: web, namespace: shop }
spec:
  release: v1.34.2
  paused: true
  etcd: { replicas: 3, flavor: m1.kube.small }
  controlPlane: { replicas: 3, flavor: m1.kube.medium }
  workers:
  - name: general
    replicas: 2
    flavor: m1.kube.large
  network: { backend: backend, podCidr: 10.128.0.0/14, serviceCidr: 10.96.0.0/16 }
  loadBalancers: { api: { provider: software }, ingress: { provider: software } }
  storage: { backend: cinder, quotaGiB: 2000 }
";

async fn apply(stage: &Stage, text: &str, rest: &str) -> Said {
    std::fs::write(stage.served.file("file.yaml"), text).unwrap();
    stage.run(&format!("apply -f file.yaml {rest}")).await
}

#[test]
fn objects_are_created_configured_and_left_alone() {
    play(async |stage: &Stage| {
        let all = format!("{SHOP}---\n{CLUSTER}");
        insta::assert_snapshot!(apply(stage, &all, "--dry-run").await.told(), @"
        exit 0
        namespace/shop created (dry run)
        tenant/shop created (dry run)
        kubernetescluster/shop/web created (dry run; not checked, because its namespace comes with it)
        ");
        assert_eq!(stage.run("get cluster web -o name").await.exit, 4, "a dry run writes nothing");
        insta::assert_snapshot!(apply(stage, &all, "").await.told(), @"
        exit 0
        namespace/shop created
        tenant/shop created
        kubernetescluster/shop/web created
        ");
        insta::assert_snapshot!(apply(stage, &all, "").await.told(), @"
        exit 0
        namespace/shop unchanged
        tenant/shop unchanged
        kubernetescluster/shop/web unchanged
        ");
        let more = CLUSTER.replace("replicas: 2", "replicas: 4");
        insta::assert_snapshot!(apply(stage, &more, "--dry-run").await.told(), @"
        exit 0
        kubernetescluster/shop/web configured (dry run)
        ");
        insta::assert_snapshot!(apply(stage, &more, "").await.told(), @"
        exit 0
        kubernetescluster/shop/web configured
        ");
    });
}

#[test]
fn every_mistake_is_told_with_its_line_and_nothing_is_written() {
    play(async |stage: &Stage| {
        let wrong = CLUSTER
            .replace("namespace: shop", "namespace: team-001")
            .replace("name: web", "name: wrong")
            .replace("replicas: 2", "replicas: -2")
            .replace("replicas: 3, flavor: m1.kube.small", "replicas: 4, flavor: m1.kube.small");
        let unknown = "apiVersion: kaasboard.dev/v1alpha1\nkind: KubernetsCluster\nmetadata: { name: x }\n";
        let fine = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: fine, namespace: team-001 }\n";
        let strict = "apiVersion: kaasboard.dev/v1alpha1\nkind: Tenant\nmetadata: { name: strict }\nspec: { displayNam: x }\n";
        let homeless = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: homeless }\n";
        let all = [fine, &wrong, unknown, strict, homeless].join("---\n");
        insta::assert_snapshot!(apply(stage, &all, "").await.told(), @"
        exit 1
        --- stderr
        error: the manager refuses this; nothing was changed
          why: file.yaml:16: document 2 (kubernetescluster wrong): spec.workers[0].replicas: Invalid value: -2: spec.workers[0].replicas in body should be greater than or equal to 0
               file.yaml:12: document 2 (kubernetescluster wrong): spec.etcd.replicas: Invalid value: 4: must be odd (1, 3, 5 or 7): an even count outlives no more failures than the odd one below it
               file.yaml:23: document 3 (kubernetscluster x): the manager does not know the kind KubernetsCluster of kaasboard.dev/v1alpha1
               file.yaml:26: document 4 (tenant strict): failed to create typed patch object (/strict; kaasboard.dev/v1alpha1, Kind=Tenant): .spec.displayNam: field not declared in schema
               file.yaml:33: document 5 (configmap homeless): it names no tenant: add metadata.namespace, or give --tenant
        ");
        insta::assert_snapshot!(apply(stage, fine, "--dry-run").await.told(), @"
        exit 0
        configmap/team-001/fine created (dry run)
        ");
        insta::assert_snapshot!(apply(stage, "a: [1\n", "").await.told(), @"
        exit 1
        --- stderr
        error: the file is not understood; nothing was changed
           on: file.yaml:1
          why: document 1: unclosed bracket '[' at line 1, column 4
        ");
        insta::assert_snapshot!(stage.run("apply -f nowhere.yaml").await.told(), @"
        exit 4
        --- stderr
        error: the file cannot be read
           on: nowhere.yaml
          why: No such file or directory (os error 2)
        ");
        insta::assert_snapshot!(apply(stage, "# nothing\n", "").await.told(), @"
        exit 2
        --- stderr
        error: there is no object in it
           on: file.yaml
        ");
    });
}

#[test]
fn a_pipe_is_a_file() {
    play(async |stage: &Stage| {
        let text = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"piped"},"data":{"a":"b"}}"#;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let mut command = stage.served.command("apply -f - -n team-001");
        let output = command.stdin(file).output().await.unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "configmap/team-001/piped created\n");
        // Somebody else's field is not taken over in silence.
        let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kubed, namespace: team-001 }\ndata: { a: c }\n";
        let theirs: ConfigMap = serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "kubed" }, "data": { "a": "b" },
        }))
        .unwrap();
        let api: Api<ConfigMap> = Api::namespaced(stage.client.clone(), "team-001");
        api.patch("kubed", &PatchParams::apply("kubectl"), &Patch::Apply(&theirs)).await.unwrap();
        insta::assert_snapshot!(apply(stage, other, "").await.told(), @r#"
        exit 1
        --- stderr
        error: the manager refuses this; nothing was changed
          why: file.yaml:1: document 1 (configmap kubed): Apply failed with 1 conflict: conflict with "kubectl": .data.a; --force-conflicts takes the fields over
        "#);
        assert_eq!(
            apply(stage, other, "--force-conflicts").await.out,
            "configmap/team-001/kubed configured\n"
        );
    });
}
