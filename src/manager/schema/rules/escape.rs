//! How names of properties are written in expressions, where `-`, `.`, `/` and reserved words have meanings of
//! their own: `a-b` is `a__dash__b`.
//!
//! Source of the rules: `k8s.io/apiserver/pkg/cel` (`Escape`).

/// The words that the language reserves.
const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The name as expressions write it; nothing if they cannot.
pub fn escape(name: &str) -> Option<String> {
    let first = name.bytes().next()?;
    if first.is_ascii_digit() {
        return None;
    }
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        let (written, used) = match letter {
            '_' if rest.starts_with("__") => ("__underscores__", 2),
            '-' => ("__dash__", 1),
            '.' => ("__dot__", 1),
            '/' => ("__slash__", 1),
            letter if letter.is_ascii_alphanumeric() || letter == '_' => (&rest[..1], 1),
            _ => return None,
        };
        out.push_str(written);
        rest = &rest[used..];
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn names_are_written_as_kubernetes_writes_them() {
        for (name, expected) in [
            ("a", Some("a")),
            ("a-b", Some("a__dash__b")),
            ("a.b/c", Some("a__dot__b__slash__c")),
            ("namespace", Some("__namespace__")),
            ("a__b", Some("a__underscores__b")),
            ("a___b", Some("a__underscores___b")),
            ("1a", None),
            ("a b", None),
            ("", None),
        ] {
            assert_eq!(escape(name).as_deref(), expected, "{name}");
        }
    }
}
