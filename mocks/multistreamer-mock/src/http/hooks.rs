//! What the RTMP server in front of multistreamer calls: an encoder comes, sends, goes (dossier 4.1).

use super::{Answer, Call, Form, Refused, plain};
use crate::world::MultistreamerWorld;
use multistreamer_proto::StreamId;

fn not_found(code: &'static str, text: &str, why: impl Into<String>) -> Refused {
    let form = Form::Plain { status: 404, text: text.to_owned() };
    Refused { form, code, source: "dossier 4.1", why: why.into() }
}

impl MultistreamerWorld {
    pub(super) fn on_publish(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let stream = self.hook(call)?;
        match self.encoder_on(call.cx, stream) {
            Ok(()) => Ok(plain(200, "OK")),
            Err(why) => Err(not_found("network-refuses", &why, self.lacking(stream))),
        }
    }

    /// Comes now and then while the encoder sends; a refusal makes the RTMP server end that.
    pub(super) fn on_update(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let stream = self.hook(call)?;
        let status = self.state.stream(stream).map(|stream| stream.status).unwrap_or_default();
        if !status.incoming && !status.pushing {
            return Err(not_found("no-encoder", "Error", "the stream has no encoder"));
        }
        Ok(plain(200, "OK"))
    }

    pub(super) fn on_done(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let stream = self.hook(call)?;
        self.encoder_off(call.cx, stream);
        Ok(plain(200, "OK"))
    }

    /// The stream whose key is the `name` of the form.
    fn hook(&self, call: &mut Call<'_, '_>) -> Result<StreamId, Refused> {
        if call.request.method != "POST" {
            return Err(not_found("wrong-method", "Not Found", "the hooks are called by POST"));
        }
        let params = call.params(None, false)?;
        let key = params.text("name");
        let key =
            key.ok_or_else(|| not_found("no-key", "UUID not provided", "the form needs name, the stream's key"))?;
        let stream = self.state.stream_with_key(key);
        stream.ok_or_else(|| not_found("unknown-key", "Stream not found", "no stream has this key"))
    }
}
