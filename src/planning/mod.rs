//! The planner: what is wanted and what was observed in, what is to be done out.
//!
//! Every kind has one function `plan(view, …, policy, now) -> Plan`. It reads nothing but its arguments and changes
//! nothing, so that the same input gives the same plan: in a loop, in a preview that a person looks at, in a test.
//!
//! - [`observation`]: what goes in, as plain data. What could not be read is `Unknown` and never taken for absence.
//! - [`plan`], [`step`], [`finding`], [`waiting`]: what comes out. Whatever is not done has a typed reason, with an owner
//!   and a deadline.
//! - [`policy`]: every duration and limit, with its reason.
//! - [`health`], [`safety`]: the evidence that a machine failed, and everything that keeps the planner from acting on it.
//! - a file for each kind ([`tenant`], [`cluster`], [`etcd`], [`control_plane`], [`deployment`], [`machine`], [`balancer`],
//!   [`addon`], [`storage`], [`release`], [`incident`], [`operation`], [`leak`]), and beside it its parts, with its name in
//!   front; its status is in `…_report`.
//! - [`heal`], [`scale`], [`spread`], [`newcomer`]: who of a pool is replaced, how many it has, where and as what new ones
//!   come. [`drain`] empties a node; [`backoff`] and [`brake`] hold acts back.
//! - [`forecast`] plays the loops ahead for a preview, [`describe`] writes plans as text. All planners share [`context`],
//!   [`naming`] and [`report`].
//!
//! Records of machines have two writers with separate duties. The planner of their owner makes and removes *records*
//! and decides who is replaced. The planner of the machine works on the *server and the node* of that one record. Pool
//! members and access lists have one writer each as well, the balancer's and the storage tenant's planner, which
//! look at the same records; so the order of a replacement is held by each waiting for what the other has done.

pub mod addon;
pub mod backoff;
pub mod balancer;
pub mod balancer_members;
pub mod balancer_report;
pub mod brake;
pub mod cluster;
pub mod cluster_children;
pub mod cluster_conditions;
pub mod cluster_needs;
pub mod cluster_removal;
pub mod cluster_report;
pub mod context;
pub mod control_plane;
pub mod deployment;
pub mod describe;
pub mod drain;
pub mod etcd;
pub mod etcd_report;
pub mod finding;
pub mod forecast;
pub mod heal;
pub mod health;
pub mod incident;
pub mod incident_cause;
pub mod leak;
pub mod machine;
pub mod machine_removal;
pub mod machine_report;
pub mod naming;
pub mod newcomer;
pub mod observation;
pub mod operation;
pub mod operation_plan;
pub mod operation_verbs;
pub mod operation_watch;
pub mod plan;
pub mod policy;
pub mod release;
pub mod report;
pub mod safety;
pub mod scale;
pub mod spread;
pub mod step;
pub mod step_cloud;
pub mod step_edit;
pub mod step_inside;
pub mod step_record;
pub mod storage;
pub mod storage_access;
pub mod storage_report;
pub mod tenant;
pub mod waiting;
