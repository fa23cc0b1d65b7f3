//! The way to the socket (dossier 3).

use super::params::Params;
use super::{Answer, Call, Form, Refused, Route};
use crate::world::{Levels, MultistreamerWorld, Socket};
use dummyload_host::{Admission, Cx, HttpRequest, HttpResponse, PeerId, Problem, ProblemKind};
use multistreamer_proto::{StreamId, UserId};
use serde_json::Value;

/// Who may chat on which stream.
struct Admitted {
    user: UserId,
    stream: StreamId,
    levels: Levels,
}

fn not_authorized(code: &'static str, why: impl Into<String>) -> Refused {
    let form = Form::Plain { status: 403, text: "Not authorized".into() };
    Refused { form, code, source: "dossier 3", why: why.into() }
}

impl MultistreamerWorld {
    pub(crate) fn open_socket(&mut self, cx: &mut Cx<'_>, peer: PeerId, request: &HttpRequest) -> Admission {
        let Route::Socket(id) = self.route(request) else {
            return Admission::Refuse(self.answer(cx, peer.into(), request));
        };
        let admitted = match self.admit(request, &id) {
            Ok(admitted) => admitted,
            Err(refused) => {
                let response = self.refusal(&refused);
                cx.problem(peer, Problem::new(ProblemKind::Refused, refused.code, refused.source, refused.why));
                return Admission::Refuse(response);
            }
        };
        let Admitted { user, stream, levels } = admitted;
        let mut headers = Vec::new();
        if let Some(protocols) = request.header("sec-websocket-protocol") {
            // The server sends back whatever was offered, as a whole.
            headers.push(("Sec-WebSocket-Protocol".to_owned(), protocols.to_owned()));
            if protocols.contains(',') {
                let text = "several subprotocols are offered, and all of them come back: a strict client ends at that";
                cx.problem(peer, Problem::new(ProblemKind::Tolerated, "several-subprotocols", "dossier 3", text));
            }
        }
        let name = self.state.user(user).map(|user| user.seed.username.clone()).unwrap_or_default();
        self.sockets.insert(peer, Socket::new(user, stream, levels, cx.now()));
        Admission::Accept { manners: self.manners(), headers, who: format!("{name} on stream {stream}") }
    }

    /// A request to the address of a socket that is no handshake, or not a good one: the same refusals, or nothing at all.
    pub(super) fn no_socket(&mut self, call: &mut Call<'_, '_>, id: &str) -> Answer {
        if call.request.method != "HEAD" {
            self.admit(call.request, id)?;
            let text =
                "this is the address of a WebSocket, and the request is no handshake of version 13 over HTTP/1.1";
            call.note(ProblemKind::Refused, "not-a-websocket", "dossier 3", text);
        }
        Ok(HttpResponse::new(200).with_header("content-type", "text/html"))
    }

    fn admit(&self, request: &HttpRequest, id: &str) -> Result<Admitted, Refused> {
        let user = self.socket_user(request).ok_or_else(|| {
            let header = request.header("authorization").is_some();
            let hint = if header { "; a header Authorization does not count here" } else { "" };
            not_authorized("no-such-token", format!("the query needs token=TOKEN, with the token of a user{hint}"))
        })?;
        let mut params = Params::default();
        params.0.insert("id".into(), Value::String(id.to_owned()));
        let row = params.row("streams")?.map(StreamId);
        let stream = row.and_then(|id| self.state.stream(id));
        let stream = stream.ok_or_else(|| not_authorized("no-such-stream", format!("there is no stream {id}")))?;
        let levels = stream.levels(user);
        if levels.chat == 0 {
            let text = format!("user {user} may not read the chat of stream {}", stream.seed.id);
            return Err(not_authorized("no-right", text));
        }
        Ok(Admitted { user, stream: stream.seed.id, levels })
    }
}
