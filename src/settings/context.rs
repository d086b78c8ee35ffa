//! What a checked `config.toml` says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::SettingsError;
use super::words;

/// The name of the context that exists without any file.
pub const SANDBOX: &str = "sandbox";

/// All contexts, and the one that is meant when none is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The contexts by name. Never empty: with none configured, it holds the sandbox.
    pub contexts: BTreeMap<String, Context>,
    /// A key of `contexts`.
    pub current: String,
}

/// One Manager Kubernetes, one cloud, and how much may be done with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Where the Manager Kubernetes is.
    pub manager: ManagerAt,
    /// Where servers come from.
    pub cloud: CloudAt,
    /// Whether the console may run the engine itself.
    pub engine: Engine,
    /// The name of the theme; `None` leaves the choice to the console.
    pub theme: Option<String>,
    /// The name of the keymap; `None` leaves the choice to the console.
    pub keymap: Option<String>,
    /// When the console may change anything.
    pub writing: Writing,
    /// How a dangerous change is confirmed.
    pub confirm: Confirm,
}

/// Where the Manager Kubernetes is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagerAt {
    /// A Kubernetes API that a kubeconfig names.
    Kubeconfig {
        /// The file; `None` means what `KUBECONFIG` and kubectl's default say.
        file: Option<PathBuf>,
        /// The context within the file; `None` means its current one.
        context: Option<String>,
    },
    /// The embedded API, in memory: gone when the process ends.
    Memory,
    /// The embedded API, in this file.
    File(PathBuf),
}

/// Where servers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudAt {
    /// Nowhere: this context only looks at a Manager Kubernetes.
    Nothing,
    /// The simulated cloud, which lives in memory.
    Simulated,
    /// OpenStack.
    OpenStack(OpenStackAt),
}

/// An OpenStack, by the names of entries of `clouds.yaml`, and what is used of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenStackAt {
    /// The entry in whose project things are made.
    pub name: String,
    /// The entry that may make projects, so that each cluster gets one of its own.
    pub admin: Option<String>,
    /// The network of the balancers' addresses; `None` means the one called `frontend`.
    pub frontend: Option<String>,
    /// The DNS zone of the clusters' names; `None` means the only one that there is.
    pub zone: Option<String>,
    /// Whether entries that say `verify: false` are taken: whoever answers in the cloud's place then gets their passwords.
    pub unchecked: bool,
    /// What carries balancers in software; `None` means Octavia's `amphora`.
    pub software: Option<Carrier>,
    /// What carries balancers in hardware; `None` means a provider called `hardware`.
    pub hardware: Option<Carrier>,
}

/// What carries balancers, in Octavia's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// The provider.
    pub provider: String,
    /// Its flavor; `None` means its usual one.
    pub flavor: Option<String>,
}

/// Whether the console may run the engine itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// It takes the Lease if it is free, and gives it up when it leaves.
    Auto,
    /// It only ever watches another engine.
    Never,
}

/// When the console may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// Never in this context.
    Never,
    /// For some minutes, after somebody armed it.
    Armed,
    /// Always.
    Always,
}

/// How a dangerous change is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// By an answer.
    Ask,
    /// By typing the name of what is changed.
    TypeName,
}

impl Settings {
    /// What is meant without a file: everything in memory, nothing that could be harmed.
    pub fn sandbox() -> Self {
        let sandbox = Context {
            manager: ManagerAt::Memory,
            cloud: CloudAt::Simulated,
            engine: Engine::Auto,
            theme: None,
            keymap: None,
            writing: Writing::Always,
            confirm: Confirm::Ask,
        };
        Self { contexts: BTreeMap::from([(SANDBOX.to_owned(), sandbox)]), current: SANDBOX.to_owned() }
    }

    /// The same with a context that looks at the manager of a kubeconfig, as the current one. Nothing is known of that
    /// manager, so that it is only looked at until somebody arms the console, and no engine is begun for it.
    pub fn looking_at(mut self, kubeconfig: PathBuf) -> Self {
        let name =
            kubeconfig.file_stem().map_or_else(Default::default, |stem| stem.to_string_lossy().into_owned());
        let context = Context {
            manager: ManagerAt::Kubeconfig { file: Some(kubeconfig), context: None },
            cloud: CloudAt::Nothing,
            engine: Engine::Never,
            theme: None,
            keymap: None,
            writing: Writing::Armed,
            confirm: Confirm::TypeName,
        };
        self.contexts.insert(name.clone(), context);
        self.current = name;
        self
    }

    /// The context of this name, or the current one. An unknown name is answered with those that exist.
    pub fn context(&self, name: Option<&str>) -> Result<&Context, SettingsError> {
        let name = name.unwrap_or(&self.current);
        self.contexts.get(name).ok_or_else(|| {
            let known: Vec<String> = self.contexts.keys().cloned().collect();
            let nearest = words::nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
            SettingsError::UnknownContext { name: name.to_owned(), known, nearest }
        })
    }

    /// The same with the context of a name as the current one; without a name it stays.
    ///
    /// # Errors
    /// When there is no such context.
    pub fn with_current(mut self, name: Option<&str>) -> Result<Self, SettingsError> {
        if let Some(name) = name {
            self.context(Some(name))?;
            name.clone_into(&mut self.current);
        }
        Ok(self)
    }
}
