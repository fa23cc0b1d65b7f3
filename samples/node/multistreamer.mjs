// Drives the multistreamer mock: two users follow a stream, it goes live, and both write into its chat.
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

/** An HTTP call: a POST of JSON, or a GET without it. */
async function call(url, { authorization, body } = {}) {
  const headers = { "Content-Type": "application/json", ...(authorization && { Authorization: authorization }) };
  const method = body ? "POST" : "GET";
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), ...soon() });
  assert.equal(answer.status, 200, url);
  return answer.json();
}

async function logIn(http, name, password) {
  const basic = Buffer.from(`${name}:${password}`).toString("base64");
  return (await call(`${http}/api/v1/auth`, { authorization: `Basic ${basic}` })).token;
}

/** The socket of one user on one stream. Nothing comes before the status has been asked for. */
async function follow({ ws }, token, stream) {
  const socket = new WebSocket(`${ws.split("/ws/")[0]}/ws/${stream}?token=${token}`, { perMessageDeflate: false });
  await once(socket, "open", soon());
  const messages = on(socket, "message", soon());
  const send = (message) => socket.send(JSON.stringify(message));
  send({ type: "status" });
  /** The next message that is wanted; others, such as those of viewers, are passed over. */
  const until = async (holds) => {
    for (;;) {
      const message = JSON.parse((await messages.next()).value[0]);
      if (holds(message)) return message;
    }
  };
  return {
    send,
    until,
    untilSaid: (text) => until((message) => message.text === text),
    untilStatus: (pushing) => until(({ type, status }) => type === "status" && status.data_pushing === pushing),
    async close() {
      socket.close();
      await once(socket, "close", soon());
    },
  };
}

async function drive(mock) {
  const { http, admin, demo } = mock;
  const token = await logIn(http, demo.username, demo.password);
  const guestToken = await logIn(http, demo.guest_username, demo.guest_password);
  const { streams } = await call(`${http}/api/v1/stream`, { authorization: `Bearer ${token}` });
  const { stream_id: stream, account_id: own, other_account_id: other } = demo;
  assert.ok(streams.some(({ id }) => id === stream));

  const john = await follow(mock, token, stream);
  const guest = await follow(mock, guestToken, stream);
  assert.deepEqual(Object.keys((await john.untilStatus(false)).accounts), ["0"], "before the stream is live");
  await guest.untilStatus(false);

  // The internal chat: everybody on the stream, the writer included.
  const internal = { type: "text", account_id: 0, cur_stream_account_id: 0 };
  john.send({ ...internal, text: "hello" });
  assert.deepEqual((await john.untilSaid("hello")).from, (await guest.untilSaid("hello")).from);
  guest.send({ ...internal, text: `/msg ${demo.username} psst` });
  const whisper = await john.untilSaid("psst");
  assert.deepEqual([whisper.to.name, whisper.stream_id], [demo.username, undefined]);
  console.log("internal chat: a line for everybody, and one for one");

  // The control plane lets things happen that are no client's business.
  await call(`${admin}/do/go-live`, { body: { stream_id: stream } });
  const { accounts } = await john.untilStatus(true);
  assert.deepEqual([accounts[own].live, accounts[other].ready], [true, false]);

  // Another account than the one that streams needs a writer first.
  const pair = { account_id: other, cur_stream_account_id: own };
  john.send({ type: "writer", ...pair });
  await john.until(({ type, account_id }) => type === "writerresult" && account_id === other);
  john.send({ type: "text", ...pair, text: "on the network" });
  const line = await guest.untilSaid("on the network");
  assert.deepEqual([line.account_id, line.network], [own, demo.network]);
  await call(`${admin}/do/chat`, { body: { account_id: own, nick: "somebody", text: "hi Kappa" } });
  assert.match((await guest.untilSaid("hi Kappa")).markdown, /!\[Kappa\]\(/);
  console.log("network chat: an account with a writer, and a viewer with an emote");

  await call(`${admin}/do/end`, { body: { stream_id: stream } });
  await john.untilStatus(false);
  // What the server drops in silence is told by the mock.
  john.send({ type: "text", account_id: own, cur_stream_account_id: own, text: "too late" });
  john.send({ type: "status" });
  await john.untilStatus(false);
  const { problems } = await call(`${admin}/problems`);
  assert.deepEqual(problems.map(({ code }) => code), ["not-live"]);
  console.log("after the end a line is dropped:", problems[0].code);

  await john.close();
  await guest.close();
}

const [program, ...first] = (process.env.DUMMYLOAD ?? "dummyload").split(" ");
const mock = spawn(program, [...first, "serve", "multistreamer", "--port", "0", "--exit-with-parent"], {
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
