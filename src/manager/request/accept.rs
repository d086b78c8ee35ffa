//! In which form an answer is wanted.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::manager::people::table::render::Include;
use crate::manager::status::{ApiError, Reason};

/// How the bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As JSON.
    Json,
    /// As YAML.
    Yaml,
}

/// What of the objects is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The objects as they are.
    Whole,
    /// Their metadata: `PartialObjectMetadata`.
    Metadata,
    /// Rows for people: `Table`.
    Table,
}

/// A form of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// How the bytes are written.
    pub encoding: Encoding,
    /// What of the objects is written.
    pub view: View,
    /// What comes with each row of a table.
    pub include: Include,
}

impl Form {
    /// Plain JSON of whole objects.
    pub const PLAIN: Self = Self { encoding: Encoding::Json, view: View::Whole, include: Include::Metadata };

    /// The first of the accepted forms that is known; quality values are not weighed, as in Kubernetes.
    ///
    /// # Errors
    /// 406 if none is known.
    pub fn accepted(headers: &HeaderMap, watch: bool) -> Result<Self, ApiError> {
        let mut wanted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
        if wanted.peek().is_none_or(|text| text.trim().is_empty()) {
            return Ok(Self::PLAIN);
        }
        let known = wanted.flat_map(|text| text.split(',')).find_map(Self::of);
        match known {
            Some(Self { encoding: Encoding::Yaml, .. }) if watch => Err(none_of(WATCH_TYPES)),
            Some(form) => Ok(form),
            None if watch => Err(none_of(WATCH_TYPES)),
            None => Err(none_of(TYPES)),
        }
    }

    /// The content type that the answer says.
    pub fn content_type(self) -> &'static str {
        match self.encoding {
            Encoding::Json => "application/json",
            Encoding::Yaml => "application/yaml",
        }
    }

    fn of(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let encoding = match parts.next()? {
            "application/json" | "*/*" | "application/*" => Encoding::Json,
            "application/yaml" => Encoding::Yaml,
            _ => return None,
        };
        let parameter = |name: &str| {
            let mut values = text.split(';').filter_map(|part| part.trim().split_once('='));
            values.find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default()
        };
        let view = match (parameter("as"), parameter("g"), parameter("v")) {
            ("", _, _) => View::Whole,
            ("PartialObjectMetadata" | "PartialObjectMetadataList", "meta.k8s.io", "v1") => View::Metadata,
            ("Table", "meta.k8s.io", "v1") => View::Table,
            _ => return None,
        };
        Some(Self { encoding, view, include: Include::Metadata })
    }
}

const TYPES: &str = "application/json, application/yaml";
const WATCH_TYPES: &str = "application/json;stream=watch";

fn none_of(accepted: &str) -> ApiError {
    let message = format!("only the following media types are accepted: {accepted}");
    ApiError::new(Reason::NotAcceptable, message)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(accept: &'static str, expected: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let said = match Form::accepted(&headers, false) {
            Ok(form) => format!("{:?} {:?}", form.encoding, form.view),
            Err(error) => error.code().to_string(),
        };
        assert_eq!(said, expected, "{accept}");
    }

    #[test]
    fn the_first_known_form_is_taken() {
        check("application/json", "Json Whole");
        check("*/*", "Json Whole");
        check("application/vnd.kubernetes.protobuf", "406");
        check("application/vnd.kubernetes.protobuf,application/json", "Json Whole");
        check("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "Json Table");
        check("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", "Json Whole");
        check("application/json; as=PartialObjectMetadata; v=v1; g=meta.k8s.io", "Json Metadata");
        check("application/yaml", "Yaml Whole");
        check("application/json;as=Nope", "406");
    }
}
