//! Keys as keymap files write them: `a`, `A`, `space`, `ctrl-d`, `alt-x`, `shift-tab`, `f5`.

use std::cmp::Ordering;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::settings::words;

/// A key with what is held down beside it. Capital letters say by themselves that shift is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// The names of keys that are not characters.
const NAMES: [(&str, KeyCode); 17] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("minus", KeyCode::Char('-')),
];

const MODIFIERS: [(&str, KeyModifiers); 3] =
    [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT), ("shift-", KeyModifiers::SHIFT)];

impl Key {
    /// The key of an event.
    pub fn of(event: &KeyEvent) -> Self {
        Self::plain(event.code, event.modifiers)
    }

    /// The key that types a letter.
    pub fn letter(letter: char) -> Self {
        Self { code: KeyCode::Char(letter), modifiers: KeyModifiers::NONE }
    }

    /// The event of pressing it, for programs that press keys.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// One way to write each key: terminals differ in whether they say shift beside a capital letter.
    fn plain(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let kept = modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        match code {
            KeyCode::Char(letter) if kept.contains(KeyModifiers::SHIFT) => {
                let upper = letter.to_uppercase().next().unwrap_or(letter);
                Self { code: KeyCode::Char(upper), modifiers: kept - KeyModifiers::SHIFT }
            }
            KeyCode::Tab if kept.contains(KeyModifiers::SHIFT) => {
                Self { code: KeyCode::BackTab, modifiers: kept - KeyModifiers::SHIFT }
            }
            KeyCode::BackTab => Self { code, modifiers: kept - KeyModifiers::SHIFT },
            _ => Self { code, modifiers: kept },
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        while let Some((name, modifier)) = MODIFIERS.iter().find(|(name, _)| rest.starts_with(name)) {
            modifiers |= *modifier;
            rest = &rest[name.len()..];
        }
        let mut letters = rest.chars();
        let code = match (letters.next(), letters.next()) {
            (Some(letter), None) if !letter.is_control() => KeyCode::Char(letter),
            (Some('f'), Some(_))
                if rest[1..].parse::<u8>().is_ok_and(|number| (1..=12).contains(&number)) =>
            {
                KeyCode::F(rest[1..].parse().unwrap_or(1))
            }
            _ => match NAMES.iter().find(|(name, _)| *name == rest) {
                Some((_, code)) => *code,
                None => return Err(unknown(text)),
            },
        };
        Ok(Self::plain(code, modifiers))
    }
}

impl Ord for Key {
    /// As they are written, so that help is in the order of the alphabet.
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_string().cmp(&other.to_string())
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn unknown(text: &str) -> String {
    let names = NAMES.iter().map(|(name, _)| *name).chain(MODIFIERS.iter().map(|(name, _)| *name));
    let hint =
        words::nearest(text, names).map(|name| format!(": did you mean {name:?}?")).unwrap_or_default();
    format!("no key {text:?}{hint}")
}

impl std::fmt::Display for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, modifier) in MODIFIERS {
            if self.modifiers.contains(modifier) {
                out.write_str(name)?;
            }
        }
        if let Some((name, _)) =
            NAMES.iter().find(|(_, code)| *code == self.code && self.code != KeyCode::Char('-'))
        {
            return out.write_str(name);
        }
        match self.code {
            KeyCode::Char(letter) => write!(out, "{letter}"),
            KeyCode::F(number) => write!(out, "f{number}"),
            other => write!(out, "{other}"),
        }
    }
}

/// A sequence of keys, with spaces between them.
///
/// # Errors
/// When one of them is no key, with what was probably meant.
pub fn sequence(text: &str) -> Result<Vec<Key>, String> {
    let keys: Result<Vec<Key>, String> = text.split_whitespace().map(Key::parse).collect();
    keys.and_then(|keys| if keys.is_empty() { Err("no key at all".to_owned()) } else { Ok(keys) })
}

/// A sequence of keys as files write it.
pub fn written(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_they_are_written() {
        for text in
            ["a", "A", "ctrl-d", "alt-x", "space", "f5", "backtab", "?", ":", "g g", "ctrl-alt-up", "-"]
        {
            assert_eq!(written(&sequence(text).unwrap()), text);
        }
        assert_eq!(sequence("shift-a"), sequence("A"));
        assert_eq!(sequence("shift-tab"), sequence("backtab"));
        let event = KeyEvent::new(KeyCode::Char('A'), KeyModifiers::SHIFT);
        assert_eq!(vec![Key::of(&event)], sequence("A").unwrap());
        assert!(sequence("f13").is_err());
        assert!(sequence("").is_err());
    }
}
