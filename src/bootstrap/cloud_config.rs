//! The document that cloud-init reads on a server's first boot.
//!
//! Source: cloud-init's module reference (`write_files`, `runcmd`, `users`, `ssh_pwauth`, `hostname`).

use serde::{Deserialize, Serialize};

/// The most that Nova takes: 65,535 bytes of base64, which is three quarters of that in plain bytes, rounded
/// down to a whole KiB.
pub const MOST_BYTES: usize = 48 * 1024;

/// The first line, by which cloud-init tells the document's kind.
const HEADER: &str = "#cloud-config\n";

/// Why there is no user data.
#[derive(Debug, thiserror::Error)]
pub enum CloudConfigError {
    /// More than the compute service takes.
    #[error("the user data of {machine} has {bytes} bytes; the compute service takes {MOST_BYTES} at most")]
    TooLarge {
        /// Whose.
        machine: String,
        /// How large it is.
        bytes: usize,
    },
    /// It cannot be written as YAML.
    #[error("the user data of {machine} cannot be written")]
    Write {
        /// Whose.
        machine: String,
        /// Why.
        #[source]
        source: Box<serde_saphyr::ser::Error>,
    },
    /// It is none of ours.
    #[error("the user data is no cloud-config that can be read")]
    Read {
        /// Why.
        #[source]
        source: Box<serde_saphyr::Error>,
    },
    /// It does not begin as cloud-init wants it.
    #[error("the user data does not begin with #cloud-config")]
    NoHeader,
}

/// A cloud-config, as far as we use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudConfig {
    /// The server's host name, which its node takes over.
    pub hostname: String,
    /// Keeps the host name over reboots.
    pub preserve_hostname: bool,
    /// No password opens the machine.
    pub ssh_pwauth: bool,
    /// Nobody logs in as root.
    pub disable_root: bool,
    /// One account that nobody can log in to. Any list replaces the image's default user; an empty one, which
    /// would say it better, is refused by cloud-init's own schema.
    pub users: Vec<User>,
    /// Files to write before anything is run.
    pub write_files: Vec<File>,
    /// Commands to run once, in order, each as a list of words: no shell takes part.
    pub runcmd: Vec<Vec<String>>,
}

/// An account on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its name.
    pub name: String,
    /// No password opens it.
    pub lock_passwd: bool,
    /// Its shell, which ends at once.
    pub shell: String,
    /// It is no person's.
    pub system: bool,
}

impl User {
    fn nobody() -> Self {
        let (name, shell) = ("kaasboard".to_owned(), "/usr/sbin/nologin".to_owned());
        Self { name, lock_passwd: true, shell, system: true }
    }

    /// Whether a person can log in to it.
    pub fn lets_in(&self) -> bool {
        !(self.lock_passwd && self.system && self.shell.ends_with("/nologin"))
    }
}

/// A file on the server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Where it goes.
    pub path: String,
    /// Its mode, in octal.
    pub permissions: String,
    /// Its text.
    pub content: String,
}

impl std::fmt::Debug for File {
    /// Leaves the text out: it can be a key.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} ({}, {} bytes)", self.path, self.permissions, self.content.len())
    }
}

impl File {
    /// A file that anybody on the server may read.
    pub fn public(path: &str, content: impl Into<String>) -> Self {
        Self { path: path.to_owned(), permissions: "0644".to_owned(), content: content.into() }
    }

    /// A file that only root may read.
    pub fn secret(path: &str, content: impl Into<String>) -> Self {
        Self { path: path.to_owned(), permissions: "0600".to_owned(), content: content.into() }
    }

    /// A program.
    pub fn program(path: &str, content: impl Into<String>) -> Self {
        Self { path: path.to_owned(), permissions: "0755".to_owned(), content: content.into() }
    }

    /// Whether only root may read it.
    pub fn is_secret(&self) -> bool {
        self.permissions == "0600"
    }
}

impl CloudConfig {
    /// A document that writes files and then starts a unit of systemd.
    pub fn new(hostname: &str, write_files: Vec<File>, runcmd: Vec<Vec<String>>) -> Self {
        Self {
            hostname: hostname.to_owned(),
            preserve_hostname: false,
            ssh_pwauth: false,
            disable_root: true,
            users: vec![User::nobody()],
            write_files,
            runcmd,
        }
    }

    /// The user data, before base64.
    ///
    /// # Errors
    /// When it is larger than the compute service takes.
    pub fn render(&self) -> Result<String, CloudConfigError> {
        let machine = self.hostname.clone();
        let body = serde_saphyr::to_string(self).map_err(|source| CloudConfigError::Write {
            machine: machine.clone(),
            source: Box::new(source),
        })?;
        let text = format!("{HEADER}{body}");
        if text.len() > MOST_BYTES {
            return Err(CloudConfigError::TooLarge { machine, bytes: text.len() });
        }
        Ok(text)
    }

    /// Reads user data of ours back: what a machine would do with it, and what a person is shown of it.
    ///
    /// # Errors
    /// When it is none of ours.
    pub fn parse(text: &str) -> Result<Self, CloudConfigError> {
        let body = text.strip_prefix(HEADER).ok_or(CloudConfigError::NoHeader)?;
        serde_saphyr::from_str(body).map_err(|source| CloudConfigError::Read { source: Box::new(source) })
    }

    /// The file at a path.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.write_files.iter().find(|file| file.path == path)
    }

    /// The same with every secret text replaced, for people to read.
    pub fn masked(&self) -> Self {
        let mut shown = self.clone();
        for file in shown.write_files.iter_mut().filter(|file| file.is_secret()) {
            file.content = format!("({} bytes, masked)\n", file.content.len());
        }
        shown
    }
}
