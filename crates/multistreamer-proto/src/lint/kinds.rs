//! The kinds of deviations.

dummyload_codec::lint::deviation_kinds! {
    /// No JSON object: the real server ends the connection for most of these.
    NotAMessage => "not-a-message",
    /// White space or needless escapes.
    Spacing => "spacing",
    /// A member that nobody knows. In the internal chat it is passed on.
    UnknownMember => "unknown-member",
    /// Something that is in use, but not in the documents.
    Undocumented => "undocumented",
    /// A member that is null instead of absent: the server drops it.
    NullMember => "null-member",
    /// A member that is not there.
    MissingMember => "missing-member",
    /// A member that stands more than once; the last one counts.
    RepeatedMember => "repeated-member",
    /// A value written in another way: a number as a text, a number with a fraction.
    LooseType => "loose-type",
    /// A member of a type that cannot be understood.
    WrongType => "wrong-type",
    /// A type that is not known.
    UnknownType => "unknown-type",
    /// What the server makes by itself, in a message of a client.
    Overwritten => "overwritten",
    /// A private message without a name: the server ends the connection.
    MsgToNobody => "msg-to-nobody",
    /// A request that stops the chat of the real server (dossier 4.2).
    Killer => "killer",
}
