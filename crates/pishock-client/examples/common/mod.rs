//! What the examples share: whom to reach comes from the command line, as whom from the environment. There is no default
//! for either, so no example reaches anybody unasked.

use pishock_client::{Builder, Hosts, PiShock};

/// A builder for `HOST:PORT` (the first argument) and the account in `PISHOCK_USERNAME` and `PISHOCK_API_KEY`.
pub(crate) fn builder() -> Result<Builder, String> {
    const USAGE: &str = "usage: PISHOCK_USERNAME=.. PISHOCK_API_KEY=.. EXAMPLE HOST:PORT, e.g. that of \
                         `dummyload serve pishock`, whose ready line has all three";
    let address = std::env::args().nth(1).ok_or(USAGE)?;
    let variable = |name| std::env::var(name).map_err(|_| format!("{name} is not set; {USAGE}"));
    let (username, api_key) = (variable("PISHOCK_USERNAME")?, variable("PISHOCK_API_KEY")?);
    Ok(PiShock::builder(username, api_key).hosts(Hosts::at(&address)).origin("dummyload example"))
}
