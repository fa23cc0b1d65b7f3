//! `--clock`: whose time the mocks have, and from when on.

use dummyload_session::Timestamp;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `real` or `virtual`, with `:TIME` to begin at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    /// It stands still until somebody moves it.
    pub(crate) is_virtual: bool,
    /// Its first time; otherwise the clock's own.
    pub(crate) start: Option<Timestamp>,
}

impl Clock {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (name, start) = text.split_once(':').map_or((text, None), |(name, start)| (name, Some(start)));
        let is_virtual = match name {
            "real" => false,
            "virtual" => true,
            _ => return Err("write real or virtual, and a time to begin at as in virtual:2018-06-01T00:00:00Z".into()),
        };
        Ok(Self { is_virtual, start: start.map(time).transpose()? })
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok();
    let nanos = time.and_then(|time| u64::try_from(time.unix_timestamp_nanos()).ok());
    let nanos = nanos
        .ok_or_else(|| format!("{text:?} is no time from 1970 on: write it after RFC 3339, as 2018-06-01T00:00:00Z"))?;
    Ok(Timestamp::new(Duration::from_nanos(nanos)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_begin_at_any_time() {
        let seconds = |seconds| Some(Timestamp::new(Duration::from_secs(seconds)));
        for (text, is_virtual, start) in [
            ("real", false, None),
            ("virtual", true, None),
            ("virtual:2018-06-01T00:00:00Z", true, seconds(1_527_811_200)),
            ("real:2018-06-01T02:00:00+02:00", false, seconds(1_527_811_200)),
        ] {
            assert_eq!(Clock::parse(text), Ok(Clock { is_virtual, start }), "{text}");
        }
        for (text, expected) in [
            ("virtuel", "write real or virtual"),
            ("virtual:", "\"\" is no time"),
            ("virtual:2018-06-01", "write it after RFC 3339"),
            ("virtual:1969-12-31T00:00:00Z", "is no time from 1970 on"),
        ] {
            let error = Clock::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
