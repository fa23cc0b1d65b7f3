//! Who a device is, in each of its spellings, and of which generation.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use smol_str::{SmolStr, ToSmolStr};

/// The id of a device, as it was written and in the place where it was written.
///
/// The cloud spells one id in several ways (dossier 2.1): hexadecimal over HTTP, decimal on the socket, and some devices
/// have names instead that begin with `X`. A text of digits alone can be either of the first two, so each place has a
/// constructor of its own and nothing is guessed.
///
/// Two ids are equal when they name the same device, whatever their spelling: compare [`DeviceId::as_str`] to compare
/// texts. Names are compared with their case (dossier 2.2).
///
/// ```
/// use shelly_proto::DeviceId;
/// let (http, frame) = (DeviceId::in_http("062fa0"), DeviceId::in_frame("405408"));
/// assert_eq!(http, frame);
/// assert_eq!((http.as_str(), frame.to_hex().as_str(), http.to_decimal().as_str()), ("062fa0", "062fa0", "405408"));
/// assert_ne!(DeviceId::in_http("405408"), frame);
/// ```
#[derive(Clone)]
pub struct DeviceId {
    who: Who,
    text: SmolStr,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Who {
    Number(u64),
    /// The text is the name.
    Named,
}

/// How an id is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Form {
    /// Decimal digits in a string: on the socket, and the keys of virtual devices.
    Decimal,
    /// Hexadecimal digits: over HTTP.
    Hex,
    /// A plain number: virtual devices over HTTP, and old clients on the socket.
    Number,
    /// A name that begins with X: devices behind a gateway (BLE, Z-Wave).
    X,
    /// None of these in the place where it stands. Equal only to the same text.
    Other,
}

impl DeviceId {
    /// An id in a message of the socket: decimal, or a name with X. Hexadecimal there names no device (dossier 2.1).
    pub fn in_frame(text: &str) -> Self {
        Self::named(text).or_else(|| Self::digits(text)).unwrap_or_else(|| Self::other(text))
    }

    /// An id of an HTTP parameter or a key of a list of devices: hexadecimal, or a name with X. What is longer than
    /// twelve characters and has digits only is the number of a virtual device.
    pub fn in_http(text: &str) -> Self {
        let hex = || match u64::from_str_radix(text, 16) {
            Ok(number) if text.len() <= 12 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Some(Self::of(Who::Number(number), text, Form::Hex))
            }
            _ => None,
        };
        let number = || Some(Self { form: Form::Number, ..Self::digits(text)? });
        Self::named(text).or_else(hex).or_else(number).unwrap_or_else(|| Self::other(text))
    }

    /// An id beside a known generation, as in `_dev_info`. Only devices of Gen1 and of the Gen2 kind have hexadecimal
    /// ids (dossier 2.3); the texts of others are numbers or names.
    pub fn in_status(text: &str, generation: &Generation) -> Self {
        if generation.has_hex_ids() { Self::in_http(text) } else { Self::in_frame(text) }
    }

    /// A JSON number.
    pub fn number(number: u64) -> Self {
        Self { who: Who::Number(number), text: number.to_smolstr(), form: Form::Number }
    }

    /// The decimal spelling of this number.
    pub fn decimal(number: u64) -> Self {
        Self { who: Who::Number(number), text: number.to_smolstr(), form: Form::Decimal }
    }

    /// A text that is taken as it is, wherever it is sent. For tests of the other side.
    pub fn verbatim(text: &str) -> Self {
        Self::other(text)
    }

    fn of(who: Who, text: &str, form: Form) -> Self {
        Self { who, text: SmolStr::new(text), form }
    }

    fn other(text: &str) -> Self {
        Self::of(Who::Named, text, Form::Other)
    }

    /// A lower-case x is not converted either, but it is another name.
    fn named(text: &str) -> Option<Self> {
        text.starts_with(['X', 'x']).then(|| Self::of(Who::Named, text, Form::X))
    }

    fn digits(text: &str) -> Option<Self> {
        let number = text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))?;
        Some(Self::of(Who::Number(number), text, Form::Decimal))
    }

    /// How it was written.
    pub fn form(&self) -> Form {
        self.form
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its number; `None` for names.
    pub fn as_number(&self) -> Option<u64> {
        match self.who {
            Who::Number(number) => Some(number),
            Who::Named => None,
        }
    }

    /// As HTTP has it: lower-case hexadecimal, padded with zeros to 6 or 12 characters; names as they are.
    ///
    /// Not for virtual devices, whose numbers are decimal everywhere: use [`DeviceId::to_http`].
    pub fn to_hex(&self) -> String {
        match self.who {
            Who::Named => self.text.to_string(),
            Who::Number(number) => {
                let width = if number < 1 << 24 { 6 } else { 12 };
                alloc::format!("{number:0width$x}")
            }
        }
    }

    /// As the socket has it: decimal; names as they are.
    pub fn to_decimal(&self) -> String {
        match self.who {
            Who::Named => self.text.to_string(),
            Who::Number(number) => number.to_string(),
        }
    }

    /// As HTTP has the id of a device of this generation: hexadecimal or decimal; names as they are.
    pub fn to_http(&self, generation: &Generation) -> String {
        if generation.has_hex_ids() { self.to_hex() } else { self.to_decimal() }
    }

    fn key(&self) -> (Who, &str) {
        match self.who {
            Who::Number(_) => (self.who, ""),
            Who::Named => (self.who, &self.text),
        }
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({} {:?})", self.text, self.form)
    }
}

impl PartialEq for DeviceId {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for DeviceId {}

impl PartialOrd for DeviceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DeviceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for DeviceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// Which device a person or a careless program means by a text of unknown origin, among those that are known. A guess,
/// so no decoder uses it (dossier 2.2): names are compared without case; digits that are not 6 or 12 long are decimal,
/// all else is hexadecimal; where a known device has only the other reading, that one counts. `None` if no known device
/// fits.
pub fn normalize_loose<'k>(text: &str, known: impl IntoIterator<Item = &'k DeviceId> + Clone) -> Option<&'k DeviceId> {
    let text = text.trim();
    let find = |wanted: &DeviceId| known.clone().into_iter().find(|id| *id == wanted);
    if text.starts_with(['X', 'x']) {
        let same = |id: &&DeviceId| id.form() == Form::X && id.as_str().eq_ignore_ascii_case(text);
        return find(&DeviceId::in_frame(text)).or_else(|| known.clone().into_iter().find(same));
    }
    let (hex, decimal) = (DeviceId::in_http(text), DeviceId::in_frame(text));
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits && !matches!(text.len(), 6 | 12) {
        find(&decimal).or_else(|| find(&hex))
    } else {
        find(&hex).or_else(|| find(&decimal))
    }
}

/// The generation of a device: `gen` (dossier 2.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Generation {
    /// `G1`
    Gen1,
    /// `G2`; Gen3 and Gen4 hardware counts as such too.
    Gen2,
    /// `GBLE`: a Bluetooth device behind a gateway.
    Ble,
    /// `V1`: a virtual device.
    Virtual,
    /// Anything else.
    Other(String),
}

impl Generation {
    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Gen1 => "G1",
            Self::Gen2 => "G2",
            Self::Ble => "GBLE",
            Self::Virtual => "V1",
            Self::Other(text) => text,
        }
    }

    /// The generation of a text; it counts only with its case.
    pub fn parse(text: &str) -> Self {
        match text {
            "G1" => Self::Gen1,
            "G2" => Self::Gen2,
            "GBLE" => Self::Ble,
            "V1" => Self::Virtual,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Whether HTTP writes the ids of such devices in hexadecimal: Gen1, Gen2, and what names itself `G` with a number.
    pub fn has_hex_ids(&self) -> bool {
        match self {
            Self::Gen1 | Self::Gen2 => true,
            Self::Ble | Self::Virtual => false,
            Self::Other(text) => text.strip_prefix('G').is_some_and(|n| n.parse::<u8>().is_ok()),
        }
    }

    /// Whether its status is made of components like `switch:0`: all but Gen1.
    pub fn has_components(&self) -> bool {
        *self != Self::Gen1
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_vectors_of_the_dossier() {
        for (hex, decimal) in [
            ("dc4f2276846a", "242232438719594"),
            ("84cca87c0144", "146014534893892"),
            ("b923fa", "12133370"),
            ("062fa0", "405408"),
            ("XB1234567890123", "XB1234567890123"),
        ] {
            let (http, frame) = (DeviceId::in_http(hex), DeviceId::in_frame(decimal));
            assert_eq!((http.to_decimal().as_str(), frame.to_hex().as_str()), (decimal, hex));
            assert_eq!((http.to_hex().as_str(), frame.to_decimal().as_str()), (hex, decimal));
            assert_eq!((http.as_str(), frame.as_str()), (hex, decimal));
            assert_eq!(http, frame);
        }
        for (number, hex) in
            [(0, "000000"), (0xff_ffff, "ffffff"), (0x100_0000, "000001000000"), (1 << 48, "1000000000000")]
        {
            assert_eq!(DeviceId::decimal(number).to_hex(), hex);
        }
        // The width is lost, the device is not.
        let wide = DeviceId::in_http("000000b923fa");
        assert_eq!((wide.to_decimal().as_str(), wide.to_hex().as_str()), ("12133370", "b923fa"));
        assert_eq!((wide.as_str(), &wide), ("000000b923fa", &DeviceId::in_http("B923FA")));
    }

    #[test]
    fn the_place_decides_what_digits_mean() {
        let (http, frame) = (DeviceId::in_http("405408"), DeviceId::in_frame("405408"));
        assert_eq!((http.as_number(), frame.as_number()), (Some(0x40_5408), Some(405_408)));
        assert_eq!((http.form(), frame.form()), (Form::Hex, Form::Decimal));
        assert_ne!(http, frame);
        // Hexadecimal on the socket names nobody.
        let hex = DeviceId::in_frame("84cca87c0144");
        assert_eq!((hex.form(), hex.as_number()), (Form::Other, None));
        assert_ne!(hex, DeviceId::in_http("84cca87c0144"));
    }

    #[test]
    fn virtual_devices_are_decimal_everywhere() {
        let (number, key) = (DeviceId::number(1_643_370_677_417), DeviceId::in_http("1643370677417"));
        let frame = DeviceId::in_frame("1643370677417");
        assert_eq!((&number, &key), (&frame, &frame));
        assert_eq!(number.to_http(&Generation::Virtual), "1643370677417");
        assert_eq!(DeviceId::in_status("405408", &Generation::Virtual), DeviceId::decimal(405_408));
        assert_eq!(DeviceId::in_status("405408", &Generation::parse("G3")), DeviceId::in_http("405408"));
    }

    #[test]
    fn a_loose_look_up_prefers_the_likely_and_finds_the_other() {
        let known =
            [DeviceId::in_http("062fa0"), DeviceId::in_http("84cca87c0144"), DeviceId::in_frame("XB1234567890123")];
        for (text, expected) in [
            ("405408", Some(0)),
            ("062FA0", Some(0)),
            ("84CCA87C0144", Some(1)),
            ("146014534893892", Some(1)),
            ("xb1234567890123", Some(2)),
            ("123456", None),
            ("lamp", None),
        ] {
            assert_eq!(normalize_loose(text, &known), expected.map(|at: usize| &known[at]), "{text}");
        }
        let both = [DeviceId::in_http("405408"), DeviceId::in_frame("405408")];
        assert_eq!(normalize_loose("405408", &both), Some(&both[0]));
    }

    proptest! {
        #[test]
        fn numbers_go_both_ways(number in 0u64..1 << 48) {
            let id = DeviceId::decimal(number);
            prop_assert_eq!(&DeviceId::in_http(&id.to_hex()), &id);
            prop_assert_eq!(&DeviceId::in_frame(&id.to_decimal()), &id);
            prop_assert!(matches!(id.to_hex().len(), 6 | 12));
        }

        #[test]
        fn any_text_is_kept(text in "\\PC{0,24}") {
            for id in [DeviceId::in_http(&text), DeviceId::in_frame(&text)] {
                prop_assert_eq!(id.as_str(), &text);
            }
        }

        #[test]
        fn generations_come_back(text in "\\PC{0,6}|G[0-9]{1,2}|GBLE|V1") {
            let generation = Generation::parse(&text);
            prop_assert_eq!(generation.as_str(), text);
        }
    }
}
