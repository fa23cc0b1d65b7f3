//! Streams go live and end (dossier 4.1).

use super::MultistreamerWorld;
use dummyload_host::{Cx, Party};
use dummyload_session::Timestamp;
use multistreamer_proto::{StreamId, StreamStatus};
use serde_json::json;

impl MultistreamerWorld {
    /// Goes live on all accounts, if their networks agree. What a network says to the contrary is the error; nothing is told
    /// then. A stream that is live already stays as it is.
    pub(crate) fn go_live(&mut self, cx: &mut Cx<'_>, id: StreamId) -> Result<(), String> {
        if self.state.stream(id).is_none_or(|stream| stream.status.pushing) {
            return Ok(());
        }
        self.start_accounts(id)?;
        if let Some(stream) = self.state.stream_mut(id) {
            stream.status.pushing = true;
        }
        self.started(cx, id);
        Ok(())
    }

    /// Tells how the stream is, and lets its chats begin if it is live.
    fn started(&mut self, cx: &mut Cx<'_>, id: StreamId) {
        let Some(status) = self.state.stream(id).map(|stream| stream.status) else { return };
        Self::record(cx, Party::World, if status.pushing { "live" } else { "incoming" }, json!({"stream": id}));
        let peers = self.sockets.of(id);
        self.tell_status(cx, &peers);
        if status.pushing {
            self.start_chats(cx, id);
        }
    }

    /// Asks the networks.
    fn start_accounts(&mut self, id: StreamId) -> Result<(), String> {
        let Some(stream) = self.state.stream(id) else { return Ok(()) };
        let accounts: Vec<_> = stream.attached.keys().copied().collect();
        for account in accounts {
            let Some(known) = self.state.account(account) else { continue };
            let (network, channel) = (known.network(), known.channel());
            let typed = Some(known.seed.http_url.clone()).filter(|url| !url.is_empty());
            let Some(attached) = self.state.stream_mut(id).and_then(|stream| stream.attached.get_mut(&account)) else {
                continue;
            };
            network.accepts(&attached.seed.settings)?;
            attached.has_been_live = true;
            // Once it is known it stays, also where the account has none any more.
            attached.http_url = network.watch_url(&channel, typed.as_deref()).or(attached.http_url.take());
        }
        Ok(())
    }

    /// What the networks of a stream's accounts want and do not have, for whoever asks why it does not go live.
    pub(crate) fn lacking(&self, id: StreamId) -> String {
        let attached = self.state.stream(id).into_iter().flat_map(|stream| &stream.attached);
        let told = attached.filter_map(|(account, attached)| {
            let network = self.state.account(*account)?.network();
            let lacking: Vec<&str> = network.lacking(&attached.seed.settings).collect();
            let settings = lacking.join(", ");
            (!lacking.is_empty())
                .then(|| format!("{} wants the settings {settings} of account {account}", network.display_name))
        });
        format!("the stream does not go live: {}", told.collect::<Vec<_>>().join("; "))
    }

    /// A world that begins with a stream that is live.
    pub(crate) fn live_from_the_start(&mut self, id: StreamId, now: Timestamp) {
        if self.start_accounts(id).is_ok()
            && let Some(stream) = self.state.stream_mut(id)
        {
            stream.status = StreamStatus::new(true, false, true);
            self.begin(id, now);
        }
    }

    /// Ends a stream. One that is not live stays as it is.
    pub(crate) fn end(&mut self, cx: &mut Cx<'_>, id: StreamId) {
        if let Some(stream) = self.state.stream_mut(id).filter(|stream| stream.status.pushing) {
            stream.status.pushing = false;
            self.ended(cx, id);
        }
    }

    fn ended(&mut self, cx: &mut Cx<'_>, id: StreamId) {
        Self::record(cx, Party::World, "ended", json!({"stream": id}));
        if !self.manager_is_dead() {
            self.end_chats(cx, id);
        }
        self.tell_end(cx, id);
    }

    /// An encoder connects. If nobody wants to have a look before, the stream goes live; an error is what a network says to
    /// that.
    pub(crate) fn encoder_on(&mut self, cx: &mut Cx<'_>, id: StreamId) -> Result<(), String> {
        let Some(stream) = self.state.stream_mut(id) else { return Ok(()) };
        stream.status.incoming = true;
        if stream.status.pushing {
            return Ok(());
        }
        let goes_live = !stream.seed.preview_required && !stream.attached.is_empty();
        if goes_live && let Err(why) = self.start_accounts(id) {
            if let Some(stream) = self.state.stream_mut(id) {
                stream.status.incoming = false;
            }
            return Err(why);
        }
        if let Some(stream) = self.state.stream_mut(id) {
            stream.status.pushing = goes_live;
        }
        self.started(cx, id);
        Ok(())
    }

    /// An encoder is gone: the end, whatever there was before (dossier 4.1).
    pub(crate) fn encoder_off(&mut self, cx: &mut Cx<'_>, id: StreamId) {
        if let Some(stream) = self.state.stream_mut(id) {
            stream.status = StreamStatus::default();
            self.ended(cx, id);
        }
    }
}
