//! What names, labels and annotations may look like.
//!
//! Source of the rules and sentences: `k8s.io/apimachinery/pkg/util/validation`. Each function returns the faults
//! of a text, none if it is fine.

/// The longest DNS label, label value, and name part of a qualified name.
const LONGEST_LABEL: usize = 63;
/// The longest DNS subdomain.
const LONGEST_SUBDOMAIN: usize = 253;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const DNS_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const QUALIFIED: &str = "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";

/// A DNS subdomain (RFC 1123): the names of most objects.
pub fn subdomain_faults(text: &str) -> Vec<String> {
    let fine = !text.is_empty() && text.split('.').all(is_dns_label);
    faults(text, LONGEST_SUBDOMAIN, fine, SUBDOMAIN)
}

/// A DNS label (RFC 1123): namespaces.
pub fn label_faults(text: &str) -> Vec<String> {
    faults(text, LONGEST_LABEL, is_dns_label(text), LABEL)
}

/// A DNS label (RFC 1035): services.
pub fn dns_1035_faults(text: &str) -> Vec<String> {
    let starts = text.starts_with(|char: char| char.is_ascii_lowercase());
    faults(text, LONGEST_LABEL, starts && is_dns_label(text), DNS_1035)
}

/// A name that can be a segment of a path: the names of RBAC's objects.
pub fn path_segment_faults(text: &str) -> Vec<String> {
    if matches!(text, "." | "..") {
        return vec![format!("may not be '{text}'")];
    }
    let bad = ["/", "%"].into_iter().filter(|bad| text.contains(*bad));
    bad.map(|bad| format!("may not contain '{bad}'")).collect()
}

/// The value of a label.
pub fn label_value_faults(text: &str) -> Vec<String> {
    faults(text, LONGEST_LABEL, text.is_empty() || is_name(text), LABEL_VALUE)
}

/// A name with an optional prefix, `example.com/name`: the keys of labels and annotations, finalizers.
pub fn qualified_name_faults(text: &str) -> Vec<String> {
    let mut parts = text.split('/');
    let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let (prefix, name) = match (first, second, third) {
        (name, None, _) => (None, name),
        (prefix, Some(name), None) => (Some(prefix), name),
        _ => return vec![QUALIFIED.to_owned()],
    };
    let mut found = Vec::new();
    match prefix {
        Some("") => found.push("prefix part must be non-empty".to_owned()),
        Some(prefix) => {
            found.extend(subdomain_faults(prefix).into_iter().map(|fault| format!("prefix part {fault}")));
        }
        None => {}
    }
    if name.is_empty() {
        found.push("name part must be non-empty".to_owned());
    } else if name.len() > LONGEST_LABEL {
        found.push(format!("name part must be no more than {LONGEST_LABEL} bytes"));
    }
    if !is_name(name) {
        found.push(NAME_PART.to_owned());
    }
    found
}

fn faults(text: &str, longest: usize, fine: bool, sentence: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > longest {
        found.push(format!("must be no more than {longest} bytes"));
    }
    if !fine {
        found.push(sentence.to_owned());
    }
    found
}

fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    is_made_of(text, inner, |byte| inner(byte) || byte == b'-')
}

fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric();
    is_made_of(text, inner, |byte| inner(byte) || matches!(byte, b'-' | b'_' | b'.'))
}

/// Whether the ends are of one kind of characters, and all between of another.
fn is_made_of(text: &str, end: impl Fn(u8) -> bool, inside: impl Fn(u8) -> bool) -> bool {
    match text.as_bytes() {
        [] => false,
        [only] => end(*only),
        [first, between @ .., last] => end(*first) && end(*last) && between.iter().all(|byte| inside(*byte)),
    }
}
