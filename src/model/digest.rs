//! The name of a manifest by its content: `sha256:` and 64 hexadecimal digits.

use std::fmt;

/// An image digest as a page had it.
///
/// The form that the service gives is kept as its 32 bytes; anything else that a saved page may
/// have (a shortened digest in a document, capitals, another algorithm) is kept as its text, so
/// that it comes out as it went in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Digest {
    /// `sha256:` and 64 lower-case hexadecimal digits.
    Sha256([u8; 32]),
    /// Any other text.
    Other(Box<str>),
}

const PREFIX: &str = "sha256:";

impl Digest {
    /// Take a digest from its text. Never fails: [`Digest::Other`] holds what is not `sha256`.
    pub fn parse(text: &str) -> Self {
        match Self::sha256_bytes(text) {
            Some(bytes) => Digest::Sha256(bytes),
            None => Digest::Other(text.into()),
        }
    }

    /// The 32 bytes of a digest in the service's own form.
    pub fn sha256_bytes(text: &str) -> Option<[u8; 32]> {
        let hex = text.strip_prefix(PREFIX)?.as_bytes();
        if hex.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = (NIBBLE[pair[0] as usize] << 4) | NIBBLE[pair[1] as usize];
            if (NIBBLE[pair[0] as usize] | NIBBLE[pair[1] as usize]) == BAD {
                return None;
            }
        }
        Some(bytes)
    }
}

const BAD: u8 = 0xff;

/// The value of each lower-case hexadecimal digit; [`BAD`] for every other byte.
const NIBBLE: [u8; 256] = {
    let mut table = [BAD; 256];
    let mut digit = 0u8;
    while digit < 10 {
        table[(b'0' + digit) as usize] = digit;
        digit += 1;
    }
    while digit < 16 {
        table[(b'a' + digit - 10) as usize] = digit;
        digit += 1;
    }
    table
};

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| formatter.write_str(text))
    }
}

impl Digest {
    /// Append the digest's text.
    pub fn push(&self, text: &mut String) {
        self.with_text(|digits| text.push_str(digits));
    }

    fn with_text<T>(&self, use_it: impl FnOnce(&str) -> T) -> T {
        match self {
            Digest::Sha256(bytes) => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let mut text = [0u8; 71];
                text[..7].copy_from_slice(PREFIX.as_bytes());
                for (index, byte) in bytes.iter().enumerate() {
                    text[7 + index * 2] = HEX[usize::from(byte >> 4)];
                    text[8 + index * 2] = HEX[usize::from(byte & 15)];
                }
                use_it(std::str::from_utf8(&text).unwrap_or_default())
            }
            Digest::Other(text) => use_it(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    #[test]
    fn only_the_services_own_form_is_kept_as_bytes() {
        let hex = "0123456789abcdef".repeat(4);
        assert!(matches!(Digest::parse(&format!("sha256:{hex}")), Digest::Sha256(_)));
        for other in [
            format!("sha256:{}", hex.to_uppercase()),
            format!("sha256:{}", &hex[..60]),
            format!("sha512:{hex}"),
            format!("sha256:{}g", &hex[..63]),
            "sha256:EXAMPLE".to_owned(),
            String::new(),
        ] {
            assert_eq!(Digest::parse(&other), Digest::Other(other.as_str().into()));
        }
    }

    #[test]
    fn a_digest_prints_as_it_was_written() {
        for text in [format!("sha256:{}", "0f".repeat(32)), "sha256:abcEXAMPLE".to_owned()] {
            assert_eq!(Digest::parse(&text).to_string(), text);
        }
    }
}
