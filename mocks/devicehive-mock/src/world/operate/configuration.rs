//! Configuration values (dossier 10).

use super::validation::{Violations, is_long};
use super::{Op, Outcome};
use crate::world::refusal::{Answer, Refusal};
use crate::world::rows::Setting;
use crate::world::wire;
use devicehive_proto::Configuration;
use std::borrow::Cow;

impl<'a> Op<'a, '_> {
    fn setting_name(&self) -> Result<Cow<'a, str>, Refusal> {
        self.read(self.fields.text("name"))?.ok_or_else(|| Refusal::bad("Configuration name is wrong or empty"))
    }

    pub(super) fn configuration_get(&self) -> Outcome {
        let name = self.setting_name()?;
        let setting = self.state.setting(&name).ok_or_else(|| no_setting(&name))?;
        Ok(self.setting_answer(&name, Some(setting.id), setting))
    }

    pub(super) fn configuration_put(&mut self) -> Outcome {
        let name = self.setting_name()?;
        if !is_long(&name, 1, 32) {
            let text = "Name cannot be empty. The name's length should not be more than 32 symbols.";
            return Err(Refusal::bad(text));
        }
        let value = self.read(self.fields.text("value"))?;
        let mut violations = Violations::default();
        if value.is_none() {
            violations.add("value", None, "value field cannot be null.");
        }
        let message = "Field cannot be empty. The length of value should not be more than 128 symbols.";
        violations.length("value", value.as_deref(), 1, 128, message);
        violations.check()?;
        let value = value.unwrap_or_default();
        // The answer shows the number and version from before the change.
        let shown = match self.state.set(&name, &value) {
            Some(old) => (Some(old.id), old.version),
            None => (None, 0),
        };
        Ok(self.setting_answer(&name, shown.0, &Setting { id: 0, value: value.into_owned(), version: shown.1 }))
    }

    fn setting_answer(&self, name: &str, id: Option<i64>, setting: &Setting) -> Answer {
        let mut configuration = Configuration::default();
        configuration.id = id;
        configuration.name = name.to_owned();
        configuration.value = Some(setting.value.clone());
        configuration.entity_version = setting.version;
        let has_id = self.state.rules.configuration_has_id;
        Answer::Value("configuration", wire::written(|out| configuration.write(has_id, out)))
    }

    pub(super) fn configuration_delete(&mut self) -> Outcome {
        let name = self.setting_name()?;
        if self.state.unset(&name) { Ok(Answer::Empty) } else { Err(no_setting(&name)) }
    }
}

fn no_setting(name: &str) -> Refusal {
    Refusal::not_found(format!("Requested config with name = {name} not found in the database"))
}
