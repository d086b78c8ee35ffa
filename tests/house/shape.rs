//! The shape of files and functions: sizes, headings, what a mod.rs may hold, excuses for lints.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, Signature};

use crate::check::Violation;
use crate::source::Source;

/// A file has one subject; beyond this it has two.
pub const MAX_FILE_LINES: usize = 400;

/// A function fits a screen.
pub const MAX_FUNCTION_LINES: usize = 60;

/// What is wrong with the shape of `source`.
pub fn check(source: &Source) -> Vec<Violation> {
    let mut shape = Shape { path: source.path.clone(), found: Vec::new() };
    let lines = source.text.lines().count();
    if lines > MAX_FILE_LINES {
        let message =
            format!("{lines} lines, {MAX_FILE_LINES} at most; find the second subject and move it out");
        shape.add(MAX_FILE_LINES + 1, "file length", message);
    }
    if !source.text.starts_with("//!") {
        shape.add(1, "heading", "begin the file with a `//!` sentence that names its subject".to_owned());
    }
    if source.path.starts_with("src/") && source.path.ends_with("/mod.rs") {
        shape.check_declarations(&source.syntax.items);
    }
    shape.visit_file(&source.syntax);
    shape.found
}

struct Shape {
    path: String,
    found: Vec<Violation>,
}

impl Shape {
    fn add(&mut self, line: usize, rule: &'static str, message: String) {
        self.found.push(Violation { path: self.path.clone(), line, rule, message });
    }

    /// A mod.rs declares: modules, and plain types at most.
    fn check_declarations(&mut self, items: &[Item]) {
        for item in items {
            let kind = match item {
                Item::Mod(item) if item.content.is_none() => continue,
                Item::Use(_) | Item::Struct(_) | Item::Enum(_) | Item::Type(_) | Item::Const(_) => continue,
                Item::Mod(_) => "a module with a body",
                Item::Fn(_) => "a function",
                Item::Impl(_) => "an implementation",
                Item::Macro(_) => "a macro",
                _ => "more than a declaration",
            };
            let message = format!("{kind} in a mod.rs; move it to a file whose name says what it is");
            self.add(item.span().start().line, "mod.rs declares and documents", message);
        }
    }

    fn check_function(&mut self, signature: &Signature, body: &Block) {
        let start = signature.fn_token.span.start().line;
        let lines = body.brace_token.span.close().end().line + 1 - start;
        if lines > MAX_FUNCTION_LINES {
            let message = format!(
                "`{}` has {lines} lines, {MAX_FUNCTION_LINES} at most; give a part of it a name of its own",
                signature.ident
            );
            self.add(start, "function length", message);
        }
    }
}

impl<'ast> Visit<'ast> for Shape {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.check_function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.check_function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.check_function(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }

    /// A lint is switched off with a reason, or not at all; a test is never switched off.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let line = attribute.span().start().line;
        let arguments = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        let excuse = attribute.path().is_ident("allow") || attribute.path().is_ident("expect");
        if excuse && !arguments.contains("reason") {
            self.add(line, "excuses", format!("`{arguments}` is switched off; mend it, or add `reason = …`"));
        }
        if attribute.path().is_ident("ignore") {
            self.add(
                line,
                "excuses",
                "a test that is ignored tests nothing; mend it or remove it".to_owned(),
            );
        }
    }
}
