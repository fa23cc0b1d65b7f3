//! The JSON API beside the socket, as pure functions: a call makes a [`Request`] and reads the answer to it (dossier 2). Who
//! sends it is somebody else.
//!
//! | call | asks |
//! | --- | --- |
//! | [`Login`] | for a token |
//! | [`GetProfile`], [`GetUsers`] | who the token's user is, and who else there is |
//! | [`GetAccounts`], [`GetAccount`] | for the accounts on networks |
//! | [`GetStreams`], [`GetStream`] | for the streams, and who may do what with them |
//! | [`PatchStream`] | to go live, or to end that |
//! | [`Inject`] | to show a message in the chat of a stream |
//!
//! The answer types serve both sides. Read, an empty object stands for an empty list, as the server writes it, and most members
//! may be missing; written, absent members leave no trace, and lists are lists.

mod accounts;
mod error;
mod login;
mod request;
mod streams;

pub use accounts::{Account, AccountShare, GetAccount, GetAccounts, MetadataField};
pub use error::HttpError;
pub use login::{GetProfile, GetUsers, Login, Profile, User};
pub use request::{Call, Method, Request, Service, header};
pub use streams::{GetStream, GetStreams, Inject, PatchStream, Stream, StreamShare};

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A list, or the empty object that the server has in its place.
fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct List<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list, or an empty object")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element()? {
                items.push(item);
            }
            Ok(items)
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Vec::new())
        }
    }
    deserializer.deserialize_any(List(PhantomData))
}

/// The same where the member may be missing altogether, which says something too.
fn maybe_list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
    list(deserializer).map(Some)
}
