//! Which resource, object and subresource a URL names.

use percent_encoding::percent_decode_str;

use crate::manager::status::{ApiError, Reason};

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// `/healthz`, `/livez`, `/readyz`, with or without the name of one check.
    Health,
    /// `/version`.
    Version,
    /// `/api`, `/apis`, `/api/v1`, `/apis/GROUP`, `/apis/GROUP/VERSION`: the segments after the first slash.
    Discovery(Vec<String>),
    /// `/openapi/…`: the segments after it.
    OpenApi(Vec<String>),
    /// Objects.
    Resource(ResourcePath),
}

/// A path to objects: `/apis/GROUP/VERSION/[namespaces/NAMESPACE/]PLURAL[/NAME[/SUBRESOURCE]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourcePath {
    /// The API group, empty for the core group.
    pub group: String,
    /// The API version.
    pub version: String,
    /// The namespace, if the path names one.
    pub namespace: Option<String>,
    /// The plural.
    pub plural: String,
    /// The object, if the path names one.
    pub name: Option<String>,
    /// What of the object, if the path says.
    pub subresource: Option<String>,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// 404 if nothing can be there, 400 if a segment is no UTF-8.
    pub fn parse(path: &str) -> Result<Self, ApiError> {
        let segments: Vec<String> = path
            .trim_matches('/')
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(decode)
            .collect::<Result<_, _>>()?;
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["healthz" | "livez" | "readyz", ..] => Ok(Self::Health),
            ["version"] => Ok(Self::Version),
            ["openapi", rest @ ..] => Ok(Self::OpenApi(owned(rest))),
            ["api"] | ["api", _] | ["apis"] | ["apis", _] | ["apis", _, _] => Ok(Self::Discovery(segments)),
            ["api", version, rest @ ..] => resource("", version, rest),
            ["apis", group, version, rest @ ..] => resource(group, version, rest),
            _ => Err(no_such_page()),
        }
    }
}

/// 404 for a path that no API has.
pub fn no_such_page() -> ApiError {
    ApiError::new(Reason::PageNotFound, "404 page not found")
}

/// 404 for a path that leads nowhere.
pub fn nothing_there() -> ApiError {
    let message = "the server could not find the requested resource";
    ApiError::new(Reason::NotFound, message)
}

fn resource(group: &str, version: &str, rest: &[&str]) -> Result<Path, ApiError> {
    let path = ResourcePath { group: group.to_owned(), version: version.to_owned(), ..Default::default() };
    let inside = |path: ResourcePath, rest: &[&str]| match *rest {
        [plural] => Some(ResourcePath { plural: plural.to_owned(), ..path }),
        [plural, name] => {
            Some(ResourcePath { plural: plural.to_owned(), name: Some(name.to_owned()), ..path })
        }
        [plural, name, subresource] => Some(ResourcePath {
            plural: plural.to_owned(),
            name: Some(name.to_owned()),
            subresource: Some(subresource.to_owned()),
            ..path
        }),
        _ => None,
    };
    let found = match rest {
        // A namespace is an object itself, with subresources of its own.
        ["namespaces"] | ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => inside(path, rest),
        ["namespaces", namespace, rest @ ..] => {
            inside(ResourcePath { namespace: Some((*namespace).to_owned()), ..path }, rest)
        }
        rest => inside(path, rest),
    };
    found.map(Path::Resource).ok_or_else(no_such_page)
}

fn decode(segment: &str) -> Result<String, ApiError> {
    let text = percent_decode_str(segment).decode_utf8();
    let text = text.map_err(|_| ApiError::bad_request("the path is not valid UTF-8"))?;
    Ok(text.into_owned())
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: &str) {
        let said = match Path::parse(path) {
            Ok(Path::Resource(it)) => format!(
                "{}|{}|{}|{}|{}|{}",
                it.group,
                it.version,
                it.namespace.unwrap_or("-".into()),
                it.plural,
                it.name.unwrap_or("-".into()),
                it.subresource.unwrap_or("-".into())
            ),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("{} {error}", error.code()),
        };
        assert_eq!(said, expected, "{path}");
    }

    #[test]
    fn paths_are_told_apart() {
        check("/api/v1/pods", "|v1|-|pods|-|-");
        check("/api/v1/namespaces", "|v1|-|namespaces|-|-");
        check("/api/v1/namespaces/a", "|v1|-|namespaces|a|-");
        check("/api/v1/namespaces/a/finalize", "|v1|-|namespaces|a|finalize");
        check("/api/v1/namespaces/a/pods/b/eviction", "|v1|a|pods|b|eviction");
        check("/apis/apps/v1/namespaces/a/deployments/b", "apps|v1|a|deployments|b|-");
        check("/apis/x.dev/v1/things/a%2Fb/", "x.dev|v1|-|things|a/b|-");
        check("/apis/x.dev/v1", r#"Discovery(["apis", "x.dev", "v1"])"#);
        check("/openapi/v3/api/v1", r#"OpenApi(["v3", "api", "v1"])"#);
        check("/readyz/etcd", "Health");
        check("/api/v1/a/b/c/d", "404 404 page not found");
        check("/", "404 404 page not found");
        check("/api/v1/%ff", "400 the path is not valid UTF-8");
    }
}
