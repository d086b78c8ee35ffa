//! The `continue` token of a page: where it ended, and of which revision it was.
//!
//! Source of the form: `k8s.io/apiserver/pkg/storage/continue.go`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::manager::status::ApiError;

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The revision of the list; nothing to go on with the newest state.
    pub revision: Option<u64>,
    /// The namespace of the last object.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

#[derive(Serialize, Deserialize)]
struct Written {
    v: String,
    rv: i64,
    start: String,
}

const VERSION: &str = "meta.k8s.io/v1";

impl Token {
    /// The token as text.
    pub fn encode(&self) -> String {
        let rv = self.revision.and_then(|revision| i64::try_from(revision).ok()).unwrap_or(-1);
        let start = format!("{}/{}\0", self.namespace, self.name);
        let written = Written { v: VERSION.to_owned(), rv, start };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).unwrap_or_default())
    }

    /// Reads a token.
    ///
    /// # Errors
    /// 400 if it is none of ours.
    pub fn decode(text: &str) -> Result<Self, ApiError> {
        let invalid = |why: &str| {
            ApiError::bad_request(format!("invalid continue token: continue key is not valid: {why}"))
        };
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| invalid("no base64"))?;
        let written: Written = serde_json::from_slice(&bytes).map_err(|_| invalid("no token of a list"))?;
        if written.v != VERSION {
            return Err(invalid("server does not recognize this encoded version"));
        }
        let start = written.start.trim_end_matches('\0');
        let (namespace, name) = start.split_once('/').ok_or_else(|| invalid("no start"))?;
        let revision = match written.rv {
            0 => return Err(invalid("incorrect encoded start resourceVersion")),
            newest if newest < 0 => None,
            exact => u64::try_from(exact).ok(),
        };
        Ok(Self { revision, namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_there_and_back_is_the_same() {
        let token = Token { revision: Some(7), namespace: String::new(), name: "a.b".to_owned() };
        assert_eq!(Token::decode(&token.encode()), Ok(token));
        assert!(Token::decode("abc").is_err());
    }
}
