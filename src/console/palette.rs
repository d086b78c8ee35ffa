//! Colours as terminals can show them.

use ratatui::style::Color;

use crate::settings::words;

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: only bold, underlined and reversed.
    Mono,
    /// The sixteen that its owner chose.
    Sixteen,
    /// 256.
    Indexed,
    /// All.
    True,
}

impl Depth {
    /// What the environment says that the terminal shows. `NO_COLOR` means none, whatever else is said
    /// (<https://no-color.org>).
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        let colours = set("COLORTERM").unwrap_or_default();
        if set("NO_COLOR").is_some() || term == "dumb" || term.ends_with("-m") || term.starts_with("vt") {
            Self::Mono
        } else if colours == "truecolor" || colours == "24bit" || term.ends_with("-direct") {
            Self::True
        } else if term.contains("256color") || term.starts_with("tmux") || term.starts_with("alacritty") {
            Self::Indexed
        } else {
            Self::Sixteen
        }
    }

    /// The depth of a name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::Mono),
            "16" => Some(Self::Sixteen),
            "256" => Some(Self::Indexed),
            "true" => Some(Self::True),
            _ => None,
        }
    }
}

/// A colour with what stands for it among sixteen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shade {
    rgb: (u8, u8, u8),
    ansi: Color,
}

/// The sixteen colours by their names; `default` is the terminal's own.
const ANSI: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

impl Shade {
    /// Reads `#rrggbb` and the name of one of the sixteen.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(rgb: &str, ansi: &str) -> Result<Self, String> {
        let hex = rgb.strip_prefix('#').filter(|hex| hex.len() == 6);
        let Some(number) = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()) else {
            return Err(format!("{rgb:?} is no colour: write it as #rrggbb"));
        };
        let [_, red, green, blue] = number.to_be_bytes();
        let Some((_, ansi)) = ANSI.iter().find(|(name, _)| *name == ansi) else {
            let hint = words::nearest(ansi, ANSI.iter().map(|(name, _)| *name));
            let hint = hint.map(|name| format!(": did you mean {name:?}?")).unwrap_or_default();
            return Err(format!("{ansi:?} is none of the sixteen colours{hint}"));
        };
        Ok(Self { rgb: (red, green, blue), ansi: *ansi })
    }

    /// The nearest colour that a terminal shows.
    pub fn at(self, depth: Depth) -> Color {
        let (red, green, blue) = self.rgb;
        match depth {
            Depth::Mono => Color::Reset,
            Depth::Sixteen => self.ansi,
            Depth::Indexed => Color::Indexed(nearest(red, green, blue)),
            Depth::True => Color::Rgb(red, green, blue),
        }
    }
}

/// The nearest of xterm's 256 colours: its cube of 6 × 6 × 6 and its greys.
fn nearest(red: u8, green: u8, blue: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let distance = |(r, g, b): (u8, u8, u8)| {
        let part = |left: u8, right: u8| i32::from(left.abs_diff(right)).pow(2);
        part(r, red) + part(g, green) + part(b, blue)
    };
    let step =
        |value: u8| (0..6u8).min_by_key(|index| STEPS[usize::from(*index)].abs_diff(value)).unwrap_or(0);
    let (r, g, b) = (step(red), step(green), step(blue));
    let cube = (STEPS[usize::from(r)], STEPS[usize::from(g)], STEPS[usize::from(b)]);
    let average = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
    let grey_index = (average.saturating_sub(3) / 10).min(23) as u8;
    let grey = 8 + grey_index * 10;
    if distance((grey, grey, grey)) < distance(cube) { 232 + grey_index } else { 16 + 36 * r + 6 * g + b }
}

/// A colour of a cell as `#rrggbb`, for pictures; nothing is the terminal's own.
pub fn rgb(colour: Color) -> Option<(u8, u8, u8)> {
    const SIXTEEN: [(u8, u8, u8); 16] = [
        (0x1d, 0x1f, 0x21),
        (0xcc, 0x66, 0x66),
        (0x8f, 0xa8, 0x4c),
        (0xd7, 0xa6, 0x4a),
        (0x5f, 0x87, 0xc0),
        (0xa8, 0x74, 0xb8),
        (0x5e, 0xa8, 0xa7),
        (0xc5, 0xc8, 0xc6),
        (0x70, 0x75, 0x7a),
        (0xe8, 0x6a, 0x6a),
        (0xb5, 0xbd, 0x68),
        (0xf0, 0xc6, 0x74),
        (0x81, 0xa2, 0xbe),
        (0xb2, 0x94, 0xbb),
        (0x8a, 0xbe, 0xb7),
        (0xff, 0xff, 0xff),
    ];
    match colour {
        Color::Rgb(red, green, blue) => Some((red, green, blue)),
        Color::Indexed(index) if index >= 232 => {
            let grey = 8 + (index - 232) * 10;
            Some((grey, grey, grey))
        }
        Color::Indexed(index) if index >= 16 => {
            const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
            let of = |part: u8| STEPS[usize::from(part % 6)];
            let cube = index - 16;
            Some((of(cube / 36), of(cube / 6), of(cube)))
        }
        Color::Indexed(index) => SIXTEEN.get(usize::from(index)).copied(),
        other => {
            let index = ANSI.iter().position(|(_, known)| *known == other)?.checked_sub(1)?;
            SIXTEEN.get(index).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_the_nearest_that_there_are() {
        assert_eq!(nearest(0, 0, 0), 16);
        assert_eq!(nearest(255, 0, 0), 196);
        assert_eq!(nearest(120, 120, 120), 243);
        assert_eq!(rgb(Color::Indexed(196)), Some((255, 0, 0)));
        assert_eq!(rgb(Color::Reset), None);
        assert_eq!(rgb(Color::Red), Some((0xcc, 0x66, 0x66)));
    }

    #[test]
    fn the_environment_says_what_a_terminal_shows() {
        for (variables, depth) in [
            (&[("TERM", "xterm-256color")][..], Depth::Indexed),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Depth::True),
            (&[("TERM", "xterm"), ("NO_COLOR", "1"), ("COLORTERM", "truecolor")], Depth::Mono),
            (&[("TERM", "xterm"), ("NO_COLOR", "")], Depth::Sixteen),
            (&[("TERM", "linux")], Depth::Sixteen),
            (&[("TERM", "dumb")], Depth::Mono),
        ] {
            let variable = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Depth::of_environment(variable), depth, "{variables:?}");
        }
    }
}
