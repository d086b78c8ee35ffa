//! From a file to checked settings.

use std::fs::File;
use std::io::{self, Read};

use super::check;
use super::context::Settings;
use super::error::SettingsError;
use super::places::Places;

/// No settings file that a person wrote comes near this size; a larger one is a mistake or a device.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Words that belong to others, and which a settings file may only use as they are.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The names of the themes.
    pub themes: &'a [&'a str],
    /// The names of the keymaps.
    pub keymaps: &'a [&'a str],
}

/// Reads and checks the settings file of `places`. A missing file that nobody named means the sandbox.
pub fn load(places: &Places, words: Words<'_>) -> Result<Settings, SettingsError> {
    let file = &places.config_file;
    let bytes = match read(places) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !places.named => Vec::new(),
        Err(source) => return Err(SettingsError::Read { file: file.clone(), source }),
    };
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(SettingsError::TooLarge { file: file.clone(), limit: MAX_FILE_BYTES });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|&&byte| byte == b'\n').count() + 1;
        SettingsError::NotText { file: file.clone(), line }
    })?;
    check::check(&text, places, words)
        .map_err(|problems| SettingsError::Invalid { file: file.clone(), problems })
}

/// The bytes of the file, one more than allowed at most.
fn read(places: &Places) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(&places.config_file)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
