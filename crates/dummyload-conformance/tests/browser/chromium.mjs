// Chromium, steered by its DevTools protocol over a pipe: nothing to install, and no port that others could reach.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is, if it is on this machine. */
export const chromium = () => NAMES.find((path) => path && existsSync(path));

export class Browser {
  #calls = new Map();
  #listeners = [];
  #last = 0;

  constructor(path) {
    this.profile = mkdtempSync(join(tmpdir(), "report-browser-"));
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-dev-shm-usage"];
    this.process = spawn(path, [...flags, "--remote-debugging-pipe", `--user-data-dir=${this.profile}`, "about:blank"], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    this.process.on("exit", () => {
      for (const call of this.#calls.values()) call.reject(new Error("Chromium has ended"));
    });
    let left = "";
    this.process.stdio[4].setEncoding("utf8").on("data", (text) => {
      const messages = (left + text).split("\0");
      left = messages.pop();
      messages.forEach((message) => this.#take(JSON.parse(message)));
    });
  }

  #take(message) {
    const call = this.#calls.get(message.id);
    if (!call) {
      this.#listeners.forEach((listener) => listener(message));
      return;
    }
    this.#calls.delete(message.id);
    if (message.error) call.reject(new Error(`${call.method}: ${message.error.message}`));
    else call.resolve(message.result);
  }

  call(method, params = {}, sessionId = undefined) {
    this.#last += 1;
    const id = this.#last;
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject, method }));
  }

  /** A page with this file, loaded. */
  async open(url, { width = 1280, height = 900, dark = false } = {}) {
    const { targetId } = await this.call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId);
    this.#listeners.push((message) => message.sessionId === sessionId && page.hear(message));
    for (const domain of ["Page", "Runtime", "Log"]) await page.call(`${domain}.enable`);
    await page.call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    await page.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
    const loaded = page.event("Page.loadEventFired");
    await page.call("Page.navigate", { url });
    await loaded;
    return page;
  }

  close() {
    return new Promise((resolve) => {
      const ended = () => {
        rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
        resolve();
      };
      if (this.process.exitCode !== null || this.process.signalCode !== null) return ended();
      this.process.on("exit", ended);
      return this.call("Browser.close").catch(() => {});
    });
  }
}

class Page {
  #waiting = [];

  constructor(browser, sessionId) {
    Object.assign(this, { browser, sessionId, complaints: [], requests: [] });
  }

  call(method, params) {
    return this.browser.call(method, params, this.sessionId);
  }

  event(method) {
    return new Promise((resolve) => this.#waiting.push({ method, resolve }));
  }

  hear({ method, params }) {
    if (method === "Runtime.exceptionThrown") this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Log.entryAdded" && params.entry.level === "error") this.complaints.push(params.entry.text);
    if (method === "Runtime.consoleAPICalled" && params.type === "error") this.complaints.push(JSON.stringify(params.args));
    const [heard, others] = [this.#waiting.filter((each) => each.method === method), this.#waiting.filter((each) => each.method !== method)];
    this.#waiting = others;
    heard.forEach((each) => each.resolve(params));
  }

  /** The value of an expression in the page. */
  async value(expression) {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Presses a key, as a person does. */
  async press(key, text = key.length === 1 ? key : key === "Enter" ? "\r" : undefined) {
    const code = { Enter: 13, Escape: 27, Tab: 9 }[key];
    await this.call("Input.dispatchKeyEvent", { type: "keyDown", key, text, windowsVirtualKeyCode: code });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", key, windowsVirtualKeyCode: code });
    // What the key has set off is done after two frames.
    await this.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  }

  async screenshot(file) {
    // What is behind another page is not drawn.
    await this.call("Page.bringToFront");
    await this.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(data, "base64"));
  }
}
