//! The bearer token.

use std::fmt;

/// What a request has to bear. It is shown nowhere but in the kubeconfig.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// The token made of 256 random bits. They come from outside, because randomness does everywhere here.
    pub fn new(entropy: [u8; 32]) -> Self {
        Self(entropy.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The token in the clear, for the kubeconfig.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `given` is this token. How long that takes says nothing about where they differ.
    pub fn is(&self, given: &[u8]) -> bool {
        let ours = self.0.as_bytes();
        let difference = ours.iter().zip(given).fold(0, |sum, (left, right)| sum | (left ^ right));
        ours.len() == given.len() && std::hint::black_box(difference) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_is_the_token() {
        let token = Token::new([7; 32]);
        let text = token.reveal().to_owned();
        assert!(token.is(text.as_bytes()));
        for other in [
            "",
            &text[1..],
            &format!("{text}0"),
            &text.replace('7', "8"),
            &text.to_uppercase().replace('0', "O"),
        ] {
            assert!(!token.is(other.as_bytes()), "{other}");
        }
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
