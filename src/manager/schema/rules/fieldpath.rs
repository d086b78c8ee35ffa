//! Paths of fields that a schema names: `.spec.replicas`, `.spec['a.b']`, `.labels['x']`.
//!
//! Source of the rules: `ValidFieldPath` of `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel`.

use std::fmt::Write;

use crate::manager::schema::accept::raw::Raw;

/// A path that was found in a schema.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldPath {
    /// The names on the way.
    pub names: Vec<String>,
    /// The path as Kubernetes writes it: `spec.labels[x]`.
    pub written: String,
}

/// Finds a path in a schema; returns the schema there, too. `brackets` says whether `['x']` is allowed.
///
/// # Errors
/// Why the path is none, in Kubernetes' words.
pub fn find<'a>(path: &str, schema: Raw<'a>, brackets: bool) -> Result<(FieldPath, Raw<'a>), String> {
    let mut found = FieldPath { names: Vec::new(), written: String::new() };
    let mut schema = schema;
    let mut tokens = tokens(path).into_iter();
    while let Some(token) = tokens.next() {
        let end = || "unexpected end of JSON path".to_owned();
        let name = match token.as_str() {
            "[" if !brackets => return Err("array notation is not allowed".to_owned()),
            "[" => {
                let quoted = tokens.next().ok_or_else(end)?;
                let inner = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                let Some(inner) = inner.filter(|_| quoted.len() >= 2) else {
                    return Err(format!("expected single quoted string but got {quoted}"));
                };
                let name = unescape(inner)?;
                match tokens.next().ok_or_else(end)?.as_str() {
                    "]" => name,
                    other => return Err(format!("expected ] but got {other}")),
                }
            }
            "." => tokens.next().ok_or_else(end)?,
            other => return Err(format!("expected [ or . but got: {other}")),
        };
        schema = step(&name, schema, &mut found)?;
    }
    Ok((found, schema))
}

fn step<'a>(name: &str, schema: Raw<'a>, found: &mut FieldPath) -> Result<Raw<'a>, String> {
    let unknown = || "does not refer to a valid field".to_owned();
    let is_struct = !schema.properties().is_empty();
    let next = match is_struct {
        true => schema.property(name),
        false => schema.additional().and_then(|additional| additional.schema()),
    };
    let next = next.ok_or_else(unknown)?;
    let dot = if found.written.is_empty() { "" } else { "." };
    // Writing to a String cannot fail.
    let _ = match is_struct {
        true => write!(found.written, "{dot}{name}"),
        false => write!(found.written, "[{name}]"),
    };
    found.names.push(name.to_owned());
    Ok(next)
}

/// Splits at `.`, `[` and `]`, except inside of single quotes.
fn tokens(path: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut current = String::new();
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' if current.is_empty() => {
                current.push(letter);
                let mut before = letter;
                for inner in letters.by_ref() {
                    current.push(inner);
                    if inner == '\'' && before != '\\' {
                        break;
                    }
                    before = inner;
                }
                tokens.push(std::mem::take(&mut current));
            }
            '.' | '[' | ']' => {
                if !current.is_empty() {
                    tokens.push(std::mem::take(&mut current));
                }
                tokens.push(letter.to_string());
            }
            other => current.push(other),
        }
    }
    if !current.is_empty() {
        tokens.push(current);
    }
    tokens
}

fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        out.push(match letters.next() {
            Some('a') => '\u{07}',
            Some('b') => '\u{08}',
            Some('f') => '\u{0c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{0b}',
            Some(same @ ('\'' | '\\')) => same,
            Some(other) => return Err(format!("invalid string literal: invalid escape char \\{other}")),
            None => return Err("invalid string literal: invalid escape char \\".to_owned()),
        });
    }
    Ok(out)
}
