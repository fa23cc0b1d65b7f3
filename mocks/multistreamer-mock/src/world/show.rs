//! The state as JSON, for people and tests.

use super::MultistreamerWorld;
use dummyload_session::{Secret, Timestamp};
use serde_json::{Map, Value, json};

impl MultistreamerWorld {
    pub(super) fn show(&self, _: Timestamp) -> Value {
        let mut streams = Map::new();
        for stream in self.state.streams() {
            let writers: Vec<Value> = self
                .manager
                .writers()
                .filter(|(of, _)| *of == stream.seed.id)
                .map(|(_, pair)| json!({"account_id": pair.account, "cur_stream_account_id": pair.target}))
                .collect();
            let shown = json!({"status": crate::http::status_json(stream.status), "writers": writers});
            streams.insert(stream.seed.id.to_string(), shown);
        }
        let sockets: Vec<Value> = self
            .sockets
            .iter()
            .map(|(peer, socket)| {
                json!({"conn": peer.0, "user": socket.user, "stream": socket.stream, "mute": socket.mute})
            })
            .collect();
        let agenda: Vec<Value> = self
            .agenda
            .iter()
            .map(|(at, due)| json!({"at": at.since_epoch().as_secs_f64(), "due": due.show()}))
            .collect();
        let mut file = self.to_file();
        // More of them than are known as secrets wherever they stand; and `key` is also the name of what is none.
        file.streams.iter_mut().for_each(|stream| stream.key = Secret::<()>::SHOWN.to_owned());
        json!({
            "world": file, "streams": streams, "sockets": sockets, "agenda": agenda,
            "chat_manager": if self.manager_is_dead() { "dead" } else { "alive" },
        })
    }
}
