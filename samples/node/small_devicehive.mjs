// A small client for DeviceHive on the ws package: what devicehive_adapter.mjs lets the conformance suite judge.

import { EventEmitter, once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";

export class Lost extends Error {}
export class Refused extends Error {}

/**
 * Replies are matched by their requestId; what is lost is never sent again; after the end of a connection another one is opened,
 * with a new token and the same subscriptions. Emits `connected` and `notification`.
 */
export class Client extends EventEmitter {
  #asked = 0;
  #waiting = new Map();
  #subscriptions = new Set();
  #devices = [];
  #early = [];
  #ended = false;

  constructor({ url, login, password, patience, keepAlive }) {
    super();
    Object.assign(this, { url, login, password, patience, keepAlive });
  }

  /** Ends with an error if the first connection does not come about. */
  async run() {
    for (let first = true; !this.#ended; first = false) {
      try {
        await this.#session();
      } catch (error) {
        if (first) throw error;
      }
      this.socket.terminate();
      await pause(1000);
    }
  }

  async #session() {
    this.socket = new WebSocket(this.url, { perMessageDeflate: false });
    const closed = new Promise((resolve) => this.socket.once("close", resolve)).then(() => this.#lose());
    this.socket.on("message", (text) => this.#read(text));
    await once(this.socket, "open");
    this.socket.on("error", () => {}); // `close` follows
    const { accessToken } = await this.ask("token", { login: this.login, password: this.password });
    await this.ask("authenticate", { token: accessToken });
    for (const device of this.#devices) await this.#subscribe(device);
    const beat = this.keepAlive && this.#watch();
    this.emit("connected");
    await closed;
    clearInterval(beat);
  }

  /** Ends a connection on which a ping is not answered before the next one is due. */
  #watch() {
    let answered = true;
    this.socket.on("pong", () => (answered = true));
    return setInterval(() => {
      if (!answered) return this.socket.terminate();
      answered = false;
      this.socket.ping();
    }, this.keepAlive);
  }

  #read(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    const settle = this.#waiting.get(message?.requestId);
    if (settle) {
      settle.resolve(message);
    } else if (message?.action === "notification/insert" && message.notification) {
      this.#early = [...this.#early.slice(-99), message];
      this.#tellKnown();
    }
  }

  /** A notification may come before the reply that says which subscription it belongs to. */
  #tellKnown() {
    const isKnown = (push) => this.#subscriptions.has(String(push.subscriptionId));
    const known = this.#early.filter(isKnown);
    this.#early = this.#early.filter((push) => !isKnown(push));
    for (const push of known) this.emit("notification", push.notification);
  }

  #lose() {
    for (const { reject } of this.#waiting.values()) reject(new Lost("the connection has ended"));
    this.#subscriptions.clear();
    this.#early = [];
  }

  async ask(action, members) {
    if (this.socket?.readyState !== WebSocket.OPEN) throw new Lost("there is no connection");
    const requestId = ++this.#asked;
    const reply = new Promise((resolve, reject) => this.#waiting.set(requestId, { resolve, reject }));
    const late = setTimeout(() => this.#waiting.get(requestId)?.reject(new Lost("no reply")), this.patience);
    try {
      this.socket.send(JSON.stringify({ action, requestId, ...members }));
      const { status, code, error, ...rest } = await reply;
      if (status !== "success") throw new Refused(`${code} ${error}`);
      return rest;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(requestId);
    }
  }

  async subscribe(device) {
    await this.#subscribe(device);
    this.#devices.push(device);
  }

  async #subscribe(deviceId) {
    const { subscriptionId } = await this.ask("notification/subscribe", { deviceId });
    this.#subscriptions.add(String(subscriptionId));
    this.#tellKnown();
  }

  close() {
    this.#ended = true;
    this.socket?.close(1000);
  }
}
