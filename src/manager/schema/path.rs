//! Where in an object something is: a path that costs nothing until somebody reads it.
//!
//! Kubernetes writes paths in two ways. `field.Path` puts map keys into brackets (`spec.labels[a.b]`),
//! the OpenAPI validation joins everything with dots (`spec.labels.a.b`).

use std::fmt::Write;

/// One step down from a parent. It lives on the stack of the walk that makes it.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    /// The object itself.
    Root,
    /// A named field of an object.
    Field(&'a Path<'a>, &'a str),
    /// An entry of a map whose keys are data.
    Key(&'a Path<'a>, &'a str),
    /// An item of a list.
    Index(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    /// The path of a named field below this one.
    pub fn field(&'a self, name: &'a str) -> Path<'a> {
        Path::Field(self, name)
    }

    /// The path of a map's entry below this one.
    pub fn key(&'a self, key: &'a str) -> Path<'a> {
        Path::Key(self, key)
    }

    /// The path of a list's item below this one.
    pub fn index(&'a self, at: usize) -> Path<'a> {
        Path::Index(self, at)
    }

    /// The path as `field.Path` writes it: `spec.labels[a.b]`; `<nil>` for the object itself.
    pub fn bracketed(&self) -> String {
        self.write(true)
    }

    /// The path as the OpenAPI validation writes it: `spec.labels.a.b`; empty for the object itself.
    pub fn dotted(&self) -> String {
        self.write(false)
    }

    fn write(&self, brackets: bool) -> String {
        let mut steps = Vec::new();
        let mut step = self;
        while let Path::Field(parent, _) | Path::Key(parent, _) | Path::Index(parent, _) = step {
            steps.push(step);
            step = parent;
        }
        let mut text = String::new();
        for step in steps.iter().rev() {
            let written = match step {
                Path::Root => Ok(()),
                Path::Index(_, at) => write!(text, "[{at}]"),
                Path::Key(_, key) if brackets => write!(text, "[{key}]"),
                Path::Field(_, name) | Path::Key(_, name) if text.is_empty() => write!(text, "{name}"),
                Path::Field(_, name) | Path::Key(_, name) => write!(text, ".{name}"),
            };
            // Writing to a String cannot fail.
            debug_assert!(written.is_ok());
        }
        if brackets && text.is_empty() { "<nil>".to_owned() } else { text }
    }
}
