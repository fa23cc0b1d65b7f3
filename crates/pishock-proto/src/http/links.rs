//! Public control links (dossier 6.5). Their socket is in dossier 6.6.

use super::answer::json;
use super::object::object;
use super::request::signed;
use super::{Call, HttpError, Method, Reason, Request, Service};
use crate::{LinkId, Login, UserId};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::url::encoded;

/// Asks for the links of one's own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetLinks {
    login: Login,
}

impl GetLinks {
    /// The links of this login's account.
    pub fn new(login: Login) -> Self {
        Self { login }
    }
}

impl Call for GetLinks {
    type Answer = Vec<Link>;

    fn request(&self) -> Request {
        signed(Method::Get, "/Links".into(), &self.login)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Vec<Link>, HttpError> {
        json(status, body, &[])
    }
}

/// Asks for one link; whoever has its id needs no login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetLink {
    link: LinkId,
}

impl GetLink {
    /// The link with this id.
    pub fn new(link: LinkId) -> Self {
        Self { link }
    }
}

impl Call for GetLink {
    type Answer = Link;

    fn request(&self) -> Request {
        Request::new(Service::Api, Method::Get, format!("/Links/{}", encoded(self.link.as_str())))
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Link, HttpError> {
        json(status, body, &[Reason::UnknownLink])
    }
}

object! {
    /// A public control link.
    Link {
        /// Its id, a UUID.
        "LinkId" => id: required LinkId,
        /// What its owner calls it.
        "Name" => name: null String,
        /// Whether it is paused.
        "Paused" => paused: null bool,
        /// The account that it belongs to.
        "UserId" => user: null UserId,
        /// The owner of the shockers.
        "OwnerId" => owner: null UserId,
        /// How many commands are left; null for without end.
        "RemainingActivations" => remaining_activations: null i64,
        /// Whether a page shows when it ends.
        "ShowCountdown" => show_countdown: null bool,
        /// Whether a page shows how often it was used.
        "ShowUsages" => show_usages: null bool,
        /// Whether it can shock.
        "ShockEnabled" => shock_enabled: null bool,
        /// Whether it can vibrate.
        "VibrateEnabled" => vibrate_enabled: null bool,
        /// Whether it can beep.
        "BeepEnabled" => beep_enabled: null bool,
        /// Its limit in percent.
        "MaxIntensity" => max_intensity: null i64,
        /// Its limit in milliseconds.
        "MaxDuration" => max_duration: null i64,
        /// Whether every shock has a warning before it.
        "ForceWarning" => force_warning: null bool,
        /// Whether its users must log in.
        "ForceLogin" => force_login: null bool,
        /// Whether opening it is a command already.
        "ActivateOnLoad" => activate_on_load: null bool,
        /// When it ends; null for never.
        "Expiry" => expiry: null String,
    }
}
