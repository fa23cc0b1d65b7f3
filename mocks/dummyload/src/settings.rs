//! The world that a mock starts with: a world file, and options of it set on the command line.

use crate::exit::{self, Failure};
use crate::protocols::{self, Protocol};
use serde_json::Value;
use std::fmt;
use std::fs;
use std::path::PathBuf;

/// `[PROTOCOL=]FILE`.
#[derive(Clone, Debug)]
pub(crate) struct WorldArg {
    protocol: Option<&'static str>,
    file: PathBuf,
}

impl WorldArg {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let named = text.split_once('=').and_then(|(name, file)| Some((protocols::find(name)?, file)));
        Ok(match named {
            Some((protocol, file)) => Self { protocol: Some(protocol.name), file: file.into() },
            None => Self { protocol: None, file: text.into() },
        })
    }
}

/// `[PROTOCOL.]KEY=VALUE`.
#[derive(Clone)]
pub(crate) struct Setting {
    protocol: Option<&'static str>,
    key: String,
    value: String,
    /// The argument as it was given, for complaints; without the value of a secret.
    said: String,
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl Setting {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("write KEY=VALUE, as in strict=true")?;
        let named = key.split_once('.').and_then(|(name, key)| Some((protocols::find(name)?, key)));
        let (protocol, key) = named.map_or((None, key), |(protocol, key)| (Some(protocol.name), key));
        let said = if is_secret(key) { format!("--set {key}") } else { format!("--set {key}={value}") };
        Ok(Self { protocol, key: key.to_owned(), value: value.to_owned(), said })
    }

    /// What an argument of its own says about one protocol.
    pub(crate) fn of(protocol: &'static Protocol, key: &str, value: &str, said: String) -> Self {
        Self { protocol: Some(protocol.name), key: key.to_owned(), value: value.to_owned(), said }
    }
}

/// Whether the value of an option is shown to nobody.
fn is_secret(key: &str) -> bool {
    key.ends_with("secret")
}

/// `[PROTOCOL=]VALUE`, for what only some protocols have.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    protocol: Option<&'static str>,
    pub(crate) value: String,
}

impl Own {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let named = text.split_once('=').and_then(|(name, value)| Some((protocols::find(name)?, value)));
        let (protocol, value) = named.map_or((None, text), |(protocol, value)| (Some(protocol.name), value));
        Ok(Self { protocol, value: value.to_owned() })
    }

    /// The protocol that is named.
    pub(crate) fn protocol(&self) -> Option<&'static str> {
        self.protocol
    }

    /// For any protocol that has it.
    pub(crate) fn unnamed(value: String) -> Self {
        Self { protocol: None, value }
    }

    /// The protocol that this is for: the one that is named, or else the only one that is served and has it.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub(crate) fn owner(
        &self,
        flag: &str,
        served: &[&'static Protocol],
        has: impl Fn(&Protocol) -> bool,
    ) -> Result<&'static Protocol, String> {
        let all: Vec<&str> = protocols::ALL.iter().filter(|protocol| has(protocol)).map(|it| it.name).collect();
        let all = all.join(", ");
        let mut fitting = served.iter().filter(|protocol| has(protocol));
        match (self.protocol, fitting.next(), fitting.next()) {
            (None, Some(one), None) => Ok(one),
            (None, None, _) => {
                let names: Vec<&str> = served.iter().map(|protocol| protocol.name).collect();
                Err(format!("{flag} is for {all}, and not for {}; leave it away, or serve that", names.join(", ")))
            }
            (None, Some(_), Some(_)) => {
                Err(format!("{flag}: several protocols are served that have this, so say for which one: {all}"))
            }
            (Some(name), ..) => {
                owner(Some(name), served, flag, "PROTOCOL=VALUE")?;
                let named = served.iter().find(|protocol| protocol.name == name && has(protocol));
                named.copied().ok_or_else(|| format!("{flag} is for {all}, and not for {name}"))
            }
        }
    }
}

/// The worlds of these protocols, in their order.
///
/// # Errors
/// Whatever the caller has to mend: which argument or file, where in it, and what is wrong there.
pub(crate) fn worlds(
    served: &[&'static Protocol],
    files: &[WorldArg],
    settings: &[Setting],
) -> Result<Vec<Value>, Failure> {
    let usage = |text| Failure(exit::USAGE, text);
    for file in files {
        owner(file.protocol, served, &format!("--world {}", file.file.display()), "PROTOCOL=FILE").map_err(usage)?;
    }
    for setting in settings {
        owner(setting.protocol, served, &format!("--set {}", setting.key), "PROTOCOL.KEY=VALUE").map_err(usage)?;
    }
    served
        .iter()
        .map(|protocol| {
            let mine = |name: Option<&str>| name.is_none_or(|name| name == protocol.name);
            let mut files = files.iter().filter(|file| mine(file.protocol));
            let mut world = match (files.next(), files.next()) {
                (None, _) => (protocol.read_world)(protocol.demo_world).map_err(usage)?,
                (Some(file), None) => read(protocol, file)?,
                (Some(_), Some(_)) => {
                    return Err(usage(format!("{protocol:?} has two world files; give one --world")));
                }
            };
            for setting in settings.iter().filter(|setting| mine(setting.protocol)) {
                apply(protocol, &mut world, setting).map_err(usage)?;
            }
            Ok(world)
        })
        .collect()
}

/// Refuses an argument that is for none of the served protocols, or might be for several.
fn owner(named: Option<&str>, served: &[&Protocol], what: &str, example: &str) -> Result<(), String> {
    match named {
        None if served.len() > 1 => {
            Err(format!("{what}: several protocols are served, so say for which one, as in {example}"))
        }
        Some(name) if !served.iter().any(|protocol| protocol.name == name) => {
            Err(format!("{what}: {name} is not served; name it among the protocols, or leave this away"))
        }
        _ => Ok(()),
    }
}

fn read(protocol: &Protocol, file: &WorldArg) -> Result<Value, Failure> {
    let path = file.file.display();
    let text = fs::read_to_string(&file.file)
        .map_err(|e| Failure(exit::CANNOT, format!("the world file {path} cannot be read: {e}")))?;
    (protocol.read_world)(&text).map_err(|e| Failure(exit::USAGE, format!("the world file {path} is not valid: {e}")))
}

fn apply(protocol: &Protocol, world: &mut Value, setting: &Setting) -> Result<(), String> {
    let Setting { key, value, said, .. } = setting;
    let Some(options) = world.get_mut("options").and_then(Value::as_object_mut) else {
        return Err(format!("--set {key}: {protocol:?} has no options"));
    };
    let Some(option) = options.get_mut(key) else {
        return Err(format!(
            "--set {key}: {protocol:?} has no such option; {}",
            nearest(key, options.keys().map(String::as_str))
        ));
    };
    // A secret may look like a number.
    let value = if is_secret(key) { None } else { serde_json::from_str(value).ok() }.unwrap_or(Value::from(&**value));
    let before = std::mem::replace(option, value);
    if before.is_boolean() && !option.is_boolean() {
        return Err(format!("{said}: write true or false; without this it is {before}"));
    }
    (protocol.check_world)(world).map_err(|e| format!("{said}: {e}; without this it is {before}"))
}

/// Whether the world file of a protocol has this option.
pub(crate) fn has_option(protocol: &Protocol, key: &str) -> bool {
    (protocol.read_world)(protocol.demo_world).is_ok_and(|world| world["options"].get(key).is_some())
}

/// The name that was probably meant, else all there are.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let likeness = |known: &&str| (strsim::jaro_winkler(name, known) * 1000.0) as u32;
    match known.iter().copied().max_by_key(likeness) {
        Some(best) if likeness(&best) > 800 => format!("did you mean {best}?"),
        _ => format!("there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of failures, all of which are the caller's.
    fn texts(worlds: Result<Vec<Value>, Failure>) -> Result<Vec<Value>, String> {
        worlds.map_err(|Failure(code, text)| {
            assert_eq!(code, exit::USAGE);
            text
        })
    }

    fn set(settings: &[&str]) -> Result<Value, String> {
        let settings: Vec<_> = settings.iter().map(|text| Setting::parse(text).unwrap()).collect();
        texts(worlds(&[&protocols::ALL[0]], &[], &settings)).map(|mut worlds| worlds.remove(0))
    }

    #[test]
    fn settings_take_the_type_of_their_option() {
        let world = set(&["strict=true", "pishock.login_failure=http401", "invalid_key_status=401"]).unwrap();
        assert_eq!(world["options"]["strict"], true);
        assert_eq!(world["options"]["login_failure"], "http401");
        assert_eq!(world["options"]["invalid_key_status"], 401);
    }

    #[test]
    fn a_wrong_setting_says_what_would_be_right() {
        let message = |settings: &[&str]| set(settings).unwrap_err();
        assert_eq!(message(&["strct=true"]), "--set strct: pishock has no such option; did you mean strict?");
        assert!(message(&["zzz=1"]).contains("there are strict, login_failure, reject_paused"));
        assert!(message(&["strict=maybe"]).contains("write true or false; without this it is false"));
        assert!(message(&["login_failure=htp401"]).contains("expected one of `envelope`, `http401`"));
        assert_eq!(Setting::parse("strict").unwrap_err(), "write KEY=VALUE, as in strict=true");
    }

    /// A second protocol, which the table may get one day.
    static LAMP: Protocol = Protocol { name: "lamp", ..protocols::ALL[0] };

    fn set_for(protocol: Option<&'static str>, served: &[&'static Protocol]) -> Result<Vec<Value>, String> {
        let setting = Setting { protocol, ..Setting::parse("strict=true").unwrap() };
        texts(worlds(served, &[], &[setting]))
    }

    #[test]
    fn several_protocols_want_to_be_told_apart() {
        let pishock = &protocols::ALL[0];
        let message = set_for(None, &[pishock, &LAMP]).unwrap_err();
        assert_eq!(
            message,
            "--set strict: several protocols are served, so say for which one, as in PROTOCOL.KEY=VALUE"
        );
        let message = set_for(Some("lamp"), &[pishock]).unwrap_err();
        assert_eq!(message, "--set strict: lamp is not served; name it among the protocols, or leave this away");
        let worlds = set_for(Some("lamp"), &[pishock, &LAMP]).unwrap();
        assert_eq!(worlds.iter().map(|world| &world["options"]["strict"]).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn one_protocol_has_one_world_file() {
        let file = WorldArg::parse("pishock=world.toml").unwrap();
        assert_eq!((file.protocol, file.file.to_str().unwrap()), (Some("pishock"), "world.toml"));
        let strange = WorldArg::parse("a=b.toml").unwrap();
        assert_eq!((strange.protocol, strange.file.to_str().unwrap()), (None, "a=b.toml"));
        let message = texts(worlds(&[&protocols::ALL[0]], &[file, strange], &[])).unwrap_err();
        assert_eq!(message, "pishock has two world files; give one --world");
    }
}
