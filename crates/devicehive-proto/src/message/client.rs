//! Client to server: a request in its envelope (dossier 2).

use super::Request;
use super::member::wrong;
use crate::text::push_string;
use crate::{Action, DecodeError, Fields, Json, strict};
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use dummyload_codec::write::{ObjectWriter, written};

type Writer<'a> = ObjectWriter<'a, 0>;

/// A request for an action that is none of [`Action::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtherRequest {
    /// The action.
    pub action: String,
    /// All members but `action` and `requestId`.
    members: Vec<(String, Json)>,
}

impl OtherRequest {
    /// A request for this action with these members.
    pub fn new(action: impl Into<String>, members: impl IntoIterator<Item = (String, Json)>) -> Self {
        Self { action: action.into(), members: members.into_iter().filter(|(name, _)| !is_envelope(name)).collect() }
    }

    /// All members but those of the envelope, in their order.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.members.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(super) fn write(&self, object: &mut Writer<'_>) {
        for (name, value) in &self.members {
            push_json(object.any_name(name), value);
        }
    }
}

fn is_envelope(name: &str) -> bool {
    matches!(name, "action" | "requestId")
}

fn push_json(out: &mut Vec<u8>, json: &Json) {
    out.extend_from_slice(json.as_str().as_bytes());
}

impl Request {
    /// The name of its action.
    pub fn action_name(&self) -> &str {
        match self {
            Self::Other(request) => &request.action,
            known => known.action().map(Action::name).unwrap_or_default(),
        }
    }

    /// Writes the message with this request behind what is in `out`: compact, members in the documents' order, those that are
    /// not set left out, since the server takes some nulls badly (dossier M1.2).
    pub fn encode_into(&self, request_id: Option<&Json>, out: &mut Vec<u8>) {
        let mut object = Writer::open(out);
        push_string(object.name("action"), self.action_name());
        if let Some(id) = request_id {
            push_json(object.name("requestId"), id);
        }
        self.write(&mut object);
        object.close();
    }

    /// The text of the message with this request.
    pub fn to_text(&self, request_id: &Json) -> String {
        written(|out| self.encode_into(Some(request_id), out))
    }
}

/// A message of a client: a request, and the id that its answer will carry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientMessage {
    /// `requestId`: any JSON value, echoed as it is. Without it, the answer carries null (dossier 2).
    pub request_id: Option<Json>,
    /// What is asked for.
    pub request: Request,
}

impl ClientMessage {
    /// A request with an id.
    pub fn new(request_id: impl Into<Json>, request: impl Into<Request>) -> Self {
        Self { request_id: Some(request_id.into()), request: request.into() }
    }

    /// A request without an id. Its answer has null there.
    pub fn without_id(request: impl Into<Request>) -> Self {
        Self { request_id: None, request: request.into() }
    }

    /// Reads what the server would read, its leniency included ([`strict`], [`Fields`]). Members that are not known are passed
    /// over, as by the server; lint tells them.
    ///
    /// # Errors
    /// It is no JSON object that asks for something, or a member is of a type that is not understood, or one that the action
    /// cannot do without is missing.
    ///
    /// ```
    /// use devicehive_proto::message::{ClientMessage, DeviceGet, Request};
    /// let message = ClientMessage::decode(r#"{"requestId":7,"deviceId":999,"action":"device/get"}"#)?;
    /// assert_eq!(message.request, Request::DeviceGet(DeviceGet::new("999")));
    /// assert_eq!(message.to_text(), r#"{"action":"device/get","requestId":7,"deviceId":"999"}"#);
    /// # Ok::<(), devicehive_proto::DecodeError>(())
    /// ```
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        // What is no JSON is rare, and read as the server reads it.
        let lenient;
        let fields = match Fields::read(text) {
            Ok(fields) if fields.is_flat(text) => fields,
            _ => {
                lenient = strict(text)?;
                Fields::read(&lenient)?
            }
        };
        let action = match fields.text("action") {
            Ok(Some(action)) if !action.is_empty() => action,
            _ => return Err(wrong("action", "the name of an action is wanted here")),
        };
        let request = match Action::parse(&action) {
            Some(action) => {
                check_targets(&fields)?;
                Request::read(action, &fields)?
            }
            None => Request::Other(other(action, &fields)),
        };
        Ok(Self { request_id: fields.json("requestId"), request })
    }

    /// Writes the canonical text behind what is in `out`.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        self.request.encode_into(self.request_id.as_ref(), out);
    }

    /// The canonical text.
    pub fn to_text(&self) -> String {
        written(|out| self.encode_into(out))
    }
}

/// These three are read whatever is asked for (dossier 3), so they spoil also what has no use for them.
fn check_targets(fields: &Fields<'_>) -> Result<(), DecodeError> {
    let device = fields.text("deviceId").map(drop);
    let numbers = [fields.long("networkId").map(drop), fields.long("deviceTypeId").map(drop)];
    [device].into_iter().chain(numbers).collect::<Result<(), _>>().map_err(|e| wrong(e.field(), &e.to_string()))
}

fn other(action: Cow<'_, str>, fields: &Fields<'_>) -> OtherRequest {
    let members = fields.iter().map(|(name, value)| (String::from(name), Json::trusted(value)));
    OtherRequest::new(action, members)
}
