// Drives the Shelly mock: logs in, reads all statuses, and switches a relay over the socket.
//
// The command that starts the mock is taken from DUMMYLOAD; without it, `dummyload` must be on the path.
// Ends with 0 when everything was as expected, and with a message and 1 otherwise.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { on, once } from "node:events";
import { createInterface } from "node:readline";
import WebSocket from "ws";

const PATIENCE = 10_000; // milliseconds for anything that should come at once
const soon = () => ({ signal: AbortSignal.timeout(PATIENCE) });

/** An HTTP call: a POST of a form, or a GET without one. */
async function call(url, { form, token } = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const method = form ? "POST" : "GET";
  const answer = await fetch(url, { method, headers, body: form && new URLSearchParams(form), ...soon() });
  assert.equal(answer.status, 200, url);
  return answer.json();
}

/** What the login page does, and then the exchange of the code: gives an access token. */
async function logIn(http, { email, password, client_id }) {
  const hash = createHash("sha1").update(password).digest("hex");
  const login = await call(`${http}/oauth/login`, { form: { email, password: hash, client_id } });
  const exchange = { client_id, grant_type: "code", code: login.data.code };
  return (await call(`${http}/oauth/auth`, { form: exchange })).access_token;
}

async function drive({ ws, http, demo }) {
  const token = await logIn(http, demo);

  // Over HTTP ids are hexadecimal, on the socket the same numbers are decimal.
  const all = await call(`${http}/device/all_status?show_info=true&no_shared=true`, { token });
  const before = all.data.devices_status[demo.relay];
  assert.equal(before._dev_info.online, true);
  console.log(Object.keys(all.data.devices_status).length, "devices; the relay is", before.relays[0].ison ? "on" : "off");

  const socket = new WebSocket(`${ws.split("?")[0]}?t=${token}`, { perMessageDeflate: false });
  await once(socket, "open", soon());
  const messages = on(socket, "message", soon());
  const next = async () => JSON.parse((await messages.next()).value[0]);

  const data = { cmd: "relay", params: { turn: "toggle", id: 0 } };
  socket.send(JSON.stringify({ event: "Shelly:CommandRequest", trid: 1, deviceId: demo.relay_decimal, data }));
  const answer = await next();
  assert.deepEqual([answer.event, answer.trid, answer.data.isok], ["Shelly:CommandResponse", 1, true]);

  // What became of it comes as an event, to every socket of the account.
  const { event, status: after } = await next();
  assert.equal(event, "Shelly:StatusOnChange");
  assert.equal(after.relays[0].ison, !before.relays[0].ison);
  assert.ok(after.serial > before.serial, "the serial has not grown");
  console.log("switched; the relay is", after.relays[0].ison ? "on" : "off");

  socket.close();
  await once(socket, "close", soon());
}

const [program, ...first] = (process.env.DUMMYLOAD ?? "dummyload").split(" ");
const mock = spawn(program, [...first, "serve", "shelly", "--port", "0", "--exit-with-parent"], {
  stdio: ["pipe", "pipe", "inherit"],
});
const ended = once(mock, "exit");
try {
  const lines = createInterface({ input: mock.stdout });
  const [line] = await Promise.race([once(lines, "line"), ended.then(() => [null])]);
  assert.ok(line, "the mock did not start; it says why above");
  await drive(JSON.parse(line).mocks[0]);
  console.log("all as expected");
} finally {
  mock.kill("SIGKILL");
}
