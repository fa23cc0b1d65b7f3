//! A stand-in for the PiShock broker and its HTTP services: nobody gets a shock.
