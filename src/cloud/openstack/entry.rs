//! An entry of clouds.yaml: whom to ask for tokens, and as whom.
//!
//! The file's format is OpenStack's, so that keys which are not known here are passed over. No error repeats a value of
//! the file: it may be a password.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use osauth::InterfaceType;
use serde_json::{Map, Value};

/// The file's name, wherever it is.
const FILE: &str = "clouds.yaml";
/// The file beside it with what is not for everybody's eyes.
const SECRETS: &str = "secure.yaml";
/// Where administrators put it for everybody.
const FOR_ALL: &str = "/etc/openstack";
/// The name of the entry that the variables `OS_*` are, as with OpenStack's own client.
pub const FROM_ENVIRONMENT: &str = "envvars";
/// The variables, and the keys that they stand for. Those of the first list belong under `auth`.
const AUTH_VARIABLES: [(&str, &str); 17] = [
    ("OS_AUTH_URL", "auth_url"),
    ("OS_USERNAME", "username"),
    ("OS_USER_ID", "user_id"),
    ("OS_PASSWORD", "password"),
    ("OS_TOKEN", "token"),
    ("OS_PROJECT_NAME", "project_name"),
    ("OS_PROJECT_ID", "project_id"),
    ("OS_USER_DOMAIN_NAME", "user_domain_name"),
    ("OS_USER_DOMAIN_ID", "user_domain_id"),
    ("OS_PROJECT_DOMAIN_NAME", "project_domain_name"),
    ("OS_PROJECT_DOMAIN_ID", "project_domain_id"),
    ("OS_APPLICATION_CREDENTIAL_ID", "application_credential_id"),
    ("OS_APPLICATION_CREDENTIAL_NAME", "application_credential_name"),
    ("OS_APPLICATION_CREDENTIAL_SECRET", "application_credential_secret"),
    ("OS_DEFAULT_DOMAIN_NAME", "default_domain_name"),
    ("OS_DEFAULT_DOMAIN_ID", "default_domain_id"),
    ("OS_SYSTEM_SCOPE", "system_scope"),
];
const VARIABLES: [(&str, &str); 4] = [
    ("OS_AUTH_TYPE", "auth_type"),
    ("OS_REGION_NAME", "region_name"),
    ("OS_INTERFACE", "interface"),
    ("OS_CACERT", "cacert"),
];
/// How a key ends that names the address of a service in place of the catalog's.
const OVERRIDE: &str = "_endpoint_override";

/// Why an entry cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are the places that the messages name")]
pub enum EntryError {
    /// No file.
    #[error("there is no clouds.yaml; it was looked for in {}", list(.looked))]
    NoFile { looked: Vec<PathBuf> },
    /// The file cannot be read.
    #[error("{} cannot be read", .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    /// The file is no YAML, or not of the form that it should have.
    #[error("{} is not of the form `clouds: {{ NAME: {{ auth: … }} }}`", .file.display())]
    Malformed { file: PathBuf },
    /// There is no such entry.
    #[error("{} has no entry {name:?}; it has {}", .file.display(), .known.join(", "))]
    Unknown { file: PathBuf, name: String, known: Vec<String> },
    /// Something is missing.
    #[error("the entry {name:?} lacks {what}")]
    Missing { name: String, what: &'static str },
    /// A value of another type; what it is stays untold.
    #[error("{key} of the entry {name:?} is not text; write it in quotes")]
    NotText { name: String, key: String },
    /// A value that is not known here.
    #[error("{key} of the entry {name:?} is not one of {known}")]
    Strange { name: String, key: &'static str, known: &'static str },
    /// Nobody would notice who answers in place of the cloud.
    #[error("the entry {name:?} says `verify: false`: whoever answers would get its password")]
    Unverified { name: String },
}

/// As whom tokens are asked for.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// A user with a password.
    Password {
        /// The user.
        user: Named,
        /// The password.
        password: String,
    },
    /// A token that somebody else got. When it ends, so does the access.
    Token(String),
    /// An application credential: of one user, and for one project.
    Credential {
        /// Its id.
        id: Option<String>,
        /// Its name, which needs the user.
        name: Option<(String, Named)>,
        /// Its secret.
        secret: String,
    },
}

/// Something of Keystone's by its id, or by its name in a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// By id.
    Id(String),
    /// By name, in a domain.
    Name(String, Domain),
}

/// A domain by its id or its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Domain {
    /// By id.
    Id(String),
    /// By name.
    Name(String),
}

/// An entry of clouds.yaml.
#[derive(Clone)]
pub struct Entry {
    /// Its name.
    pub(super) name: String,
    /// Where Keystone is.
    pub(super) auth_url: String,
    /// As whom.
    pub(super) identity: Identity,
    /// The project that tokens are for, unless another is asked for.
    pub(super) project: Option<Named>,
    /// The region.
    pub(super) region: Option<String>,
    /// Which of a service's addresses.
    pub(super) interface: InterfaceType,
    /// The authority that vouches for the services, beside those that the system knows.
    pub(super) authority: Option<PathBuf>,
    /// Whether certificates are looked at.
    pub(super) verify: bool,
    /// Addresses in place of the catalog's, by the service's type.
    pub(super) overrides: HashMap<String, String>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Entry").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Entry {
    /// Finds an entry the way OpenStack's own client does. `variable` reads the environment; `unverified` lets an entry
    /// pass that does not look at certificates.
    ///
    /// # Errors
    /// When there is none of that name, or it cannot be used.
    pub fn find(
        name: &str,
        variable: &dyn Fn(&str) -> Option<String>,
        unverified: bool,
    ) -> Result<Self, EntryError> {
        let raw = if name == FROM_ENVIRONMENT && variable("OS_AUTH_URL").is_some() {
            from_environment(variable)
        } else {
            from_files(name, variable)?
        };
        let entry = Reader { name, raw: &raw }.read()?;
        if !entry.verify && !unverified {
            return Err(EntryError::Unverified { name: name.to_owned() });
        }
        Ok(entry)
    }

    /// The entry's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn from_environment(variable: &dyn Fn(&str) -> Option<String>) -> Map<String, Value> {
    let told = |names: &[(&str, &str)]| -> Map<String, Value> {
        let told = names.iter().filter_map(|(name, key)| Some(((*key).to_owned(), variable(name)?.into())));
        told.collect()
    };
    let mut raw = told(&VARIABLES);
    raw.insert("auth".to_owned(), told(&AUTH_VARIABLES).into());
    raw
}

fn from_files(
    name: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Map<String, Value>, EntryError> {
    let looked = match variable("OS_CLIENT_CONFIG_FILE") {
        Some(file) => vec![PathBuf::from(file)],
        None => places(variable),
    };
    let Some(file) = looked.iter().find(|file| file.is_file()).cloned() else {
        return Err(EntryError::NoFile { looked });
    };
    let mut clouds = read(&file)?;
    let secrets = variable("OS_CLIENT_SECURE_FILE").map(PathBuf::from);
    let secrets = secrets.unwrap_or_else(|| file.with_file_name(SECRETS));
    if secrets.is_file() {
        merge(&mut clouds, read(&secrets)?);
    }
    match clouds.remove(name) {
        Some(Value::Object(raw)) => Ok(raw),
        Some(_) => Err(EntryError::Malformed { file }),
        None => {
            let known = clouds.keys().cloned().collect();
            Err(EntryError::Unknown { file, name: name.to_owned(), known })
        }
    }
}

fn places(variable: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let home = || Some(Path::new(&variable("HOME")?).join(".config"));
    let own = variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
    let mut places = vec![PathBuf::from(FILE)];
    places.extend(own.map(|place| place.join("openstack").join(FILE)));
    places.push(Path::new(FOR_ALL).join(FILE));
    places
}

fn read(file: &Path) -> Result<Map<String, Value>, EntryError> {
    let text = fs::read_to_string(file)
        .map_err(|source| EntryError::Unreadable { file: file.to_owned(), source })?;
    let malformed = || EntryError::Malformed { file: file.to_owned() };
    let document: Value = serde_saphyr::from_str(&text).map_err(|_| malformed())?;
    match document {
        Value::Object(mut document) => match document.remove("clouds") {
            Some(Value::Object(clouds)) => Ok(clouds),
            _ => Err(malformed()),
        },
        _ => Err(malformed()),
    }
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Reads an entry's values.
struct Reader<'a> {
    name: &'a str,
    raw: &'a Map<String, Value>,
}

impl Reader<'_> {
    fn read(&self) -> Result<Entry, EntryError> {
        let auth_url = self.auth("auth_url")?.ok_or_else(|| self.missing("auth_url"))?;
        Ok(Entry {
            name: self.name.to_owned(),
            auth_url,
            identity: self.identity()?,
            project: self.named("project_id", "project_name", "project_domain")?,
            region: self.text(self.raw, "region_name")?,
            interface: self.interface()?,
            authority: self.text(self.raw, "cacert")?.map(PathBuf::from),
            verify: self.raw.get("verify").and_then(Value::as_bool).unwrap_or(true),
            overrides: self.overrides()?,
        })
    }

    fn identity(&self) -> Result<Identity, EntryError> {
        let kind = self.text(self.raw, "auth_type")?;
        let guessed = if self.auth("token")?.is_some() {
            "token"
        } else if self.auth("application_credential_secret")?.is_some() {
            "v3applicationcredential"
        } else {
            "password"
        };
        match kind.as_deref().unwrap_or(guessed) {
            "password" | "v3password" => Ok(Identity::Password {
                user: self.user()?.ok_or_else(|| self.missing("username"))?,
                password: self.auth("password")?.ok_or_else(|| self.missing("password"))?,
            }),
            "token" | "v3token" => {
                Ok(Identity::Token(self.auth("token")?.ok_or_else(|| self.missing("token"))?))
            }
            "v3applicationcredential" => {
                let id = self.auth("application_credential_id")?;
                let name = match (self.auth("application_credential_name")?, self.user()?) {
                    (Some(name), Some(user)) => Some((name, user)),
                    _ => None,
                };
                if id.is_none() && name.is_none() {
                    return Err(self.missing("application_credential_id"));
                }
                let secret = self.auth("application_credential_secret")?;
                let secret = secret.ok_or_else(|| self.missing("application_credential_secret"))?;
                Ok(Identity::Credential { id, name, secret })
            }
            _ => Err(EntryError::Strange {
                name: self.name.to_owned(),
                key: "auth_type",
                known: "password, token, v3applicationcredential",
            }),
        }
    }

    fn user(&self) -> Result<Option<Named>, EntryError> {
        self.named("user_id", "username", "user_domain")
    }

    fn named(&self, id: &str, name: &str, domain: &str) -> Result<Option<Named>, EntryError> {
        if let Some(id) = self.auth(id)? {
            return Ok(Some(Named::Id(id)));
        }
        let Some(name) = self.auth(name)? else { return Ok(None) };
        let own = self.domain(domain)?;
        let domain = if own.is_some() { own } else { self.domain("default_domain")? };
        Ok(Some(Named::Name(name, domain.unwrap_or_else(|| Domain::Id("default".to_owned())))))
    }

    fn domain(&self, which: &str) -> Result<Option<Domain>, EntryError> {
        if let Some(id) = self.auth(&format!("{which}_id"))? {
            return Ok(Some(Domain::Id(id)));
        }
        Ok(self.auth(&format!("{which}_name"))?.map(Domain::Name))
    }

    fn interface(&self) -> Result<InterfaceType, EntryError> {
        let told = self.text(self.raw, "interface")?;
        let told = if told.is_some() { told } else { self.text(self.raw, "endpoint_type")? };
        match told.as_deref().map(|word| word.trim_end_matches("URL")) {
            None | Some("public") => Ok(InterfaceType::Public),
            Some("internal") => Ok(InterfaceType::Internal),
            Some("admin") => Ok(InterfaceType::Admin),
            Some(_) => Err(EntryError::Strange {
                name: self.name.to_owned(),
                key: "interface",
                known: "public, internal, admin",
            }),
        }
    }

    fn overrides(&self) -> Result<HashMap<String, String>, EntryError> {
        let mut found = HashMap::new();
        for key in self.raw.keys() {
            let Some(service) = key.strip_suffix(OVERRIDE) else { continue };
            if let Some(url) = self.text(self.raw, key)? {
                found.insert(service.replace('_', "-"), url);
            }
        }
        Ok(found)
    }

    fn auth(&self, key: &str) -> Result<Option<String>, EntryError> {
        match self.raw.get("auth") {
            Some(Value::Object(auth)) => self.text(auth, key),
            _ => Ok(None),
        }
    }

    fn text(&self, from: &Map<String, Value>, key: &str) -> Result<Option<String>, EntryError> {
        match from.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(EntryError::NotText { name: self.name.to_owned(), key: key.to_owned() }),
        }
    }

    fn missing(&self, what: &'static str) -> EntryError {
        EntryError::Missing { name: self.name.to_owned(), what }
    }
}

fn list(files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    files.join(", ")
}
