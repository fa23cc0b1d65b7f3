//! What is well written but makes no sense.

use super::{DeviationKind, Level, Lint};
use crate::{ClientMessage, Dialect, Mode, PublishCommand};
use alloc::format;
use alloc::string::{String, ToString};

impl Lint {
    pub(super) fn meaning(&mut self, dialect: Dialect, message: &ClientMessage<'_>) {
        let base = if dialect == Dialect::V1 { "/1" } else { "/PublishCommands" };
        match message {
            ClientMessage::Publish(commands) => {
                for (at, PublishCommand { body, .. }) in commands.iter().enumerate() {
                    let pointer = || format!("{base}/{at}/{}", if dialect == Dialect::V1 { "1" } else { "Body" });
                    self.quantities(&pointer, ["m", "i", "d"], body.mode.as_ref(), body.intensity, body.duration);
                }
            }
            ClientMessage::Link(link) => {
                let names = ["Mode", "Intensity", "Duration"];
                let pointer = || "/LinkCommand".to_string();
                self.quantities(&pointer, names, link.mode.as_ref(), link.intensity, link.duration);
            }
            ClientMessage::Subscribe(targets) => {
                for (at, target) in targets.iter().enumerate() {
                    let channel = target.ends_with("-ping") || target.ends_with("-log");
                    if channel && target.starts_with('c') {
                        let list = if dialect == Dialect::V1 { "/1" } else { "/Targets" };
                        let text = "channels to subscribe to have no leading c (12, row 16)";
                        self.add(&format!("{list}/{at}"), DeviationKind::LeadingC, Level::Error, text);
                    }
                }
            }
            _ => {}
        }
    }

    fn quantities(
        &mut self,
        pointer: &dyn Fn() -> String,
        [mode_name, intensity_name, duration_name]: [&str; 3],
        mode: Option<&Mode>,
        intensity: Option<i64>,
        duration: Option<i64>,
    ) {
        let out = |value: Option<i64>, low, high| value.is_some_and(|value| !(low..=high).contains(&value));
        match mode {
            Some(Mode::End) => {
                if out(intensity, 0, 0) || out(duration, 0, 0) {
                    let text = "a stop has intensity 0 and duration 0; others are ignored (12, row 12)";
                    self.add(&pointer(), DeviationKind::StopWithValues, Level::Warning, text);
                }
                return;
            }
            Some(Mode::Other(_)) => {
                let text = "the modes are v, s, b and e (3.2)";
                self.add(&format!("{}/{mode_name}", pointer()), DeviationKind::UnknownMode, Level::Error, text);
            }
            _ => {}
        }
        if out(intensity, 0, 100) {
            let text = "an intensity is 0 to 100 percent (3.3)";
            self.add(&format!("{}/{intensity_name}", pointer()), DeviationKind::OutOfRange, Level::Error, text);
        }
        if out(duration, 100, 15_000) {
            let text = "a duration is 100 to 15000 milliseconds (3.3)";
            self.add(&format!("{}/{duration_name}", pointer()), DeviationKind::OutOfRange, Level::Error, text);
        }
    }
}
