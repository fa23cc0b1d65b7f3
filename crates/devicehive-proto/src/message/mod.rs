//! What goes over the socket.

mod shared;

pub use shared::{Command, Configuration, Device, DeviceType, Kind, Network, Notification, Subscription, User};
