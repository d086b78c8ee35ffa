//! What turns a server into an etcd member or a node: its user data, and the keys in it.
//!
//! One file a subject. [`authority`] and [`pki`] make and read keys and certificates; [`token`] is the short-lived
//! secret of a joining node; [`kubeadm`], [`kubelet`] and [`etcd`] are the configuration files of those programs
//! as types; [`node`] is what every server carries, whatever its role; [`cloud_config`] is the document that carries all
//! of it to the server; [`roles`] puts them together from the [`facts`] of a cluster and a machine.
//!
//! Images bring containerd, kubelet, kubeadm and etcd along; nothing is installed at boot, so that a boot
//! depends on nobody outside.
//!
//! What must stay absent: secrets in the user data of workers and ingress nodes, apart from a join token that
//! expires; anything that lets a person log in.

pub mod authority;
pub mod cloud_config;
pub mod etcd;
pub mod facts;
pub mod kubeadm;
pub mod kubelet;
pub mod node;
pub mod pki;
pub mod roles;
pub mod token;
