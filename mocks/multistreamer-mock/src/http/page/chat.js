"use strict";
// The web chat of the mock. It does what any client does: a token over the JSON API, then the socket of the stream. Only what
// viewers of other networks say goes over the mock's control plane, since no client can do that.

const [, prefix, stream] = /^(.*)\/stream\/([^/]+)\/chat$/.exec(location.pathname);
const byId = (id) => document.getElementById(id);
const parts = { login: byId("login"), chat: byId("chat"), say: byId("say"), viewer: byId("viewer") };
let token = new URLSearchParams(location.search).get("token");
let socket = null;
let accounts = {};
const writers = new Set();

const alertUser = (text) => { byId("alert").textContent = text; };

async function call(method, path, options = {}) {
  const response = await fetch(`${prefix}/api/v1${path}`, { method, ...options });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error || `the server answers ${response.status}`);
  return body;
}

const bearer = () => ({ Authorization: `Bearer ${token}` });

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}${prefix}/ws/${stream}?token=${encodeURIComponent(token)}`);
  socket.onopen = () => {
    parts.login.hidden = true;
    parts.chat.hidden = false;
    alertUser("");
    // A status that was asked for at once does not prove that pushes arrive, so ask again.
    send({ type: "status" });
    setTimeout(() => send({ type: "status" }), 1000);
  };
  socket.onmessage = (event) => { try { heard(JSON.parse(event.data)); } catch (e) { alertUser(`a message cannot be read: ${e.message}`); } };
  socket.onclose = () => {
    byId("status").textContent = "not connected";
    if (parts.chat.hidden) { parts.login.hidden = false; alertUser("this user may not read the chat of this stream"); return; }
    setTimeout(connect, 5000);
  };
}

function send(message) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function heard(message) {
  switch (message.type) {
    case "status": if (message.accounts) showStatus(message); break;
    case "viewcountresult": showViewers(message); break;
    case "writerresult": writers.add(`${message.account_id}/${message.cur_stream_account_id}`); flush(); break;
    case "text": case "emote": showLine(message); break;
    case "error": alertUser(message.error); break;
  }
}

const sortedIds = () => Object.keys(accounts).sort((a, b) => a - b);
const label = (id) => `${accounts[id].network.displayName}: ${accounts[id].name}`;

function fill(select, chosen) {
  const before = select.value;
  select.replaceChildren(...chosen.map((id) => new Option(label(id), id)));
  if (chosen.includes(before)) select.value = before;
}

// Only the chats that the chosen account can write into are offered: its own one, and live ones of its network.
function chooseTarget() {
  const from = parts.say.account.value;
  if (from === "" || !accounts[from]) return;
  const network = accounts[from].network.name;
  fill(parts.say.target, sortedIds().filter((id) => id === from && from === "0" || accounts[id].live && accounts[id].network.name === network));
}

function showStatus({ status, accounts: all }) {
  accounts = all;
  if (!status.data_pushing) writers.clear();
  byId("status").textContent = status.data_pushing ? "live" : status.data_incoming ? "an encoder is sending" : "not live";
  byId("live").hidden = status.data_pushing;
  byId("end").hidden = !status.data_pushing;
  const ids = sortedIds();
  byId("accounts").replaceChildren(...ids.map((id) => {
    const item = document.createElement("li");
    item.id = `account-${id}`;
    item.textContent = label(id);
    item.classList.toggle("live", accounts[id].live);
    return item;
  }));
  fill(parts.say.account, ids.filter((id) => accounts[id].writable));
  chooseTarget();
  fill(parts.viewer.channel, ids.filter((id) => id !== "0" && accounts[id].live));
  parts.viewer.hidden = parts.viewer.channel.options.length === 0;
}

function showViewers({ account_id: id, viewer_count: count }) {
  const item = byId(`account-${id}`);
  if (item && accounts[id]) item.textContent = `${accounts[id].network.displayName}: ${accounts[id].name} (${count} watching)`;
}

// The pieces of Markdown as the server makes it: escapes, links, pictures. Nothing is fetched, nothing is HTML.
function pieces(markdown) {
  const found = [];
  const entities = { "&lt;": "<", "&gt;": ">" };
  const pattern = /!\[([^\]]*)\]\(([^)]*)\)|\[([^\]]*)\]\((https?:\/\/[^)]*)\)|\\([\s\S])|(&lt;|&gt;)|([^!\[\\&]+|[\s\S])/g;
  for (const [, emote, , link, url, escaped, entity, text] of markdown.matchAll(pattern)) {
    if (emote !== undefined) {
      const node = document.createElement("span");
      node.className = "emote";
      node.textContent = emote;
      found.push(node);
    } else if (url !== undefined) {
      const node = document.createElement("a");
      node.href = url;
      node.rel = "noreferrer noopener";
      node.target = "_blank";
      node.textContent = link;
      found.push(node);
    } else {
      found.push(escaped ?? entities[entity] ?? text);
    }
  }
  return found;
}

function showLine(message) {
  const item = document.createElement("li");
  const add = (tag, className, text) => {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    item.append(node);
  };
  add("span", "network", message.network || "?");
  const from = (message.from && message.from.name) || "somebody";
  const to = message.to && message.to.name ? ` to ${message.to.name}` : "";
  add("b", "from", message.type === "emote" ? `* ${from}` : `${from}${to}:`);
  item.classList.toggle("private", Boolean(message.to));
  item.append(" ", ...(message.markdown === undefined ? [String(message.text)] : pieces(String(message.markdown))));
  byId("lines").append(item);
  item.scrollIntoView({ block: "nearest" });
}

// A line for an account that cannot write yet waits for its writer.
let waiting = [];

function flush() {
  const ready = ({ account_id: a, cur_stream_account_id: t }) => a === 0 || a === t || writers.has(`${a}/${t}`);
  waiting.filter(ready).forEach(send);
  waiting = waiting.filter((line) => !ready(line));
}

parts.say.account.addEventListener("change", chooseTarget);

parts.say.addEventListener("submit", (event) => {
  event.preventDefault();
  let text = parts.say.text.value;
  const account_id = Number(parts.say.account.value);
  const cur_stream_account_id = account_id === 0 ? 0 : Number(parts.say.target.value);
  const type = text.startsWith("/me ") ? "emote" : "text";
  if (type === "emote") text = text.slice(4);
  const line = { type, account_id, cur_stream_account_id, text };
  if (/^\/(irc|msg)( |$)/.test(text)) send(line);
  else {
    const networkOf = (id) => accounts[id] && accounts[id].network.name;
    if (account_id !== 0 && networkOf(account_id) !== networkOf(cur_stream_account_id)) {
      alertUser("an account writes only into chats of its own network");
      return;
    }
    waiting.push(line);
    if (account_id !== cur_stream_account_id) send({ type: "writer", account_id, cur_stream_account_id });
    flush();
  }
  parts.say.text.value = "";
});

parts.viewer.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { nick, channel, text } = parts.viewer;
  const emote = text.value.startsWith("/me ");
  const body = { account_id: Number(channel.value), nick: nick.value, text: emote ? text.value.slice(4) : text.value };
  const response = await fetch(`/__mock/do/${emote ? "emote" : "chat"}`, { method: "POST", body: JSON.stringify(body) });
  if (response.ok) { text.value = ""; alertUser(""); return; }
  const { error } = await response.json().catch(() => ({}));
  alertUser(error || `the control plane answers ${response.status}`);
});

parts.login.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { username, password } = parts.login;
  try {
    const pair = btoa(String.fromCharCode(...new TextEncoder().encode(`${username.value}:${password.value}`)));
    const response = await fetch(`${prefix}/api/v1/auth`, { headers: { Authorization: `Basic ${pair}` } });
    // The server's own words for this are "endpoint requires authorization".
    if (response.status === 401) throw new Error("wrong name or password");
    ({ token } = await response.json());
    connect();
  } catch (e) { alertUser(e.message); }
});

for (const [id, pushing] of [["live", true], ["end", false]]) {
  byId(id).addEventListener("click", async () => {
    try {
      const headers = { ...bearer(), "Content-Type": "application/json" };
      await call("PATCH", `/stream/${stream}`, { headers, body: JSON.stringify({ data_pushing: pushing }) });
      alertUser("");
    } catch (e) { alertUser(e.message); }
  });
}

byId("name").textContent = document.title;
if (token) connect();
