//! Fingerprints the text of consecutive details: a keyed hash of its beginning and one of the whole text.
//!
//! The key is made of everything else that decides what such a text means: the program, the options
//! and the wrapping. So equal hashes mean equal rows.

use super::row::Defaults;
use crate::store::row::Fingerprint;

/// Bytes that a text is looked up by. A page has the digest of a detail within them.
const PREFIX: usize = 256;
/// Texts that are longer are parsed: they must be in memory whole.
pub(in crate::ingest) const MAX_LENGTH: usize = 1 << 20;

/// The key for texts read in one way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) struct FingerprintKey([u8; 32]);

impl FingerprintKey {
    /// For details with `separator` between them, within a wrapping of `region`.
    pub(in crate::ingest) fn new(defaults: &Defaults, separator: Option<u8>, region: Option<&str>) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(concat!("ecrsnap ", env!("CARGO_PKG_VERSION"), " chunk text"));
        let Defaults { registry_id, repository_name, region: label } = defaults;
        for text in [registry_id.as_deref(), repository_name.as_deref(), label.as_deref(), region] {
            hasher.update(&text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
            hasher.update(text.unwrap_or_default().as_bytes());
        }
        hasher.update(&[separator.unwrap_or_default()]);
        FingerprintKey(*hasher.finalize().as_bytes())
    }

    /// The key by which a text that begins with `data` is looked up; `None` if it is too short.
    pub(in crate::ingest) fn prefix_hash(&self, data: &[u8]) -> Option<i64> {
        let hash = blake3::keyed_hash(&self.0, data.get(..PREFIX)?);
        hash.as_bytes().first_chunk().map(|bytes| i64::from_le_bytes(*bytes))
    }

    /// The fingerprint of the text `data`; `None` if it is too short or too long.
    pub(in crate::ingest) fn fingerprint(&self, data: &[u8]) -> Option<Fingerprint> {
        let prefix_hash = self.prefix_hash(data).filter(|_| data.len() <= MAX_LENGTH)?;
        Some(Fingerprint { prefix_hash, length: data.len() as u32, hash: self.hash(data) })
    }

    /// Whether `data` begins with the text.
    pub(in crate::ingest) fn matches(&self, text: &Fingerprint, data: &[u8]) -> bool {
        data.get(..text.length as usize).is_some_and(|data| self.hash(data) == text.hash)
    }

    fn hash(&self, data: &[u8]) -> [u8; 16] {
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::keyed_hash(&self.0, data).as_bytes()[..16]);
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::{Defaults, FingerprintKey, MAX_LENGTH, PREFIX};

    #[test]
    fn what_is_read_in_another_way_is_another_text() {
        let named = |name: &str| Defaults { repository_name: Some(name.to_owned()), ..Defaults::default() };
        let label = |label: &str| Defaults { region: Some(label.to_owned()), ..Defaults::default() };
        let keys = [
            FingerprintKey::new(&Defaults::default(), None, None),
            FingerprintKey::new(&Defaults::default(), Some(b','), None),
            FingerprintKey::new(&Defaults::default(), None, Some("eu-west-1")),
            FingerprintKey::new(&named("a"), None, None),
            FingerprintKey::new(&label("a"), None, None),
            FingerprintKey::new(&named(""), None, None),
        ];
        let data = [b'x'; PREFIX];
        let texts: Vec<_> = keys.iter().map(|key| key.fingerprint(&data).unwrap()).collect();
        for (at, key) in keys.iter().enumerate() {
            for (other, text) in texts.iter().enumerate() {
                assert_eq!(key.matches(text, &data), at == other, "{at} {other}");
            }
        }
    }

    #[test]
    fn short_and_very_long_texts_are_parsed() {
        let key = FingerprintKey::new(&Defaults::default(), None, None);
        assert!(key.fingerprint(&[0; PREFIX - 1]).is_none());
        assert!(key.fingerprint(&vec![0; MAX_LENGTH]).is_some());
        assert!(key.fingerprint(&vec![0; MAX_LENGTH + 1]).is_none());
    }
}
