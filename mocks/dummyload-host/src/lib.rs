//! Hosts a simulated WebSocket service: frames, clock, faults, journal, control plane.
