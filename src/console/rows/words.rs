//! Clean texts that many rows share, kept once.

use std::collections::HashSet;
use std::sync::Arc;

use crate::console::text;

/// How many texts are kept. Zones, versions, tenants and clusters are thousands; what is beyond them is not shared.
const KEPT: usize = 65_536;

/// Texts that many rows share.
#[derive(Debug, Default)]
pub struct Words {
    known: HashSet<Arc<str>>,
}

impl Words {
    /// A text, made clean.
    pub fn word(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let clean: Arc<str> = text::clean(text).into();
        if let Some(known) = self.known.get(&clean) {
            return known.clone();
        }
        if self.known.len() < KEPT {
            self.known.insert(clean.clone());
        }
        clean
    }
}
