//! The settings that the builders of all mocks have.

/// Gives the builder of a protocol's mock, which keeps a [`MockBuilder`](crate::MockBuilder) in its field `host`, the settings
/// of that, each under the same name.
#[macro_export]
macro_rules! host_settings {
    ($builder:ty) => {
        impl $builder {
            /// Another host than the default one: all that the following settings say, at once.
            #[must_use]
            pub fn host(mut self, host: $crate::MockBuilder) -> Self {
                self.host = host;
                self
            }

            /// Listens here; port 0 takes a free one.
            #[must_use]
            pub fn address(self, address: ::std::net::SocketAddr) -> Self {
                self.on_host(|host| host.address(address))
            }

            /// Listens on a further address as well: for services that real clients expect on several ports.
            #[must_use]
            pub fn also(self, address: ::std::net::SocketAddr) -> Self {
                self.on_host(|host| host.also(address))
            }

            /// Serves TLS, with a certificate authority made for this mock. Plain HTTP is still taken on the same port.
            #[must_use]
            pub fn tls(self, tls: $crate::Tls) -> Self {
                self.on_host(|host| host.tls(tls))
            }

            /// The seed of all ids and chances.
            #[must_use]
            pub fn seed(self, seed: u64) -> Self {
                self.on_host(|host| host.seed(seed))
            }

            /// Time stands still until it is advanced. It starts at 2026-01-01T00:00:00Z unless `now` says otherwise.
            #[must_use]
            pub fn virtual_clock(self) -> Self {
                self.on_host($crate::MockBuilder::virtual_clock)
            }

            /// The first time of the clock, since the Unix epoch.
            #[must_use]
            pub fn now(self, now: $crate::Timestamp) -> Self {
                self.on_host(|host| host.now(now))
            }

            /// The control plane asks for `Authorization: Bearer TOKEN`. Without a token it is open, but only on loopback.
            #[must_use]
            pub fn admin_token(self, token: impl Into<String>) -> Self {
                self.on_host(|host| host.admin_token(token))
            }

            /// Other bounds than the default ones.
            #[must_use]
            pub fn limits(self, limits: $crate::Limits) -> Self {
                self.on_host(|host| host.limits(limits))
            }

            fn on_host(mut self, change: impl FnOnce($crate::MockBuilder) -> $crate::MockBuilder) -> Self {
                self.host = change(self.host);
                self
            }
        }
    };
}
