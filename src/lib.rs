//! `kaasboard`: a terminal operations console for a Kubernetes as a Service, with its engine inside.
//!
//! This page is the map of the crate. It says where things are and which way they depend on each other; what each
//! of them does is said where it is.
//!
//! # Three ideas
//!
//! 1. **Observe, plan, act, report.** The engine has one loop. A planner without I/O compares what is wanted with
//!    what was observed and answers with steps, findings and reasons for waiting. A fault is a difference like any
//!    other, so healing, upgrading and scaling have no code of their own outside the planner.
//! 2. **Message, update, view.** The console's state changes in one function; what it wants done leaves that function
//!    as data.
//! 3. **Real or embedded, behind the same seam.** All records live in a *Manager Kubernetes*: some Kubernetes API, or
//!    the one in [`manager`]. Servers come from OpenStack or from a simulated world. Only [`startup`] knows which.
//!
//! # Two walks
//!
//! *A key press* becomes an action, the action a message, and the message an effect: an Operation written to the
//! manager. The engine plans it and writes the plan down; the screen shows it; a person confirms; the engine carries
//! it out, and its writes come back through a watch as the next frame.
//!
//! *A fault* is first seen as something missing or changed: a node that reports no more, a server in the wrong state.
//! The next pass of the loop finds the difference, waits as long as the policy says, and either acts, one step a pass,
//! or says what keeps it from acting. Records, conditions and the console tell the same story with the same names.
//!
//! # Rooms
//!
//! | module | what | imports | state |
//! |---|---|---|---|
//! | [`clock`] | the only reader of time; tests pause it | – | done |
//! | [`settings`] | `config.toml`: found, merged, checked | – | done |
//! | [`logging`] | the log file | clock | done |
//! | [`api`] | the kinds as Custom Resources | clock | step 1 |
//! | [`manager`] | the embedded Kubernetes API; knows no kind of ours | clock | step 1 |
//! | [`planning`] | the planner, pure | api, clock, the cloud's types | step 2 |
//! | [`cloud`] | what the engine asks of a cloud: types, errors, one trait | api, clock | step 2, begun |
//! | [`bootstrap`] | the user data of servers: PKI, cloud-init, kubeadm, etcd | api, clock | step 2, begun |
//! | [`workload`] | what the engine asks of a user cluster, and its real side: API servers and etcd over the network | api, clock | step 4 |
//! | [`simulation`] | a world of plain data with a clock, a seed and faults | the seams, manager, api, clock | step 2, begun |
//! | [`engine`] | the loops: observe, plan, act, report | api, planning, the seams, bootstrap, clock | step 2, begun |
//! | [`console`] | the screen, the only user of a terminal library | api, planning, engine, settings, clock | step 3 |
//! | [`cloud::openstack`] | the real cloud, the only user of its client | cloud, api, clock | step 4, begun |
//! | [`cli`], [`startup`] | the command line; the composition root | everything | step 1 |
//!
//! What is not in the "imports" column is not imported: `tests/house` reads the sources and holds that, together with
//! the lengths of files and functions and the calls that have no place outside their module.

pub mod api;
pub mod bootstrap;
pub mod cli;
pub mod clock;
pub mod cloud;
pub mod console;
pub mod engine;
pub mod logging;
pub mod manager;
pub mod planning;
pub mod settings;
pub mod simulation;
pub mod startup;
pub mod workload;
