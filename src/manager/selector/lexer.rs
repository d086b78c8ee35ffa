//! The words of a label selector.
//!
//! Source: the lexer of `k8s.io/apimachinery/pkg/labels`.

/// A word of a label selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    End,
    Closed,
    Comma,
    Missing,
    Equals,
    DoubleEquals,
    NotEquals,
    Greater,
    Less,
    In,
    NotIn,
    Open,
    Word(String),
}

impl Token {
    /// The word as it was written.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::End => "",
            Self::Closed => ")",
            Self::Comma => ",",
            Self::Missing => "!",
            Self::Equals => "=",
            Self::DoubleEquals => "==",
            Self::NotEquals => "!=",
            Self::Greater => ">",
            Self::Less => "<",
            Self::In => "in",
            Self::NotIn => "notin",
            Self::Open => "(",
            Self::Word(word) => word,
        }
    }

    /// A name or a value: there, `in` and `notin` are plain words.
    pub(super) fn into_plain(self) -> Self {
        match self {
            Self::In | Self::NotIn => Self::Word(self.text().to_owned()),
            other => other,
        }
    }
}

/// All words of a selector, without the end.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let Some(first) = rest.chars().next() else { return tokens };
        let (token, length) = if is_special(first) { symbol(rest) } else { word(rest) };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default();
    }
}

fn is_special(char: char) -> bool {
    matches!(char, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}

fn symbol(text: &str) -> (Token, usize) {
    let two = [("==", Token::DoubleEquals), ("!=", Token::NotEquals)];
    let one = [
        (")", Token::Closed),
        (",", Token::Comma),
        ("!", Token::Missing),
        ("=", Token::Equals),
        (">", Token::Greater),
        ("<", Token::Less),
        ("(", Token::Open),
    ];
    let all = two.into_iter().chain(one);
    let found = all.into_iter().find(|(symbol, _)| text.starts_with(symbol));
    found.map_or((Token::End, text.len()), |(symbol, token)| (token, symbol.len()))
}

fn word(text: &str) -> (Token, usize) {
    let end = text.find(|char| is_special(char) || matches!(char, ' ' | '\t' | '\r' | '\n'));
    let length = end.unwrap_or(text.len());
    let token = match text.get(..length).unwrap_or_default() {
        "in" => Token::In,
        "notin" => Token::NotIn,
        word => Token::Word(word.to_owned()),
    };
    (token, length)
}
