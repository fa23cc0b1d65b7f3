// An adapter: `dummyload conformance` tells it by lines of JSON what a client is to do, and it tells by others what came of it.
// The client is small_devicehive.mjs; for another one only `start`, `operations` and the list of offers change.
//
//     dummyload conformance --protocol devicehive --adapter 'node devicehive_adapter.mjs'

import { createInterface } from "node:readline";
import { Client, Refused } from "./small_devicehive.mjs";

const tell = (line) => console.log(JSON.stringify(line));
let client;

const operations = {
  async start({ url, demo, patience_ms, keep_alive_ms }) {
    const { login, password } = demo;
    client = new Client({ url, login, password, patience: patience_ms, keepAlive: keep_alive_ms });
    client.on("notification", ({ deviceId, id, notification, parameters }) =>
      tell({ event: "notification", device: deviceId, id, notification, parameters }));
    await new Promise((resolve, reject) => {
      client.once("connected", resolve);
      client.run().catch(reject);
    });
    client.on("connected", () => tell({ event: "connected" }));
    return {};
  },
  async insert_command({ device, command, parameters }) {
    const reply = await client.ask("command/insert", { deviceId: device, command: { command, parameters } });
    return { id: reply.command.id };
  },
  async insert_notification({ device, notification, parameters }) {
    const reply = await client.ask("notification/insert", { deviceId: device, notification: { notification, parameters } });
    return { id: reply.notification.id };
  },
  async subscribe_notifications({ device }) {
    await client.subscribe(device);
    return {};
  },
};

const { start: _, ...driven } = operations;
tell({ adapter: 1, name: "a small client in JavaScript", offers: [...Object.keys(driven), "patience_ms", "keep_alive_ms"] });

for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: op, args } = JSON.parse(line);
  if (op === "quit") break;
  // What is asked for while something else is waited for is begun at once.
  operations[op](args).then(
    (result) => tell({ id, result }),
    (error) => tell({ id, error: { kind: error instanceof Refused ? "refused" : "lost", text: error.message } }),
  );
}
client?.close();
