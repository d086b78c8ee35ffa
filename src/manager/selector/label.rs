//! Label selectors: as a query writes them, and as objects do (`metav1.LabelSelector`).
//!
//! Source of the grammar and the words: `k8s.io/apimachinery/pkg/labels`.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::lexer::{Token, tokens};
use crate::manager::rules::names::{label_value_faults, qualified_name_faults};
use crate::manager::status::ApiError;

/// Which labels an object must have. The empty selector selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Greater(i64),
    Less(i64),
}

impl LabelSelector {
    /// Reads the selector of a query.
    ///
    /// # Errors
    /// 400 in Kubernetes' words.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        Parser { tokens: tokens(text), position: 0 }.all().map(Self).map_err(ApiError::bad_request)
    }

    /// Reads the selector of an object, `metav1.LabelSelector`.
    ///
    /// # Errors
    /// A sentence, if an operator is none, or lacks its values.
    pub fn of_object(selector: &Value) -> Result<Self, String> {
        let mut requirements = Vec::new();
        let labels = selector.get("matchLabels").and_then(Value::as_object);
        for (key, value) in labels.into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().to_owned();
            requirements.push(Requirement { key: key.clone(), test: Test::In([value].into()) });
        }
        let expressions = selector.get("matchExpressions").and_then(Value::as_array);
        for expression in expressions.into_iter().flatten() {
            let text = |key: &str| expression.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let values = expression.get("values").and_then(Value::as_array);
            let values = values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            let test = match text("operator").as_str() {
                "In" => Test::In(values),
                "NotIn" => Test::NotIn(values),
                "Exists" => Test::Exists,
                "DoesNotExist" => Test::Missing,
                other => return Err(format!("{other:?} is not a valid label selector operator")),
            };
            requirements.push(Requirement { key: text("key"), test });
        }
        Ok(Self(requirements))
    }

    /// Whether everything is selected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether labels are selected, which `label` looks up.
    pub fn selects<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|requirement| requirement.holds(label(&requirement.key)))
    }

    /// Whether an object is selected.
    pub fn selects_object(&self, object: &Value) -> bool {
        let labels = object.get("metadata").and_then(|meta| meta.get("labels"));
        self.selects(|key| labels?.get(key)?.as_str())
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str(",")?;
            }
            let key = &requirement.key;
            let listed = |values: &BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>().join(",");
            match &requirement.test {
                Test::Exists => write!(out, "{key}")?,
                Test::Missing => write!(out, "!{key}")?,
                Test::In(values) if values.len() == 1 => write!(out, "{key}={}", listed(values))?,
                Test::In(values) => write!(out, "{key} in ({})", listed(values))?,
                Test::NotIn(values) if values.len() == 1 => write!(out, "{key}!={}", listed(values))?,
                Test::NotIn(values) => write!(out, "{key} notin ({})", listed(values))?,
                Test::Greater(bound) => write!(out, "{key}>{bound}")?,
                Test::Less(bound) => write!(out, "{key}<{bound}")?,
            }
        }
        Ok(())
    }
}

impl Requirement {
    fn holds(&self, label: Option<&str>) -> bool {
        let number = |label: &str| label.parse::<i64>().ok();
        match (&self.test, label) {
            (Test::Exists, label) => label.is_some(),
            (Test::Missing, label) => label.is_none(),
            (Test::In(values), Some(label)) => values.contains(label),
            (Test::NotIn(values), Some(label)) => !values.contains(label),
            (Test::NotIn(_), None) => true,
            (Test::Greater(bound), Some(label)) => number(label).is_some_and(|label| label > *bound),
            (Test::Less(bound), Some(label)) => number(label).is_some_and(|label| label < *bound),
            (Test::In(_) | Test::Greater(_) | Test::Less(_), None) => false,
        }
    }
}

const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

struct Parser {
    tokens: Vec<Token>,
    position: usize,
}

impl Parser {
    fn peek(&self) -> Token {
        self.tokens.get(self.position).cloned().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        self.position += 1;
        token
    }

    fn all(mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            match self.peek().into_plain() {
                Token::Word(_) | Token::Missing => {
                    let requirement =
                        self.requirement().map_err(|why| format!("unable to parse requirement: {why}"))?;
                    requirements.push(requirement);
                    match self.next() {
                        Token::End => return Ok(requirements),
                        Token::Comma => match self.peek().into_plain() {
                            Token::Word(_) | Token::Missing => {}
                            other => {
                                return Err(format!(
                                    "found '{}', expected: identifier after ','",
                                    other.text()
                                ));
                            }
                        },
                        other => {
                            return Err(format!(
                                "found '{}', expected: ',' or 'end of string'",
                                other.text()
                            ));
                        }
                    }
                }
                Token::End => return Ok(requirements),
                other => {
                    let found = other.text();
                    return Err(format!("found '{found}', expected: !, identifier, or 'end of string'"));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let missing = self.peek() == Token::Missing;
        if missing {
            self.next();
        }
        let key = match self.next().into_plain() {
            Token::Word(key) => key,
            other => return Err(format!("found '{}', expected: identifier", other.text())),
        };
        if let Some(why) = qualified_name_faults(&key).into_iter().next() {
            return Err(format!("<nil>: Invalid value: {key:?}: {why}"));
        }
        if missing || matches!(self.peek(), Token::End | Token::Comma) {
            let test = if missing { Test::Missing } else { Test::Exists };
            return Ok(Requirement { key, test });
        }
        let operator = self.next();
        let test = match operator {
            Token::In => Test::In(self.values()?),
            Token::NotIn => Test::NotIn(self.values()?),
            Token::Equals | Token::DoubleEquals => Test::In([self.value()?].into()),
            Token::NotEquals => Test::NotIn([self.value()?].into()),
            Token::Greater => Test::Greater(number(&self.value()?)?),
            Token::Less => Test::Less(number(&self.value()?)?),
            other => return Err(format!("found '{}', expected: {OPERATORS}", other.text())),
        };
        check_values(&key, &test)?;
        Ok(Requirement { key, test })
    }

    fn value(&mut self) -> Result<String, String> {
        match self.peek().into_plain() {
            Token::End | Token::Comma => Ok(String::new()),
            Token::Word(word) => {
                self.next();
                Ok(word)
            }
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn values(&mut self) -> Result<BTreeSet<String>, String> {
        let open = self.next();
        if open != Token::Open {
            return Err(format!("found '{}' expected: '('", open.text()));
        }
        let mut values = BTreeSet::new();
        loop {
            match self.next().into_plain() {
                Token::Word(word) => {
                    values.insert(word);
                    match self.next() {
                        Token::Comma if self.peek() == Token::Closed => {
                            values.insert(String::new());
                        }
                        Token::Comma => {}
                        Token::Closed => return Ok(values),
                        other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
                    }
                }
                Token::Comma => {
                    values.insert(String::new());
                }
                Token::Closed => {
                    if values.is_empty() {
                        values.insert(String::new());
                    }
                    return Ok(values);
                }
                other => return Err(format!("found '{}', expected: ',', ')' or identifier", other.text())),
            }
        }
    }
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| {
        let why = "for 'Gt', 'Lt' operators, the value must be an integer";
        format!("values[0]: Invalid value: {text:?}: {why}")
    })
}

fn check_values(key: &str, test: &Test) -> Result<(), String> {
    let (Test::In(values) | Test::NotIn(values)) = test else { return Ok(()) };
    for (index, value) in values.iter().enumerate() {
        if let Some(why) = label_value_faults(value).into_iter().next() {
            return Err(format!("values[{index}][{key}]: Invalid value: {value:?}: {why}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(selector: &str, labels: &[(&str, &str)], expected: &str) {
        let said = match LabelSelector::parse(selector) {
            Ok(it) => {
                let found = |key: &str| labels.iter().find(|(k, _)| *k == key).map(|(_, value)| *value);
                it.selects(found).to_string()
            }
            Err(error) => error.to_string(),
        };
        assert!(said.starts_with(expected), "{selector}: {said}");
    }

    #[test]
    fn selectors_select() {
        let labels = [("a", "1"), ("x.dev/b", "two")];
        for selector in [
            "",
            "a",
            "a=1",
            "a==1",
            "a in (1,2)",
            "!c",
            "c!=3",
            "a notin (2)",
            "a>0",
            "a<2",
            "x.dev/b",
            "a,!in",
        ] {
            check(selector, &labels, "true");
        }
        for selector in ["c", "a=2", "a!=1", "!a", "a notin (1,2)", "a>1", "c>0", "a in ()", "a=,x.dev/b"] {
            check(selector, &labels, "false");
        }
    }

    #[test]
    fn refusals_are_worded_as_kubernetes_words_them() {
        check("a,,b", &[], "found ',', expected: identifier after ','");
        check("a===b", &[], "unable to parse requirement: found '=', expected: identifier");
        check("-a=b", &[], r#"unable to parse requirement: <nil>: Invalid value: "-a": name part must"#);
        check(
            "a=-b",
            &[],
            r#"unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label"#,
        );
        check(
            "a gt 1",
            &[],
            "unable to parse requirement: found 'gt', expected: in, notin, =, ==, !=, gt, lt",
        );
        check("a>x", &[], r#"unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt'"#);
        check("a notin b", &[], "unable to parse requirement: found 'b' expected: '('");
        check("!", &[], "unable to parse requirement: found '', expected: identifier");
        check("(", &[], "found '(', expected: !, identifier, or 'end of string'");
    }
}
