//! The state as people and tests see it.

use super::{Due, ShellyWorld};
use dummyload_session::Timestamp;
use serde_json::{Map, Value, json};

impl ShellyWorld {
    /// The world file of this moment, and what is not in it.
    pub(super) fn show(&self, now: Timestamp) -> Value {
        let seconds = |at: Timestamp| at.since_epoch().as_secs_f64();
        let devices: Map<String, Value> = self
            .state
            .devices()
            .map(|device| {
                let shown = json!({"due": device.due.map(seconds), "status": device.status(now)});
                (device.seed.id.clone(), shown)
            })
            .collect();
        let sockets: Vec<Value> = self
            .sockets
            .iter()
            .map(|(peer, socket)| json!({"conn": peer.0, "user": socket.user, "token_ends": socket.ends.map(seconds)}))
            .collect();
        let waiting = self.agenda.iter().filter(|(_, due)| matches!(due, Due::Later(_))).count();
        let refusing = self.refusing.map(|(form, times)| json!({"form": form, "times": times}));
        let calls = self.refusing_calls.as_ref();
        let calls = calls.map(|(how, times)| json!({"status": how.status, "code": how.code, "times": times}));
        json!({
            "world": self.to_file(now), "devices": devices, "sockets": sockets, "kept_back": waiting,
            "refusing_logins": refusing, "refusing_calls": calls,
        })
    }
}
