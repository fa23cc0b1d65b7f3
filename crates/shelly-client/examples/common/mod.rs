//! What the examples share: whom to reach comes from the command line, with which tokens from the environment. There is no
//! default for the first, so no example reaches anybody unasked.

use shelly_client::{Builder, Hosts, Shelly};

/// A builder for the cloud that the first argument names, with tokens of `SHELLY_ACCESS_TOKEN` or in the file
/// `SHELLY_TOKEN_FILE`.
pub(crate) fn builder() -> Result<Builder, String> {
    const USAGE: &str = "usage: EXAMPLE WHERE .., where WHERE is HOST:PORT or https://HOST:PORT of a mock, e.g. of \
                         `dummyload serve shelly`, whose ready line has it, or the word shelly.cloud for the real cloud; \
                         tokens are in the file that SHELLY_TOKEN_FILE names (shelly-tokens.json without it), where the \
                         example `login` puts them, or the access token in SHELLY_ACCESS_TOKEN";
    let hosts = match argument(1).ok_or(USAGE)?.as_str() {
        "shelly.cloud" => Hosts::shelly_cloud(),
        address => Hosts::at(address),
    };
    let file = std::env::var("SHELLY_TOKEN_FILE").unwrap_or_else(|_| "shelly-tokens.json".to_owned());
    let builder = Shelly::builder().hosts(hosts).token_file(file);
    Ok(match std::env::var("SHELLY_ACCESS_TOKEN") {
        Ok(token) => builder.access_token(token),
        Err(_) => builder,
    })
}

/// An argument by its place, from 1.
pub(crate) fn argument(place: usize) -> Option<String> {
    std::env::args().nth(place)
}
