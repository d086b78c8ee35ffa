//! Every name that a source file uses: imported, written in full, or inside a macro; and every call and macro.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Token, UseTree};

use crate::source::{Source, is_test_only};

/// What a name is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A `use` item names it, or an expression or type does.
    Path,
    /// A method of this name is called.
    Method,
    /// A macro of this name is called.
    Macro,
    /// A `pub use` gives it a second name.
    Reexport,
}

/// One use of a name.
#[derive(Debug)]
pub struct Name {
    /// The whole path: what an import stands for, `super` and `self` resolved; our own begin with `crate`.
    pub path: String,
    /// What it is used for.
    pub used: Use,
    /// The line, from 1.
    pub line: usize,
    /// Whether only tests use it here.
    pub in_test: bool,
}

/// Every name that `source` uses.
pub fn of(source: &Source) -> Vec<Name> {
    let mut imports = Imports { module: source.module.clone(), known: BTreeMap::new() };
    imports.visit_file(&source.syntax);
    let mut reader = Reader {
        module: source.module.clone(),
        imports: imports.known,
        in_test: source.is_test,
        names: Vec::new(),
    };
    reader.visit_file(&source.syntax);
    reader.names
}

/// First walk: what the imported names of the file stand for.
struct Imports {
    module: Vec<String>,
    known: BTreeMap<String, Vec<String>>,
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for (path, name, _) in leaves(&item.tree) {
            self.known.insert(name, absolute(&path, &self.module));
        }
    }
}

/// Second walk: every use, with imported names written out.
struct Reader {
    module: Vec<String>,
    imports: BTreeMap<String, Vec<String>>,
    in_test: bool,
    names: Vec<Name>,
}

impl Reader {
    fn add(&mut self, used: Use, path: &[String], line: usize) {
        self.names.push(Name { path: path.join("::"), used, line, in_test: self.in_test });
    }

    /// Adds a path with its first name replaced by what it was imported as.
    fn add_path(&mut self, path: &[String], line: usize) {
        let whole = match path.first().and_then(|first| self.imports.get(first)) {
            Some(imported) => [imported, &path[1..]].concat(),
            None => absolute(path, &self.module),
        };
        self.add(Use::Path, &whole, line);
    }

    /// Reads what `read` reads; below attributes that say so it is test code.
    fn below(&mut self, attributes: &[Attribute], read: impl FnOnce(&mut Self)) {
        let before = self.in_test;
        self.in_test |= is_test_only(attributes);
        read(self);
        self.in_test = before;
    }

    /// What stands in a macro is read as expressions if it parses as such, else token by token.
    fn read_tokens(&mut self, tokens: &TokenStream) {
        let parser = syn::punctuated::Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(expressions) = syn::parse::Parser::parse2(parser, tokens.clone()) {
            // The expressions are owned here, so the walk is a fresh one with the same imports.
            for expression in &expressions {
                let mut inner = Reader {
                    module: self.module.clone(),
                    imports: self.imports.clone(),
                    in_test: self.in_test,
                    names: Vec::new(),
                };
                inner.visit_expr(expression);
                self.names.append(&mut inner.names);
            }
            return;
        }
        self.scan(tokens);
    }

    /// Finds `a::b::c` and `.method(` in tokens that are no expression.
    fn scan(&mut self, tokens: &TokenStream) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.scan(&group.stream()),
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    let line = first.span().start().line;
                    let after_dot = at > 0 && is_punct(&tokens[at - 1], '.');
                    while let [colon, second, TokenTree::Ident(next), ..] = &tokens[at + 1..]
                        && is_punct(colon, ':')
                        && is_punct(second, ':')
                    {
                        path.push(next.to_string());
                        at += 3;
                    }
                    let called = matches!(tokens.get(at + 1), Some(TokenTree::Group(_)));
                    let bang = tokens.get(at + 1).is_some_and(|token| is_punct(token, '!'));
                    match (path.len(), after_dot && called, bang) {
                        (1, true, _) => self.add(Use::Method, &path, line),
                        (_, _, true) => self.add(Use::Macro, &path, line),
                        _ => self.add_path(&path, line),
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Fn(item) => item.attrs.as_slice(),
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Const(item) => &item.attrs,
            syn::Item::Static(item) => &item.attrs,
            syn::Item::Struct(item) => &item.attrs,
            _ => &[],
        };
        self.below(attributes, |reader| visit::visit_item(reader, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.below(&item.attrs, |reader| visit::visit_impl_item_fn(reader, item));
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let public = !matches!(item.vis, syn::Visibility::Inherited);
        for (path, _, line) in leaves(&item.tree) {
            let path = absolute(&path, &self.module);
            self.add(Use::Path, &path, line);
            if public {
                self.add(Use::Reexport, &path, line);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add_path(&names, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.add(Use::Method, &[call.method.to_string()], call.method.span().start().line);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let names: Vec<String> = call.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(Use::Macro, &names, call.path.span().start().line);
        self.read_tokens(&call.tokens);
    }
}

/// Every path that a `use` names, the name it has afterwards, and its line.
fn leaves(tree: &UseTree) -> Vec<(Vec<String>, String, usize)> {
    match tree {
        UseTree::Path(path) => {
            let mut below = leaves(&path.tree);
            for (leaf, name, _) in &mut below {
                if leaf == &["self"] {
                    leaf.clear();
                    if name == "self" {
                        *name = path.ident.to_string();
                    }
                }
                leaf.insert(0, path.ident.to_string());
            }
            below
        }
        UseTree::Name(leaf) => {
            vec![(vec![leaf.ident.to_string()], leaf.ident.to_string(), leaf.span().start().line)]
        }
        UseTree::Rename(leaf) => {
            vec![(vec![leaf.ident.to_string()], leaf.rename.to_string(), leaf.span().start().line)]
        }
        UseTree::Glob(leaf) => vec![(vec!["*".to_owned()], "*".to_owned(), leaf.span().start().line)],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}

/// `path` as seen from `module`, with `self`, `super` and our crate's own name resolved.
fn absolute(path: &[String], module: &[String]) -> Vec<String> {
    let mut base: Option<Vec<String>> = None;
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        base = match (first.as_str(), base) {
            ("crate" | "kaasboard", None) => Some(Vec::new()),
            ("self", None) => Some(module.to_vec()),
            ("super", None) => Some(module[..module.len().saturating_sub(1)].to_vec()),
            ("super", Some(mut base)) => {
                base.pop();
                Some(base)
            }
            (_, base) => {
                let Some(base) = base else { return path.to_vec() };
                return [vec!["crate".to_owned()], base, rest.to_vec()].concat();
            }
        };
        rest = after;
    }
    [vec!["crate".to_owned()], base.unwrap_or_default()].concat()
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}
