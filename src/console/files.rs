//! A person's own keymap and theme files, read again when they change.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::keymap::Keymap;
use super::message::Reload;
use super::theme::Theme;
use crate::settings::places::Places;

/// No such file comes near this size; a larger one is a mistake.
const SIZE_MAX: u64 = 256 * 1024;

/// The files beside `config.toml`.
#[derive(Debug)]
pub struct Files {
    keymap: Watched,
    theme: Watched,
}

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    seen: Option<SystemTime>,
}

impl Files {
    /// The files of a person: `keymap.toml` and `theme.toml`.
    pub fn of(places: &Places) -> Self {
        let directory = places.config_file.parent().unwrap_or(Path::new("")).to_owned();
        Self {
            keymap: Watched { path: directory.join("keymap.toml"), seen: None },
            theme: Watched { path: directory.join("theme.toml"), seen: None },
        }
    }

    /// Reads what changed since the last time.
    pub fn changed(&mut self) -> Vec<Reload> {
        let keymap = self.keymap.changed().map(|read| match read {
            Ok((file, text)) => match Keymap::parse(&file, &text) {
                Ok(keymap) => Reload::Keymap(Box::new(keymap)),
                Err(error) => Reload::Mistake(error.to_string()),
            },
            Err(mistake) => Reload::Mistake(mistake),
        });
        let theme = self.theme.changed().map(|read| match read {
            Ok((file, text)) => match Theme::parse("theme.toml", &file, &text) {
                Ok(theme) => Reload::Theme(Box::new(theme)),
                Err(error) => Reload::Mistake(error.to_string()),
            },
            Err(mistake) => Reload::Mistake(mistake),
        });
        keymap.into_iter().chain(theme).collect()
    }
}

impl Watched {
    /// The text of the file if it is another than last time; why it cannot be read.
    fn changed(&mut self) -> Option<Result<(String, String), String>> {
        let meta = std::fs::metadata(&self.path).ok()?;
        let modified = meta.modified().ok();
        if modified == self.seen && modified.is_some() {
            return None;
        }
        self.seen = modified;
        let file = self.path.display().to_string();
        if meta.len() > SIZE_MAX {
            return Some(Err(format!("{file} is larger than {SIZE_MAX} bytes")));
        }
        let read = std::fs::read_to_string(&self.path);
        Some(read.map(|text| (file.clone(), text)).map_err(|error| format!("{file}: {error}")))
    }
}
