//! The kinds of deviations.

dummyload_codec::lint::deviation_kinds! {
    /// No JSON object with an event: nothing can be made of it.
    NotAMessage => "not-a-message",
    /// White space or needless escapes.
    Spacing => "spacing",
    /// Members in another order than in the documents.
    MemberOrder => "member-order",
    /// A member that nobody knows.
    UnknownMember => "unknown-member",
    /// Something that is in use, but not in the documents.
    Undocumented => "undocumented",
    /// A member that is null instead of absent.
    NullMember => "null-member",
    /// A member that is not there.
    MissingMember => "missing-member",
    /// A member that stands more than once; the last one counts.
    RepeatedMember => "repeated-member",
    /// A value written in another way: a number as a text, a flag as a boolean, a number with a fraction.
    LooseType => "loose-type",
    /// A member of a type that cannot be understood.
    WrongType => "wrong-type",
    /// An event that is not known.
    UnknownEvent => "unknown-event",
    /// The integrators' flavour of an event.
    IntegratorForm => "integrator-form",
    /// An id that is neither decimal nor a name with X: the socket knows no such device.
    NotDecimal => "not-decimal",
    /// A transaction number of 0, which some programs take for none.
    ZeroTrid => "zero-trid",
    /// A command that is not known.
    UnknownCommand => "unknown-command",
    /// A parameter out of range.
    OutOfRange => "out-of-range",
    /// Parameters that exclude each other.
    Conflict => "conflict",
    /// An answer from which nobody learns what became of the request.
    UnclearOutcome => "unclear-outcome",
}
