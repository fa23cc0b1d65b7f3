// Drives the DeviceHive mock with DeviceHive's own JavaScript package, unchanged: as a device and as its operator, over the
// socket and over REST.
//
// The command that starts the mock is taken from DUMMYLOAD; without it, `dummyload` must be on the path.
// Ends with 0 when everything was as expected, and with a message and 1 otherwise.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import DeviceHive from "devicehive";

const PATIENCE = 10_000; // milliseconds for anything that should come at once
const soon = () => ({ signal: AbortSignal.timeout(PATIENCE) });
const { Device, Command, Notification } = DeviceHive.models;
const { DeviceListQuery, CommandListQuery } = DeviceHive.models.query;

/** Registers a device, sends it a command, answers it, and reads everything back. */
async function round(hive, demo, transport) {
  const deviceId = `sample-lamp-${transport}`;
  const add = new Device({
    id: deviceId, name: "Lamp", networkId: demo.network_id, deviceTypeId: demo.device_type_id, isBlocked: false,
  });
  await hive.device.add(add);
  const listed = await hive.device.list(new DeviceListQuery({ name: "Lamp" }));
  assert.ok(listed.some((device) => device.id === deviceId), "the list lacks the device");

  const { id } = await hive.command.insert(deviceId, new Command({ command: "led/on", parameters: { brightness: 40 } }));
  await hive.command.update(new Command({ id, deviceId, status: "done", result: { lit: true } }));
  const [stored] = await hive.command.list(new CommandListQuery({ deviceId }));
  assert.deepEqual([stored.id, stored.status, stored.result], [id, "done", { lit: true }]);

  await hive.notification.insert(deviceId, new Notification({ notification: "glow", parameters: { lux: 12.5 } }));
  await hive.device.delete(deviceId);
  console.log(`${transport}: a device, a command with its answer, and a notification`);
}

async function drive({ ws, http, demo }) {
  const { login, password } = demo;
  const socket = new DeviceHive({ login, password, mainServiceURL: ws });
  await socket.connect();
  await round(socket, demo, "socket");

  const rest = `${http}/api/rest`;
  const services = { mainServiceURL: rest, authServiceURL: `${http}/auth/rest`, pluginServiceURL: rest };
  const calls = new DeviceHive({ login, password, ...services });
  await calls.connect();
  await round(calls, demo, "rest");
}

const [command, ...words] = (process.env.DUMMYLOAD ?? "dummyload").split(" ");
const args = [...words, "serve", "devicehive", "--port", "0", "--exit-with-parent"];
const mock = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
try {
  const [line] = await once(createInterface(mock.stdout), "line", soon());
  await drive(JSON.parse(line).mocks[0]);
  console.log("all as expected");
  process.exitCode = 0;
} finally {
  mock.kill("SIGKILL");
}
process.exit();
