//! This machine: settings, directories, the terminal.

use std::env;
use std::fs;
use std::io::{self, IsTerminal};

use super::report::Check;
use crate::console::terminal;
use crate::settings::context::Settings;
use crate::settings::places::Places;

/// Looks at what the program needs here. The settings were read already.
pub fn checks(places: &Places, settings: &Settings) -> Vec<Check> {
    let file = places.config_file.display();
    let found = if places.config_file.exists() {
        format!("{file}: fine, current context {:?}", settings.current)
    } else {
        format!("{file}: does not exist, and does not have to")
    };
    vec![Check::ok("settings", found), state(places), screen(), locale()]
}

/// The log is written, and what people leave behind.
fn state(places: &Places) -> Check {
    let directory = &places.state_dir;
    let probe = directory.join(format!(".doctor-{}", std::process::id()));
    let tried = fs::create_dir_all(directory).and_then(|()| fs::write(&probe, b"doctor"));
    // What was not written need not go.
    let _ = fs::remove_file(&probe);
    match tried {
        Ok(()) => Check::ok("state directory", format!("{}: can be written", directory.display())),
        Err(error) => Check::failed(
            "state directory",
            format!("{}: {error}", directory.display()),
            "make room or give it to this user: the log goes there; XDG_STATE_HOME names another",
        ),
    }
}

fn screen() -> Check {
    if !io::stdout().is_terminal() {
        return Check::skipped("terminal", "standard output is none");
    }
    let kind = env::var("TERM").unwrap_or_default();
    if matches!(kind.as_str(), "" | "dumb") {
        let found = format!("TERM is {kind:?}: the console cannot be drawn");
        return Check::failed("terminal", found, "set TERM to what the terminal is, say xterm-256color");
    }
    let (columns, rows) = terminal::size().unwrap_or_default();
    let found = format!("{kind}, {columns}x{rows}");
    if columns < 80 || rows < 24 {
        return Check::warning("terminal", found, "make it 80x24 or larger");
    }
    Check::ok("terminal", found)
}

fn locale() -> Check {
    let words = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| env::var(name).ok());
    let word = words.into_iter().find(|word| !word.is_empty()).unwrap_or_default();
    if word.to_ascii_lowercase().replace('-', "").contains("utf8") {
        return Check::ok("locale", word);
    }
    Check::warning(
        "locale",
        format!("{word:?} is not UTF-8: lines and marks may come out as garbage"),
        "set LANG to a UTF-8 locale (LANG=C.UTF-8), or KAASBOARD_ASCII=1",
    )
}
