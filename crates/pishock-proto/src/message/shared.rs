//! What both directions and both dialects need.

use crate::DecodeError;
use crate::wire::{Fill, Place, Shape};
use alloc::format;
use alloc::string::ToString;
use serde::de::{Deserialize, DeserializeSeed};

/// Parses JSON.
pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(text).map_err(|e| not_json(text, &e))
}

/// Parses JSON into its place.
pub(super) fn parse_into<'a>(text: &'a str, place: &mut impl Place<'a>) -> Result<Shape<'a>, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let shape = Fill(place).deserialize(&mut deserializer);
    shape.and_then(|shape| deserializer.end().map(|()| shape)).map_err(|e| not_json(text, &e))
}

/// Parses JSON that stands in a string of a message; an error tells where that string is.
pub(super) fn parse_inside<'a>(
    pointer: &str,
    text: &'a str,
    place: &mut impl Place<'a>,
) -> Result<Shape<'a>, DecodeError> {
    parse_into(text, place).map_err(|e| DecodeError::wrong(pointer, &format!("the string holds {e}")))
}

/// Says where, and for the mistakes that the documents themselves make, what to do.
fn not_json(text: &str, e: &serde_json::Error) -> DecodeError {
    let line = text.lines().nth(e.line().saturating_sub(1)).unwrap_or_default();
    let rest = line.as_bytes().get(e.column().saturating_sub(1)..).unwrap_or_default();
    let what = if text.trim().is_empty() {
        "the message is empty"
    } else if e.to_string().contains("recursion limit") {
        "it is nested too deeply"
    } else if e.is_eof() {
        "it ends too early"
    } else if rest.starts_with(b"'") {
        "JSON wants double quotes, not single ones"
    } else if rest.starts_with(b"/") {
        "JSON has no comments"
    } else if text.contains(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}']) {
        "JSON wants straight double quotes, not curly ones"
    } else {
        "this is not how JSON goes on"
    };
    DecodeError::NotJson { line: e.line(), column: e.column(), what: what.to_string() }
}
