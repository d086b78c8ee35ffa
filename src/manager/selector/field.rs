//! Field selectors: `metadata.name=a,status.phase!=Running`.
//!
//! Source of the grammar and the words: `k8s.io/apimachinery/pkg/fields`.

use crate::manager::status::ApiError;

/// Which fields an object must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector(Vec<Term>);

/// One field with the value it must have, or must not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The path.
    pub path: String,
    /// The value.
    pub value: String,
    /// Whether it must be this value, or must not.
    pub equal: bool,
}

impl FieldSelector {
    /// Reads the selector of a query.
    ///
    /// # Errors
    /// 400 in Kubernetes' words.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let parts = split(text).into_iter().filter(|part| !part.is_empty());
        parts.map(|part| term(text, &part)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether everything is selected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The terms, all of which must hold.
    pub fn terms(&self) -> &[Term] {
        &self.0
    }

    /// The only value that a path may have, if the selector says so.
    pub fn exactly(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|term| term.equal && term.path == path).map(|term| term.value.as_str())
    }

    /// Whether fields are selected, which `field` looks up.
    pub fn selects<'a>(&self, field: impl Fn(&str) -> &'a str) -> bool {
        self.0.iter().all(|term| (field(&term.path) == term.value) == term.equal)
    }
}

/// Splits at commas that are not escaped.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for char in text.chars() {
        if char == ',' && !escaped {
            parts.push(String::new());
            continue;
        }
        if let Some(last) = parts.last_mut() {
            last.push(char);
        }
        escaped = char == '\\' && !escaped;
    }
    parts
}

fn term(selector: &str, part: &str) -> Result<Term, ApiError> {
    let signs = [("!=", false), ("==", true), ("=", true)];
    // The first sign in the text counts, and of those at one place the longest.
    let found = part.char_indices().find_map(|(at, _)| {
        let rest = part.get(at..)?;
        signs.into_iter().find(|(sign, _)| rest.starts_with(sign)).map(|(sign, equal)| (at, sign, equal))
    });
    let Some((at, sign, equal)) = found else {
        let message = format!("invalid selector: '{selector}'; can't understand '{part}'");
        return Err(ApiError::bad_request(message));
    };
    let value = unescape(part.get(at + sign.len()..).unwrap_or_default())?;
    Ok(Term { path: part.get(..at).unwrap_or_default().to_owned(), value, equal })
}

fn unescape(text: &str) -> Result<String, ApiError> {
    let invalid =
        || ApiError::bad_request(format!("invalid field selector: invalid escape sequence: {text}"));
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some(next @ ('\\' | ',' | '=')) => value.push(next),
                _ => return Err(invalid()),
            },
            ',' | '=' => {
                let why = format!("invalid field selector: unescaped character in value: {char}");
                return Err(ApiError::bad_request(why));
            }
            other => value.push(other),
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(selector: &str, expected: &str) {
        let field = |path: &str| if path == "metadata.name" { "a,b" } else { "" };
        let said = match FieldSelector::parse(selector) {
            Ok(it) => it.selects(field).to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(said, expected, "{selector}");
    }

    #[test]
    fn selectors_select() {
        check("", "true");
        check(r"metadata.name=a\,b", "true");
        check(r"metadata.name==a\,b,spec.x!=1", "true");
        check("metadata.name=a", "false");
        check("spec.x=", "true");
        check("a", "invalid selector: 'a'; can't understand 'a'");
        check(r"a=\x", r"invalid field selector: invalid escape sequence: \x");
        check("a=b=c", "invalid field selector: unescaped character in value: =");
    }
}
