//! What is well written but makes no sense.

use super::{DeviationKind, Level, Lint};
use crate::{Channel, ClientMessage, Dialect, Mode, PublishCommand};
use alloc::format;
use alloc::string::{String, ToString};

impl Lint {
    pub(super) fn meaning(&mut self, dialect: Dialect, message: &ClientMessage<'_>) {
        let base = if dialect == Dialect::V1 { "/1" } else { "/PublishCommands" };
        match message {
            ClientMessage::Publish(commands) => {
                let [target_name, body_name] = if dialect == Dialect::V1 { ["0", "1"] } else { ["Target", "Body"] };
                for (at, PublishCommand { target, body }) in commands.iter().enumerate() {
                    if !matches!(Channel::parse(target), Channel::Ops(_) | Channel::SharedOps(..)) {
                        let text = "the channels to publish to are c{hub}-ops and c{hub}-sops-{code}";
                        self.channel(&format!("{base}/{at}/{target_name}"), text);
                    }
                    let pointer = || format!("{base}/{at}/{body_name}");
                    self.quantities(&pointer, ["m", "i", "d"], body.mode.as_ref(), body.intensity, body.duration);
                }
            }
            ClientMessage::Link(link) => {
                let names = ["Mode", "Intensity", "Duration"];
                let pointer = || "/LinkCommand".to_string();
                self.quantities(&pointer, names, link.mode.as_ref(), link.intensity, link.duration);
            }
            ClientMessage::Subscribe(targets) | ClientMessage::Unsubscribe(targets) => {
                let subscribes = matches!(message, ClientMessage::Subscribe(_));
                let list = if dialect == Dialect::V1 { "/1" } else { "/Targets" };
                for (at, target) in targets.iter().enumerate() {
                    let known = matches!(Channel::parse(target), Channel::Ping(_) | Channel::Log(_));
                    if known || (!subscribes && *target == "*") {
                        continue;
                    }
                    let pointer = format!("{list}/{at}");
                    let channel = target.ends_with("-ping") || target.ends_with("-log");
                    if subscribes && channel && target.starts_with('c') {
                        let text = "channels to subscribe to have no leading c";
                        self.add(&pointer, DeviationKind::LeadingC, Level::Error, "dossier 12, row 16", text);
                    } else if subscribes {
                        self.channel(&pointer, "the channels to subscribe to are {hub}-ping and {hub}-log");
                    } else {
                        self.channel(&pointer, "one unsubscribes from {hub}-ping, {hub}-log, or * for all");
                    }
                }
            }
            _ => {}
        }
    }

    /// Nothing more is said of a name that is missing or no text.
    fn channel(&mut self, pointer: &str, text: &str) {
        if self.found.iter().any(|deviation| deviation.pointer == pointer) {
            return;
        }
        self.add(pointer, DeviationKind::ChannelForm, Level::Warning, "dossier 3.5", text);
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
                    let text = "a stop has intensity 0 and duration 0; others are ignored";
                    self.add(&pointer(), DeviationKind::StopWithValues, Level::Warning, "dossier 12, row 12", text);
                }
                return;
            }
            Some(Mode::Other(_)) => {
                let text = "the modes are v, s, b and e";
                let here = format!("{}/{mode_name}", pointer());
                self.add(&here, DeviationKind::UnknownMode, Level::Error, "dossier 3.2", text);
            }
            _ => {}
        }
        if out(intensity, 0, 100) {
            let text = "an intensity is 0 to 100 percent";
            let here = format!("{}/{intensity_name}", pointer());
            self.add(&here, DeviationKind::OutOfRange, Level::Error, "dossier 3.3", text);
        }
        if out(duration, 100, 15_000) {
            let text = "a duration is 100 to 15000 milliseconds";
            let here = format!("{}/{duration_name}", pointer());
            self.add(&here, DeviationKind::OutOfRange, Level::Error, "dossier 3.3", text);
        }
    }
}
