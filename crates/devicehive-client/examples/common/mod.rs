//! What the examples share: whom to reach comes from the command line, as whom from the environment. There is no default for
//! the first, so no example reaches anybody unasked.

use devicehive_client::{Connect, DeviceHive};

/// A client of the server that the first argument names, as `DEVICEHIVE_LOGIN` with `DEVICEHIVE_PASSWORD`, or with the token
/// `DEVICEHIVE_TOKEN` or `DEVICEHIVE_REFRESH_TOKEN`.
pub(crate) fn connect() -> Result<Connect, String> {
    const USAGE: &str = "usage: EXAMPLE URL .., where URL is the address of a socket, as ws://127.0.0.1:4103/dh/websocket of \
                         `dummyload serve devicehive`, or of a REST service, as http://127.0.0.1:4103/dh/rest; who logs in \
                         is in DEVICEHIVE_LOGIN and DEVICEHIVE_PASSWORD, DEVICEHIVE_TOKEN or DEVICEHIVE_REFRESH_TOKEN; \
                         without them it is the administrator of a fresh server";
    let connect = DeviceHive::connect(argument(1).ok_or(USAGE)?);
    let variable = |name: &str| std::env::var(name).ok();
    Ok(match (variable("DEVICEHIVE_TOKEN"), variable("DEVICEHIVE_REFRESH_TOKEN"), variable("DEVICEHIVE_LOGIN")) {
        (Some(token), ..) => connect.with_token(token),
        (_, Some(token), _) => connect.with_refresh_token(token),
        (_, _, Some(login)) => connect.with_login(login, variable("DEVICEHIVE_PASSWORD").unwrap_or_default()),
        // Published with every server (dossier 13).
        _ => connect.with_login("dhadmin", "dhadmin_#911"),
    })
}

/// An argument by its place, from 1.
pub(crate) fn argument(place: usize) -> Option<String> {
    std::env::args().nth(place)
}
