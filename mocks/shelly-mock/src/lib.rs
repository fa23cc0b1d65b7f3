//! A stand-in for the Shelly Cloud: OAuth, HTTP control, real-time events, and devices that behave.

mod options;
mod seed;

pub use options::{ErrorsForm, Options, RateLimit, RefreshToken, Reject};
pub use seed::{
    ClientSeed, DEMO_WORLD, DeviceSeed, LightKind, LightSeed, MeterSeed, RelaySeed, RollerSeed, RoomSeed, SensorSeed,
    UserSeed, ValueKind, ValueSeed, WorldFile, WorldFileError,
};
