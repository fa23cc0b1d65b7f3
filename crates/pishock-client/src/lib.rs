//! Async client for the PiShock broker with limits that hold and a stop that always passes.
