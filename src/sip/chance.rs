//! Chance as the pure middle knows it: a seeded generator that is an argument.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// The source of all tags, branches, Call-IDs and nonces. The same seed gives the same story again, and
/// a restored snapshot goes on where the old process stopped.
#[derive(Clone, Serialize, Deserialize)]
pub struct Chance(ChaCha12Rng);

/// A secret of our own, to derive tokens that nobody else can foretell.
#[derive(Clone, Serialize, Deserialize)]
pub struct Key([u8; 32]);

/// Letters and digits that are hard to confuse, in one case because much of SIP compares without case.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

impl Chance {
    /// A generator that starts from this seed.
    pub fn new(seed: [u8; 32]) -> Chance {
        Chance(ChaCha12Rng::from_seed(seed))
    }

    /// A token of `len` characters with five random bits each; RFC 3261 §19.3 asks for 32 bits in a tag.
    pub fn token(&mut self, len: usize) -> String {
        (0..len)
            .map(|_| char::from(ALPHABET[(self.0.next_u32() % 32) as usize]))
            .collect()
    }

    /// A number below `bound`; 0 if `bound` is 0. The slight bias of a remainder does not matter here.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64().checked_rem(bound).unwrap_or(0)
    }

    /// A new secret.
    pub fn key(&mut self) -> Key {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        Key(bytes)
    }
}

impl Key {
    /// A token of 32 hex digits that only the holder of the key can compute from these parts. It shows half
    /// of the hash, so that it cannot be extended to the token of a longer text.
    pub fn seal(&self, parts: &[&str]) -> String {
        let mut hash = Sha256::new_with_prefix(self.0);
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize()
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chance")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_tokens_and_another_seed_gives_others() {
        let token = |seed| Chance::new([seed; 32]).token(20);
        assert_eq!(token(1), token(1));
        assert_ne!(token(1), token(2));
        assert_eq!(token(1).len(), 20);
    }

    #[test]
    fn a_restored_generator_goes_on_where_the_old_one_stopped() {
        let mut chance = Chance::new([7; 32]);
        chance.token(13);
        let text = serde_json::to_string(&chance).unwrap();
        let mut restored: Chance = serde_json::from_str(&text).unwrap();
        assert_eq!(restored.token(40), chance.token(40));
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut chance = Chance::new([7; 32]);
        assert!((0..1000).all(|_| chance.below(3) < 3));
        assert_eq!(chance.below(0), 0);
    }

    #[test]
    fn a_seal_depends_on_the_key_and_on_where_the_parts_end() {
        let mut chance = Chance::new([7; 32]);
        let (one, two) = (chance.key(), chance.key());
        assert_eq!(one.seal(&["a", "bc"]), one.seal(&["a", "bc"]));
        assert_ne!(one.seal(&["a", "bc"]), one.seal(&["ab", "c"]));
        assert_ne!(one.seal(&["a", "bc"]), two.seal(&["a", "bc"]));
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let mut chance = Chance::new([7; 32]);
        let key = chance.key();
        assert_eq!(format!("{chance:?} {key:?}"), "Chance Key");
    }
}
