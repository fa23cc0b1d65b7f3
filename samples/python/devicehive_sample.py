"""Drives the DeviceHive mock with DeviceHive's own Python package, unchanged: as a device and as its operator, over the
socket and over REST.

The command that starts the mock is taken from DUMMYLOAD; without it, `dummyload` must be on the path.
Ends with 0 when everything was as expected, and with a message and 1 otherwise.
"""

import json
import os
import shlex
import subprocess

from devicehive import DeviceHive, Handler


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not as expected: {what}")


class Lamp(Handler):
    """Both sides in one program: it sends itself a command, answers it, and hears of the answer."""

    def __init__(self, api, demo, transport):
        super().__init__(api)
        self.demo = demo
        self.device_id = f"sample-lamp-{transport}"
        self.device = None
        self.seen = []

    def handle_connect(self):
        expect(self.api.get_info()["api_version"] == "4.1.0", "another version of the API")
        self.device = self.api.put_device(self.device_id, name="Lamp", network_id=self.demo["network_id"])
        self.device.subscribe_insert_commands()
        self.device.subscribe_update_commands()
        self.device.subscribe_notifications()
        self.device.send_command("led/on", parameters={"brightness": 40})

    def handle_command_insert(self, command):
        expect((command.command, command.parameters) == ("led/on", {"brightness": 40}), f"the command is {command.command}")
        self.seen.append("insert")
        command.status = "done"
        command.result = {"lit": True}
        command.save()

    def handle_command_update(self, command):
        expect((command.status, command.result) == ("done", {"lit": True}), f"the update is {command.status}")
        self.seen.append("update")
        self.device.send_notification("glow", parameters={"lux": 12.5})

    def handle_notification(self, notification):
        if notification.notification.startswith("$"):
            return  # the server's own notes about the device
        expect(notification.parameters == {"lux": 12.5}, f"the notification is {notification.parameters}")
        self.seen.append("notification")
        listed = [device.id for device in self.api.list_devices(name="Lamp")]
        expect(self.device_id in listed, f"the list has {listed}")
        commands = self.device.list_commands()
        expect([command.status for command in commands] == ["done"], f"the commands are {commands}")
        self.api.refresh_token()
        self.device.remove()
        self.api.disconnect()


class Calls(Handler):
    """The same without events: over REST they are polled for, which not every server makes possible (see the mock's manual)."""

    def __init__(self, api, demo):
        super().__init__(api)
        self.demo = demo

    def handle_connect(self):
        device = self.api.put_device("sample-lamp-rest", name="Lamp", network_id=self.demo["network_id"])
        command = device.send_command("led/on", parameters={"brightness": 40})
        command.status = "done"
        command.save()
        expect([listed.status for listed in device.list_commands()] == ["done"], "the command is not done")
        device.send_notification("glow", parameters={"lux": 12.5})
        names = [notification.notification for notification in device.list_notifications()]
        expect("glow" in names, f"the notifications are {names}")
        self.api.refresh_token()
        device.remove()
        self.api.disconnect()


def drive(mock):
    demo = mock["demo"]
    login = {"login": demo["login"], "password": demo["password"]}
    hive = DeviceHive(Lamp, demo, "socket")
    hive.connect(mock["ws"], **login)
    expect(hive.handler.seen == ["insert", "update", "notification"], f"over the socket came {hive.handler.seen}")
    print("socket: a command, its answer and a notification went round")
    DeviceHive(Calls, demo).connect(f"{mock['http']}/api/rest", **login)
    print("rest: a device, a command with its answer, and a notification")


def main():
    command = shlex.split(os.environ.get("DUMMYLOAD", "dummyload"))
    command += ["serve", "devicehive", "--port", "0", "--exit-with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mock:
        try:
            ready = json.loads(mock.stdout.readline() or "null")
            expect(ready and ready["ready"], "the mock did not start; it says why above")
            drive(ready["mocks"][0])
        finally:
            mock.kill()
    print("all as expected")


if __name__ == "__main__":
    main()
