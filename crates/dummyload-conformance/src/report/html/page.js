"use strict";
(() => {
  const report = JSON.parse(document.getElementById("report").textContent);
  const VERDICTS = ["fail", "error", "non-strict", "info", "flaky", "known", "skip", "pass"];
  const SIGNS = { pass: "✔", skip: "-", known: "×", flaky: "↻", info: "i", "non-strict": "~", fail: "✘", error: "!" };
  const LEVELS = ["must", "should", "may", "info"];
  const EVIDENCE = {
    seed: "the specification itself",
    source: "the vendor's other documents, or the server's source",
    run: "a recording of the real server",
    client: "what independent clients send or rely on",
    guess: "an inference",
  };

  /** An element with attributes (functions are listeners) and children; texts are always text. */
  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(key, value);
      else if (value === true) element.setAttribute(key, "");
      else if (value !== false && value != null) element.setAttribute(key, value);
    }
    element.append(...children.flat().filter((child) => child != null && child !== ""));
    return element;
  }

  const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
  const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
  const count = (cases, key) => {
    const counts = new Map();
    for (const each of cases) for (const value of [key(each)].flat()) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  };

  const cases = report.runs.flatMap((run) => run.cases.map((each) => ({ ...each, run, group: each.id.split("/").slice(0, -1).join("/") })));
  const rank = (each) => VERDICTS.indexOf(each.verdict);
  cases.sort((a, b) => rank(a) - rank(b));
  const byId = new Map(cases.map((each) => [each.id, each]));

  // --- The head: what was judged, and how it ended.

  function head() {
    const kind = { 0: "good", 1: "bad", 6: "bad" }[report.exit_code] ?? "odd";
    const modes = ["auto", "light", "dark"];
    const theme = make("button", { class: "button theme", type: "button", click: () => {
      const mode = modes[(modes.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % modes.length];
      if (mode === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = mode;
      theme.textContent = `Theme: ${mode}`;
    } }, "Theme: auto");
    const began = report.runs[0]?.started?.replace("T", " ").replace("Z", " UTC");
    const facts = [
      many(cases.length, "case"),
      seconds(report.runs.reduce((sum, run) => sum + run.duration_ms, 0)),
      began,
      { fail: "not strict", skip: "strict: only a pass is good enough" }[report.fail_on] ?? `failing on ${report.fail_on}`,
      `exit ${report.exit_code}`,
      `dummyload ${report.suite}`,
    ];
    return [
      make("header", {}, make("h1", {}, "Conformance"), make("span", { class: `word ${kind}` }, report.result), theme),
      make("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
    ];
  }

  // --- A matrix for each protocol: groups, tags or sections by verdicts.

  const KINDS = { group: (each) => [each.group], tag: (each) => each.tags, section: (each) => each.spec };

  function matrix(run) {
    const own = cases.filter((each) => each.run === run);
    const counts = count(own, (each) => each.verdict);
    const columns = VERDICTS.filter((verdict) => counts.has(verdict));
    const cell = (by, name, verdict, number) => make("td", {}, number
      ? make("button", { type: "button", class: verdict, "aria-label": `show ${number} ${verdict} of ${name}`, click: () => choose({ [by]: name, verdict: new Set([verdict]) }) }, `${number} ${SIGNS[verdict]}`)
      : "");
    /** A row for each group, tag or section, and the worst first. */
    const table = (by) => {
      const inside = new Map();
      for (const each of own) for (const name of KINDS[by](each)) inside.set(name, [...(inside.get(name) ?? []), each]);
      const rows = [...inside].map(([name, list]) => ({ name, counts: count(list, (each) => each.verdict), worst: Math.min(...list.map(rank)) }));
      rows.sort((a, b) => a.worst - b.worst || (a.name < b.name ? -1 : 1));
      const line = ({ name, counts: numbers }) => make("tr", {},
        make("th", { scope: "row" }, make("button", { type: "button", class: "mono", "aria-label": `show all of ${name}`, click: () => choose({ [by]: name }) }, name)),
        columns.map((verdict) => cell(by, name, verdict, numbers.get(verdict))));
      const clean = rows.filter((row) => row.worst === VERDICTS.indexOf("pass"));
      const rest = make("tbody", {}, clean.map(line));
      rest.hidden = clean.length > 6 && clean.length < rows.length;
      const more = rest.hidden ? make("button", { type: "button", class: "button", click: () => {
        rest.hidden = false;
        more.remove();
      } }, `${clean.length} more, in which all passed`) : "";
      return [make("table", { class: "matrix" },
        make("thead", {}, make("tr", {}, make("th", { scope: "col" }, by), columns.map((verdict) => make("th", { scope: "col" }, verdict)))),
        make("tbody", {}, rows.filter((row) => !clean.includes(row)).map(line)), rest), more].filter(Boolean);
    };
    const bar = make("span", { class: "bar", role: "img", "aria-label": columns.map((verdict) => `${counts.get(verdict)} ${verdict}`).join(", ") },
      [...columns].reverse().map((verdict) => {
        const part = make("span", { class: `ground-${verdict}` });
        part.style.flexGrow = counts.get(verdict);
        return part;
      }));
    const { covered, sections } = run.coverage;
    const tally = make("span", { class: "tally" },
      columns.map((verdict) => make("span", { class: verdict }, `${SIGNS[verdict]} ${counts.get(verdict)} ${verdict}`)),
      make("span", {}, `${covered} of ${sections} sections covered`),
      run.not_run ? make("span", {}, `${run.not_run} not run`) : "");
    const open = run.sections.filter((section) => !section.covered && !section.no_case);
    const bare = run.sections.filter((section) => section.no_case);
    const list = (title, keys) => keys.length
      ? [make("details", {}, make("summary", {}, `${title} (${keys.length})`), make("ul", { class: "keys" },
        keys.map((section) => make("li", { title: section.text }, make("code", {}, section.key), section.no_case ? `: ${section.no_case}` : ""))))]
      : [];
    const grid = make("div", { class: "grid" }, table("group"));
    const by = make("div", { class: "chips", role: "group", "aria-label": "rows" }, make("span", {}, "rows"),
      Object.keys(KINDS).map((kind) => make("button", { type: "button", class: "chip", "aria-pressed": String(kind === "group"), click: (event) => {
        grid.replaceChildren(...table(kind));
        for (const chip of by.querySelectorAll(".chip")) chip.setAttribute("aria-pressed", String(chip === event.currentTarget));
      } }, `by ${kind}`)));
    const parts = () => [
      by,
      grid,
      list("Sections that no case covered in this run", open),
      list("Sections that no case can cover", bare),
    ].flat();
    const inside = make("div", { class: "inside" });
    const shown = make("details", { class: "run" },
      make("summary", {}, make("strong", {}, run.title), make("code", { class: "target" }, run.target), bar, tally), inside);
    shown.addEventListener("toggle", () => { if (!inside.firstChild) inside.append(...parts()); });
    shown.open = report.runs.length === 1 || own.some((each) => rank(each) < VERDICTS.indexOf("known"));
    return shown;
  }

  // --- What was skipped, and what the list of known failures says in vain.

  function remarks() {
    const wants = new Map();
    for (const each of cases) for (const want of each.wants) {
      const key = `${want.option ?? ""} ${want.why}`;
      wants.set(key, { ...want, cases: (wants.get(key)?.cases ?? 0) + 1 });
    }
    const skipped = wants.size ? [make("details", {},
      make("summary", {}, `What would let the ${many(cases.filter((each) => each.verdict === "skip").length, "skipped case")} be played`),
      make("table", { class: "wants" }, [...wants.values()].map((want) =>
        make("tr", {}, make("td", {}, want.option ? make("code", {}, want.option) : "nothing"), make("td", {}, want.why), make("td", {}, many(want.cases, "case"))))))] : [];
    const stale = report.stale.length ? [make("h2", {}, "Stale entries in the list of known failures"),
      make("ul", {}, report.stale.map((entry) => make("li", {}, make("code", {}, entry.id), ` is listed, but ${entry.why}`)))] : [];
    return [...stale, ...skipped];
  }

  // --- Filters. Their state is the fragment of the address.

  const none = () => ({ verdict: new Set(), level: new Set(), evidence: new Set(), group: "", tag: "", section: "", q: "" });
  const state = { ...none(), case: "" };
  const sets = ["verdict", "level", "evidence"];
  const texts = ["group", "tag", "section", "q", "case"];

  function readHash() {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const name of sets) state[name] = new Set((given.get(name) ?? "").split(",").filter(Boolean));
    for (const name of texts) state[name] = given.get(name) ?? "";
  }

  function writeHash() {
    const given = new URLSearchParams();
    for (const name of sets) if (state[name].size) given.set(name, [...state[name]].join(","));
    for (const name of texts) if (state[name]) given.set(name, state[name]);
    history.replaceState(null, "", `#${given.toString().replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3A", ":")}`);
  }

  function takes(each) {
    const has = (name, values) => !state[name].size || values.some((value) => state[name].has(value));
    return has("verdict", [each.verdict]) && has("level", [each.level]) && has("evidence", each.evidence)
      && (!state.group || each.group === state.group || each.group.startsWith(`${state.group}/`))
      && (!state.tag || each.tags.includes(state.tag))
      && (!state.section || each.spec.includes(state.section))
      && state.q.toLowerCase().split(/\s+/).every((word) => text(each).includes(word));
  }

  function text(each) {
    each.text ??= [each.id, each.title, each.source, each.reason, ...each.spec, ...each.tags, ...each.outcomes, each.failure?.received]
      .join("\n").toLowerCase();
    return each.text;
  }

  function chips(name, values, counts) {
    const buttons = values.filter((value) => counts.has(value)).map((value) => make("button", {
      type: "button", class: "chip", "data-set": name, "data-value": value, title: EVIDENCE[value] ?? value,
      click: () => {
        if (!state[name].delete(value)) state[name].add(value);
        apply();
      },
    }, `${name === "verdict" ? `${SIGNS[value]} ` : ""}${value} ${counts.get(value)}`));
    return make("div", { class: "chips", role: "group", "aria-label": name }, make("span", {}, name), buttons);
  }

  const search = make("input", { type: "search", placeholder: "Search ids, titles, sections, texts  ( / )", "aria-label": "search", input: () => {
    state.q = search.value;
    apply();
  } });
  const part = make("select", { "aria-label": "group, tag or section", change: () => {
    const [kind, name] = part.value ? JSON.parse(part.value) : [];
    Object.assign(state, { group: "", tag: "", section: "" }, kind && { [kind]: name });
    apply();
  } }, make("option", { value: "" }, "all groups, tags, sections"));
  const shown = make("p", { class: "shown", role: "status", "aria-live": "polite" });
  const list = make("div", { id: "cases" });

  function filters() {
    const above = (path) => path.split("/").map((_, n, parts) => parts.slice(0, n + 1).join("/"));
    for (const [kind, of] of Object.entries(KINDS)) {
      const names = new Set(cases.flatMap((each) => (kind === "group" ? above(each.group) : of(each))));
      part.append(make("optgroup", { label: `by ${kind}` }, [...names].sort().map((name) => make("option", { value: JSON.stringify([kind, name]) }, name))));
    }
    const clear = make("button", { type: "button", class: "button", click: () => choose({}) }, "Clear");
    return make("div", { class: "filters", role: "search" },
      chips("verdict", VERDICTS, count(cases, (each) => each.verdict)),
      chips("level", LEVELS, count(cases, (each) => each.level)),
      chips("evidence", Object.keys(EVIDENCE), count(cases, (each) => each.evidence)),
      part, search, clear);
  }

  /** Forgets all filters but these. */
  function choose(wanted) {
    Object.assign(state, none(), wanted);
    apply();
    shown.scrollIntoView({ block: "center" });
  }

  function apply() {
    search.value = state.q;
    const kind = Object.keys(KINDS).find((name) => state[name]);
    part.value = kind ? JSON.stringify([kind, state[kind]]) : "";
    for (const chip of document.querySelectorAll(".chip[data-set]")) {
      chip.setAttribute("aria-pressed", String(state[chip.dataset.set].has(chip.dataset.value)));
    }
    let visible = 0;
    for (const each of cases) {
      const takesIt = takes(each);
      each.row.hidden = !takesIt;
      visible += takesIt;
    }
    shown.textContent = visible === cases.length ? `${many(visible, "case")}, the worst first` : `${visible} of ${many(cases.length, "case")} shown`;
    writeHash();
  }

  // --- The cases. What is inside one is made when it is opened.

  function row(each) {
    const marks = `${each.level.toUpperCase()} · ${each.evidence.join(", ")}`;
    const details = make("details", { class: "case", id: each.id, toggle: () => {
      if (details.open && !details.querySelector(".body")) details.append(body(each));
      if (details.open) state.case = each.id;
      else if (state.case === each.id) state.case = "";
      writeHash();
    } }, make("summary", {},
      make("span", { class: `verdict ${each.verdict}` }, `${SIGNS[each.verdict]} ${each.verdict}`),
      make("span", { class: "id" }, each.id),
      make("span", { class: "title" }, each.title),
      make("span", { class: "marks" }, marks)));
    return details;
  }

  function body(each) {
    const sections = each.spec.map((key) => {
      const known = each.run.sections.find((section) => `${each.run.protocol}:${section.key}` === key);
      return make("div", {}, make("code", {}, key), known ? make("span", { class: "why" }, ` ${known.text}`) : "");
    });
    const grade = each.failure ?? each;
    const rows = [
      ["Level", grade.level],
      ["Evidence", grade.evidence.map((mark) => make("div", {}, mark, make("span", { class: "why" }, `: ${EVIDENCE[mark]}`)))],
      ["Sections", sections],
      ["Source", grade.source],
      ["Outcome seen", each.outcomes.join(", then ")],
      ["Listed", each.listed && [each.listed.reason, each.listed.link ? make("span", {}, " ", link(each.listed.link)) : ""]],
      ["Attempts", each.attempts > 1 ? `played ${each.attempts} times` : ""],
      ["Hazard", each.hazard === "none" ? "" : each.hazard],
      ["File", make("code", {}, each.failure ? `${each.file}:${each.failure.line}` : each.file)],
      [each.verdict === "skip" ? "Skipped" : "Not judged", each.reason],
    ];
    const meta = make("dl", { class: "meta" }, rows.filter(([, value]) => value && value.length !== 0)
      .flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
    return make("div", { class: "body" }, meta, each.failure ? failure(each.failure) : "",
      each.transcript.length ? [make("h3", {}, "What was sent and received"), sequence(each)] : "", again(each));
  }

  function link(address) {
    const safe = /^https?:/.test(address);
    return safe ? make("a", { href: address, rel: "noreferrer" }, address) : address;
  }

  function failure(failed) {
    const place = failed.step ? `Step ${failed.step} of ${failed.steps}` : "Before the first step";
    const differences = failed.differences.length ? make("table", { class: "differences" },
      make("thead", {}, make("tr", {}, ["Where", "Expected", "Got"].map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, failed.differences.map((each) => make("tr", {},
        [each.pointer || "the whole", each.expected, each.got].map((cell) => make("td", { class: "mono" }, cell)))))) : "";
    return [
      make("h3", {}, `${place}, after ${failed.after_ms} ms`),
      failed.note ? make("p", {}, failed.note) : "",
      sides(failed),
      differences,
    ];
  }

  // --- Expected and received side by side, member by member.

  function parsed(text) {
    const quoted = text.replace(/([:[,]\s*)(\$\{\w+(?:\|\w+)?\})(?=\s*[,}\]])/g, '$1"$2"');
    for (const source of [text, quoted]) {
      try {
        return JSON.parse(source);
      } catch {
        // It is a sentence, or a text that is no JSON.
      }
    }
    return undefined;
  }

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

  function sides({ expected, received, differences }) {
    const [a, b] = [parsed(expected), parsed(received)];
    const aligned = (isObject(a) && isObject(b)) || (Array.isArray(a) && Array.isArray(b));
    const box = make("div", { class: `sides${aligned ? " aligned" : ""}` });
    const heads = [make("div", { class: "head" }, "Expected"), make("div", { class: "head" }, "Received")];
    if (!aligned) {
      const whole = (text, value) => make("pre", {}, value === undefined || typeof value === "string" ? text : JSON.stringify(value, null, 2));
      const texts = [whole(expected, a), whole(received, b)];
      box.append(...(matchMedia("(max-width: 46rem)").matches ? [heads[0], texts[0], heads[1], texts[1]] : [...heads, ...texts]));
      return box;
    }
    const pointers = differences.map((each) => each.pointer);
    const differs = (path) => pointers.some((pointer) => pointer === path || pointer.startsWith(`${path}#`) || pointer.startsWith(`${path}/`));
    const put = (left, right, kind) => {
      for (let n = 0; n < Math.max(left.length, right.length); n += 1) {
        box.append(make("pre", { class: kind.replace("more", "") }, left[n] ?? ""), make("pre", { class: kind }, right[n] ?? ""));
      }
    };
    const lines = (indent, key, value) => value === undefined ? [] : `${key}${JSON.stringify(value, null, 2)}`.split("\n").map((line) => indent + line);
    const walk = (path, key, x, y, indent) => {
      const both = isObject(x) && isObject(y) ? "{}" : Array.isArray(x) && Array.isArray(y) ? "[]" : "";
      if (!both || Object.keys(x).some((name) => both === "{}" && name.startsWith("$"))) {
        const kind = differs(path) ? "differs" : x === undefined ? "more" : "";
        return put(lines(indent, key, x), lines(indent, key, y), kind);
      }
      put([`${indent}${key}${both[0]}`], [`${indent}${key}${both[0]}`], "");
      for (const name of new Set([...Object.keys(x), ...Object.keys(y)])) {
        const label = both === "{}" ? `${JSON.stringify(name)}: ` : "";
        walk(`${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, label, x[name], y[name], `${indent}  `);
      }
      return put([indent + both[1]], [indent + both[1]], "");
    };
    box.append(...heads);
    walk("", "", a, b, "");
    return box;
  }

  // --- A transcript as a sequence: the suite on the left of each lane, a connection on the right.

  function sequence(each) {
    const lanes = [...new Set(each.transcript.map((entry) => entry.conn))];
    const box = make("div", { class: "sequence", tabindex: "0", role: "region", "aria-label": "transcript" });
    box.style.gridTemplateColumns = `max-content repeat(${lanes.length}, minmax(${lanes.length > 1 ? "15rem" : "0"}, 1fr))`;
    box.style.gridTemplateRows = `repeat(${each.transcript.length + 1}, auto)`;
    const at = (element, column, line) => {
      element.style.gridColumn = String(column);
      element.style.gridRow = String(line);
      return element;
    };
    lanes.forEach((lane, n) => {
      box.append(at(make("div", { class: "lane" }), n + 2, "1 / -1"), at(make("div", { class: "ends" }, make("span", {}, "suite"), make("span", {}, lane)), n + 2, 1));
    });
    const received = each.transcript.filter((entry) => entry.direction === "received" && entry.text);
    const wrong = each.failure ? received.findLast((entry) => entry.text === each.failure.received) : undefined;
    each.transcript.forEach((entry, n) => {
      const arrow = entry.direction === "sent" ? "→" : "←";
      const kind = make("div", { class: "kind" }, make("span", { class: "conn" }, `${entry.conn} `), `${arrow} ${entry.kind}`);
      const message = make("div", { class: `message ${entry.direction}${entry === wrong ? " wrong" : ""}` }, kind, entry.text ? make("pre", {}, entry.text) : "");
      box.append(at(make("time", {}, `${entry.t} ms`), 1, n + 2), at(message, lanes.indexOf(entry.conn) + 2, n + 2));
    });
    return box;
  }

  // --- How to play it again.

  function again(each) {
    const base = report.again || `dummyload conformance --protocol ${each.run.protocol}`;
    const command = `${base} -vv --filter ${each.id}`;
    const code = make("code", {}, command);
    const button = make("button", { type: "button", class: "button", click: async () => {
      const done = await copied(command, code);
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    } }, "Copy");
    return make("div", { class: "again" }, code, button);
  }

  async function copied(command, shownAs) {
    try {
      await navigator.clipboard.writeText(command);
      return true;
    } catch {
      getSelection().selectAllChildren(shownAs);
      return false;
    }
  }

  // --- Keys.

  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === search) {
      if (event.key === "Escape") {
        state.q = "";
        apply();
        search.blur();
      }
      return;
    }
    if (event.target.closest("select, input")) return;
    if (event.key === "/") {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "j" || event.key === "k") {
      const rows = cases.filter((each) => !each.row.hidden).map((each) => each.row.firstChild);
      const here = rows.indexOf(event.target.closest(".case")?.firstChild);
      const next = rows[event.key === "j" ? here + 1 : Math.max(here - 1, 0)];
      next?.focus();
      next?.scrollIntoView({ block: "nearest" });
    }
  }

  function openFromHash() {
    readHash();
    apply();
    const wanted = byId.get(state.case);
    if (wanted) {
      wanted.row.hidden = false;
      wanted.row.open = true;
      wanted.row.scrollIntoView({ block: "start" });
    }
  }

  for (const each of cases) each.row = row(each);
  list.append(...cases.map((each) => each.row));
  document.body.append(...head(), make("h2", {}, "What was judged"), ...report.runs.map(matrix), ...remarks(),
    make("h2", {}, "Cases"), filters(), shown, list,
    make("footer", {}, "Keys: ", make("kbd", {}, "/"), " search, ", make("kbd", {}, "j"), " ", make("kbd", {}, "k"), " next and previous case, ",
      make("kbd", {}, "Enter"), " opens. Filters and the open case are in the address, so it can be passed on."));
  addEventListener("hashchange", openFromHash);
  addEventListener("keydown", keys);
  addEventListener("beforeprint", () => {
    for (const each of cases) if (!each.row.hidden && rank(each) < VERDICTS.indexOf("skip")) each.row.open = true;
  });
  openFromHash();
})();
