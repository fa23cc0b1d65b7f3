//! What the server tells of itself (dossier 9).

use super::{Op, Outcome};
use crate::world::refusal::Answer;

impl Op<'_, '_> {
    pub(super) fn server_info(&mut self) -> Outcome {
        let now = self.now();
        let now = if self.keeps_apart() { self.state.tell_time(now) } else { now };
        let (version, base) = (self.state.rules.api_version, self.caller.base);
        let elsewhere = match (self.caller.door.is_socket(), self.caller.secure) {
            // Always without TLS, whatever the socket has.
            (true, _) => format!("\"restServerUrl\":{}", json(&format!("http://{base}/rest"))),
            (false, false) => format!("\"webSocketServerUrl\":{}", json(&format!("ws://{base}/websocket"))),
            (false, true) => format!("\"webSocketServerUrl\":{}", json(&format!("wss://{base}/websocket"))),
        };
        let info = format!("{{\"apiVersion\":\"{version}\",\"serverTimestamp\":\"{now}\",{elsewhere}}}");
        Ok(Answer::Value("info", info))
    }

    /// The real one tells the counters of its database layer; these are the counters that there are.
    pub(super) fn cache_info(&self) -> Outcome {
        let state = &self.state;
        let stats = format!(
            "Statistics[users={},devices={},commands={},notifications={},subscriptions={}]",
            state.users().count(),
            state.device_count(),
            state.commands.len(),
            state.notifications.len(),
            state.bus.len()
        );
        let now = self.now();
        Ok(Answer::Value("cacheInfo", format!("{{\"serverTimestamp\":\"{now}\",\"cacheStats\":{}}}", json(&stats))))
    }

    /// There is neither; these are the addresses that a bare server names.
    pub(super) fn cluster_info(&self) -> Outcome {
        let info = "{\"bootstrap.servers\":\"127.0.0.1:9092\",\"zookeeper.connect\":\"127.0.0.1:2181\"}";
        Ok(Answer::Value("clusterInfo", info.to_owned()))
    }
}

fn json(text: &str) -> devicehive_proto::Json {
    devicehive_proto::Json::from(text)
}
