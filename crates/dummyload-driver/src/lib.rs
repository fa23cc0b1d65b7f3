//! Runs any sans-IO dummyload session on tokio: sockets, TLS, reconnects, deadlines.
