//! The insides of user clusters: what their servers' user data brings to life, and what becomes of it.
//!
//! [`all`] is what the engine talks to: one inside per cluster, made when somebody looks. `one` is a cluster behind its
//! lock, `front` what stands before its API, `ways` who answers there and behind which address, `cut` how an answer breaks
//! off, and `state` how it goes on with time. `user_data` and `start` read what a server was given, as cloud-init, systemd,
//! kubeadm and etcd would; `etcd` is the cluster's members, `join` what kubeadm needs to find, [`footing`] what all of it
//! stands on, `body` one server's inside, `nodes` and `node_object` what is seen of it in the API, and `kube` that API, on
//! the code of the embedded manager. `pods` is what runs on the nodes: `controllers` say which pods there should be,
//! `schedule` and `fit` where, `volumes` and `driver` what they wait for; `facts` and `pod_object` read and write the
//! objects. `tenant` is what its owner brings, and `authority` compares certificates.
//!
//! An inside costs nothing while nobody looks: what happens with time is worked out at the next look, with the times
//! at which it happened, and Leases are renewed when they are read.

pub mod all;
mod authority;
mod body;
mod controllers;
mod cut;
mod driver;
mod etcd;
mod facts;
mod fit;
pub mod footing;
mod front;
mod join;
mod kube;
mod node_object;
mod nodes;
mod one;
mod pod_object;
mod pods;
mod schedule;
mod start;
mod state;
mod tenant;
mod user_data;
mod volumes;
mod ways;
