//! The kinds of deviations.

dummyload_codec::lint::deviation_kinds! {
    /// No JSON, or not the dialect's shape: it cannot be decoded.
    NotAMessage => "not-a-message",
    /// White space or needless escapes.
    Spacing => "spacing",
    /// Members in another order than in the documents.
    MemberOrder => "member-order",
    /// A member that the documents do not have.
    UnknownMember => "unknown-member",
    /// A member that is null instead of absent.
    NullMember => "null-member",
    /// A member that is not there.
    MissingMember => "missing-member",
    /// A member that stands more than once; the last one counts.
    RepeatedMember => "repeated-member",
    /// A number or boolean written in another way: as a text, or with a fraction of zero.
    LooseType => "loose-type",
    /// A member of a type that cannot be understood.
    WrongType => "wrong-type",
    /// An operation that is not in capitals.
    OperationCase => "operation-case",
    /// An operation that is not known.
    UnknownOperation => "unknown-operation",
    /// Something that should be a string with JSON in it, and is plain JSON.
    NotStringified => "not-stringified",
    /// Something that should be plain JSON, and is a string with JSON in it.
    Stringified => "stringified",
    /// Arguments where none belong.
    NeedlessArguments => "needless-arguments",
    /// A mode that is none of v, s, b, e.
    UnknownMode => "unknown-mode",
    /// An intensity or duration out of range.
    OutOfRange => "out-of-range",
    /// A stop with an intensity or duration.
    StopWithValues => "stop-with-values",
    /// A channel to subscribe to that begins with c.
    LeadingC => "leading-c",
    /// The name of a channel that the operation does not have.
    ChannelForm => "channel-form",
}
