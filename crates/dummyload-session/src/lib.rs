//! The sans-IO session core of dummyload: time as a value, inputs and actions, timers, backoff, request table, secrets.
