//! The sources: each file with its place in the crate, its text and its syntax.

use std::fs;
use std::path::{Path, PathBuf};

use syn::Attribute;

/// One source file.
pub struct Source {
    /// Its path from the root of the repository.
    pub path: String,
    /// Where its items live: `["manager", "store"]` for `src/manager/store/mod.rs`; `["tests"]` for all tests.
    pub module: Vec<String>,
    /// Its text.
    pub text: String,
    /// Its syntax.
    pub syntax: syn::File,
    /// Whether all of it is test code.
    pub is_test: bool,
}

impl Source {
    /// A file at `path`, from the root of the repository, with this text.
    pub fn parse(path: &str, text: &str) -> Self {
        let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (module, is_test) = match path.strip_prefix("src/") {
            Some(inside) => (module_of(inside), false),
            None => (vec!["tests".to_owned()], true),
        };
        Self { path: path.to_owned(), module, text: text.to_owned(), syntax, is_test }
    }

    /// The module as it is written in code.
    pub fn module_path(&self) -> String {
        self.module.join("::")
    }
}

/// All sources of the repository: `src`, `tests` and `benches`.
pub fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for directory in ["src", "tests", "benches"] {
        collect(&root.join(directory), &mut files);
    }
    files.sort();
    let read = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        Source::parse(&file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"), &text)
    };
    let mut sources: Vec<Source> = files.iter().map(read).collect();
    mark_test_modules(&mut sources);
    sources
}

/// Files that their parent declares under `#[cfg(test)]`, and what is below them, are test code.
pub fn mark_test_modules(sources: &mut [Source]) {
    let mut tests: Vec<Vec<String>> = Vec::new();
    for source in sources.iter() {
        for item in &source.syntax.items {
            if let syn::Item::Mod(declared) = item
                && is_test_only(&declared.attrs)
            {
                let mut module = source.module.clone();
                module.push(declared.ident.to_string());
                tests.push(module);
            }
        }
    }
    for source in sources.iter_mut() {
        source.is_test |= tests.iter().any(|module| source.module.starts_with(module));
    }
}

/// Whether these attributes say that an item exists in tests only.
pub fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let name = attribute.path().segments.last().map(|segment| segment.ident.to_string());
        let inside = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        match name.as_deref() {
            Some("test") => true,
            Some("cfg") => inside == "test" || (inside.starts_with("all") && inside.contains("test")),
            _ => false,
        }
    })
}

fn module_of(inside: &str) -> Vec<String> {
    let mut parts: Vec<String> = inside.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|name| name == "mod") || parts == ["lib"] {
        parts.pop();
    }
    parts
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
