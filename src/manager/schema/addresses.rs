//! Addresses as text: of networks, hosts, people and documents, as Kubernetes' formats read them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;

/// An IPv4 address; zeros may lead its numbers, which Go before 1.17 allowed and Kubernetes still does.
pub fn is_ipv4(text: &str) -> bool {
    parse_sloppy(text).is_some() && text.contains('.')
}

/// An IPv6 address, also one that ends as an IPv4 address. Zones are none.
pub fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// An address and the length of its prefix: `10.0.0.0/8`.
pub fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let is_plain =
        !length.is_empty() && length.len() <= 3 && length.bytes().all(|byte| byte.is_ascii_digit());
    match (parse_sloppy(address), length.parse::<u8>()) {
        (Some(IpAddr::V4(_)), Ok(length)) => is_plain && length <= 32,
        (Some(IpAddr::V6(_)), Ok(length)) => is_plain && length <= 128,
        _ => false,
    }
}

fn parse_sloppy(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let mut numbers = [0; 4];
    let mut parts = text.split('.');
    for number in &mut numbers {
        let part = parts.next()?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse::<u8>().ok()?;
    }
    parts.next().is_none().then(|| IpAddr::V4(Ipv4Addr::from(numbers)))
}

/// A hardware address of 6, 8 or 20 bytes: `01:23:45:67:89:ab`, with `-`, or `0123.4567.89ab`.
pub fn is_mac(text: &str) -> bool {
    let hex = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts = |separator: char, length| {
        let parts: Vec<&str> = text.split(separator).collect();
        parts.iter().all(|part| hex(part, length)).then_some(parts.len() * length / 2)
    };
    let bytes = match text.as_bytes().get(2) {
        Some(b':') => parts(':', 2),
        Some(b'-') => parts('-', 2),
        _ => parts('.', 4),
    };
    matches!(bytes, Some(6 | 8 | 20))
}

/// The name of a host: one label with at most one dash, or labels and a top level without digits; at most 255
/// bytes, 63 a label. Letters and symbols beyond ASCII are allowed.
pub fn is_hostname(text: &str) -> bool {
    let matches = HOSTNAME.as_ref().is_some_and(|pattern| pattern.is_match(text));
    matches && text.len() <= 255 && text.split('.').all(|label| label.len() <= 63)
}

static HOSTNAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let letter = r"a-zA-Z0-9\p{S}\p{L}";
    let single = format!("[{letter}](?:-?[{letter}]{{0,62}})?");
    let labels = format!(r"(?:[{letter}](?:[{letter}-]{{0,61}}[{letter}])?\.)+[a-zA-Z\p{{L}}]{{2,63}}");
    Regex::new(&format!("^(?:{single}|{labels})$")).ok()
});

/// A mail address, alone or with a name before it: `a@b.c`, `A B <a@b.c>`.
pub fn is_email(text: &str) -> bool {
    let address = match text.trim().strip_suffix('>') {
        Some(named) => match named.rsplit_once('<') {
            Some((_, address)) => address,
            None => return false,
        },
        None => text.trim(),
    };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom.chars().all(|letter| {
                letter.is_ascii_alphanumeric() || !letter.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(letter)
            })
    };
    let is_quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    let local_is_fine = is_quoted || local.split('.').all(is_atom);
    let is_literal = domain.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    let domain_is_fine = match is_literal {
        Some(literal) => literal.parse::<IpAddr>().is_ok(),
        None => domain.split('.').all(is_atom),
    };
    local_is_fine && domain_is_fine
}

/// What a request may name: an absolute path, or a URI with a scheme (Go's `url.ParseRequestURI`).
pub fn is_uri(text: &str) -> bool {
    if text.is_empty() || text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return false;
    }
    if text == "*" {
        return true;
    }
    let scheme_end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && !"+-.".contains(letter));
    let rest = match scheme_end {
        Some(end) if text[end..].starts_with(':') => {
            if end == 0 || !text.as_bytes()[0].is_ascii_alphabetic() {
                return false;
            }
            &text[end + 1..]
        }
        _ if text.starts_with('/') => return escapes_are_fine(text.split('?').next().unwrap_or_default()),
        _ => return false,
    };
    let path = rest.split('?').next().unwrap_or_default();
    match path.strip_prefix("//") {
        Some(authority) => {
            let (authority, path) = authority.split_once('/').unwrap_or((authority, ""));
            authority_is_fine(authority) && escapes_are_fine(path)
        }
        // `mailto:x` is opaque: whatever follows the scheme.
        None => !path.starts_with('/') || escapes_are_fine(path),
    }
}

fn authority_is_fine(authority: &str) -> bool {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port_is_fine = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(literal) = host.strip_prefix('[') {
        return literal
            .split_once(']')
            .is_some_and(|(_, port)| port.is_empty() || port.strip_prefix(':').is_some_and(port_is_fine));
    }
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let name_is_fine = name.chars().all(|letter| {
        !letter.is_ascii() || letter.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(letter)
    });
    port_is_fine(port) && name_is_fine && escapes_are_fine(name)
}

/// Every `%` begins two hexadecimal digits.
fn escapes_are_fine(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}
