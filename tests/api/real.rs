//! The same refusals from a real API server, which knows nothing but our definitions.

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kaasboard::api::crds;
use kube::api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Client, Config};
use serde_json::{Value, json};

use crate::refusals::{Case, Write, answer, cases, compare};
use crate::tree;

/// The variable that names the kubeconfig of a real API server.
const KUBECONFIG: &str = "KAASBOARD_TEST_KUBECONFIG";

/// Installs the definitions, makes the examples in a namespace of its own, tries every case as a dry run, and
/// takes the examples away again. The definitions stay.
#[tokio::test]
async fn a_real_server_refuses_the_same() {
    let Ok(file) = std::env::var(KUBECONFIG) else {
        std::io::Write::write_all(&mut std::io::stderr(), b"NOT RUN: no KAASBOARD_TEST_KUBECONFIG\n")
            .unwrap();
        return;
    };
    let kubeconfig = Kubeconfig::read_from(file).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    let server = Server {
        client: Client::try_from(config).unwrap(),
        definitions: crds::all().unwrap(),
        namespace: format!("kaasboard-test-api-{}", std::process::id()),
    };
    server.install().await;
    for object in tree::objects() {
        server.make(&object).await;
    }
    let mut answers = String::new();
    for case in cases() {
        answers.push_str(&server.ask(&case).await);
    }
    for object in tree::objects() {
        let gone = server.api(&object).delete(name(&object), &DeleteParams::default()).await;
        gone.unwrap();
    }
    let namespaces: Api<Namespace> = Api::all(server.client.clone());
    namespaces.delete(&server.namespace, &DeleteParams::default()).await.unwrap();
    compare(answers);
}

/// A real API server, and what was installed on it.
struct Server {
    client: Client,
    definitions: Vec<CustomResourceDefinition>,
    /// Where the examples are put, another one in each run, because the last one may still be on its way out.
    namespace: String,
}

impl Server {
    async fn install(&self) {
        let definitions: Api<CustomResourceDefinition> = Api::all(self.client.clone());
        let as_test = PatchParams::apply("kaasboard-test").force();
        for crd in &self.definitions {
            let name = crd.metadata.name.clone().unwrap_or_default();
            definitions
                .patch(&name, &as_test, &Patch::Apply(crd))
                .await
                .unwrap_or_else(|error| panic!("{error}"));
            let established = await_condition(definitions.clone(), &name, conditions::is_crd_established());
            established.await.unwrap_or_else(|error| panic!("{error}"));
        }
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let namespace =
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": self.namespace } });
        let made = namespaces.patch(&self.namespace, &as_test, &Patch::Apply(&namespace)).await;
        made.unwrap_or_else(|error| panic!("{error}"));
    }

    async fn make(&self, object: &Value) {
        let api = self.api(object);
        // What an earlier run left behind, if it was cut off.
        let left = api.delete(name(object), &DeleteParams::default()).await;
        assert!(left.is_ok() || matches!(left, Err(kube::Error::Api(status)) if status.reason == "NotFound"));
        let made = api
            .create(&PostParams::default(), &self.typed(object))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let mut with_status = self.typed(object);
        with_status.metadata.resource_version = made.metadata.resource_version;
        let written = api.replace_status(name(object), &PostParams::default(), &with_status).await;
        written.unwrap_or_else(|error| panic!("{error}"));
    }

    async fn ask(&self, case: &Case) -> String {
        let api = self.api(&case.before);
        let dry = PostParams { dry_run: true, ..PostParams::default() };
        let mut after = self.typed(&case.after);
        if case.write != Write::Create {
            let live = api.get(name(&case.before)).await.unwrap_or_else(|error| panic!("{error}"));
            after.metadata.resource_version = live.metadata.resource_version;
        }
        let answered = match case.write {
            Write::Create => api.create(&dry, &after).await,
            Write::Update => api.replace(name(&case.before), &dry, &after).await,
            Write::Status => api.replace_status(name(&case.before), &dry, &after).await,
        };
        let causes = match answered {
            Ok(_) => Vec::new(),
            // The example is there, and the server looks at that after everything else.
            Err(kube::Error::Api(status)) if status.reason == "AlreadyExists" => Vec::new(),
            Err(kube::Error::Api(status)) => {
                let causes = status.details.clone().map(|details| details.causes).unwrap_or_default();
                assert!(!causes.is_empty(), "{}: {status:?}", case.line);
                causes
                    .iter()
                    .map(|cause| format!("{} {}: {}", cause.reason, cause.field, cause.message))
                    .collect()
            }
            Err(error) => panic!("{}: {error}", case.line),
        };
        answer(&case.line, causes)
    }

    fn typed(&self, object: &Value) -> DynamicObject {
        let mut object: DynamicObject =
            serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{error}"));
        if object.metadata.namespace.is_some() {
            object.metadata.namespace = Some(self.namespace.clone());
        }
        object
    }

    fn api(&self, object: &Value) -> Api<DynamicObject> {
        let kind = object["kind"].as_str().unwrap_or_default();
        let crd = self
            .definitions
            .iter()
            .find(|crd| crd.spec.names.kind == kind)
            .unwrap_or_else(|| panic!("no kind {kind}"));
        let resource = ApiResource {
            group: crd.spec.group.clone(),
            version: "v1alpha1".to_owned(),
            api_version: format!("{}/v1alpha1", crd.spec.group),
            kind: kind.to_owned(),
            plural: crd.spec.names.plural.clone(),
        };
        if crd.spec.scope == "Namespaced" {
            Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
        } else {
            Api::all_with(self.client.clone(), &resource)
        }
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}
