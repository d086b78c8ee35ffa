//! The kinds: what people want of the system, and what the engine found, as Custom Resources
//! (`kaasboard.dev/v1alpha1`).
//!
//! A file is a kind, and has its spec. Those of a long status have it in a file of its own beside it.
//!
//! ```text
//! Tenant                          tenant              a team; its namespace holds what follows
//! └─ KubernetesCluster            cluster             the one object of a cluster that people edit
//!    │                            cluster_policy      its healing and upgrades
//!    ├─ Etcd                      etcd                slots, members, backups
//!    │  └─ Machine                machine             one server: its port, its node
//!    ├─ ControlPlane              control_plane       API servers, certificates
//!    │  └─ Machine
//!    ├─ MachineDeployment         machine_deployment  a pool of workers or ingress nodes
//!    │  └─ Machine
//!    ├─ LoadBalancer              load_balancer       before API servers, before ingress nodes
//!    ├─ Addon                     addon               what must run inside
//!    └─ StorageTenant             storage_tenant      quota, credential, access list
//! Release                         release             what clusters can run
//! FleetRollout                    fleet_rollout       a Release for many clusters
//! Operation                       operation           what a person asked; the journal
//! Incident                        incident            what broke, since when, how far
//! ```
//!
//! What a person asks is a [`request`] before it is an Operation.
//!
//! They are built of checked types: [`version`], [`quantity`], [`duration`], [`cidr`], [`text`], [`labels`],
//! [`int_or_percent`], [`role`], [`window`], [`time`], [`mod@reference`]. A value of one of them is right; the schema of each
//! lets exactly those texts pass that it parses, so that what an API server accepted can always be read. What several
//! kinds have alike is in [`pool`] and [`template`].
//!
//! Who refuses what:
//! - the schema of a kind, with [`rules`] where a rule crosses fields: whatever one object shows by itself. Any
//!   API server refuses it from the definitions of [`crds`] alone, with field and reason.
//! - [`validation`]: what takes two values of a schema or a second object: overlapping ranges, an unknown
//!   Release, a quota. The engine shows it as the condition [`conditions::SPEC_VALID`].
//!
//! What is known is told as [`condition`]s, whose types are in [`conditions`]. [`names`] has every name that
//! we give to something outside. What is only looked at is read [`lean`].

#![allow(
    clippy::duplicated_attributes,
    reason = "each printer column in an attribute of kube has a type, which clippy takes for one attribute repeated"
)]

pub mod addon;
pub mod cidr;
pub mod cluster;
pub mod cluster_policy;
pub mod cluster_status;
pub mod condition;
pub mod conditions;
pub mod control_plane;
pub mod crds;
pub mod duration;
pub mod etcd;
pub mod fleet_rollout;
pub mod incident;
pub mod int_or_percent;
pub mod labels;
pub mod lean;
pub mod load_balancer;
pub mod machine;
pub mod machine_deployment;
pub mod machine_status;
pub mod names;
pub mod operation;
pub mod operation_rules;
pub mod operation_status;
pub mod pool;
pub mod quantity;
pub mod reference;
pub mod release;
pub mod request;
pub mod role;
pub mod rules;
pub mod storage_tenant;
pub mod template;
pub mod tenant;
pub mod text;
pub mod time;
pub mod validation;
pub mod version;
pub mod window;
