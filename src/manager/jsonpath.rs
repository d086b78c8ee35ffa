//! JSON paths as Kubernetes writes them: `.spec.x`, `.status.conditions[?(@.type=="Ready")].status`, `['a.b']`,
//! `[0]`, `[-1]`, `[*]`, `..name`.
//!
//! Source of the syntax: `k8s.io/client-go/util/jsonpath`, the parts of it that printer columns, selectable fields
//! and the scale subresource use.

use serde_json::Value;

/// The longest path that is compiled. No path that a person wrote comes near it.
pub const MAX_LENGTH: usize = 1024;

/// A compiled path.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonPathError {
    /// It is longer than [`MAX_LENGTH`].
    #[error("the path is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// A bracket or a quote is not closed.
    #[error("unterminated array")]
    Unterminated,
    /// Something stands where a step should.
    #[error("unrecognized character in {0:?}")]
    Unexpected(String),
    /// `..` twice: what it finds would be counted again and again.
    #[error("more than one recursive descent")]
    TooDeep,
    /// The inside of brackets is not understood.
    #[error("invalid array index {0}")]
    Index(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// `.name` or `['name']`
    Field(String),
    /// `[0]`; negative ones count from the end.
    At(i64),
    /// `[a:b]`
    Slice(Option<i64>, Option<i64>),
    /// `[*]` or `.*`
    All,
    /// `..`
    Deep,
    /// `[?(@.a == "b")]`
    Where(Filter),
}

#[derive(Clone, Debug, PartialEq)]
struct Filter {
    left: Operand,
    test: Option<(Comparison, Operand)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Path(JsonPath),
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl JsonPath {
    /// Compiles a path. `.` alone is the whole object.
    ///
    /// # Errors
    /// Why the text is no path.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        if text.len() > MAX_LENGTH {
            return Err(JsonPathError::TooLong);
        }
        let mut steps = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            rest = match rest.as_bytes() {
                [b'.', b'.', ..] if steps.contains(&Step::Deep) => return Err(JsonPathError::TooDeep),
                [b'.', b'.', ..] => {
                    steps.push(Step::Deep);
                    // The name that follows needs no dot of its own.
                    if rest.as_bytes().get(2).is_some_and(|next| !b".[".contains(next)) {
                        &rest[1..]
                    } else {
                        &rest[2..]
                    }
                }
                [b'.', b'[', ..] => &rest[1..],
                [b'.'] => "",
                [b'.', ..] => field(&rest[1..], &mut steps)?,
                [b'[', ..] => bracket(&rest[1..], &mut steps)?,
                _ => return Err(JsonPathError::Unexpected(rest.to_owned())),
            };
        }
        Ok(Self { steps })
    }

    /// Everything that the path finds, in order.
    pub fn find<'a>(&self, object: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![object];
        for step in &self.steps {
            found = found.into_iter().flat_map(|value| step.from(value)).collect();
        }
        found
    }

    /// The first thing that the path finds.
    pub fn first<'a>(&self, object: &'a Value) -> Option<&'a Value> {
        let plain = self.steps.iter().try_fold(object, |value, step| match step {
            Step::Field(name) => Ok(value.get(name)).transpose().unwrap_or(Err(None)),
            _ => Err(Some(())),
        });
        match plain {
            Ok(value) => Some(value),
            Err(None) => None,
            Err(Some(())) => self.find(object).first().copied(),
        }
    }

    /// The names of the path, if it consists of named fields only.
    pub fn names(&self) -> Option<Vec<&str>> {
        let mut names = Vec::new();
        for step in &self.steps {
            let Step::Field(name) = step else { return None };
            names.push(name.as_str());
        }
        Some(names)
    }
}

impl Step {
    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match self {
            Self::Field(name) => value.get(name).into_iter().collect(),
            Self::At(at) => {
                value.as_array().and_then(|items| items.get(place(*at, items.len())?)).into_iter().collect()
            }
            Self::Slice(from, to) => {
                let Some(items) = value.as_array() else { return Vec::new() };
                let end = |at: Option<i64>, otherwise| match at {
                    None => otherwise,
                    Some(at) => place(at, items.len()).unwrap_or(if at < 0 { 0 } else { items.len() }),
                };
                let (from, to) = (end(*from, 0), end(*to, items.len()));
                items.get(from..to.max(from)).into_iter().flatten().collect()
            }
            Self::All => children(value),
            Self::Deep => {
                let mut all = vec![value];
                let mut at = 0;
                while let Some(next) = all.get(at).copied() {
                    all.extend(children(next));
                    at += 1;
                }
                all
            }
            Self::Where(filter) => {
                value.as_array().into_iter().flatten().filter(|item| filter.keeps(item)).collect()
            }
        }
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn place(at: i64, length: usize) -> Option<usize> {
    let place = if at < 0 { at.checked_add(i64::try_from(length).ok()?)? } else { at };
    usize::try_from(place).ok().filter(|place| *place <= length)
}

impl Filter {
    fn keeps(&self, item: &Value) -> bool {
        let Some(left) = self.left.of(item) else { return false };
        let Some((comparison, right)) = &self.test else { return true };
        let Some(right) = right.of(item) else { return false };
        let order = match (left, right) {
            (Value::Number(one), Value::Number(other)) => one.as_f64().partial_cmp(&other.as_f64()),
            (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
            (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
            _ => None,
        };
        match comparison {
            Comparison::Equal => order.is_some_and(|order| order.is_eq()),
            Comparison::NotEqual => order.is_none_or(|order| order.is_ne()),
            Comparison::Less => order.is_some_and(|order| order.is_lt()),
            Comparison::LessOrEqual => order.is_some_and(|order| order.is_le()),
            Comparison::Greater => order.is_some_and(|order| order.is_gt()),
            Comparison::GreaterOrEqual => order.is_some_and(|order| order.is_ge()),
        }
    }
}

impl Operand {
    fn of<'a>(&'a self, item: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Path(path) => path.first(item),
            Self::Literal(value) => Some(value),
        }
    }

    fn parse(text: &str) -> Result<Self, JsonPathError> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix('@') {
            return JsonPath::parse(path).map(Self::Path);
        }
        if let Some(name) = unquoted(text) {
            return Ok(Self::Literal(Value::String(name)));
        }
        serde_json::from_str(text).map(Self::Literal).map_err(|_| JsonPathError::Index(text.to_owned()))
    }
}

/// A name up to the next step. A backslash takes the meaning off a dot.
fn field<'a>(text: &'a str, steps: &mut Vec<Step>) -> Result<&'a str, JsonPathError> {
    let mut name = String::new();
    let mut letters = text.char_indices();
    let mut end = text.len();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => name.extend(letters.next().map(|(_, letter)| letter)),
            '.' | '[' => {
                end = at;
                break;
            }
            letter if letter.is_whitespace() || "]{}()@'\"|=".contains(letter) => {
                return Err(JsonPathError::Unexpected(text[at..].to_owned()));
            }
            letter => name.push(letter),
        }
    }
    match name.as_str() {
        "" => return Err(JsonPathError::Unexpected(text.to_owned())),
        "*" => steps.push(Step::All),
        _ => steps.push(Step::Field(name)),
    }
    Ok(&text[end..])
}

/// The inside of brackets, after the opening one.
fn bracket<'a>(text: &'a str, steps: &mut Vec<Step>) -> Result<&'a str, JsonPathError> {
    let end = closing(text).ok_or(JsonPathError::Unterminated)?;
    let (inside, rest) = (text[..end].trim(), &text[end + 1..]);
    let wrong = || JsonPathError::Index(inside.to_owned());
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| wrong());
    let step = if inside == "*" {
        Step::All
    } else if let Some(filter) = inside.strip_prefix("?(").and_then(|inner| inner.strip_suffix(')')) {
        Step::Where(filter_of(filter)?)
    } else if let Some(name) = unquoted(inside) {
        Step::Field(name)
    } else if let Some((from, to)) = inside.split_once(':') {
        let end = |text: &str| if text.trim().is_empty() { Ok(None) } else { number(text).map(Some) };
        Step::Slice(end(from)?, end(to)?)
    } else {
        Step::At(number(inside)?)
    };
    steps.push(step);
    Ok(rest)
}

/// Where the bracket closes that is open, quotes and inner brackets left alone.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (_, b'\\') => escaped = true,
            (Some(open), byte) => quote = if byte == open { None } else { Some(open) },
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'[') => depth += 1,
            (None, b']') if depth == 0 => return Some(at),
            (None, b']') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

fn filter_of(text: &str) -> Result<Filter, JsonPathError> {
    const SIGNS: [(&str, Comparison); 6] = [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, _) => {
                if let Some((sign, comparison)) = SIGNS.iter().find(|(sign, _)| text[at..].starts_with(sign))
                {
                    let right = Operand::parse(&text[at + sign.len()..])?;
                    return Ok(Filter {
                        left: Operand::parse(&text[..at])?,
                        test: Some((*comparison, right)),
                    });
                }
            }
            (Some(_), _) => {}
        }
    }
    Ok(Filter { left: Operand::parse(text)?, test: None })
}

/// The text inside of a pair of quotes.
fn unquoted(text: &str) -> Option<String> {
    let inner = ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))?;
    let mut out = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        out.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::JsonPath;

    fn check(path: &str) -> String {
        let object = json!({
            "metadata": { "name": "a", "labels": { "x.y/z": "l" } },
            "spec": { "list": [1, 2, 3] },
            "status": { "conditions": [
                { "type": "Ready", "status": "True", "n": 1 }, { "type": "a ] b", "status": "False", "n": 5 },
            ] },
        });
        match JsonPath::parse(path) {
            Ok(path) => {
                let found = path.find(&object);
                assert_eq!(path.first(&object), found.first().copied());
                Value::from(found.into_iter().cloned().collect::<Vec<_>>()).to_string()
            }
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn finds_what_kubernetes_finds() {
        for (path, expected) in [
            (".metadata.name", r#"["a"]"#),
            (".metadata.nothing.below", "[]"),
            (r".metadata.labels.x\.y/z", r#"["l"]"#),
            (".metadata.labels['x.y/z']", r#"["l"]"#),
            (".status.conditions[?(@.type==\"Ready\")].status", r#"["True"]"#),
            (".status.conditions[?(@.type == 'a ] b')].status", r#"["False"]"#),
            (".status.conditions[?(@.n>1)].type", r#"["a ] b"]"#),
            (".status.conditions[?(@.none)].type", "[]"),
            (".spec.list[0]", "[1]"),
            (".spec.list[-1]", "[3]"),
            (".spec.list[7]", "[]"),
            (".spec.list[1:]", "[2,3]"),
            (".spec.list[*]", "[1,2,3]"),
            ("..type", r#"["Ready","a ] b"]"#),
        ] {
            assert_eq!(check(path), expected, "{path}");
        }
    }

    #[test]
    fn refuses_what_is_no_path() {
        for path in ["x", ".a[", ".a[?(@.b==)]", ".a[x]", ".a b", "..", ".a..", ".a[9999999999999999999]"] {
            let text = check(path);
            let fine = matches!(path, ".." | ".a..");
            assert_eq!(text.starts_with('['), fine, "{path}: {text}");
        }
        assert_eq!(check(&".a".repeat(4000)), "the path is longer than 1024 bytes");
    }
}
