//! The real cloud: OpenStack's services, each in a file of its own.
//!
//! [`entry`] reads an entry of clouds.yaml, [`login`] trades it for tokens, [`account`] keeps one for each project.
//! [`call`] is one request with a time limit, repeated only after a token was refused; [`failure`] says what a failed
//! one means, [`pages`] follows a listing to its end. On these stand the services, with small requests of our own and
//! only the fields that are read: [`compute`], [`groups`], [`network`], [`firewall`], [`balancer`],
//! [`balancer_tree`], [`identity`], [`quota`], [`dns`], [`volume`], [`share`] and [`choices`]. [`cloud`] holds the
//! accounts, [`seam`] is what the engine sees, and [`examine`] is for people who look before they begin.
//!
//! Two accounts may be at work. The *home* account owns what is made; the *admin* account, where there is one, makes
//! projects, sets quotas and lists across all projects. What is read is read by the administrator, so that hosts are
//! known by name; what is changed is changed with a token of the cluster's own project, which can reach nothing else.

pub mod account;
pub mod balancer;
pub mod balancer_tree;
pub mod belongings;
pub mod call;
pub mod choices;
pub mod cloud;
pub mod compute;
pub mod dns;
pub mod entry;
pub mod examine;
pub mod failure;
pub mod firewall;
pub mod groups;
pub mod identity;
pub mod login;
pub mod network;
pub mod pages;
pub mod quota;
pub mod seam;
pub mod share;
pub mod volume;
