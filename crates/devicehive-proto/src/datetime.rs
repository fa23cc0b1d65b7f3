//! Points in time as the protocol writes them (dossier 3.1).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Milliseconds since 1970-01-01T00:00:00 UTC, before it negative.
///
/// It is written without a zone and with three digits behind the second, always in UTC. Read is much more; what is out of
/// range rolls over, as with the server.
///
/// ```
/// use devicehive_proto::Datetime;
/// let time = Datetime::parse("2018-05-20T12:00:00.1+02:00").unwrap();
/// assert_eq!(time.to_string(), "2018-05-20T10:00:00.100");
/// assert_eq!(Datetime::parse("1526810400100"), Some(time));
/// assert_eq!(Datetime::parse("2018-05-20 10:00:00"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Datetime(i64);

const DAY: i64 = 24 * 3600 * 1000;

impl Datetime {
    /// This many milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads ISO 8601 with or without fraction, seconds, zone or time of day, the date of HTTP headers (RFC 1123), or
    /// milliseconds since 1970. `None` for anything else; a blank text is the caller's business.
    pub fn parse(text: &str) -> Option<Self> {
        if text.bytes().skip(usize::from(text.starts_with('-'))).all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().map(Self);
        }
        iso(text).or_else(|| rfc1123(text)).map(Self)
    }
}

/// What is left of a text.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first == byte).then_some(())
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    }

    /// Milliseconds of a fraction of any length; more than three digits are cut off.
    fn fraction(&mut self) -> Option<i64> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        let digit = |at: usize| digits.get(at).map_or(0, |digit| i64::from(digit - b'0'));
        (length > 0).then(|| digit(0) * 100 + digit(1) * 10 + digit(2))
    }

    /// Milliseconds that the zone is ahead of UTC; no zone is UTC.
    fn zone(&mut self) -> Option<i64> {
        let sign = match self.0.first() {
            None => return Some(0),
            Some(b'Z') => {
                self.0 = &self.0[1..];
                return Some(0);
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        self.0 = &self.0[1..];
        let hours = self.digits(2)?;
        if self.0.first() == Some(&b':') {
            self.0 = &self.0[1..];
        }
        let minutes = if self.0.is_empty() { 0 } else { self.digits(2)? };
        Some(sign * (hours * 60 + minutes) * 60_000)
    }
}

fn iso(text: &str) -> Option<i64> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.digits(4)?;
    rest.take(b'-')?;
    let month = rest.digits(2)?;
    rest.take(b'-')?;
    let mut millis = days(year, month, rest.digits(2)?) * DAY;
    if !rest.0.is_empty() {
        rest.take(b'T')?;
        millis += rest.digits(2)? * 3_600_000;
        rest.take(b':')?;
        millis += rest.digits(2)? * 60_000;
        if rest.0.first() == Some(&b':') {
            rest.take(b':')?;
            millis += rest.digits(2)? * 1000;
            if rest.0.first() == Some(&b'.') {
                rest.take(b'.')?;
                millis += rest.fraction()?;
            }
        }
        millis -= rest.zone()?;
    }
    rest.0.is_empty().then_some(millis)
}

/// What [`Datetime`] writes, also in years of more than four digits and before the year 0: a client may have sent any number of
/// milliseconds, and what a server sends out must be readable.
fn written(text: &str) -> Option<Datetime> {
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (year, rest) = rest.split_once('-')?;
    let year = sign * year.parse::<i64>().ok().filter(|year| year.abs() < 1_000_000_000)?;
    // The rest is as in any year that begins on the same day of a leap or no leap year; 400 years have whole weeks.
    let within = iso(&alloc::format!("{:04}-{rest}", 2000 + year.rem_euclid(400)))?;
    let years = i128::from(year.div_euclid(400) - 5) * 146_097 * i128::from(DAY);
    i64::try_from(i128::from(within) + years).ok().map(Datetime)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Sun, 20 May 2018 10:00:00 GMT`
fn rfc1123(text: &str) -> Option<i64> {
    let (_, text) = text.split_once(", ")?;
    let mut parts = text.split(' ');
    let day = parts.next()?.parse().ok().filter(|day| (0..100).contains(day))?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? as i64 + 1;
    let year = parts.next()?.parse().ok().filter(|year| (0..10_000).contains(year))?;
    let mut time = Rest(parts.next()?.as_bytes());
    let hours = time.digits(2)?;
    time.take(b':')?;
    let minutes = time.digits(2)?;
    time.take(b':')?;
    let seconds = time.digits(2)?;
    let whole = time.0.is_empty() && matches!(parts.next(), Some("GMT" | "UTC" | "Z")) && parts.next().is_none();
    whole.then_some(days(year, month, day) * DAY + ((hours * 60 + minutes) * 60 + seconds) * 1000)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; months and days out of range roll over. After
/// "chrono-Compatible Low-Level Date Algorithms" by Howard Hinnant, as [`date`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year + (month - 1).div_euclid(12);
    let month = (month - 1).rem_euclid(12) + 1;
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468 + day - 1
}

/// Year, month and day.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

impl Datetime {
    /// Writes it as on the wire.
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        let (year, month, day) = date(self.0.div_euclid(DAY));
        let time = self.0.rem_euclid(DAY);
        let (hours, minutes, seconds) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60);
        if (0..10_000).contains(&year) {
            push_digits(out, year, 4);
        } else {
            out.extend_from_slice(format!("{year:04}").as_bytes());
        }
        for (sign, number, digits) in [
            (b'-', month, 2),
            (b'-', day, 2),
            (b'T', hours, 2),
            (b':', minutes, 2),
            (b':', seconds, 2),
            (b'.', time % 1000, 3),
        ] {
            out.push(sign);
            push_digits(out, number, digits);
        }
    }
}

/// Writes the last digits of a number that is not negative.
fn push_digits(out: &mut Vec<u8>, number: i64, digits: u32) {
    for place in (0..digits).rev() {
        let digit = number / 10_i64.pow(place) % 10;
        out.push(b'0' + digit.unsigned_abs() as u8);
    }
}

impl fmt::Display for Datetime {
    /// As on the wire: `2018-05-20T10:00:00.000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::with_capacity(23);
        self.push(&mut out);
        f.write_str(&dummyload_codec::write::text(out))
    }
}

impl<'de> Deserialize<'de> for Datetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Datetime;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time, or milliseconds since 1970")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Datetime, E> {
                Datetime::parse(text).or_else(|| written(text)).ok_or_else(|| E::custom("this is no time"))
            }
            fn visit_string<E: Error>(self, text: String) -> Result<Datetime, E> {
                self.visit_str(&text)
            }
            fn visit_i64<E>(self, millis: i64) -> Result<Datetime, E> {
                Ok(Datetime(millis))
            }
            fn visit_u64<E: Error>(self, millis: u64) -> Result<Datetime, E> {
                i64::try_from(millis).map(Datetime).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn what_the_real_server_took_and_made_of_it() {
        // Dossier 3.1, captures/server-4.1/env-timestamps.
        for (given, made) in [
            ("2018-05-20T10:00:00.123", "2018-05-20T10:00:00.123"),
            ("2018-05-20T10:00:00.123Z", "2018-05-20T10:00:00.123"),
            ("2018-05-20T10:00", "2018-05-20T10:00:00.000"),
            ("2018-05-20T10:00Z", "2018-05-20T10:00:00.000"),
            ("2018-05-20", "2018-05-20T00:00:00.000"),
            ("2018-05-20T10:00:00.12", "2018-05-20T10:00:00.120"),
            ("2018-05-20T10:00:00.123456789Z", "2018-05-20T10:00:00.123"),
            ("2018-05-20T10:00:00+0200", "2018-05-20T08:00:00.000"),
            ("2018-05-20T10:00:00.5+02", "2018-05-20T08:00:00.500"),
            ("2018-05-20T10:00:00-03:30", "2018-05-20T13:30:00.000"),
            ("Sun, 20 May 2018 10:00:00 GMT", "2018-05-20T10:00:00.000"),
            ("-1", "1969-12-31T23:59:59.999"),
            ("1526810400", "1970-01-18T16:06:50.400"),
            ("2018-13-01T00:00:00", "2019-01-01T00:00:00.000"),
            ("2018-02-30T00:00:00", "2018-03-02T00:00:00.000"),
            ("2018-05-20T25:00:00", "2018-05-21T01:00:00.000"),
            ("2018-05-20T10:00:60", "2018-05-20T10:01:00.000"),
            ("9999-12-31T23:59:59.999", "9999-12-31T23:59:59.999"),
        ] {
            assert_eq!(Datetime::parse(given).map(|time| time.to_string()).as_deref(), Some(made), "{given}");
        }
        for refused in ["2018-05-20 10:00:00", "20180520T100000Z", "now", "1526810400123.7", "2018-05-20T", "", "-"] {
            assert_eq!(Datetime::parse(refused), None, "{refused}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(millis in -62_135_596_800_000i64..253_402_300_800_000) {
            let time = Datetime::from_millis(millis);
            prop_assert_eq!(Datetime::parse(&time.to_string()), Some(time));
        }

        #[test]
        fn any_number_of_milliseconds_can_be_sent_and_read(millis in proptest::num::i64::ANY) {
            let json = alloc::format!("\"{}\"", Datetime::from_millis(millis));
            prop_assert_eq!(serde_json::from_str::<Datetime>(&json).unwrap().millis(), millis);
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,40}|[0-9TZ:.+-]{0,40}") {
            let _ = Datetime::parse(&text).map(|time| time.to_string());
        }
    }
}
