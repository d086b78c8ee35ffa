//! Members of etcd as processes, started from the files of our user data.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use chrono::Utc;
use kaasboard::bootstrap::etcd::{self as files, EtcdConfiguration, Start};
use kaasboard::bootstrap::facts::{ClusterFacts, MachineFacts, Slot};
use kaasboard::bootstrap::roles;
use tempfile::TempDir;

/// A member that runs until it is dropped.
pub struct Member {
    process: Child,
    home: TempDir,
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Member {
    /// Starts the member of a slot, with room for so many bytes.
    pub fn start(cluster: &ClusterFacts, slot: &Slot, start: &Start, quota_bytes: u64) -> Self {
        let home = tempfile::tempdir().unwrap();
        let machine = MachineFacts {
            name: slot.name.clone(),
            uid: "1a2b3c4d-0000-4000-8000-000000000001".into(),
            address: slot.address,
            labels: Default::default(),
            taints: Vec::new(),
        };
        let data = roles::etcd_member(cluster, &machine, slot, start, Utc::now()).unwrap();
        // What the server would find below /, it finds below its own directory.
        let within = |path: &str| home.path().join(path.trim_start_matches('/'));
        for file in data.write_files.iter().filter(|file| file.path.starts_with(files::PKI_DIRECTORY)) {
            let path = within(&file.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.content).unwrap();
        }
        let written = &data.file(files::CONFIGURATION).unwrap().content;
        let mut configuration: EtcdConfiguration = serde_saphyr::from_str(written).unwrap();
        move_below(&mut configuration, home.path());
        configuration.quota_backend_bytes = quota_bytes;
        let path = home.path().join("etcd.yaml");
        fs::write(&path, serde_saphyr::to_string(&configuration).unwrap()).unwrap();
        Self { process: spawn(&path, home.path()), home }
    }

    /// What it said so far, for when it does not do what it should.
    pub fn said(&self) -> String {
        let text = fs::read_to_string(self.home.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

fn spawn(configuration: &Path, home: &Path) -> Child {
    let Ok(program) = etcd_bin_vendored::etcd_bin_path() else { panic!("no etcd for this platform") };
    let log = fs::File::create(home.join("log")).unwrap();
    Command::new(program)
        .arg(format!("--config-file={}", configuration.display()))
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Lets several members live on one machine: each in its own directory, and on its own address alone.
fn move_below(configuration: &mut EtcdConfiguration, home: &Path) {
    let within = |path: &mut String| {
        let moved: PathBuf = home.join(path.trim_start_matches('/'));
        *path = moved.display().to_string();
    };
    within(&mut configuration.data_dir);
    for security in [&mut configuration.client_transport_security, &mut configuration.peer_transport_security]
    {
        within(&mut security.cert_file);
        within(&mut security.key_file);
        within(&mut security.trusted_ca_file);
    }
    let own = configuration.advertise_client_urls.clone();
    configuration.listen_metrics_urls = own.replace("https", "http").replace(":2379", ":2381");
    configuration.listen_client_urls = own;
}
