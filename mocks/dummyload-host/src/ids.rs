//! The source of all ids and tokens of a world.

use crate::Seed;
use dummyload_session::Rng;

/// Makes ids that depend on the seed and on what was made before, and on nothing else.
#[derive(Clone, Debug)]
pub struct IdSource(Rng);

impl IdSource {
    /// A source for one seed.
    pub fn new(seed: Seed) -> Self {
        Self(Rng::new(seed.0))
    }

    /// 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 up to, not including, `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    /// `digits` lower-case hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        self.from_alphabet(b"0123456789abcdef", digits)
    }

    /// `length` characters of an ASCII alphabet.
    pub fn from_alphabet(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .filter_map(|_| alphabet.get(self.below(alphabet.len() as u64) as usize).map(|byte| char::from(*byte)))
            .collect()
    }

    /// A version 4 UUID in lower case.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.next_u64(), self.next_u64());
        let high = high & !0xf000 | 0x4000;
        let low = low & !(0b11 << 62) | 0b10 << 62;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (mut a, mut b) = (IdSource::new(Seed(7)), IdSource::new(Seed(7)));
        assert_eq!((a.uuid(), a.hex(9)), (b.uuid(), b.hex(9)));
        assert_ne!(a.uuid(), a.uuid());
    }

    #[test]
    fn a_uuid_has_the_version_and_the_variant_of_version_4() {
        let uuid = IdSource::new(Seed(1)).uuid();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
        assert!("89ab".contains(&uuid[19..20]));
    }
}
