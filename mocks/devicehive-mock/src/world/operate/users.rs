//! Users (dossier 12).

use super::lists::count;
use super::places::{no_place, place_required};
use super::validation::{NOT_COMMITTED, Violations, is_like, is_login, is_long};
use super::{Op, Outcome};
use crate::world::refusal::{Answer, Door, Refusal};
use crate::world::rows::{ACTIVE, PlaceKind, UserRow};
use crate::world::wire;
use devicehive_proto::{Fields, Json};
use std::collections::BTreeSet;

const USER_REQUIRED: &str = "User is required";
const USER_ID_REQUIRED: &str = "User id is wrong or empty";
const DUPLICATE_LOGIN: &str = "User with such login already exists. Please, select another one";
const PASSWORD: &str = "Password can contain only from 6 to 128 symbols!";
const LOGIN_LENGTH: &str = "Field login cannot be empty. The length of login should not be more than 128 symbols.";
/// The column of logins holds no more.
const LONGEST_LOGIN: usize = 64;

pub(super) fn no_user(id: i64) -> Refusal {
    Refusal::not_found(format!("User with id = {id} not found"))
}

/// What a request says about a user.
struct Change {
    login: Option<String>,
    role: Option<i64>,
    status: Option<i64>,
    password: Option<String>,
    data: Option<Json>,
    intro_reviewed: Option<bool>,
    all_device_types: Option<bool>,
}

impl Op<'_, '_> {
    pub(super) fn user_list(&self) -> Outcome {
        let wanted = self.user_filter()?;
        let page = self.page(&["id", "login"], &[])?;
        let by = |a: &UserRow, b: &UserRow, field: &str| match field {
            "id" => a.id.cmp(&b.id),
            _ => a.login.cmp(&b.login),
        };
        let rows = self.state.users().filter(|user| wanted(user));
        page.of("users", rows, by, |user, out| user.shown().write_listed(out))
    }

    pub(super) fn user_count(&self) -> Outcome {
        let wanted = self.user_filter()?;
        count(self.state.users().filter(|user| wanted(user)).count())
    }

    fn user_filter(&self) -> Result<impl Fn(&UserRow) -> bool + use<'_>, Refusal> {
        let login = self.read(self.fields.text("login"))?;
        let pattern = self.read(self.fields.text("loginPattern"))?;
        let role = self.read(self.fields.int("role"))?.map(i64::from);
        let status = self.read(self.fields.int("status"))?.map(i64::from);
        Ok(move |user: &UserRow| {
            // A pattern is instead of a login, not beside it.
            let named = match (pattern.as_deref(), login.as_deref()) {
                (Some(pattern), _) => is_like(&user.login, pattern),
                (None, Some(login)) => user.login == login,
                (None, None) => true,
            };
            named && role.is_none_or(|role| role == user.role) && status.is_none_or(|status| status == user.status)
        })
    }

    pub(super) fn user_get(&self) -> Outcome {
        let id = self.user_id()?;
        let visible = self.who.is_admin || self.who.user == id;
        let user = self.state.user(id).filter(|_| visible).ok_or_else(|| no_user(id))?;
        Ok(Answer::Value("user", self.published(user)))
    }

    pub(super) fn user_get_current(&self) -> Outcome {
        let user = self.state.user(self.who.user);
        let user = user.ok_or_else(|| Refusal::error(409, "Can not get current user."))?;
        Ok(Answer::Value("current", self.published(user)))
    }

    /// A user with his networks.
    fn published(&self, user: &UserRow) -> String {
        let networks = user.networks.iter().filter_map(|id| self.state.place(PlaceKind::Network, *id));
        wire::written(|out| user.shown().write_with(networks.map(|network| &**network), out))
    }

    fn user_id(&self) -> Result<i64, Refusal> {
        self.read(self.fields.long("userId"))?.ok_or_else(|| Refusal::bad(USER_ID_REQUIRED))
    }

    fn read_user(&self) -> Result<Change, Refusal> {
        let body: Fields<'_> = self.read(self.fields.fields("user"))?.ok_or_else(|| Refusal::bad(USER_REQUIRED))?;
        Ok(Change {
            login: self.read(body.text("login"))?.map(Into::into),
            role: self.read(body.int("role"))?.map(i64::from),
            status: self.read(body.int("status"))?.map(i64::from),
            password: self.read(body.text("password"))?.map(Into::into),
            data: self.object(&body, "data")?,
            intro_reviewed: self.read(body.flag("introReviewed"))?,
            all_device_types: self.read(body.flag("allDeviceTypesAvailable"))?,
        })
    }

    pub(super) fn user_insert(&mut self) -> Outcome {
        let user = self.read_user()?;
        validate(&user)?;
        in_range("status", user.status, 3)?;
        let login = user.login.ok_or_else(|| {
            let mut violations = Violations::default();
            violations.add("login", None, "login field cannot be null.");
            violations.check().err().unwrap_or_else(|| Refusal::bad(USER_REQUIRED))
        })?;
        let role = user.role.ok_or_else(|| Refusal::bad("User role is invalid or empty"))?;
        let login = login.trim().to_owned();
        if self.state.user_by_login(&login).is_some() {
            return Err(Refusal::forbidden(DUPLICATE_LOGIN));
        }
        let password = user.password.filter(|password| is_password(password)).ok_or_else(|| Refusal::bad(PASSWORD))?;
        if let Some(text) = wrong_with(&login) {
            return Err(Refusal::bad(text));
        }
        let id = self.state.next_user();
        if !is_long(&login, 0, LONGEST_LOGIN) {
            let text = "could not execute statement; SQL [n/a]; nested exception is \
                        org.hibernate.exception.DataException: could not execute statement";
            let right = format!("The length of login should not be more than {LONGEST_LOGIN} symbols.");
            return Err(Refusal::crash(text, (400, right), "dossier 12"));
        }
        let user = UserRow {
            id,
            login,
            password,
            role,
            status: user.status.unwrap_or(ACTIVE),
            last_login: None,
            data: user.data,
            intro_reviewed: user.intro_reviewed.unwrap_or(false),
            all_device_types_available: user.all_device_types.unwrap_or(true),
            attempts: 0,
            networks: BTreeSet::new(),
            device_types: BTreeSet::new(),
        };
        let receipt = wire::written(|out| user.shown().write_receipt(out));
        self.state.put_user(user);
        Ok(Answer::Value("user", receipt))
    }

    pub(super) fn user_update(&mut self) -> Outcome {
        let change = self.read_user()?;
        let id = self.user_id()?;
        self.change_user(id, change)
    }

    pub(super) fn user_update_current(&mut self) -> Outcome {
        let change = self.read_user()?;
        self.change_user(self.who.user, change)
    }

    fn change_user(&mut self, id: i64, change: Change) -> Outcome {
        let mut user = self.state.user(id).cloned().ok_or_else(|| no_user(id))?;
        if !self.who.is_admin && (change.login.is_some() || change.role.is_some() || change.status.is_some()) {
            return Err(Refusal::forbidden("Admin permissions required for this action"));
        }
        if let Some(login) = change.login {
            let login = login.trim().to_owned();
            if self.state.user_by_login(&login).is_some_and(|other| other.id != id) {
                return Err(Refusal::forbidden(DUPLICATE_LOGIN));
            }
            user.login = login;
        }
        if let Some(password) = change.password.filter(|password| !password.is_empty()) {
            if !is_password(&password) {
                return Err(Refusal::bad(PASSWORD));
            }
            user.password = password;
        }
        in_range("role", change.role, 2)?;
        in_range("status", change.status, 3)?;
        user.role = change.role.unwrap_or(user.role);
        user.status = change.status.unwrap_or(user.status);
        // What is not given is cleared here, and only here.
        user.data = change.data;
        user.intro_reviewed = change.intro_reviewed.unwrap_or(user.intro_reviewed);
        let mut violations = Violations::default();
        violations.length("login", Some(&user.login), 1, 128, LOGIN_LENGTH);
        violations.check()?;
        if let Some(text) = wrong_with(&user.login) {
            return Err(Refusal::crash(NOT_COMMITTED, (400, text), "dossier 12"));
        }
        self.state.put_user(user);
        Ok(Answer::Empty)
    }

    pub(super) fn user_delete(&mut self) -> Outcome {
        let id = self.user_id()?;
        if id == self.who.user {
            let text = "You can not delete a user or access key that you use to authenticate this request";
            return Err(Refusal::forbidden(text));
        }
        if self.state.remove_user(id) { Ok(Answer::Empty) } else { Err(no_user(id)) }
    }

    /// `user/getNetwork` and `user/getDeviceType`.
    pub(super) fn user_get_place(&self, kind: PlaceKind) -> Outcome {
        let (user, id) = self.user_and_place(kind)?;
        let user = self.state.user(user).ok_or_else(|| no_user(user))?;
        let (name, assigned) = match kind {
            PlaceKind::Network => ("network", user.networks.contains(&id)),
            // Over the socket the real servers forget that all types may be available (dossier 12).
            PlaceKind::DeviceType => {
                let forgets = self.caller.door.is_socket() && self.state.rules.repeats_defects;
                let all = user.all_device_types_available && !forgets;
                ("deviceType", all || user.device_types.contains(&id))
            }
        };
        let place = self.state.place(kind, id).filter(|_| assigned).ok_or_else(|| {
            Refusal::not_found(match kind {
                PlaceKind::Network => format!("Network with id {id} for user with id {} was not found", user.id),
                PlaceKind::DeviceType => format!("Device type with id {id} for user with id {} not found", user.id),
            })
        })?;
        let inside = wire::written(|out| place.write_listed(out));
        Ok(Answer::Value(name, format!("{{\"{name}\":{inside}}}")))
    }

    fn user_and_place(&self, kind: PlaceKind) -> Result<(i64, i64), Refusal> {
        let user = self.user_id()?;
        let id = match kind {
            PlaceKind::Network => self.target.network,
            PlaceKind::DeviceType => self.target.device_type,
        };
        Ok((user, id.ok_or_else(|| Refusal::bad(place_required(kind)))?))
    }

    pub(super) fn user_get_device_types(&self) -> Outcome {
        let id = self.user_id()?;
        let user = self.state.user(id).ok_or_else(|| no_user(id))?;
        let all = user.all_device_types_available;
        let types = self.state.places(PlaceKind::DeviceType);
        let types = types.filter(|place| all || user.device_types.contains(&place.id));
        Ok(Answer::Value("deviceTypes", wire::array(types, |place, out| place.write_listed(out))))
    }

    /// `user/assignNetwork`, `user/assignDeviceType` and their opposites.
    pub(super) fn user_assign(&mut self, kind: PlaceKind, assigned: bool) -> Outcome {
        let (user, id) = self.user_and_place(kind)?;
        let row = self.state.user(user).ok_or_else(|| no_user(user))?;
        if kind == PlaceKind::DeviceType && row.all_device_types_available {
            let text = "Cannot assign device type to user with all device types allowed";
            return Err(Refusal::forbidden(text));
        }
        if self.state.place(kind, id).is_none() {
            return Err(no_place(kind, id));
        }
        self.state.assign(kind, id, user, assigned);
        Ok(Answer::Empty)
    }

    pub(super) fn user_all_types(&mut self, all: bool) -> Outcome {
        let id = self.user_id()?;
        let mut user = self.state.user(id).cloned().ok_or_else(|| no_user(id))?;
        user.all_device_types_available = all;
        if all {
            user.device_types.clear();
        }
        self.state.put_user(user);
        Ok(Answer::Empty)
    }

    /// Whether this door is REST, where some answers differ.
    pub(super) fn is_rest(&self) -> bool {
        matches!(self.caller.door, Door::Rest(_))
    }
}

/// The checks of what is sent, before it is a user.
fn validate(user: &Change) -> Result<(), Refusal> {
    let mut violations = Violations::default();
    violations.length("login", user.login.as_deref(), 1, 128, LOGIN_LENGTH);
    for (name, value, most) in [("role", user.role, 1), ("status", user.status, 3)] {
        match value {
            Some(value) if value > most => {
                let message = format!("The value of {name} should not be more than {most}.");
                violations.add(name, Some(&value.to_string()), &message);
            }
            Some(value) if value < 0 => {
                let message = format!("The value of {name} should not be less than 0.");
                violations.add(name, Some(&value.to_string()), &message);
            }
            _ => {}
        }
    }
    let message = "The length of password should not be more than 128 symbols.";
    violations.length("password", user.password.as_deref(), 0, 128, message);
    violations.check()
}

/// The server looks numbers up in an array.
fn in_range(name: &'static str, number: Option<i64>, length: i64) -> Result<(), Refusal> {
    match number {
        Some(number) if !(0..length).contains(&number) => {
            let text = format!("Index {number} out of bounds for length {length}");
            let right = if name == "role" { "User role is invalid or empty" } else { "Invalid user status" };
            Err(Refusal::crash(text, (400, right), "dossier 12"))
        }
        _ => Ok(()),
    }
}

/// 6 to 128 characters on one line.
fn is_password(password: &str) -> bool {
    is_long(password, 6, 128) && !password.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
}

/// Why a user cannot have this login.
fn wrong_with(login: &str) -> Option<String> {
    let mut wrong = String::new();
    if !is_long(login, 3, 128) {
        wrong.push_str("Field cannot be empty. The length of login should be from 3 to 128 symbols.");
    }
    if login.is_empty() || !is_login(login) {
        wrong
            .push_str("Login can contain only lowercase or uppercase letters, numbers, and some special symbols (_@.)");
    }
    (!wrong.is_empty()).then_some(wrong)
}
