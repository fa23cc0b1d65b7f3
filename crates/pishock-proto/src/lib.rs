//! Sans-IO codec and session for the PiShock broker: WebSocket V1 and V2, Links, and the HTTP calls around them.
