//! Checking that an applied configuration has the types that its kind declares.

use serde_json::Value;

use super::element;
use super::go;
use super::shape::{Elements, Form, Node, Scalar, Shape, Spot};

/// One thing that is wrong with a configuration: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) path: String,
    pub(super) what: String,
}

/// As many faults are listed at most; a hostile configuration could have one at each byte.
const MOST_FAULTS: usize = 50;

/// Everything that is wrong with a configuration.
pub(super) fn check(shape: &Shape, configuration: &Value) -> Vec<Fault> {
    let mut check = Check { path: Vec::new(), faults: Vec::new() };
    check.value(shape.root(), configuration);
    check.faults
}

/// The faults as Kubernetes words them: `.spec.replicas: expected numeric (int or float), got string`.
pub(super) fn worded(faults: &[Fault]) -> String {
    let one = |fault: &Fault| {
        if fault.path.is_empty() { fault.what.clone() } else { format!("{}: {}", fault.path, fault.what) }
    };
    match faults {
        [fault] => one(fault),
        faults => {
            let mut text = "errors:".to_owned();
            for fault in faults {
                text.push_str("\n  ");
                text.push_str(&one(fault));
            }
            text
        }
    }
}

struct Check {
    path: Vec<String>,
    faults: Vec<Fault>,
}

impl Check {
    fn value(&mut self, spot: Spot<'_>, value: &Value) {
        if self.faults.len() >= MOST_FAULTS {
            return;
        }
        match (spot.node(), value) {
            (_, Value::Null) => {}
            (Node::Any | Node::Open, Value::Object(_))
            | (Node::Struct(_) | Node::AtomicMap(_), Value::Object(_)) => {
                self.map(spot, value);
            }
            (Node::Any | Node::Open, _) => {}
            (Node::Struct(_) | Node::AtomicMap(_), other) => {
                self.fault(format!("expected map, got &{{{}}}", go::plain(other)))
            }
            (Node::Set | Node::Keyed(_) | Node::AtomicList(_), Value::Array(list)) => self.list(spot, list),
            (Node::Set | Node::Keyed(_) | Node::AtomicList(_), other) => {
                self.fault(format!("expected list, got &{{{}}}", go::plain(other)));
            }
            (Node::Scalar(scalar), value) => self.scalar(*scalar, value),
        }
    }

    fn map(&mut self, spot: Spot<'_>, value: &Value) {
        for (key, value) in value.as_object().into_iter().flatten() {
            self.path.push(element::field(key));
            match spot.declared(key) {
                Some(child) => self.value(child.spot, value),
                None => self.fault("field not declared in schema".to_owned()),
            }
            self.path.pop();
        }
    }

    fn list(&mut self, spot: Spot<'_>, list: &[Value]) {
        let elements = match spot.form(&Value::Array(Vec::new())) {
            Form::List(elements) => Some(elements),
            _ => None,
        };
        let mut seen = std::collections::HashSet::new();
        for (at, item) in list.iter().enumerate() {
            let name = match self.name(elements, at, item) {
                Some(name) => name,
                // Without a name nothing deeper can be reported either, so Kubernetes stops here.
                None => return,
            };
            if elements.is_some() && !seen.insert(name.clone()) {
                self.fault(format!("duplicate entries for key {}", element::readable(&name)));
            }
            self.path.push(name);
            self.value(spot.item(), item);
            self.path.pop();
        }
    }

    fn name(&mut self, elements: Option<Elements<'_>>, at: usize, item: &Value) -> Option<String> {
        let Some(elements) = elements else { return Some(format!("i:{at}")) };
        element::of_item(elements, item).map_err(|error| self.fault(format!("element {at}: {error}"))).ok()
    }

    fn scalar(&mut self, scalar: Scalar, value: &Value) {
        let fits = match scalar {
            Scalar::Untyped => value.is_string() || value.is_number() || value.is_boolean(),
            Scalar::Text => value.is_string(),
            Scalar::Number => value.is_number(),
            Scalar::Boolean => value.is_boolean(),
        };
        if !fits {
            let wanted = match scalar {
                Scalar::Untyped => format!("expected any scalar, got &{{{}}}", go::plain(value)),
                Scalar::Text => {
                    format!("expected string, got &value.valueUnstructured{{Value:{}}}", go::syntax(value))
                }
                Scalar::Number => format!("expected numeric (int or float), got {}", go::type_name(value)),
                Scalar::Boolean => format!("expected boolean, got &{{{}}}", go::plain(value)),
            };
            self.fault(wanted);
        }
    }

    fn fault(&mut self, what: String) {
        if self.faults.len() < MOST_FAULTS {
            let path = self.path.iter().map(|element| element::readable(element)).collect();
            self.faults.push(Fault { path, what });
        }
    }
}
