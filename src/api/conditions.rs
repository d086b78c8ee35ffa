//! The types of conditions, by kind, and the reasons that more than one of them has.
//!
//! Where Cluster API has a name for something, it is that. What could not be found out is `Unknown`. A type
//! is worded so that `True` is the usual state, except where the doc says otherwise.

/// Tenant, StorageTenant, Machine: it can be used.
pub const READY: &str = "Ready";
/// All kinds with a spec that people write: the spec makes sense together with all that it refers to.
pub const SPEC_VALID: &str = "SpecValid";
/// All kinds: being taken down. Usually `False`.
pub const DELETING: &str = "Deleting";
/// All kinds: observed but not acted on, by its own spec, its cluster's, or a brake. Usually `False`.
pub const PAUSED: &str = "Paused";
/// KubernetesCluster, ControlPlane, MachineDeployment, LoadBalancer, Machine: serves as it should, for long
/// enough to believe it.
pub const AVAILABLE: &str = "Available";
/// KubernetesCluster, ControlPlane, MachineDeployment, Machine: made from the wanted Release and template.
pub const UP_TO_DATE: &str = "UpToDate";
/// KubernetesCluster, Etcd, ControlPlane, MachineDeployment: machines are being replaced by newer ones. Usually
/// `False`.
pub const ROLLING_OUT: &str = "RollingOut";
/// KubernetesCluster, ControlPlane, MachineDeployment: machines are being added. Usually `False`.
pub const SCALING_UP: &str = "ScalingUp";
/// KubernetesCluster, ControlPlane, MachineDeployment: machines are being taken away. Usually `False`.
pub const SCALING_DOWN: &str = "ScalingDown";
/// KubernetesCluster, Etcd, ControlPlane, MachineDeployment: a broken machine is being replaced. Usually `False`.
pub const REMEDIATING: &str = "Remediating";
/// KubernetesCluster, Tenant: all that it wants fits into the quotas.
pub const QUOTA_AVAILABLE: &str = "QuotaAvailable";
/// KubernetesCluster: nothing in the cloud carries its tags, or is in its project, without a record.
pub const LEAK_FREE: &str = "LeakFree";

/// KubernetesCluster: project, groups, balancers and names are there. Machine: port and server are.
pub const INFRASTRUCTURE_READY: &str = "InfrastructureReady";
/// KubernetesCluster: its control plane is available.
pub const CONTROL_PLANE_AVAILABLE: &str = "ControlPlaneAvailable";
/// KubernetesCluster: all its pools of workers are available.
pub const WORKERS_AVAILABLE: &str = "WorkersAvailable";
/// KubernetesCluster: its ingress nodes and the balancer before them are available.
pub const INGRESS_AVAILABLE: &str = "IngressAvailable";
/// KubernetesCluster, Etcd: quorum holds, and each voting member is healthy.
pub const ETCD_HEALTHY: &str = "EtcdHealthy";
/// KubernetesCluster: its balancers have an address and pool members.
pub const LOAD_BALANCER_READY: &str = "LoadBalancerReady";
/// KubernetesCluster: its tenant on the storage has quota and credential.
pub const STORAGE_TENANT_READY: &str = "StorageTenantReady";
/// KubernetesCluster, StorageTenant: the storage lets attach whom it should, and nobody else.
pub const ACCESS_LIST_SYNCED: &str = "AccessListSynced";
/// KubernetesCluster: all addons are applied and healthy.
pub const ADDONS_HEALTHY: &str = "AddonsHealthy";
/// KubernetesCluster: its API answered the engine lately.
pub const REMOTE_CONNECTION_PROBE: &str = "RemoteConnectionProbe";

/// Etcd: the last backup is not older than its interval and one more.
pub const BACKUP_FRESH: &str = "BackupFresh";
/// ControlPlane: no certificate expires soon.
pub const CERTIFICATES_VALID: &str = "CertificatesValid";

/// Machine: its user data is made.
pub const BOOTSTRAP_CONFIG_READY: &str = "BootstrapConfigReady";
/// Machine: its node is Ready.
pub const NODE_HEALTHY: &str = "NodeHealthy";
/// Machine of a control plane: its API server answers that it is ready.
pub const API_SERVER_HEALTHY: &str = "APIServerPodHealthy";
/// Machine of etcd: its member is healthy.
pub const ETCD_MEMBER_HEALTHY: &str = "EtcdMemberHealthy";
/// Machine: what it is judged by says that it works; `False` is evidence enough to replace it.
pub const HEALTH_CHECK_SUCCEEDED: &str = "HealthCheckSucceeded";
/// Machine: its owner replaces it. Usually absent.
pub const OWNER_REMEDIATED: &str = "OwnerRemediated";
/// Machine: it is in its balancer's pool.
pub const POOL_MEMBER_ONLINE: &str = "PoolMemberOnline";

/// LoadBalancer: Octavia has it ACTIVE.
pub const PROVISIONED: &str = "Provisioned";
/// LoadBalancer: DNS answers its name with its address.
pub const DNS_READY: &str = "DNSReady";
/// LoadBalancer: its pool members are those that should be.
pub const MEMBERS_SYNCED: &str = "MembersSynced";

/// StorageTenant: the cluster's driver uses the wanted credential.
pub const CREDENTIAL_CURRENT: &str = "CredentialCurrent";

/// Addon: all objects of the wanted version are in the cluster.
pub const APPLIED: &str = "Applied";
/// Addon: its workloads run.
pub const HEALTHY: &str = "Healthy";

/// Release: clusters can be made with it or moved to it.
pub const USABLE: &str = "Usable";

/// Operation: its plan is there.
pub const PLANNED: &str = "Planned";
/// Operation, FleetRollout: what was asked is so.
pub const COMPLETED: &str = "Completed";
/// FleetRollout: it goes on; `False` says what halts it.
pub const PROGRESSING: &str = "Progressing";
/// Incident: somebody is on it.
pub const ACKNOWLEDGED: &str = "Acknowledged";

/// Reason: it is so, and there is nothing more to say.
pub const REASON_AS_WANTED: &str = "AsWanted";
/// Reason of `Unknown`: what it is about could not be reached.
pub const REASON_CONTACT_LOST: &str = "ContactLost";
/// Reason of a machine that has not failed: a person wants another in its place.
pub const REASON_ASKED: &str = "Asked";
/// Reason: it waits for something else, which the message names.
pub const REASON_WAITING: &str = "Waiting";
/// Reason: what the context's settings leave out cannot be had: a project, a credential, a failover.
pub const REASON_NOT_SUPPORTED: &str = "NotSupported";
