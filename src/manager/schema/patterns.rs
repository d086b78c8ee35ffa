//! Regular expressions as Go reads them (RE2), run by the `regex` crate.
//!
//! Both are automata without back-references and lookaround. They differ in details that change what a
//! pattern means: in Go `\d`, `\w`, `\s` and `\b` know ASCII only, a `[` inside of a class and a lone `{` are
//! themselves, and classes have no set operations. `translate` turns the one into the other.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};

/// The longest pattern that is compiled. Kubernetes has no such limit beyond the size of a request; no pattern
/// that a person wrote comes near it.
pub const MAX_PATTERN: usize = 64 * 1024;

/// The memory that one compiled pattern may take: a bound against `((a{999}){999}){999}`.
pub const MAX_COMPILED: usize = 1 << 20;

/// A compiled pattern and its source, which error messages show.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The pattern as it was written.
    pub source: Arc<str>,
    /// The compiled form.
    pub regex: Regex,
}

impl Pattern {
    /// Compiles a pattern written for Go.
    ///
    /// # Errors
    /// A sentence that begins like Go's own.
    pub fn compile(source: &str) -> Result<Self, String> {
        if source.len() > MAX_PATTERN {
            return Err("error parsing regexp: expression is too large".to_owned());
        }
        refuse_nested_repetition(source)?;
        let translated = translate(source)?;
        let built =
            RegexBuilder::new(&translated).size_limit(MAX_COMPILED).dfa_size_limit(MAX_COMPILED).build();
        match built {
            Ok(regex) => Ok(Self { source: source.into(), regex }),
            Err(regex::Error::CompiledTooBig(_)) => {
                Err("error parsing regexp: expression is too large".to_owned())
            }
            Err(other) => Err(format!("error parsing regexp: {}", in_go_words(&other.to_string(), source))),
        }
    }
}

/// What the crate says, as Go says it for the usual mistakes. The crate draws the place over several lines; the last
/// one says what is wrong.
fn in_go_words(text: &str, source: &str) -> String {
    let why = text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
    let from = |start: &str| source.find(start).map_or(source, |at| &source[at..]);
    match why {
        "unclosed group" => format!("missing closing ): `{source}`"),
        "unopened group" => format!("unexpected ): `{source}`"),
        "unclosed character class" => format!("missing closing ]: `{}`", from("[")),
        "repetition operator missing expression" => {
            let operator = source.find(['*', '+', '?']).map_or("", |at| &source[at..=at]);
            format!("missing argument to repetition operator: `{operator}`")
        }
        why if why.starts_with("look-around") => {
            let at = from("(?");
            format!("invalid or unsupported Perl syntax: `{}`", at.get(..3).unwrap_or(at))
        }
        why if why.starts_with("invalid repetition count range") => {
            let at = from("{");
            format!("invalid repeat count: `{}`", at.find('}').map_or(at, |end| &at[..=end]))
        }
        why => format!("{why}: `{source}`"),
    }
}

/// Go allows one repetition of a thing, which a `?` may make lazy, and no repetition of a repetition.
fn refuse_nested_repetition(source: &str) -> Result<(), String> {
    let bytes = source.as_bytes();
    let (mut at, mut in_class, mut before) = (0, false, None);
    while let Some(byte) = bytes.get(at) {
        let starts_at = at;
        match byte {
            b'\\' => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' | b'+' | b'?' if !in_class => {
                if let Some((start, is_lazy)) = before {
                    if *byte != b'?' || is_lazy {
                        let operators = source.get(start..=at).unwrap_or_default();
                        return Err(format!(
                            "error parsing regexp: invalid nested repetition operator: `{operators}`"
                        ));
                    }
                    before = Some((start, true));
                } else if at > 0 && !(bytes[at - 1] == b'(' || bytes[at - 1] == b'|') {
                    before = Some((starts_at, false));
                }
                at += 1;
                continue;
            }
            _ => {}
        }
        before = None;
        at += 1;
    }
    Ok(())
}

/// Rewrites a pattern from Go's syntax to that of the `regex` crate.
fn translate(source: &str) -> Result<String, String> {
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    let mut in_class = false;
    let mut class_start = false;
    while let Some(letter) = rest.chars().next() {
        let tail = &rest[letter.len_utf8()..];
        let starts_class = class_start;
        class_start = false;
        rest = match letter {
            '\\' => escape(tail, in_class, &mut out)?,
            '[' if !in_class => {
                in_class = true;
                class_start = true;
                out.push('[');
                match tail.strip_prefix('^') {
                    Some(after) => {
                        out.push('^');
                        after
                    }
                    None => tail,
                }
            }
            '[' => class_bracket(tail, &mut out),
            ']' if in_class && starts_class => {
                out.push_str("\\]");
                tail
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
                tail
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(letter);
                tail
            }
            '-' if in_class && tail.starts_with('-') => {
                out.push_str("-\\-");
                &tail[1..]
            }
            '{' if !in_class => brace(tail, &mut out)?,
            other => {
                out.push(other);
                tail
            }
        };
    }
    Ok(out)
}

/// A `[` inside of a class: the begin of `[:alpha:]`, or itself.
fn class_bracket<'a>(tail: &'a str, out: &mut String) -> &'a str {
    let named = tail.starts_with(':').then(|| tail.find(":]")).flatten();
    match named {
        Some(end) => {
            out.push('[');
            out.push_str(&tail[..end + 2]);
            &tail[end + 2..]
        }
        None => {
            out.push_str("\\[");
            tail
        }
    }
}

/// A `{` outside of a class: a repetition of at most 1000, as in Go, or itself.
fn brace<'a>(tail: &'a str, out: &mut String) -> Result<&'a str, String> {
    let counts = tail.find('}').map(|end| &tail[..end]);
    let is_repetition = |text: &str| {
        let (least, most) = text.split_once(',').unwrap_or((text, ""));
        !least.is_empty() && [least, most].iter().all(|part| part.bytes().all(|digit| digit.is_ascii_digit()))
    };
    match counts.filter(|text| is_repetition(text)) {
        Some(text) => {
            if text.split(',').any(|count| !count.is_empty() && !matches!(count.parse::<u32>(), Ok(..=1000)))
            {
                return Err(format!("error parsing regexp: invalid repeat count: `{{{text}}}`"));
            }
            out.push('{');
            out.push_str(text);
            out.push('}');
            Ok(&tail[text.len() + 1..])
        }
        None => {
            out.push_str("\\{");
            Ok(tail)
        }
    }
}

/// What follows a backslash.
fn escape<'a>(tail: &'a str, in_class: bool, out: &mut String) -> Result<&'a str, String> {
    let Some(letter) = tail.chars().next() else {
        return Err("error parsing regexp: trailing backslash at end of expression: ``".to_owned());
    };
    let after = &tail[letter.len_utf8()..];
    let class = match letter {
        'd' => Some("0-9"),
        'w' => Some("0-9A-Za-z_"),
        's' => Some("\\t\\n\\f\\r "),
        _ => None,
    };
    match (letter, class) {
        (_, Some(set)) if in_class => out.push_str(set),
        (_, Some(set)) => out.extend(["[", set, "]"]),
        ('D', _) => out.push_str("[^0-9]"),
        ('W', _) => out.push_str("[^0-9A-Za-z_]"),
        ('S', _) => out.push_str("[^\\t\\n\\f\\r ]"),
        ('b', _) if !in_class => out.push_str("(?-u:\\b)"),
        ('<' | '>', _) => out.push(letter),
        ('Q', _) if !in_class => {
            let (literal, after) = after.split_once("\\E").unwrap_or((after, ""));
            out.push_str(&regex::escape(literal));
            return Ok(after);
        }
        ('0'..='9' | 'Z' | 'R' | 'X' | 'K' | 'G', _) => {
            return Err(format!("error parsing regexp: invalid escape sequence: `\\{letter}`"));
        }
        _ => {
            out.push('\\');
            out.push(letter);
        }
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn check(pattern: &str, text: &str) -> Result<bool, String> {
        Pattern::compile(pattern).map(|pattern| pattern.regex.is_match(text))
    }

    #[test]
    fn classes_know_ascii_only_as_in_go() {
        for (pattern, text, expected) in [
            (r"^\d+$", "12", true),
            (r"^\d+$", "١٢", false),
            (r"^[\w.]+$", "a_b.c", true),
            (r"^\w+$", "é", false),
            (r"^[[]$", "[", true),
            (r"^[]a]$", "]", true),
            (r"^[^]a]$", "]", false),
            (r"^[[:alpha:]-]+$", "ab-", true),
            (r"^[a&&b]+$", "&", true),
            (r"^a{$", "a{", true),
            (r"^a{2,3}$", "aa", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^[+--]$", ",", true),
            (r"^\/\_\<$", "/_<", true),
            (r"\bfoo\b", "a foo b", true),
            (r"^a$", "a\n", false),
        ] {
            assert_eq!(check(pattern, text), Ok(expected), "{pattern} on {text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for pattern in ["(", "a{1001}", r"(a)\1", "(?=a)", "[", r"\", "((a{999}){999}){999}", "*"] {
            let refused = check(pattern, "").expect_err(pattern);
            assert!(refused.starts_with("error parsing regexp: "), "{pattern}: {refused}");
        }
    }
}
