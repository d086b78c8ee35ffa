//! What every server of a cluster carries, whatever its role.

use super::cloud_config::File;
use crate::api::names::initiator;

/// The program that brings a node to life.
pub const START_PROGRAM: &str = "/usr/local/sbin/kaasboard-start";
/// The unit that runs [`START_PROGRAM`] until it has succeeded.
pub const START_UNIT: &str = "kaasboard-start.service";
/// Where kubeadm's configuration is.
pub const KUBEADM_CONFIGURATION: &str = "/etc/kubernetes/kubeadm.yaml";
/// Where the storage's client reads the machine's identifier.
pub const INITIATOR_FILE: &str = "/etc/iscsi/initiatorname.iscsi";
/// The unit that closes the metadata service to pods.
const GUARD_UNIT: &str = "kaasboard-metadata-guard.service";

/// The files that every server gets: its initiator name, and the guard before the metadata service.
pub fn files(machine_uid: &str) -> Vec<File> {
    vec![
        File::secret(INITIATOR_FILE, format!("InitiatorName={}\n", initiator(machine_uid))),
        File::public("/etc/kaasboard/metadata-guard.nft", guard_rules()),
        File::public(&format!("/etc/systemd/system/{GUARD_UNIT}"), guard_unit()),
    ]
}

/// The files that run [`START_PROGRAM`] with a command of kubeadm until it has succeeded once.
pub fn start_files(command: &str) -> Vec<File> {
    vec![
        File::program(START_PROGRAM, start_program(command)),
        File::public(&format!("/etc/systemd/system/{START_UNIT}"), start_unit()),
    ]
}

/// The commands that every server runs once: no login, no metadata for pods, then its own unit.
///
/// The login daemon is masked and not only stopped, so that no package's script starts it again.
pub fn commands(unit: &str) -> Vec<Vec<String>> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect();
    vec![
        words("systemctl mask --now ssh.service ssh.socket sshd.service"),
        words("systemctl daemon-reload"),
        words(&format!("systemctl enable --now {GUARD_UNIT}")),
        words(&format!("systemctl enable --now --no-block {unit}")),
    ]
}

/// Pods' traffic is forwarded, the host's own is not: the forward hook closes the metadata service, with the user
/// data in it, to pods and leaves it open to cloud-init.
fn guard_rules() -> String {
    "table inet kaasboard_metadata_guard\n\
     delete table inet kaasboard_metadata_guard\n\
     table inet kaasboard_metadata_guard {\n\
     \tchain forward {\n\
     \t\ttype filter hook forward priority -200; policy accept;\n\
     \t\tip daddr 169.254.169.254 drop\n\
     \t\tip6 daddr fe80::a9fe:a9fe drop\n\
     \t}\n\
     }\n"
    .to_owned()
}

fn guard_unit() -> String {
    "[Unit]\n\
     Description=Close the metadata service to pods\n\
     Before=kubelet.service\n\
     \n\
     [Service]\n\
     Type=oneshot\n\
     RemainAfterExit=yes\n\
     ExecStart=/usr/sbin/nft -f /etc/kaasboard/metadata-guard.nft\n\
     \n\
     [Install]\n\
     WantedBy=multi-user.target\n"
        .to_owned()
}

/// A try that failed half-way is taken back before the next one, since kubeadm refuses what it finds half done.
fn start_program(command: &str) -> String {
    format!(
        "#!/bin/bash\n\
         set -euo pipefail\n\
         done=/var/lib/kaasboard/started\n\
         if [ -e \"$done\" ]; then exit 0; fi\n\
         mkdir -p /var/lib/kaasboard\n\
         if [ -e /var/lib/kaasboard/tried ]; then\n\
         \x20 kubeadm reset --force --skip-phases remove-etcd-member --cert-dir /var/lib/kaasboard/none\n\
         fi\n\
         touch /var/lib/kaasboard/tried\n\
         {command}\n\
         touch \"$done\"\n"
    )
}

fn start_unit() -> String {
    format!(
        "[Unit]\n\
         Description=Bring this node to life\n\
         Wants=network-online.target containerd.service\n\
         After=network-online.target containerd.service\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         RemainAfterExit=yes\n\
         ExecStart={START_PROGRAM}\n\
         Restart=on-failure\n\
         RestartSec=10\n\
         TimeoutStartSec=300\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n"
    )
}
