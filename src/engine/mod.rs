//! The loops: for each record observe, plan, act, report.
//!
//! [`key`] names a record, [`queue`] says when whose turn is, [`context`] holds what all loops share. [`turn`] is one
//! turn of one loop, a plain function: [`run`] calls it for whatever the queue has, and a simulation test calls it in
//! an order drawn from a seed. [`triggers`] says who has to look when something changed. [`observe`] gathers what a planner
//! looks at, [`part`] asks the planner of a cluster or of one of its parts, [`act`] carries the steps out, unless [`hold`]
//! sees that somebody paused or braked meanwhile, and [`mod@write`] reports.
//!
//! What is observed comes from four places. [`records`] are the objects of the Manager Kubernetes, each kind in a
//! [`cache`] that a watch keeps and that our own writes reach at once; [`places`] says where each kind is, and [`reopen`]
//! how long a broken watch rests. [`inventory`] is the cloud, read in bulk onto [`shelf`] after shelf; [`choices`] is what
//! the cloud has to choose from. [`projects`] is what belongs to one project, read when its cluster's turn is. [`contact`]
//! is the inside of a user cluster, with its `nodes`. What the operator decided is the [`site`]; how often the cloud is
//! called, the [`budget`].
//!
//! One engine acts at a time: [`lease`] holds that, and [`leader`] reads who it is. [`brakes`] are those that hold,
//! [`keys`] the Secrets of clusters, [`addons`] the bundles that are applied inside.
//!
//! What is told: [`trace`] keeps what came of each turn, [`events`] tells it on the objects, [`incidents`] gathers findings
//! that share a cause, [`leaks`] finds what belongs to nobody, [`fleet`] counts the health of all. [`glance`] reads all of
//! it for whoever looks, and [`facts`] tells it over HTTP.

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
mod nodes;
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
