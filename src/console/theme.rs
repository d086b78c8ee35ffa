//! Colours by meaning. State never knows them, and no widget has any of its own.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use toml::Spanned;

use super::keymap::{KeymapError, located};
use super::palette::{Depth, Shade};
use crate::settings::words;

/// What something on the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "ROLES names each of them")]
pub enum Role {
    Text,
    Dim,
    Strong,
    Title,
    Heading,
    Key,
    Link,
    Ok,
    Warn,
    Crit,
    Unknown,
    Busy,
    Off,
    Cursor,
    CursorAway,
    Mark,
    Changed,
    Border,
    BorderFocus,
    Header,
    Footer,
    Input,
    Button,
    ButtonChosen,
    Error,
    Added,
    Removed,
    EnvProduction,
    EnvSandbox,
    EnvOther,
    ModeRead,
    ModeWrite,
    ModeBrake,
}

/// The roles by their names in theme files.
const ROLES: [(Role, &str); 33] = [
    (Role::Text, "text"),
    (Role::Dim, "text.dim"),
    (Role::Strong, "text.strong"),
    (Role::Title, "text.title"),
    (Role::Heading, "text.heading"),
    (Role::Key, "text.key"),
    (Role::Link, "text.link"),
    (Role::Ok, "state.ok"),
    (Role::Warn, "state.warn"),
    (Role::Crit, "state.crit"),
    (Role::Unknown, "state.unknown"),
    (Role::Busy, "state.busy"),
    (Role::Off, "state.off"),
    (Role::Cursor, "ui.cursor"),
    (Role::CursorAway, "ui.cursor.away"),
    (Role::Mark, "ui.mark"),
    (Role::Changed, "ui.changed"),
    (Role::Border, "ui.border"),
    (Role::BorderFocus, "ui.border.focus"),
    (Role::Header, "ui.header"),
    (Role::Footer, "ui.footer"),
    (Role::Input, "ui.input"),
    (Role::Button, "ui.button"),
    (Role::ButtonChosen, "ui.button.chosen"),
    (Role::Error, "ui.error"),
    (Role::Added, "ui.added"),
    (Role::Removed, "ui.removed"),
    (Role::EnvProduction, "env.production"),
    (Role::EnvSandbox, "env.sandbox"),
    (Role::EnvOther, "env.other"),
    (Role::ModeRead, "mode.read"),
    (Role::ModeWrite, "mode.write"),
    (Role::ModeBrake, "mode.brake"),
];

/// A role's look before the terminal is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Look {
    fg: Option<Shade>,
    bg: Option<Shade>,
    modifiers: Modifier,
}

/// A theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    looks: [Look; ROLES.len()],
}

/// The themes that are compiled in.
pub const BUILT_IN: [(&str, &str); 4] = [
    ("default", include_str!("../../themes/default.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("production", include_str!("../../themes/production.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    inherits: Option<Spanned<String>>,
    #[serde(default)]
    palette: BTreeMap<Spanned<String>, Spanned<Colour>>,
    #[serde(default)]
    roles: BTreeMap<Spanned<String>, Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Colour {
    rgb: String,
    ansi: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Written {
    fg: Option<Spanned<String>>,
    bg: Option<Spanned<String>>,
    bold: bool,
    dim: bool,
    italic: bool,
    underlined: bool,
    reversed: bool,
}

impl Theme {
    /// A theme that is compiled in.
    ///
    /// # Errors
    /// When there is none of this name, or a mistake is compiled in, which a test excludes.
    pub fn built_in(name: &str) -> Result<Self, KeymapError> {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::parse(name, &format!("{name}.toml"), text),
            None => {
                let problem = format!(
                    "no theme {name:?} is built in{}",
                    meant(name, BUILT_IN.iter().map(|(name, _)| *name))
                );
                Err(KeymapError { file: format!("{name}.toml"), line: 1, column: 1, problem })
            }
        }
    }

    /// Reads a theme file. What it does not name is as in the theme that it inherits, or in the default one.
    ///
    /// # Errors
    /// Where the file is not right.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, KeymapError> {
        let at = |offset: usize, problem: String| located(file, text, offset, problem);
        let read: File = toml::from_str(text).map_err(|error| {
            at(error.span().map_or(0, |span| span.start), error.message().replace('\n', " "))
        })?;
        let mut palette = BTreeMap::new();
        let looks = match &read.inherits {
            Some(parent)
                if parent.get_ref() != name
                    && BUILT_IN.iter().any(|(known, _)| known == parent.get_ref()) =>
            {
                palette = palette_of(parent.get_ref());
                Self::built_in(parent.get_ref())?.looks
            }
            Some(parent) => {
                let known = BUILT_IN.iter().map(|(name, _)| *name);
                let problem =
                    format!("no theme {:?} to inherit{}", parent.get_ref(), meant(parent.get_ref(), known));
                return Err(at(parent.span().start, problem));
            }
            // The first of the themes that are compiled in begins with nothing; a person's file begins with that one.
            None if BUILT_IN.iter().any(|(_, known)| *known == text) => [Look::default(); ROLES.len()],
            None => {
                palette = palette_of("default");
                Self::built_in("default")?.looks
            }
        };
        for (word, colour) in &read.palette {
            let Colour { rgb, ansi } = colour.get_ref();
            let shade = Shade::parse(rgb, ansi).map_err(|problem| at(colour.span().start, problem))?;
            palette.insert(word.get_ref().clone(), shade);
        }
        let mut theme = Self { name: name.to_owned(), looks };
        for (word, written) in &read.roles {
            let Some(index) = ROLES.iter().position(|(_, name)| name == word.get_ref()) else {
                let known = ROLES.iter().map(|(_, name)| *name);
                let problem = format!("no role {:?}{}", word.get_ref(), meant(word.get_ref(), known));
                return Err(at(word.span().start, problem));
            };
            theme.looks[index] = look(written, &palette).map_err(|(offset, problem)| at(offset, problem))?;
        }
        Ok(theme)
    }

    /// The styles of all roles on a terminal of these colours.
    pub fn styles(&self, depth: Depth) -> Styles {
        Styles { all: self.looks.map(|look| look.style(depth)) }
    }
}

/// Every role as a terminal shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Styles {
    all: [Style; ROLES.len()],
}

impl Styles {
    /// The style of a role.
    pub fn of(&self, role: Role) -> Style {
        self.all[role as usize]
    }
}

impl Look {
    fn style(self, depth: Depth) -> Style {
        let colour = |shade: Option<Shade>| {
            shade.map(|shade| shade.at(depth)).filter(|colour| *colour != Color::Reset)
        };
        let style = Style { fg: colour(self.fg), bg: colour(self.bg), ..Style::default() };
        let mut modifiers = self.modifiers;
        // Where a background cannot be shown, what stands on it still has to stand out.
        if depth == Depth::Mono && self.bg.is_some() {
            modifiers |= Modifier::REVERSED;
        }
        style.add_modifier(modifiers)
    }
}

/// The colours of a built-in theme, its parents' first.
fn palette_of(name: &str) -> BTreeMap<String, Shade> {
    let text = BUILT_IN.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| *text);
    let Ok(read) = toml::from_str::<File>(text) else { return BTreeMap::new() };
    let mut palette = match &read.inherits {
        Some(parent) if parent.get_ref() != name => palette_of(parent.get_ref()),
        _ => BTreeMap::new(),
    };
    for (word, colour) in read.palette {
        if let Ok(shade) = Shade::parse(&colour.get_ref().rgb, &colour.get_ref().ansi) {
            palette.insert(word.into_inner(), shade);
        }
    }
    palette
}

fn look(written: &Written, palette: &BTreeMap<String, Shade>) -> Result<Look, (usize, String)> {
    let shade = |word: &Option<Spanned<String>>| match word {
        None => Ok(None),
        Some(word) => palette.get(word.get_ref()).copied().map(Some).ok_or_else(|| {
            let hint = meant(word.get_ref(), palette.keys().map(String::as_str));
            (word.span().start, format!("no colour {:?} in the palette{hint}", word.get_ref()))
        }),
    };
    let mut modifiers = Modifier::empty();
    for (wanted, modifier) in [
        (written.bold, Modifier::BOLD),
        (written.dim, Modifier::DIM),
        (written.italic, Modifier::ITALIC),
        (written.underlined, Modifier::UNDERLINED),
        (written.reversed, Modifier::REVERSED),
    ] {
        if wanted {
            modifiers |= modifier;
        }
    }
    Ok(Look { fg: shade(&written.fg)?, bg: shade(&written.bg)?, modifiers })
}

fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    words::nearest(word, known).map(|nearest| format!(": did you mean {nearest:?}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_themes_that_are_compiled_in_are_right_and_tell_states_apart() {
        let states = [Role::Ok, Role::Warn, Role::Crit, Role::Unknown, Role::Busy];
        for (name, _) in BUILT_IN {
            let theme = Theme::built_in(name).unwrap();
            for depth in [Depth::True, Depth::Indexed, Depth::Sixteen] {
                let styles = theme.styles(depth);
                for (index, one) in states.iter().enumerate() {
                    for other in &states[index + 1..] {
                        assert_ne!(styles.of(*one), styles.of(*other), "{name} {depth:?} {one:?} {other:?}");
                    }
                }
            }
            let mono = theme.styles(Depth::Mono);
            assert!(mono.all.iter().all(|style| style.fg.is_none() && style.bg.is_none()), "{name}");
            assert!(mono.of(Role::Cursor).add_modifier.contains(Modifier::REVERSED), "{name}");
        }
    }

    #[test]
    fn a_file_changes_single_roles_and_keeps_the_others() {
        let text = "[roles]\ntext = { fg = \"red\", bold = true }\n";
        let (mine, default) =
            (Theme::parse("mine", "mine.toml", text).unwrap(), Theme::built_in("default").unwrap());
        let (mine, default) = (mine.styles(Depth::True), default.styles(Depth::True));
        assert_eq!(mine.of(Role::Crit), default.of(Role::Crit));
        assert_ne!(mine.of(Role::Text), default.of(Role::Text));
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_the_nearest_word() {
        for (text, told) in [
            (
                "[roles]\n\"state.okay\" = {}\n",
                "mine.toml:2:1: no role \"state.okay\": did you mean \"state.ok\"?",
            ),
            (
                "[palette]\nred = { rgb = \"#ff0000\", ansi = \"red\" }\n[roles]\ntext = { fg = \"rad\" }\n",
                "mine.toml:4:15: no colour \"rad\" in the palette: did you mean \"red\"?",
            ),
            (
                "[palette]\nred = { rgb = \"ff0000\", ansi = \"red\" }\n",
                "mine.toml:2:7: \"ff0000\" is no colour: write it as #rrggbb",
            ),
            (
                "inherits = \"defualt\"\n",
                "mine.toml:1:12: no theme \"defualt\" to inherit: did you mean \"default\"?",
            ),
        ] {
            let error = Theme::parse("mine", "mine.toml", text).unwrap_err();
            assert_eq!(error.to_string(), told);
        }
    }
}
