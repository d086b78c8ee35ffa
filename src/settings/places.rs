//! Where settings and state are kept on this platform.

use std::env;
use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

use super::error::SettingsError;

/// Names another file instead of the platform's `config.toml`.
pub const CONFIG_VARIABLE: &str = "KAASBOARD_CONFIG";

/// Where settings and state are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The settings file, whether it exists or not.
    pub config_file: PathBuf,
    /// Whether a person named that file, in which case it has to exist.
    pub named: bool,
    /// Where the log and recordings go; made when first needed.
    pub state_dir: PathBuf,
    /// What `~` stands for.
    pub home: PathBuf,
}

impl Places {
    /// The places of this user, with what the environment says about them.
    ///
    /// An empty variable counts as unset, as it does for the XDG variables.
    pub fn find() -> Result<Self, SettingsError> {
        let home = BaseDirs::new().ok_or(SettingsError::NoHome)?.home_dir().to_owned();
        let project = ProjectDirs::from("dev", "", "kaasboard").ok_or(SettingsError::NoHome)?;
        let named = env::var_os(CONFIG_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        Ok(Self {
            named: named.is_some(),
            config_file: named.unwrap_or_else(|| project.config_dir().join("config.toml")),
            // Only Linux has a directory for state; elsewhere it is among the data that stays on the machine.
            state_dir: project.state_dir().unwrap_or_else(|| project.data_local_dir()).to_owned(),
            home,
        })
    }

    /// A path as a settings file means it: `~` is the home directory, anything relative is beside the file.
    pub fn resolve(&self, written: &str) -> PathBuf {
        let path = match written.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with('/') => self.home.join(rest.trim_start_matches('/')),
            Some(_) | None => PathBuf::from(written),
        };
        self.config_file.parent().unwrap_or(Path::new("")).join(path)
    }
}
