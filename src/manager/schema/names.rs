//! Names as Kubernetes checks them, and the sentences that say why one is wrong.
//!
//! Source of the wordings: `k8s.io/apimachinery/pkg/util/validation`.

/// The longest label of a DNS name.
const MAX_LABEL: usize = 63;

/// The longest DNS name.
const MAX_SUBDOMAIN: usize = 253;

/// Why a text is no DNS label that begins with a letter (RFC 1035), or nothing.
pub fn wrong_label_1035(text: &str) -> Option<String> {
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if begins && is_label(text) {
        return (text.len() > MAX_LABEL).then(|| format!("must be no more than {MAX_LABEL} characters"));
    }
    let mut why = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                   alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', \
                   regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
        .to_owned();
    if text.len() > MAX_LABEL {
        why = format!("must be no more than {MAX_LABEL} characters,{why}");
    }
    Some(why)
}

/// Why a text is no DNS name in lower case (RFC 1123), or nothing.
pub fn wrong_subdomain_1123(text: &str) -> Option<String> {
    let mut why = Vec::new();
    if text.len() > MAX_SUBDOMAIN {
        why.push(format!("must be no more than {MAX_SUBDOMAIN} characters"));
    }
    if !text.split('.').all(is_label) {
        why.push(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
             must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
                .to_owned(),
        );
    }
    (!why.is_empty()).then(|| why.join(","))
}

/// Lower case letters, digits and inner dashes; not empty.
fn is_label(text: &str) -> bool {
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.bytes().next().is_some_and(is_end)
        && text.bytes().next_back().is_some_and(is_end)
        && text.bytes().all(|byte| is_end(byte) || byte == b'-')
}
