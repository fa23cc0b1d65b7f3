//! Whether a world file makes sense: as the server itself would check it, and all mistakes at once.

use super::{CommandSeed, NextIds, NotificationSeed, UserSeed, WorldFile};
use crate::Options;
use devicehive_proto::Datetime;
use dummyload_host::world_file::{Check, WorldFileError};
use std::ops::RangeInclusive;

/// The configuration value that the option `jwt_secret` makes.
pub(crate) const JWT_SECRET: &str = "jwt.secret";

impl WorldFile {
    /// Checks that every reference has its target, every id and name is one thing's only, and every text as long as the
    /// server allows.
    pub(crate) fn check(&self) -> Result<(), WorldFileError> {
        let mut check = Check::default();
        self.options.look(&mut check);
        for network in &self.networks {
            let name = format!("network {}", network.id);
            number(&mut check, "network id", network.id);
            check.unique("network name", &network.name, &name);
            length(&mut check, &format!("the name of {name}"), &network.name, 1..=128);
            length(
                &mut check,
                &format!("the description of {name}"),
                network.description.as_deref().unwrap_or(""),
                0..=128,
            );
        }
        for kind in &self.device_types {
            let name = format!("device type {}", kind.id);
            number(&mut check, "device type id", kind.id);
            check.unique("device type name", &kind.name, &name);
            length(&mut check, &format!("the name of {name}"), &kind.name, 1..=128);
            length(
                &mut check,
                &format!("the description of {name}"),
                kind.description.as_deref().unwrap_or(""),
                0..=128,
            );
        }
        for user in &self.users {
            user.look(&mut check);
        }
        for device in &self.devices {
            let name = format!("device {}", device.id);
            check.unique("device id", &device.id, "the file");
            let plain = device.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if !plain || !(1..=48).contains(&device.id.len()) {
                check.wrong(format!("{name}: an id has 1 to 48 letters, digits and dashes"));
            }
            length(&mut check, &format!("the name of {name}"), &device.name, 1..=128);
            check.refers("network id", device.network, format!("the network of {name}"));
            check.refers("device type id", device.device_type, format!("the type of {name}"));
        }
        for value in &self.configuration {
            let name = format!("configuration {:?}", value.name);
            check.unique("configuration name", &value.name, "the file");
            if let Some(id) = value.id {
                number(&mut check, "configuration id", id);
            }
            length(&mut check, &format!("the name of {name}"), &value.name, 1..=32);
            length(&mut check, &format!("the value of {name}"), &value.value, 1..=128);
            if value.name == JWT_SECRET {
                check.wrong(format!("{JWT_SECRET} is made out of the option jwt_secret; set that, and leave this out"));
            }
        }
        for command in &self.commands {
            command.look(&mut check);
        }
        for notification in &self.notifications {
            notification.look(&mut check);
        }
        self.next.look(&mut check, self);
        check.end()
    }
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), WorldFileError> {
        let mut check = Check::default();
        self.look(&mut check);
        check.end()
    }

    fn look(&self, check: &mut Check) {
        let digits = self.jwt_secret.bytes().filter(|b| b.is_ascii_alphanumeric() || b"+/".contains(b)).count();
        if digits < 4 {
            check.wrong(
                "the option jwt_secret makes an empty key: of its letters and digits, and + and /, whole groups of four \
                 count; give it four or more",
            );
        }
        if !self.token_time.is_empty() && Datetime::parse(&self.token_time).is_none() {
            check.wrong(format!("the option token_time is {:?}; write it as 2018-06-01T00:00:00", self.token_time));
        }
    }
}

impl UserSeed {
    fn look(&self, check: &mut Check) {
        let name = format!("user {}", self.id);
        number(check, "user id", self.id);
        check.unique("login", &self.login, &name);
        length(check, &format!("the login of {name}"), &self.login, 3..=128);
        if !self.login.bytes().all(|b| b.is_ascii_alphanumeric() || b"_@.-".contains(&b)) {
            check.wrong(format!("the login of {name} is {:?}; it can have letters, digits and _ @ . -", self.login));
        }
        let letters = self.password.chars().count();
        if !(6..=128).contains(&letters) {
            check.wrong(format!("the password of {name} has {letters} characters; it can have 6 to 128"));
        }
        for network in &self.networks {
            check.refers("network id", network, format!("a network of {name}"));
        }
        for kind in &self.device_types {
            check.refers("device type id", kind, format!("a device type of {name}"));
        }
    }
}

impl CommandSeed {
    fn look(&self, check: &mut Check) {
        let name = format!("a command of device {}", self.device);
        check.refers("device id", &self.device, "the device of a command");
        if let Some(user) = self.user {
            check.refers("user id", user, format!("the user of {name}"));
        }
        for (what, time) in [("timestamp", &self.timestamp), ("last_updated", &self.last_updated)] {
            datetime(check, &format!("the {what} of {name}"), time.as_deref());
        }
        if let Some(id) = self.id {
            check.unique("command id", format!("{id} on {}", self.device), "the file");
        }
    }
}

impl NotificationSeed {
    fn look(&self, check: &mut Check) {
        check.refers("device id", &self.device, "the device of a notification");
        datetime(
            check,
            &format!("the timestamp of a notification of device {}", self.device),
            self.timestamp.as_deref(),
        );
        if let Some(id) = self.id {
            check.unique("notification id", format!("{id} on {}", self.device), "the file");
        }
    }
}

impl NextIds {
    fn look(self, check: &mut Check, file: &WorldFile) {
        let highest = |ids: &mut dyn Iterator<Item = i64>| ids.max().unwrap_or(0);
        for (name, next, taken) in [
            ("user", self.user, highest(&mut file.users.iter().map(|user| user.id))),
            ("network", self.network, highest(&mut file.networks.iter().map(|network| network.id))),
            ("device_type", self.device_type, highest(&mut file.device_types.iter().map(|kind| kind.id))),
            ("configuration", self.configuration, highest(&mut file.configuration.iter().filter_map(|value| value.id))),
        ] {
            if let Some(next) = next.filter(|next| *next <= taken) {
                check.wrong(format!("the next {name} is {next}, and {taken} is taken; make it {} or more", taken + 1));
            }
        }
    }
}

/// Numbers begin at 1, as the server gives them.
fn number(check: &mut Check, kind: &'static str, id: i64) {
    if id < 1 {
        check.wrong(format!("the {kind} {id} is too small; they begin at 1"));
    }
    check.unique(kind, id, "the file");
}

fn length(check: &mut Check, what: &str, text: &str, allowed: RangeInclusive<usize>) {
    let letters = text.chars().count();
    if !allowed.contains(&letters) {
        check.wrong(format!("{what} has {letters} characters; it can have {} to {}", allowed.start(), allowed.end()));
    }
}

fn datetime(check: &mut Check, what: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| Datetime::parse(text).is_none()) {
        check.wrong(format!("{what} is {text:?}; write it as 2018-05-20T10:00:00.000"));
    }
}

#[cfg(test)]
mod tests {
    use crate::{DEMO_WORLD, Options, WorldFile};

    #[test]
    fn the_demo_world_is_valid() {
        let demo = WorldFile::parse(DEMO_WORLD).unwrap();
        assert_eq!((demo.users.len(), demo.networks.len(), demo.device_types.len()), (4, 3, 9));
        assert_eq!(demo.devices.len(), 4);
    }

    #[test]
    fn the_demo_world_says_all_options() {
        let said: toml::Table = toml::from_str(DEMO_WORLD).unwrap();
        let mut all = serde_json::to_value(Options::default()).unwrap();
        all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        assert_eq!(serde_json::to_value(&said["options"]).unwrap(), all);
    }

    /// The demo world with all that stands behind `# ` and is TOML.
    fn uncommented() -> String {
        DEMO_WORLD
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest)
                    if rest.starts_with("[[")
                        || rest.split_once(" = ").is_some_and(|(name, _)| !name.contains(' ')) =>
                {
                    format!("{rest}\n")
                }
                _ => format!("{line}\n"),
            })
            .collect()
    }

    #[test]
    fn the_comments_of_the_demo_world_are_true() {
        let file = WorldFile::parse(&uncommented()).unwrap();
        assert_eq!((file.commands.len(), file.notifications.len()), (1, 1));
        assert_eq!(file.next.network, Some(4));
    }

    #[test]
    fn what_is_required_says_so_and_is_enough() {
        let demo = uncommented();
        let required: Vec<&str> = demo.lines().filter(|line| line.contains("# required")).collect();
        assert_eq!(required.len(), 16);
        for line in required {
            let name = line.split(" = ").next().unwrap();
            let error = WorldFile::parse(&demo.replacen(line, "", 1)).unwrap_err().to_string();
            assert!(error.contains(&format!("missing field `{name}`")), "{line}: {error}");
        }
        let least = r#"
            network = [{ id = 1, name = "n" }]
            device_type = [{ id = 1, name = "t" }]
            user = [{ id = 1, login = "ann", password = "secret" }]
            device = [{ id = "d", name = "d", network = 1, device_type = 1 }]
            configuration = [{ name = "c", value = "v" }]
            command = [{ device = "d" }]
            notification = [{ device = "d", notification = "n" }]
        "#;
        WorldFile::parse(least).unwrap();
    }

    #[test]
    fn a_world_survives_toml_and_json() {
        let demo = WorldFile::demo();
        assert_eq!(WorldFile::parse(&toml::to_string(&demo).unwrap()).unwrap(), demo);
        assert_eq!(WorldFile::parse(&serde_json::to_string(&demo).unwrap()).unwrap(), demo);
    }

    #[test]
    fn mistakes_are_named() {
        for (change, to, expected) in [
            ("networks = [2, 3]", "networks = [2, 7]", "a network of user 3 is network id 7, and there is none"),
            ("device_types = [9]", "device_types = [77]", "a device type of user 3 is device type id 77"),
            ("id = 3\nname = \"house\"", "id = 2\nname = \"house\"", "the file has the network id 2 twice"),
            ("name = \"house\"", "name = \"garden\"", "network 2 and network 3 have the same network name garden"),
            ("name = \"house\"", "name = \"\"", "the name of network 3 has 0 characters; it can have 1 to 128"),
            ("login = \"bob\"", "login = \"ann\"", "user 2 and user 3 have the same login ann"),
            ("login = \"bob\"", "login = \"bo\"", "the login of user 3 has 2 characters"),
            ("login = \"bob\"", "login = \"bob!\"", "it can have letters, digits and _ @ . -"),
            ("password = \"bob-password\"", "password = \"bob\"", "the password of user 3 has 3 characters"),
            ("role = \"client\"", "role = \"owner\"", "unknown variant `owner`, expected `admin` or `client`"),
            ("status = \"disabled\"", "status = \"off\"", "expected one of `active`, `locked`, `disabled`"),
            ("id = \"lamp-1\"", "id = \"lamp_1\"", "device lamp_1: an id has 1 to 48 letters, digits and dashes"),
            ("id = \"lamp-1\"", "id = \"pump-1\"", "the file has the device id pump-1 twice"),
            ("network = 3", "network = 4", "the network of device pump-2 is network id 4"),
            ("id = 9\n", "id = 0\n", "the device type id 0 is too small; they begin at 1"),
            ("blocked = false", "bloked = false", "unknown field `bloked`"),
            ("# network = 4", "network = 3", "the next network is 3, and 3 is taken; make it 4 or more"),
            ("name = \"user.login.lastTimeout\"", "name = \"jwt.secret\"", "set that, and leave this out"),
            ("jwt_secret = \"devicehive\"", "jwt_secret = \"a-b\"", "the option jwt_secret makes an empty key"),
            ("token_time = \"\"", "token_time = \"soon\"", "the option token_time is \"soon\""),
            ("profile = \"server-4.1\"", "profile = \"server-4\"", "unknown variant `server-4`"),
            ("# retention = 120", "retention = -1", "line 13"),
        ] {
            assert!(DEMO_WORLD.contains(change), "{change}");
            let error = WorldFile::parse(&DEMO_WORLD.replacen(change, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected), "{change}: {error}");
        }
    }

    #[test]
    fn no_mistake_shows_a_password() {
        let text = DEMO_WORLD.replacen("password = \"bob-password\"", "password = [\"bob-password\"]", 1);
        let error = WorldFile::parse(&text).unwrap_err().to_string();
        assert!(!error.contains("bob-password"), "{error}");
        assert!(!format!("{:?}", WorldFile::demo()).contains("bob-password"));
        assert!(!format!("{:?}", WorldFile::demo()).contains("devicehive\""));
    }
}
