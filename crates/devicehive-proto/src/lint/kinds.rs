//! The kinds of deviations.

dummyload_codec::lint::deviation_kinds! {
    /// No JSON object, not even by the server's lenient reading, or one that is neither a request, an answer nor a push.
    NotAMessage => "not-a-message",
    /// No JSON, but read all the same.
    Lenient => "lenient",
    /// White space or needless escapes.
    Spacing => "spacing",
    /// Members of the server in another order than its own. Clients have none.
    MemberOrder => "member-order",
    /// A member that nobody reads.
    UnknownMember => "unknown-member",
    /// A member that is null where it should be absent, or where it is never null.
    NullMember => "null-member",
    /// A member that is not there.
    MissingMember => "missing-member",
    /// A member that stands more than once; the last one counts.
    RepeatedMember => "repeated-member",
    /// A value written in another way: a number as a text, a text as a number.
    LooseType => "loose-type",
    /// A member of a type that cannot be understood.
    WrongType => "wrong-type",
    /// An action that is none.
    UnknownAction => "unknown-action",
    /// No `requestId`, or one that clients take for none.
    NoRequestId => "no-request-id",
    /// A time that servers read in different ways.
    LooseTime => "loose-time",
    /// A number or a length out of range.
    OutOfRange => "out-of-range",
    /// A word that is none of those that mean something.
    UnknownWord => "unknown-word",
    /// The id of no device: it has other characters than letters, digits and dashes, or too many.
    NotADeviceId => "not-a-device-id",
    /// The name of a notification that is the server's own.
    ReservedName => "reserved-name",
    /// A list without items, which means now everything and now nothing.
    EmptyList => "empty-list",
    /// A token with the word before it that belongs into HTTP headers.
    BearerPrefix => "bearer-prefix",
    /// A message that is too long for some servers.
    TooLong => "too-long",
}
