//! The query of a request, parsed as Go's API server parses it.

use std::borrow::Cow;

use crate::manager::status::ApiError;

/// The parameters of a query, in order.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads the query of a URL; what is no UTF-8 in it is replaced, as Go does.
    pub fn parse(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.map(|(key, value)| (Cow::into_owned(key), Cow::into_owned(value))).collect())
    }

    /// The first value of a parameter, empty if it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// All values of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A number, nothing if the parameter is not there.
    ///
    /// # Errors
    /// 400 in Go's words.
    pub fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match self.all(name).next() {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| {
                ApiError::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
            }),
        }
    }

    /// A truth value: `false` and `0` are false, everything else that is given is true.
    pub fn truth(&self, name: &str) -> Option<bool> {
        self.all(name).next().map(|text| !(text.eq_ignore_ascii_case("false") || text == "0"))
    }

    /// A truth value that is false if it is not given.
    pub fn flag(&self, name: &str) -> bool {
        self.truth(name).unwrap_or(false)
    }
}
