// The HTML report in a real browser: node report.mjs DUMMYLOAD WHOLE.html [SCREENSHOTS]
//
// Judges one of our own mocks with two wrong cases besides, loads the page, filters, opens a case by hand, and looks at what is
// shown; WHOLE.html is the page of a run of all cases. Ends with 77 when there is no Chromium. With a folder for screenshots it
// leaves some there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Browser, chromium } from "./chromium.mjs";

const [dummyload, wholePage, screenshots] = process.argv.slice(2);
if (!wholePage) {
  console.error("say where the program and the page of a whole run are: node report.mjs target/debug/dummyload report.html");
  process.exit(2);
}
const path = chromium();
if (!path) {
  console.error("there is no Chromium on this machine; CHROMIUM can say where it is");
  process.exit(77);
}

const folder = mkdtempSync(join(tmpdir(), "report-"));
const wrong = (title, expect) => `title = "${title}"\nlevel = "must"\nspec = ["pishock:pinging-the-broker"]\nsource = "nobody says so"
evidence = ["seed"]\n[[step]]\nsend = '{"Operation":"PING"}'\n[[step]]\nnote = "Broken on purpose."\nexpect = '${expect}'\n`;
const files = {
  "more/pishock/cases/wrong/fails.toml": wrong("A pong </script><b>is</b> in lower case", '{"Message":"pong","IsError":false,"More":{"a":[1]}}'),
  "more/pishock/cases/wrong/known.toml": wrong("A pong is a number", '{"Message":7}'),
  "known.toml": '[[known]]\nid = "pishock/wrong/known"\nreason = "numbers come later"\n',
};
for (const [name, text] of Object.entries(files)) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** Judges, and says where the page is. */
function judged(name, ...args) {
  const page = join(folder, `${name}.html`);
  const given = ["conformance", "--more", join(folder, "more"), "--known", join(folder, "known.toml"), ...args, "-q", "--report", `html=${page}`];
  try {
    execFileSync(dummyload, given, { stdio: ["ignore", "ignore", "inherit"] });
  } catch (failed) {
    assert.equal(failed.status, 1, "a case fails on purpose");
  }
  return pathToFileURL(page).href;
}

const texts = (selector) => `[...document.querySelectorAll(${JSON.stringify(selector)})].map((each) => each.textContent)`;
const visible = "[...document.querySelectorAll('.case')].filter((each) => !each.hidden).map((each) => each.id)";

async function some(browser) {
  const url = judged("some", "--filter", "pishock/v2/ping", "--filter", "pishock/push", "--filter", "pishock/wrong");
  const page = await browser.open(url);
  const all = await page.value(visible);
  assert.ok(all.length > 20 && all[0] === "pishock/wrong/fails" && all[1] === "pishock/wrong/known", "the worst first");
  assert.equal(await page.value("document.querySelectorAll('.body').length"), 0, "what is inside a case is made when it is opened");
  assert.match(await page.value("document.querySelector('header').textContent"), /FAIL/);

  // Filters, by the keyboard too; their state is in the address.
  await page.value("document.querySelector('.chip[data-value=known]').click()");
  assert.deepEqual(await page.value(visible), ["pishock/wrong/known"]);
  assert.equal(await page.value("location.hash"), "#verdict=known");
  assert.equal(await page.value("document.querySelector('.chip[data-value=known]').getAttribute('aria-pressed')"), "true");
  await page.value("document.querySelector('.chip[data-value=known]').focus()");
  await page.press("Enter");
  assert.deepEqual(await page.value(visible), all, "pressed again, it takes all");
  await page.press("/");
  for (const letter of "pong </script>") await page.press(letter);
  assert.deepEqual(await page.value(visible), ["pishock/wrong/fails"]);
  assert.equal(await page.value("location.hash"), "#q=pong+%3C/script%3E");
  await page.press("Escape");
  await page.value("document.querySelector('.matrix tbody button').click()");
  const wrong = ["pishock/wrong/fails", "pishock/wrong/known"];
  assert.deepEqual(await page.value(visible), wrong, "a row of the matrix is a filter, and the worst is on top");
  assert.equal(await page.value("location.hash"), "#group=pishock/wrong");
  const button = (name) => `[...document.querySelectorAll('button')].find((each) => each.textContent === ${JSON.stringify(name)})`;
  await page.value(`${button("by section")}.click()`);
  await page.value("document.querySelector('.matrix tbody .fail').click()");
  assert.deepEqual(await page.value(visible), ["pishock/wrong/fails"]);
  assert.equal(await page.value("location.hash"), "#verdict=fail&section=pishock:pinging-the-broker");
  await page.value(`${button("by tag")}.click()`);
  await page.value("[...document.querySelectorAll('.matrix tbody button')].find((each) => each.textContent === 'ping').click()");
  assert.ok((await page.value(visible)).length > 3);
  assert.equal(await page.value("document.querySelector('select').selectedOptions[0].textContent"), "ping");
  await page.value(`${button("Clear")}.click()`);
  assert.deepEqual(await page.value(visible), all);

  // A case, opened by keys.
  await page.value("document.activeElement.blur()");
  await page.press("j");
  assert.equal(await page.value("document.activeElement.parentElement.id"), "pishock/wrong/fails");
  await page.press("Enter");
  const body = `.case[id='pishock/wrong/fails'] .body`;
  assert.equal(await page.value("location.hash"), "#case=pishock/wrong/fails");
  const shown = await page.value(`document.querySelector(${JSON.stringify(body)}).textContent`);
  for (const part of ["must", "seed: the specification itself", "pishock:pinging-the-broker", "nobody says so", "Broken on purpose.", "Step 2 of 2"]) {
    assert.ok(shown.includes(part), `${part} in ${shown}`);
  }
  assert.equal(await page.value("document.querySelectorAll('b').length"), 0, "what is in a title is text");
  const differing = await page.value(texts(`${body} .sides .differs`));
  assert.ok(differing.includes('  "Message": "pong"') && differing.includes('  "Message": "PONG"'), differing.join("\n"));
  const rows = await page.value(texts(`${body} .differences td:first-child`));
  assert.deepEqual(rows, ["/Message", "/More"]);
  const kinds = await page.value(texts(`${body} .message .kind`));
  assert.deepEqual(kinds, ["main → open", "main → text", "main ← text"]);
  assert.equal((await page.value(texts(`${body} .message.wrong`))).length, 1, "what was wrong is marked");
  const again = await page.value(`document.querySelector(${JSON.stringify(`${body} .again code`)}).textContent`);
  assert.match(again, /^dummyload conformance .* -vv --filter pishock\/wrong\/fails$/);
  await page.value(`document.querySelector(${JSON.stringify(`${body} .again button`)}).click()`);

  // The address brings all of it back, here in the dark and on a narrow screen.
  const other = await browser.open(`${url}#verdict=known&case=pishock/wrong/known`, { width: 420, dark: true });
  assert.deepEqual(await other.value(visible), ["pishock/wrong/known"]);
  const listed = await other.value("document.querySelector('.case[open] .body').textContent");
  assert.ok(listed.includes("numbers come later"), listed);
  assert.equal(await other.value("document.documentElement.scrollWidth <= innerWidth"), true, "nothing is cut off");
  assert.equal(await other.value("getComputedStyle(document.body).backgroundColor"), "rgb(22, 24, 28)");
  await other.value("document.querySelector('.theme').click()");
  assert.equal(await other.value("getComputedStyle(document.body).backgroundColor"), "rgb(251, 251, 250)");
  if (screenshots) {
    const show = (part) => `document.querySelector(${JSON.stringify(part)}).scrollIntoView()`;
    await page.screenshot(join(screenshots, "case-light.png"));
    await page.value(show(`${body} .sides`));
    await page.screenshot(join(screenshots, "sequence-light.png"));
    await other.screenshot(join(screenshots, "case-narrow.png"));
    await other.value("document.querySelector('.theme').click()");
    await other.value(show(".case[open] .sides"));
    await other.screenshot(join(screenshots, "sequence-narrow.png"));
  }
  return [page, other];
}

async function whole(browser) {
  const page = await browser.open(pathToFileURL(resolve(wholePage)).href, { dark: true });
  const count = (await page.value(visible)).length;
  assert.ok(count > 1000, `${count} cases`);
  assert.equal(await page.value("document.querySelectorAll('.message').length"), 0);
  await page.press("/");
  for (const letter of "ping") await page.press(letter);
  const found = await page.value(visible);
  assert.ok(found.length > 5 && found.length < count / 4, `${found.length}`);
  if (screenshots) {
    await page.value("scrollTo(0, 0)");
    await page.screenshot(join(screenshots, "whole-dark.png"));
  }
  return [page];
}

const browser = new Browser(path);
const patience = setTimeout(() => {
  console.error("the browser has not come to an end within two minutes");
  browser.process.kill("SIGKILL");
}, 120_000);
try {
  if (screenshots) mkdirSync(screenshots, { recursive: true });
  for (const page of [...(await some(browser)), ...(await whole(browser))]) {
    assert.deepEqual(page.complaints, [], "the console has no error");
  }
  console.log("the HTML report works in a browser");
} finally {
  clearTimeout(patience);
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
