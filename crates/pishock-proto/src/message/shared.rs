//! What both directions and both dialects need.

use crate::DecodeError;
use crate::wire::{Fill, Place, Shape};
use alloc::format;
use serde::de::{Deserialize, DeserializeSeed};

/// Parses JSON.
pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(text).map_err(|e| DecodeError::not_json(text, &e))
}

/// Parses JSON into its place.
pub(super) fn parse_into<'a>(text: &'a str, place: &mut impl Place<'a>) -> Result<Shape<'a>, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let shape = Fill(place).deserialize(&mut deserializer);
    shape.and_then(|shape| deserializer.end().map(|()| shape)).map_err(|e| DecodeError::not_json(text, &e))
}

/// Parses JSON that stands in a string of a message; an error tells where that string is.
pub(super) fn parse_inside<'a>(
    pointer: &str,
    text: &'a str,
    place: &mut impl Place<'a>,
) -> Result<Shape<'a>, DecodeError> {
    parse_into(text, place).map_err(|e| DecodeError::wrong(pointer, &format!("the string holds {e}")))
}
