// Drives the PiShock mock: watches a hub's log, publishes a vibration, and looks into the mock's journal.
//
// The command that starts the mock is taken from DUMMYLOAD; without it, `dummyload` must be on the path.
// Ends with 0 when everything was as expected, and with a message and 1 otherwise.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { on, once } from "node:events";
import { createInterface } from "node:readline";
import WebSocket from "ws";

const PATIENCE = 10_000; // milliseconds for anything that should come at once
const soon = () => ({ signal: AbortSignal.timeout(PATIENCE) });

async function open(url) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, "open", soon());
  return socket;
}

/** A function that gives the next frame of the socket, which is always a JSON object in V2. */
function frames(socket) {
  const messages = on(socket, "message", soon());
  return async () => JSON.parse((await messages.next()).value[0]);
}

/** The entries of the mock's journal that match, oldest first. */
async function journal(admin, query) {
  const answer = await fetch(`${admin}/log?${new URLSearchParams(query)}`, soon());
  assert.equal(answer.status, 200);
  return (await answer.text()).split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

async function drive({ ws, admin, demo }) {
  const logChannel = `${demo.hub_id}-log`;
  const socket = await open(ws);
  const next = frames(socket);

  socket.send(JSON.stringify({ Operation: "SUBSCRIBE", Targets: [logChannel] }));
  const subscribed = await next();
  assert.equal(subscribed.IsError, false, "SUBSCRIBE was refused");

  const body = {
    id: demo.shocker_id, m: "v", i: 20, d: 1000, r: true,
    l: { u: demo.user_id, ty: "api", w: false, h: false, o: "node sample" },
  };
  const command = { Target: `c${demo.hub_id}-ops`, Body: body };
  socket.send(JSON.stringify({ Operation: "PUBLISH", PublishCommands: [command] }));

  // The reply, and the log entry that the hub makes of the command; nothing says which one comes first.
  const two = [await next(), await next()];
  const logged = two.filter((frame) => frame.Source === logChannel);
  const replies = two.filter((frame) => frame.Source !== logChannel);
  assert.deepEqual(replies.map((reply) => reply.Message), ["Publish successful."]);
  assert.equal(logged.length, 1, "no entry in the hub's log");
  const entry = JSON.parse(logged[0].Message);
  assert.deepEqual([entry.id, entry.m, entry.i], [demo.shocker_id, "v", 20]);
  console.log("published, and the hub logged", JSON.stringify(entry));

  // What a real broker never tells: what the virtual hub did.
  const executed = await journal(admin, { kind: "event", topic: "executed" });
  assert.equal(executed.length, 1, "the journal has another number of executed commands");
  assert.equal(executed[0].details.shocker, demo.shocker_id);
  console.log("the journal has", JSON.stringify(executed[0].details));

  socket.close();
  await once(socket, "close", soon());
}

const [program, ...first] = (process.env.DUMMYLOAD ?? "dummyload").split(" ");
const mock = spawn(program, [...first, "serve", "pishock", "--port", "0", "--exit-with-parent"], {
  stdio: ["pipe", "pipe", "inherit"],
});
const ended = once(mock, "exit");
try {
  const lines = createInterface({ input: mock.stdout });
  const [line] = await Promise.race([once(lines, "line"), ended.then(() => [null])]);
  assert.ok(line, "the mock did not start; it says why above");
  const ready = JSON.parse(line);
  await drive(ready.mocks[0]);

  // In the end a client learns that the server is going down.
  const socket = await open(ready.mocks[0].ws);
  mock.kill("SIGTERM");
  const [code] = await once(socket, "close", soon());
  assert.equal(code, 1001);
  assert.deepEqual(await ended, [0, null]);
  console.log("all as expected");
} finally {
  mock.kill("SIGKILL");
}
