//! Times in texts: ISO 8601 with three digits of fraction, as most services write them.

use regex::Regex;
use std::sync::LazyLock;
use time::format_description::FormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

const FORMAT: &[FormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]");

#[expect(clippy::expect_used, reason = "a constant, and tested")]
static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}").expect("a valid pattern"));

/// The times in a text, and where they stand.
pub(super) fn times(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, i64)> + '_ {
    TIME.find_iter(text).filter_map(|found| Some((found.range(), parse(found.as_str())?)))
}

/// Milliseconds since 1970. Databases write a blank before the time of day, and other numbers of digits behind the point, or
/// none.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let text = format!("{}.{fraction:0<3.3}", whole.replacen(' ', "T", 1));
    let nanoseconds = PrimitiveDateTime::parse(&text, FORMAT).ok()?.assume_utc().unix_timestamp_nanos();
    i64::try_from(nanoseconds / 1_000_000).ok()
}

pub(super) fn print(ms: i64) -> String {
    let time = OffsetDateTime::UNIX_EPOCH.checked_add(Duration::milliseconds(ms));
    time.and_then(|time| time.format(FORMAT).ok()).unwrap_or_else(|| ms.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        let text = r#"{"a":"2026-11-22T02:32:49.671","b":"2026-11-22"}"#;
        let found: Vec<_> = times(text).map(|(range, ms)| (&text[range], ms)).collect();
        assert_eq!(found, [("2026-11-22T02:32:49.671", 1_795_314_769_671)]);
        assert_eq!(print(1_795_314_769_671), "2026-11-22T02:32:49.671");
        assert_eq!(parse("2026-11-22 02:32:49.671234"), Some(1_795_314_769_671));
        assert_eq!(parse("2026-11-22 02:32:49"), Some(1_795_314_769_000));
        assert_eq!((parse("2026-13-22T02:32:49.671"), parse("2026-11-22"), parse("1.x")), (None, None, None));
        assert_eq!(print(i64::MAX), i64::MAX.to_string());
    }
}
