//! The loops: for each record observe, plan, act, report.
//!
//! [`key`] names a record, [`queue`] says when whose turn is, [`context`] holds what all loops share. [`turn`] is one
//! turn of one loop, a plain function: [`run`] calls it for whatever the queue has, and a simulation test calls it in
//! an order drawn from a seed. [`observe`] gathers what a planner looks at, [`act`] carries its steps out,
//! [`trace`] keeps what came of it, [`glance`] reads it for whoever looks, and [`facts`] tells it over HTTP.
//!
//! What is observed comes from four places. [`records`] are the objects of the Manager Kubernetes, each kind in a
//! [`cache`] that a watch keeps and that our own writes reach at once. [`inventory`] is the cloud, read in bulk. [`projects`] is
//! what belongs to one project, read when its cluster's turn is. [`contact`] is the inside of a user cluster.

pub mod act;
pub mod addons;
pub mod brakes;
pub mod budget;
pub mod cache;
pub mod choices;
pub mod contact;
pub mod context;
pub mod events;
pub mod facts;
pub mod fleet;
pub mod glance;
pub mod hold;
pub mod incidents;
pub mod inventory;
pub mod key;
pub mod keys;
pub mod leader;
pub mod leaks;
pub mod lease;
pub mod observe;
pub mod part;
pub mod places;
pub mod projects;
pub mod queue;
pub mod records;
pub mod reopen;
pub mod run;
pub mod shelf;
pub mod site;
pub mod trace;
pub mod triggers;
pub mod turn;
pub mod write;
