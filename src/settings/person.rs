//! Who sits here.

use std::env;

/// Who asks, as Operations and the journal name it: `user@host`. Behind `sudo` it is who called it.
///
/// Nothing vouches for it: it is what this machine says, for people who read the journal. What somebody may do, the manager
/// decides by their credential.
pub fn here() -> String {
    let named = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let user = named("SUDO_USER").or_else(|| named("USER")).or_else(|| named("LOGNAME"));
    let user = user.unwrap_or_else(|| format!("uid-{}", rustix::process::getuid().as_raw()));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let whole = format!("{user}@{host}");
    whole.chars().filter(|char| !char.is_control()).take(LONGEST).collect()
}

/// The longest name that an Operation takes, in characters.
const LONGEST: usize = 253;
