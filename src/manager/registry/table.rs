//! The built-in types: what the inside of a cluster and the tools of its people need, as storage.
//!
//! Nothing here acts on its objects: no scheduler, no kubelet, no controllers. Roles and bindings are stored and
//! never asked: whoever has the token may do everything. Types whose storage without action would mislead are
//! absent: webhook configurations and admission policies, which would be ignored; API services, which would
//! not be called.

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::authentication::v1 as authentication;
use k8s_openapi::api::authorization::v1 as authorization;
use k8s_openapi::api::autoscaling::v2 as autoscaling;
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::coordination::v1 as coordination;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use k8s_openapi::api::events::v1 as events;
use k8s_openapi::api::networking::v1 as networking;
use k8s_openapi::api::policy::v1 as policy;
use k8s_openapi::api::rbac::v1 as rbac;
use k8s_openapi::api::scheduling::v1 as scheduling;
use k8s_openapi::api::storage::v1 as storage;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use super::builtin::BuiltIn;
use super::resource::Action;
use super::typed::{Typed, described, timed, typed};

/// What can be asked to be done with a pod. No pod runs here, so that all but the first two are refused.
const POD_ACTIONS: &[Action] =
    &[Action::Eviction, Action::Binding, Action::Log, Action::Exec, Action::Attach, Action::PortForward];

/// The fields of an Event that field selectors may ask for.
const EVENT_FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

/// The fields of a Pod that field selectors may ask for.
const POD_FIELDS: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
];

const fn v1(kind: &'static str, plural: &'static str, typed: Typed) -> BuiltIn {
    BuiltIn::new("", "v1", kind, plural, typed)
}

const fn of(group: &'static str, kind: &'static str, plural: &'static str, typed: Typed) -> BuiltIn {
    BuiltIn::new(group, "v1", kind, plural, typed)
}

/// Types of the core group.
static CORE: [BuiltIn; 15] = [
    v1("Namespace", "namespaces", typed::<core::Namespace>())
        .cluster_wide()
        .short(&["ns"])
        .with_status()
        .acting(&[Action::Finalize])
        .selectable(&["status.phase"]),
    v1("Node", "nodes", typed::<core::Node>())
        .cluster_wide()
        .short(&["no"])
        .with_status()
        .selectable(&["spec.unschedulable"]),
    v1("Pod", "pods", typed::<core::Pod>())
        .short(&["po"])
        .in_all()
        .with_status()
        .counting()
        .acting(POD_ACTIONS)
        .selectable(POD_FIELDS),
    v1("Service", "services", typed::<core::Service>())
        .short(&["svc"])
        .in_all()
        .with_status()
        .selectable(&["spec.clusterIP", "spec.type"]),
    v1("Endpoints", "endpoints", typed::<core::Endpoints>()).short(&["ep"]).update_creates(),
    v1("Event", "events", timed::<core::Event>()).short(&["ev"]).selectable(EVENT_FIELDS).update_creates(),
    v1("ConfigMap", "configmaps", typed::<core::ConfigMap>()).short(&["cm"]),
    v1("Secret", "secrets", typed::<core::Secret>()).selectable(&["type"]),
    v1("ServiceAccount", "serviceaccounts", typed::<core::ServiceAccount>())
        .short(&["sa"])
        .acting(&[Action::Token]),
    v1("PersistentVolume", "persistentvolumes", typed::<core::PersistentVolume>())
        .cluster_wide()
        .short(&["pv"])
        .with_status(),
    v1("PersistentVolumeClaim", "persistentvolumeclaims", typed::<core::PersistentVolumeClaim>())
        .short(&["pvc"])
        .with_status(),
    v1("LimitRange", "limitranges", typed::<core::LimitRange>()).short(&["limits"]).update_creates(),
    v1("ResourceQuota", "resourcequotas", typed::<core::ResourceQuota>()).short(&["quota"]).with_status(),
    v1("PodTemplate", "podtemplates", typed::<core::PodTemplate>()).counting(),
    v1("ReplicationController", "replicationcontrollers", typed::<core::ReplicationController>())
        .short(&["rc"])
        .in_all()
        .with_status()
        .counting()
        .scaled()
        .selectable(&["status.replicas"]),
];

/// Types that run pods.
static WORKLOADS: [BuiltIn; 9] = [
    of("apps", "Deployment", "deployments", typed::<apps::Deployment>())
        .short(&["deploy"])
        .in_all()
        .with_status()
        .counting()
        .scaled(),
    of("apps", "DaemonSet", "daemonsets", typed::<apps::DaemonSet>())
        .short(&["ds"])
        .in_all()
        .with_status()
        .counting(),
    of("apps", "StatefulSet", "statefulsets", typed::<apps::StatefulSet>())
        .short(&["sts"])
        .in_all()
        .with_status()
        .counting()
        .scaled(),
    of("apps", "ReplicaSet", "replicasets", typed::<apps::ReplicaSet>())
        .short(&["rs"])
        .in_all()
        .with_status()
        .counting()
        .scaled()
        .selectable(&["status.replicas"]),
    of("apps", "ControllerRevision", "controllerrevisions", typed::<apps::ControllerRevision>()),
    of("batch", "Job", "jobs", typed::<batch::Job>())
        .in_all()
        .with_status()
        .counting()
        .selectable(&["status.successful"]),
    of("batch", "CronJob", "cronjobs", typed::<batch::CronJob>())
        .short(&["cj"])
        .in_all()
        .with_status()
        .counting(),
    of("policy", "PodDisruptionBudget", "poddisruptionbudgets", typed::<policy::PodDisruptionBudget>())
        .short(&["pdb"])
        .with_status()
        .counting(),
    BuiltIn::new(
        "autoscaling",
        "v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        typed::<autoscaling::HorizontalPodAutoscaler>(),
    )
    .short(&["hpa"])
    .in_all()
    .with_status(),
];

/// Types of storage and network.
static PLUMBING: [BuiltIn; 9] = [
    of("storage.k8s.io", "StorageClass", "storageclasses", typed::<storage::StorageClass>())
        .cluster_wide()
        .short(&["sc"]),
    of("storage.k8s.io", "VolumeAttachment", "volumeattachments", typed::<storage::VolumeAttachment>())
        .cluster_wide()
        .with_status(),
    of("storage.k8s.io", "CSIDriver", "csidrivers", typed::<storage::CSIDriver>()).cluster_wide().counting(),
    of("storage.k8s.io", "CSINode", "csinodes", typed::<storage::CSINode>()).cluster_wide(),
    of(
        "storage.k8s.io",
        "CSIStorageCapacity",
        "csistoragecapacities",
        typed::<storage::CSIStorageCapacity>(),
    ),
    of("networking.k8s.io", "Ingress", "ingresses", typed::<networking::Ingress>())
        .short(&["ing"])
        .with_status()
        .counting(),
    of("networking.k8s.io", "IngressClass", "ingressclasses", typed::<networking::IngressClass>())
        .cluster_wide()
        .counting(),
    of("networking.k8s.io", "NetworkPolicy", "networkpolicies", typed::<networking::NetworkPolicy>())
        .short(&["netpol"])
        .counting(),
    of("discovery.k8s.io", "EndpointSlice", "endpointslices", typed::<discovery::EndpointSlice>()).counting(),
];

/// Types by which a cluster governs itself.
static GOVERNANCE: [BuiltIn; 8] = [
    of("coordination.k8s.io", "Lease", "leases", timed::<coordination::Lease>()).update_creates(),
    of("events.k8s.io", "Event", "events", timed::<events::Event>())
        .short(&["ev"])
        .stored_as("events")
        .selectable(EVENT_FIELDS)
        .update_creates(),
    of("rbac.authorization.k8s.io", "Role", "roles", typed::<rbac::Role>()).update_creates(),
    of("rbac.authorization.k8s.io", "RoleBinding", "rolebindings", typed::<rbac::RoleBinding>())
        .update_creates(),
    of("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", typed::<rbac::ClusterRole>())
        .cluster_wide()
        .update_creates(),
    of(
        "rbac.authorization.k8s.io",
        "ClusterRoleBinding",
        "clusterrolebindings",
        typed::<rbac::ClusterRoleBinding>(),
    )
    .cluster_wide()
    .update_creates(),
    of("scheduling.k8s.io", "PriorityClass", "priorityclasses", typed::<scheduling::PriorityClass>())
        .cluster_wide()
        .short(&["pc"])
        .counting(),
    // What its objects may hold is checked where they are turned into types of their own.
    of(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        described::<CustomResourceDefinition>(),
    )
    .cluster_wide()
    .short(&["crd", "crds"])
    .listed_with(&["api-extensions"])
    .with_status()
    .counting(),
];

/// Types that are questions.
static QUESTIONS: [BuiltIn; 6] = [
    of(
        "authorization.k8s.io",
        "SelfSubjectAccessReview",
        "selfsubjectaccessreviews",
        typed::<authorization::SelfSubjectAccessReview>(),
    )
    .cluster_wide()
    .question(),
    of(
        "authorization.k8s.io",
        "SelfSubjectRulesReview",
        "selfsubjectrulesreviews",
        typed::<authorization::SelfSubjectRulesReview>(),
    )
    .cluster_wide()
    .question(),
    of(
        "authorization.k8s.io",
        "SubjectAccessReview",
        "subjectaccessreviews",
        typed::<authorization::SubjectAccessReview>(),
    )
    .cluster_wide()
    .question(),
    of(
        "authorization.k8s.io",
        "LocalSubjectAccessReview",
        "localsubjectaccessreviews",
        typed::<authorization::LocalSubjectAccessReview>(),
    )
    .question(),
    of(
        "authentication.k8s.io",
        "SelfSubjectReview",
        "selfsubjectreviews",
        typed::<authentication::SelfSubjectReview>(),
    )
    .cluster_wide()
    .question(),
    of("authentication.k8s.io", "TokenReview", "tokenreviews", typed::<authentication::TokenReview>())
        .cluster_wide()
        .question(),
];

/// All built-in types, in the order in which discovery lists them.
pub fn all() -> impl Iterator<Item = &'static BuiltIn> {
    CORE.iter().chain(&WORKLOADS).chain(&PLUMBING).chain(&GOVERNANCE).chain(&QUESTIONS)
}
