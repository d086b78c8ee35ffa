//! User data as a server reads it on its first boot: the files that cloud-init writes, and what it then starts.
//!
//! It is read as cloud-init and systemd would, and not with the types that wrote it: what those leave out is missing
//! here as it would be there.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::start::StartError;

/// The first line, by which cloud-init tells the document's kind.
const HEADER: &str = "#cloud-config";
/// Where cloud-init's units for systemd go.
const UNITS: &str = "/etc/systemd/system";

/// What a server was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserData {
    /// The server's host name.
    pub(super) hostname: Option<String>,
    /// Its files, by path.
    files: BTreeMap<String, String>,
    /// The units that are started, in order.
    units: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    hostname: Option<String>,
    #[serde(default)]
    write_files: Vec<File>,
    #[serde(default)]
    runcmd: Vec<Command>,
}

#[derive(Deserialize)]
struct File {
    path: String,
    #[serde(default)]
    content: String,
}

/// A command is a list of words, or a line for the shell.
#[derive(Deserialize)]
#[serde(untagged)]
enum Command {
    Words(Vec<String>),
    Line(String),
}

impl UserData {
    /// Reads user data.
    ///
    /// # Errors
    /// When cloud-init would not take it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, StartError> {
        let text = std::str::from_utf8(bytes).map_err(|_| StartError::NoCloudConfig)?;
        let body = text.strip_prefix(HEADER).ok_or(StartError::NoCloudConfig)?;
        let document: Document = serde_saphyr::from_str(body)
            .map_err(|error| StartError::Document { path: "user-data".into(), why: error.to_string() })?;
        let files = document.write_files.into_iter().map(|file| (file.path, file.content));
        let units = document.runcmd.iter().filter_map(started);
        Ok(Self { hostname: document.hostname, units: units.collect(), files: files.collect() })
    }

    /// The text of a file.
    ///
    /// # Errors
    /// When nobody wrote it.
    pub(super) fn file(&self, path: &str) -> Result<&str, StartError> {
        let missing = || StartError::MissingFile { path: path.to_owned() };
        self.files.get(path).map(String::as_str).ok_or_else(missing)
    }

    /// A file that is to be a document in PEM of a kind (`CERTIFICATE`, `PRIVATE KEY`, …).
    ///
    /// # Errors
    /// When nobody wrote it, or it is something else.
    pub(super) fn pem(&self, path: &str, kind: &str) -> Result<&str, StartError> {
        let text = self.file(path)?.trim();
        let first = text.lines().next().unwrap_or_default();
        let whole = first.starts_with("-----BEGIN") && first.ends_with(&format!("{kind}-----"));
        let ends = text.lines().last().is_some_and(|line| line.starts_with("-----END"));
        let wrong = || StartError::NotPem { path: path.to_owned(), kind: kind.to_owned() };
        (whole && ends).then_some(text).ok_or_else(wrong)
    }

    /// The commands, as words, that the started units come down to: what a unit runs, and what the lines of a
    /// script do that a unit runs.
    pub(super) fn commands(&self) -> Vec<Vec<&str>> {
        let mut found = Vec::new();
        for unit in &self.units {
            let Some(text) = self.files.get(&format!("{UNITS}/{unit}")) else { continue };
            for command in text.lines().filter_map(|line| line.strip_prefix("ExecStart=")) {
                let words: Vec<&str> = command.split_whitespace().collect();
                let script = words.first().and_then(|program| self.files.get(*program));
                match script {
                    Some(script) => {
                        found.extend(script.lines().map(|line| line.split_whitespace().collect()));
                    }
                    None => found.push(words),
                }
            }
        }
        found
    }
}

/// The unit that a command starts, if it starts one.
fn started(command: &Command) -> Option<String> {
    let words: Vec<&str> = match command {
        Command::Words(words) => words.iter().map(String::as_str).collect(),
        Command::Line(line) => line.split_whitespace().collect(),
    };
    let starts = match words.as_slice() {
        ["systemctl", "start", ..] => true,
        ["systemctl", "enable", rest @ ..] => rest.contains(&"--now"),
        _ => false,
    };
    words.last().filter(|unit| starts && !unit.starts_with('-')).map(|unit| (*unit).to_owned())
}
