//! Notifications (dossier M5).

use super::search::Search;
use super::{DEVICE_REQUIRED, Op, Outcome};
use crate::world::refusal::{Answer, INVALID_PARAMETERS, Refusal};
use crate::world::wire;
use devicehive_proto::{Device, Fields, Json, Notification};
use std::borrow::Cow;

/// The names that the server itself uses (dossier M6.4).
const RESERVED: [&str; 2] = ["$device-update", "$device-add"];

impl Op<'_, '_> {
    pub(super) fn notification_insert(&mut self) -> Outcome {
        let is_socket = self.caller.door.is_socket();
        let body = self.read(self.fields.fields("notification"))?;
        let notification = body.map(|body| self.read_notification(&body)).transpose()?;
        let named = notification.filter(|notification| notification.name.is_some());
        let mut notification = named.ok_or_else(|| {
            Refusal::bad(match (is_socket, self.fields.some("notification")) {
                (true, _) => "Notification is required",
                (false, None) => "Error! Validation failed: Object is null",
                (false, Some(_)) => INVALID_PARAMETERS,
            })
        })?;
        if !is_socket && notification.name.as_deref().is_some_and(|name| RESERVED.contains(&name)) {
            let names = RESERVED.join(", ");
            return Err(Refusal::forbidden(format!("It's forbidden to insert these special notifications: {names}.")));
        }
        let device = self.subject()?;
        notification.id = self.draw_id(|state, id| state.notifications.get(&device.id, id).is_some());
        notification.network_id = Some(device.network);
        notification.device_type_id = Some(device.device_type);
        notification.device_id = device.id;
        self.tell_notification(&notification);
        let receipt = wire::written(|out| notification.write_receipt(out));
        self.state.put_notification(self.cx.now(), notification);
        Ok(Answer::Value("notification", receipt))
    }

    fn read_notification(&mut self, body: &Fields<'_>) -> Result<Notification, Refusal> {
        let mut notification = Notification::default();
        notification.name = self.read(body.text("notification"))?.map(Cow::into_owned);
        notification.timestamp = self.time_or_stamp(body)?;
        notification.parameters = self.object(body, "parameters")?;
        Ok(notification)
    }

    /// What the server tells of a device that was saved (dossier M6.4).
    pub(super) fn tell_saved(&mut self, device: &Device, is_new: bool) {
        let mut notification = Notification::default();
        notification.id = self.draw_id(|state, id| state.notifications.get(&device.id, id).is_some());
        notification.name = Some(if is_new { "$device-add" } else { "$device-update" }.to_owned());
        notification.timestamp = self.now();
        notification.parameters = Json::parse(&wire::written(|out| device.write_full(out))).ok();
        notification.device_id = device.id.clone();
        self.tell_notification(&notification);
        if self.state.rules.stores_place_zero {
            (notification.network_id, notification.device_type_id) = (Some(0), Some(0));
        }
        self.state.put_notification(self.cx.now(), notification);
    }

    pub(super) fn notification_get(&mut self) -> Outcome {
        self.device_id()?;
        let id = self.fields.long("notificationId");
        let id = id.map_err(|_| Refusal::bad("Notification id should be an integer value."))?;
        let id = id.ok_or_else(|| Refusal::bad("Notification id is wrong or empty"))?;
        let device = self.any_device()?;
        let kept = self.state.notifications.get(device.id.as_str(), id);
        let kept = kept.ok_or_else(|| Refusal::not_found("Requested notification not found"))?;
        Ok(Answer::Value("notification", wire::written(|out| kept.item.write_full(out))))
    }

    pub(super) fn notification_list(&mut self) -> Outcome {
        let search = Search::read(self, "notification")?;
        if self.target.device.is_none() {
            return Err(Refusal::bad(DEVICE_REQUIRED));
        }
        let device = self.any_device()?;
        let found = search.notifications(self.state.rules, &self.state.notifications, &device.id)?;
        Ok(Answer::Value("notifications", wire::array(found, |kept, out| kept.item.write_full(out))))
    }
}
