//! Which keys mean what: files, sequences, and the help that comes from them.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::action::{ALL, Action};
use super::key::{self, Key};
use crate::settings::words;

/// Where keys are pressed. What a special place does not know, the general ones may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere but in dialogs and inputs.
    Global,
    /// In tables.
    Table,
    /// In what is known of one object, and in help.
    Detail,
    /// In dialogs.
    Dialog,
}

impl Scope {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Global, "global"),
        (Self::Table, "table"),
        (Self::Detail, "detail"),
        (Self::Dialog, "dialog"),
    ];

    /// Its heading in help.
    pub fn title(self) -> &'static str {
        Self::ALL.iter().find(|(scope, _)| *scope == self).map_or("", |(_, name)| name)
    }
}

/// The places whose keys count at the same time.
const TOGETHER: [&[Scope]; 3] =
    [&[Scope::Table, Scope::Global], &[Scope::Detail, Scope::Global], &[Scope::Dialog]];

/// What a sequence of keys means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// What the file says that it does, if it says so.
    pub description: Option<String>,
}

impl Binding {
    /// What it does, for people.
    pub fn told(&self) -> &str {
        self.description.as_deref().unwrap_or_else(|| self.action.description())
    }
}

/// A place of a keymap file where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct KeymapError {
    /// Which file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong, and what was probably meant.
    pub problem: String,
}

/// All keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    bindings: BTreeMap<(Scope, Vec<Key>), Binding>,
}

/// What the keys pressed so far mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Something to do.
    Action(Action),
    /// More is to come; these keys may follow.
    More(Vec<(Key, String)>),
    /// Nothing.
    Nothing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    inherits: Option<Spanned<String>>,
    #[serde(default)]
    keys: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<Written>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Name(String),
    Described { run: String, desc: String },
}

/// The keymaps that are compiled in.
pub const BUILT_IN: [(&str, &str); 2] = [
    ("default", include_str!("../../keymaps/default.toml")),
    ("vim", include_str!("../../keymaps/vim.toml")),
];

impl Keymap {
    /// A keymap that is compiled in.
    ///
    /// # Errors
    /// When there is none of this name, or a mistake is compiled in, which a test excludes.
    pub fn built_in(name: &str) -> Result<Self, KeymapError> {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::parse(&format!("{name}.toml"), text),
            None => Err(KeymapError {
                file: format!("{name}.toml"),
                line: 1,
                column: 1,
                problem: format!(
                    "no keymap {name:?} is built in{}",
                    meant(name, BUILT_IN.iter().map(|(name, _)| *name))
                ),
            }),
        }
    }

    /// Reads a keymap file. What it does not name is as in the keymap that it inherits, or in the default one.
    ///
    /// # Errors
    /// Where the file is not right.
    pub fn parse(file: &str, text: &str) -> Result<Self, KeymapError> {
        let at = |offset: usize, problem: String| located(file, text, offset, problem);
        let read: File = toml::from_str(text).map_err(|error| {
            at(error.span().map_or(0, |span| span.start), error.message().replace('\n', " "))
        })?;
        let mut keymap = match &read.inherits {
            Some(name)
                if BUILT_IN.iter().any(|(known, text_of)| known == name.get_ref() && *text_of != text) =>
            {
                Self::built_in(name.get_ref())?
            }
            Some(name) => {
                let known = BUILT_IN.iter().map(|(name, _)| *name);
                let problem =
                    format!("no keymap {:?} to inherit{}", name.get_ref(), meant(name.get_ref(), known));
                return Err(at(name.span().start, problem));
            }
            // The keys that are compiled in begin with nothing; a person's file begins with those.
            None if BUILT_IN.iter().any(|(_, known)| *known == text) => Self::default(),
            None => Self::built_in("default")?,
        };
        for (place, keys) in &read.keys {
            let Some((scope, _)) = Scope::ALL.iter().find(|(_, name)| name == place.get_ref()) else {
                let known = Scope::ALL.iter().map(|(_, name)| *name);
                let problem = format!("no place {:?}{}", place.get_ref(), meant(place.get_ref(), known));
                return Err(at(place.span().start, problem));
            };
            for (sequence, written) in keys {
                keymap.bind(*scope, sequence, written).map_err(|(offset, problem)| at(offset, problem))?;
            }
        }
        if let Some((shorter, longer)) = keymap.conflict() {
            let all = || read.keys.values().flat_map(BTreeMap::keys);
            let written =
                |wanted: &Vec<Key>| all().find(|key| key::sequence(key.get_ref()).as_ref() == Ok(wanted));
            let offset = written(&longer).or_else(|| written(&shorter));
            let problem = format!(
                "{} can never be reached, because {} is bound already",
                key::written(&longer),
                key::written(&shorter)
            );
            return Err(at(offset.map_or(0, |key| key.span().start), problem));
        }
        Ok(keymap)
    }

    fn bind(
        &mut self,
        scope: Scope,
        sequence: &Spanned<String>,
        written: &Spanned<Written>,
    ) -> Result<(), (usize, String)> {
        let keys = key::sequence(sequence.get_ref()).map_err(|problem| (sequence.span().start, problem))?;
        let (name, description) = match written.get_ref() {
            Written::Name(name) => (name, None),
            Written::Described { run, desc } => (run, Some(super::text::clean(desc))),
        };
        if name == "none" {
            self.bindings.remove(&(scope, keys));
            return Ok(());
        }
        let Some(action) = Action::named(name) else {
            let known = ALL.iter().map(|(_, name, _)| *name);
            return Err((written.span().start, format!("no action {name:?}{}", meant(name, known))));
        };
        self.bindings.insert((scope, keys), Binding { action, description });
        Ok(())
    }

    /// A sequence that hides a longer one, in places that count together.
    fn conflict(&self) -> Option<(Vec<Key>, Vec<Key>)> {
        TOGETHER.iter().find_map(|scopes| {
            let bound = self.bindings.keys().filter(|(of, _)| scopes.contains(of));
            let mine: Vec<&Vec<Key>> = bound.map(|(_, keys)| keys).collect();
            let hides =
                |short: &Vec<Key>, long: &Vec<Key>| long.len() > short.len() && long.starts_with(short);
            mine.iter().find_map(|short| {
                mine.iter().find(|long| hides(short, long)).map(|long| ((*short).clone(), (*long).clone()))
            })
        })
    }

    /// What the keys pressed so far mean in these places, the most special first.
    pub fn meaning(&self, scopes: &[Scope], pressed: &[Key]) -> Meaning {
        for scope in scopes {
            if let Some(binding) = self.bindings.get(&(*scope, pressed.to_vec())) {
                return Meaning::Action(binding.action);
            }
        }
        let mut next: BTreeMap<Key, String> = BTreeMap::new();
        for scope in scopes {
            for ((of, keys), binding) in &self.bindings {
                if of == scope
                    && keys.starts_with(pressed)
                    && let Some(key) = keys.get(pressed.len())
                {
                    next.entry(*key).or_insert_with(|| binding.told().to_owned());
                }
            }
        }
        if next.is_empty() { Meaning::Nothing } else { Meaning::More(next.into_iter().collect()) }
    }

    /// The keys of an action in these places, the shortest first.
    pub fn keys_of(&self, scopes: &[Scope], action: Action) -> Option<String> {
        let of = |((scope, keys), binding): (&(Scope, Vec<Key>), &Binding)| {
            (binding.action == action && scopes.contains(scope)).then(|| key::written(keys))
        };
        self.bindings.iter().filter_map(of).min_by_key(|keys| (keys.chars().count(), keys.clone()))
    }

    /// All that is bound in a place.
    pub fn bound(&self, scope: Scope) -> impl Iterator<Item = (String, &Binding)> {
        let mine = self.bindings.iter().filter(move |((of, _), _)| *of == scope);
        mine.map(|((_, keys), binding)| (key::written(keys), binding))
    }
}

fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    words::nearest(word, known).map(|nearest| format!(": did you mean {nearest:?}?")).unwrap_or_default()
}

/// An error at an offset of a file.
pub fn located(file: &str, text: &str, offset: usize, problem: String) -> KeymapError {
    let before = text.get(..offset.min(text.len())).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    KeymapError { file: file.to_owned(), line, column, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Key> {
        key::sequence(text).unwrap()
    }

    #[test]
    fn the_keymaps_that_are_compiled_in_are_right() {
        for (name, _) in BUILT_IN {
            let keymap = Keymap::built_in(name).unwrap();
            assert_eq!(keymap.meaning(&[Scope::Global], &keys("q")), Meaning::Action(Action::Quit), "{name}");
            assert_eq!(
                keymap.meaning(&[Scope::Table, Scope::Global], &keys("ctrl-d")),
                Meaning::Action(Action::HalfNext)
            );
        }
    }

    #[test]
    fn a_file_changes_single_keys_and_keeps_the_others() {
        let text = "[keys.table]\n\"H\" = \"none\"\n\"g h\" = { run = \"act.heal\", desc = \"mend\" }\n";
        let keymap = Keymap::parse("mine.toml", text).unwrap();
        assert_eq!(keymap.meaning(&[Scope::Table], &keys("H")), Meaning::Nothing);
        let Meaning::More(next) = keymap.meaning(&[Scope::Table], &keys("g")) else { unreachable!() };
        assert!(next.iter().any(|(key, told)| key::written(&[*key]) == "h" && told == "mend"), "{next:?}");
        assert_eq!(keymap.meaning(&[Scope::Global], &keys("q")), Meaning::Action(Action::Quit));
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_the_nearest_word() {
        for (text, told) in [
            ("[keys.tabel]\n", "mine.toml:1:7: no place \"tabel\": did you mean \"table\"?"),
            (
                "[keys.table]\n\"x\" = \"row.nxt\"\n",
                "mine.toml:2:7: no action \"row.nxt\": did you mean \"row.next\"?",
            ),
            (
                "[keys.table]\n\"crtl-x\" = \"row.next\"\n",
                "mine.toml:2:1: no key \"crtl-x\": did you mean \"ctrl-\"?",
            ),
            (
                "[keys.table]\n\"g\" = \"row.next\"\n\"g g\" = \"row.first\"\n",
                "mine.toml:3:1: g g can never be reached, because g is bound already",
            ),
            (
                "[keys.global]\n\"g\" = \"go.nodes\"\n",
                "mine.toml:2:1: g g can never be reached, because g is bound already",
            ),
            ("inherits = \"vimm\"\n", "mine.toml:1:12: no keymap \"vimm\" to inherit: did you mean \"vim\"?"),
        ] {
            let error = Keymap::parse("mine.toml", text).unwrap_err();
            assert_eq!(error.to_string(), told);
        }
        assert!(
            Keymap::parse("mine.toml", "[keys.table\n").unwrap_err().to_string().starts_with("mine.toml:1:")
        );
    }
}
