//! Which server this one stands for, as one table of rules. Nothing else in this crate asks for the profile by name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Which server is simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Profile {
    /// Server 4.1.0 as recorded, without the defects of its caches.
    #[default]
    #[serde(rename = "server-4.1")]
    Server41,
    /// Server 3.5.0 as recorded, but for what it makes of fractions of seconds.
    #[serde(rename = "server-3.5")]
    Server35,
    /// What the documents promise: every request is answered, and no defect of a server is repeated.
    #[serde(rename = "spec")]
    Spec,
}

impl Profile {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Server41, Self::Server35, Self::Spec];

    /// The name in options and world files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server41 => "server-4.1",
            Self::Server35 => "server-3.5",
            Self::Spec => "spec",
        }
    }

    /// What this server does where servers differ.
    pub(crate) const fn rules(self) -> &'static Rules {
        match self {
            Self::Server41 => &SERVER_4_1,
            Self::Server35 => &SERVER_3_5,
            Self::Spec => &SPEC,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No profile has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile(String);

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        write!(f, "there is no profile {:?}: there are {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownProfile {}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        let known = Self::ALL.iter().copied().find(|profile| profile.name() == text);
        known.ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}

/// One row a server: what it does where servers differ. All times are in UTC, all texts go out as they are.
#[derive(Debug)]
pub(crate) struct Rules {
    /// `apiVersion` (dossier 9).
    pub(crate) api_version: &'static str,
    /// Where the server never answers, or answers with the text of a Java exception, so does the mock; otherwise the request
    /// is answered as the dossier says a mock should (dossier M13).
    pub(crate) repeats_defects: bool,
    /// Who loaded the server's classes, as the texts of Java errors tell.
    pub(crate) class_loader: &'static str,
    /// Of validation, for a member that is required and missing (dossier V3).
    pub(crate) must_not_be_null: &'static str,
    /// `id` in configuration (dossier 10, V3).
    pub(crate) configuration_has_id: bool,
    /// The text of token/create over the socket when the session's token has expired (dossier 6, V7).
    pub(crate) expired_session: &'static str,
    /// Times without seconds are no times (dossier V4).
    pub(crate) times_need_seconds: bool,

    /// Which subscriptions with a time get what was stored before (dossier M4.5, V1).
    pub(crate) replays: Replays,
    /// An item of exactly the time asked for is replayed too (dossier M4.5, V1).
    pub(crate) replays_same_time: bool,
    /// The time asked for bounds `lastUpdated` where updates are wanted (dossier V1).
    pub(crate) replays_by_last_update: bool,
    /// Each pair of network and type, times each name, replays for itself and with a limit of its own, one after another; so
    /// with two names everything comes twice (dossier V1). Otherwise all that is replayed comes once, in the order of time.
    pub(crate) replays_by_filter: bool,
    /// A limit of 0 is none (dossier M4.5, V1). Otherwise it replays nothing.
    pub(crate) zero_is_no_limit: bool,
    /// What a negative limit does (dossier M4.5, V1).
    pub(crate) negative_limit: Negative,

    /// `start` and `end` of lists exclude their own moment (dossier V2).
    pub(crate) excludes_bounds: bool,
    /// Lists of commands compare `status` without regard to case (dossier V2).
    pub(crate) status_ignores_case: bool,
    /// Lists of commands and notifications are cut to `skip` + `take` before they are sorted (dossier M4.4, V2).
    pub(crate) cuts_before_sorting: bool,
    /// Of equal items the newest comes first in ascending order (dossier M4.4, V2).
    pub(crate) ties_newest_first: bool,
    /// Over the socket such lists heed `names` and `deviceIds`, of which no document speaks (dossier M4.4).
    pub(crate) heeds_undocumented: bool,
    /// What a negative `take` of commands and notifications does (dossier M4.4, V2).
    pub(crate) negative_take: Negative,
    /// What a negative `take` or `skip` of everything else does (dossier M6.2, V8).
    pub(crate) negative_page: Negative,

    /// `lifetime` that was never given is 0 once the command has been stored (dossier V3).
    pub(crate) stores_lifetime_zero: bool,
    /// `$device-*` notifications have network and type 0 once they have been stored (dossier V3).
    pub(crate) stores_place_zero: bool,
    /// Queries for devices, networks and counts break down where the token has an empty list of networks (dossier V6).
    pub(crate) breaks_without_networks: bool,
    /// `-0` in stored objects becomes `0` (dossier V3).
    pub(crate) minus_zero_is_zero: bool,
    /// A command without a name is pushed twice to a subscription without names (dossier M9.2).
    pub(crate) nameless_twice: bool,
    /// An empty list of names means no name at all, where there is a device or everything is subscribed to (dossier M9.1).
    pub(crate) empty_names_are_none: bool,
    /// An update is also pushed to the connection that inserted the command (dossier M11).
    pub(crate) update_to_inserter: bool,
    /// devicetype/count over the socket counts what the caller cannot see, too (dossier M7.2).
    pub(crate) counts_all_types: bool,
    /// How long commands and notifications are kept, from their last change on (dossier M9.4).
    pub(crate) retention: Option<Duration>,

    /// The largest frame of a client's message, in bytes; its frames together may be more (dossier V5).
    pub(crate) max_frame: Option<usize>,
    /// The close code at the end of the server; none ends the TCP connections only (dossier 6, V5).
    pub(crate) shutdown: Option<u16>,
    /// A handshake whose token is refused tells why in a body (dossier 1, V5).
    pub(crate) refusals_have_body: bool,
    /// What a handshake or REST call with an Authorization header that is no bearer token gets (dossier 1, V5, V7).
    pub(crate) other_scheme: OtherScheme,
    /// Error pages have `message` (dossier V7).
    pub(crate) pages_have_message: bool,
    /// What the framework in front of REST does not let in (dossier V7).
    pub(crate) firewall: Firewall,
    /// Of several paths that a REST call fits only the closest has a say, also where it lacks the method (dossier V7).
    pub(crate) closest_path_only: bool,
    /// The check of a plugin's token tells what is wrong with it (dossier V7).
    pub(crate) plugin_check_tells: bool,
    /// The header `X-Application-Context` of every answer (dossier V5).
    pub(crate) application_context: Option<&'static str>,
}

/// Which subscriptions replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replays {
    /// Those of one device.
    OfDevices,
    /// All but those of all networks and all types.
    AllButGlobal,
    /// All.
    All,
}

/// What a negative number does that ought not to be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Negative {
    /// The server fails behind the scenes, and no answer comes.
    Fails,
    /// It finds nothing.
    FindsNothing,
    /// It is as if it were not there.
    IsNotThere,
}

/// What another scheme than `Bearer` gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtherScheme {
    /// 500 without a body.
    Fails,
    /// REST: 401 with a body; the socket opens, and is closed with 1011 at its first message.
    OpensAndCloses,
    /// 401 with a body.
    Refused,
}

/// What is refused before any resource is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Firewall {
    /// Nothing.
    None,
    /// An encoded slash in the path.
    EncodedSlashes,
    /// The same, two slashes in a row, and the method TRACE.
    Strict,
}

/// Recorded from server 4.1.0.
const SERVER_4_1: Rules = Rules {
    api_version: "4.1.0",
    repeats_defects: true,
    class_loader: "org.springframework.boot.loader.LaunchedURLClassLoader @6d86b085",
    must_not_be_null: "must not be null",
    configuration_has_id: true,
    expired_session: "Cannot invoke \"com.devicehive.model.ErrorResponse.getMessage()\" because \"errorResponse\" is null",
    times_need_seconds: false,
    replays: Replays::OfDevices,
    replays_same_time: true,
    replays_by_last_update: false,
    replays_by_filter: true,
    zero_is_no_limit: false,
    negative_limit: Negative::Fails,
    excludes_bounds: false,
    status_ignores_case: true,
    cuts_before_sorting: true,
    ties_newest_first: true,
    heeds_undocumented: true,
    negative_take: Negative::Fails,
    negative_page: Negative::Fails,
    stores_lifetime_zero: false,
    stores_place_zero: false,
    breaks_without_networks: false,
    minus_zero_is_zero: false,
    nameless_twice: true,
    empty_names_are_none: true,
    update_to_inserter: false,
    counts_all_types: true,
    retention: Some(Duration::from_secs(120)),
    max_frame: None,
    shutdown: None,
    refusals_have_body: false,
    other_scheme: OtherScheme::Fails,
    pages_have_message: false,
    firewall: Firewall::Strict,
    closest_path_only: false,
    plugin_check_tells: false,
    application_context: None,
};

/// Recorded from server 3.5.0.
const SERVER_3_5: Rules = Rules {
    api_version: "3.5.0",
    class_loader: "'app'",
    must_not_be_null: "may not be null",
    configuration_has_id: false,
    expired_session: "Invalid response status",
    times_need_seconds: true,
    replays: Replays::AllButGlobal,
    replays_same_time: false,
    replays_by_last_update: true,
    zero_is_no_limit: true,
    negative_limit: Negative::IsNotThere,
    excludes_bounds: true,
    status_ignores_case: false,
    negative_take: Negative::FindsNothing,
    negative_page: Negative::IsNotThere,
    stores_lifetime_zero: true,
    stores_place_zero: true,
    breaks_without_networks: true,
    minus_zero_is_zero: true,
    max_frame: Some(10_240),
    shutdown: Some(1012),
    refusals_have_body: true,
    other_scheme: OtherScheme::OpensAndCloses,
    pages_have_message: true,
    firewall: Firewall::EncodedSlashes,
    closest_path_only: true,
    plugin_check_tells: true,
    application_context: Some("application:rpc-client:8080"),
    ..SERVER_4_1
};

/// Promised by the documents.
const SPEC: Rules = Rules {
    repeats_defects: false,
    expired_session: "Token expired",
    replays: Replays::All,
    replays_same_time: false,
    replays_by_last_update: true,
    replays_by_filter: false,
    zero_is_no_limit: true,
    status_ignores_case: false,
    excludes_bounds: true,
    cuts_before_sorting: false,
    ties_newest_first: false,
    heeds_undocumented: false,
    nameless_twice: false,
    empty_names_are_none: false,
    update_to_inserter: true,
    counts_all_types: false,
    retention: None,
    refusals_have_body: true,
    other_scheme: OtherScheme::Refused,
    pages_have_message: true,
    firewall: Firewall::None,
    closest_path_only: true,
    plugin_check_tells: true,
    ..SERVER_4_1
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_found_by_its_name() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(*profile));
        }
        let error = "4.1".parse::<Profile>().unwrap_err();
        assert_eq!(error.to_string(), "there is no profile \"4.1\": there are server-4.1, server-3.5, spec");
    }
}
