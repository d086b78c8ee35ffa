//! Nobody passes without the token.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

use super::token::Token;

/// The scheme of the header; its case does not matter (RFC 9110, 11.1).
const SCHEME: &str = "bearer";

/// What a real API server tells everybody (`system:public-info-viewer`): whether it is well, and which it is.
const PUBLIC: [&str; 4] = ["/healthz", "/livez", "/readyz", "/version"];

/// Whether a request may pass: it bears the token, or it bears nothing and asks for nothing that is secret.
pub fn admits<B>(request: &Request<B>, token: &Token) -> bool {
    let anonymous = !request.headers().contains_key(AUTHORIZATION) && request.method() == Method::GET;
    (anonymous && PUBLIC.contains(&request.uri().path())) || bears(request.headers(), token)
}

/// Whether the headers of a request bear the token.
fn bears(headers: &HeaderMap, token: &Token) -> bool {
    let header = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let mut words = header.splitn(2, |byte| *byte == b' ');
    let scheme = words.next().unwrap_or_default();
    let given = words.next().unwrap_or_default().trim_ascii();
    scheme.eq_ignore_ascii_case(SCHEME.as_bytes()) && token.is(given)
}

/// What everybody else is answered, in a real API server's words.
pub fn refusal() -> Response<Full<Bytes>> {
    let status = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Unauthorized",
        "reason": "Unauthorized",
        "code": StatusCode::UNAUTHORIZED.as_u16(),
    });
    let mut response = Response::new(Full::from(status.to_string()));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_part_needs_no_token_but_no_wrong_one_either() {
        let token = Token::new([1; 32]);
        let cases = [
            ("GET", "/healthz", None, true),
            ("GET", "/readyz?verbose", None, true),
            ("GET", "/version", None, true),
            ("POST", "/version", None, false),
            ("GET", "/api", None, false),
            ("GET", "/healthz/../api", None, false),
            ("GET", "/healthz", Some("Bearer wrong"), false),
        ];
        for (method, path, header, expected) in cases {
            let mut request = Request::builder().method(method).uri(path);
            if let Some(header) = header {
                request = request.header(AUTHORIZATION, header);
            }
            assert_eq!(admits(&request.body(()).unwrap(), &token), expected, "{method} {path} {header:?}");
        }
    }

    #[test]
    fn the_token_and_nothing_else_passes() {
        let token = Token::new([1; 32]);
        let secret = token.reveal();
        let cases = [
            (format!("Bearer {secret}"), true),
            (format!("bearer  {secret} "), true),
            (format!("Basic {secret}"), false),
            (format!("Bearer{secret}"), false),
            (format!("Bearer {secret} {secret}"), false),
            (secret.to_owned(), false),
            ("Bearer ".to_owned(), false),
            (String::new(), false),
        ];
        for (header, expected) in cases {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(&header).unwrap())]);
            assert_eq!(bears(&headers, &token), expected, "{header:?}");
        }
        assert!(!bears(&HeaderMap::new(), &token));
    }
}
