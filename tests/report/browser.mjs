// Opens reports in a real Chromium and checks what only a browser shows.
//
//   node tests/report/browser.mjs [--shots FOLDER] REPORT.html...
//
// Each page opens from the disk. It must make no other request and print nothing to the console. Its tables
// sort by mouse and keyboard, filter what is typed, turn pages, copy as CSV and open at a linked row; charts
// show the values under the pointer; the page fits a phone, follows the theme, prints, and has every row
// without a script. `--shots` saves screenshots.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const words = process.argv.slice(2);
const shots = words[0] === "--shots" ? resolve(words.splice(0, 2)[1]) : null;
if (shots) mkdirSync(shots, { recursive: true });

// A launch has a profile of its own, which goes with it.
const browser = await chromium.launch({
  executablePath: process.env.ECRSNAP_CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  for (const path of words) await check(path);
} finally {
  await browser.close();
}

async function check(path) {
  const address = pathToFileURL(resolve(path)).href;
  const name = basename(path, ".html");
  const context = await browser.newContext();
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const said = [];
  const asked = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("dialog", (dialog) => {
    said.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => asked.push(request.url()));

  await page.setViewportSize({ width: 1280, height: 900 });
  const colours = {};
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.goto(address);
    const style = await page.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return { backgroundColor, color };
    });
    colours[colorScheme] = style;
    assert.ok(contrast(style.backgroundColor, style.color) > 7, `${name}: ${colorScheme} is hard to read`);
    await shoot(page, `${name}-${colorScheme}`);
  }
  assert.notEqual(colours.light.backgroundColor, colours.dark.backgroundColor, `${name}: one theme only`);

  await page.emulateMedia({ colorScheme: "light" });
  const all = await page.$$eval("table", (tables) => tables.map((t) => ({ id: t.id, rows: t.tBodies[0].rows.length })));
  for (const { id, rows } of all) {
    if (rows > 1) await sorts(page, id);
    await copies(page, id);
  }
  await page.goto(address);
  for (const { id, rows } of all) if (rows > 8) await filters(page, id);
  await shows_values(page, name);

  // A phone. What is folded is opened, so that it counts too.
  await page.setViewportSize({ width: 375, height: 812 });
  await page.goto(address);
  await page.$$eval("details", (all) => all.forEach((one) => (one.open = true)));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 375, `${name}: ${wide} pixels wide on a phone`);
  // A table that scrolls says so, and no other does.
  await page.evaluate(() => window.dispatchEvent(new Event("resize")));
  for (const box of await page.locator(".box").all()) {
    const scrolls = await box.locator(".grid").evaluate((grid) => grid.scrollWidth > grid.clientWidth + 1);
    assert.equal(await box.locator(".hint").isVisible(), scrolls, `${name}: the hint of a table`);
  }
  await page.goto(address);
  await shoot(page, `${name}-phone`);

  // Without a script the page has the same headings, notes and tables, with every row.
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const still = await plain.newPage();
  await still.goto(address);
  for (const part of ["h2", "h3, summary", ".note"]) {
    const [one, other] = [still, page].map((page) => page.locator(part).allTextContents());
    assert.deepEqual(await one, await other, `${name}: ${part} without a script`);
  }
  await page.goto(address);
  for (const { id } of all) {
    const rows = await still.locator(`#${id} tbody tr`).count();
    assert.equal(rows, await rows_of(page, id), `${name}: rows of ${id} without a script`);
  }
  // Each row can be linked to, with and without a script.
  const ids = await still.$$eval("tbody tr", (rows) => rows.map((row) => row.id));
  for (const id of ids.filter((_, at) => at % 37 === 0).concat(ids.slice(-1))) {
    await page.goto("about:blank");
    await page.goto(`${address}#${id}`);
    const row = page.locator(`[id="${id}"]`);
    assert.ok(await row.isVisible(), `${name}: ${id} is not shown`);
    assert.ok(await row.evaluate((row) => row.classList.contains("target")), `${name}: ${id} is not marked`);
    const top = await row.evaluate((row) => row.getBoundingClientRect().top);
    assert.ok(top >= 0 && top < 812, `${name}: ${id} is at ${top}`);
  }
  await plain.close();

  await page.goto(address);
  const pdf = await page.pdf({ preferCSSPageSize: true, path: shots ? join(shots, `${name}.pdf`) : undefined });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  assert.ok(pdf.length > 10_000, `${name}: an empty print`);

  const pages = new Set(asked.map((one) => one.split("#")[0]).filter((one) => one !== "about:blank"));
  assert.deepEqual([...pages], [address], `${name}: asked for something else`);
  assert.deepEqual(said, [], `${name}: said something`);
  await context.close();
  console.log(`${name}: ok`);
}

/// Every column of a table, by click and by key, both ways.
async function sorts(page, id) {
  await page.$eval(`#${id}`, (table) => table.closest("details")?.setAttribute("open", ""));
  const columns = await page.locator(`#${id} thead th`).count();
  for (let column = 0; column < columns; column++) {
    const head = page.locator(`#${id} thead th`).nth(column);
    await head.locator("button").click();
    const first = await head.getAttribute("aria-sort");
    const one = await column_of(page, id, column);
    assert.ok(inOrder(one, first), `${id}, column ${column}: not ${first}: ${JSON.stringify(one)}`);
    await head.locator("button").focus();
    await page.keyboard.press("Enter");
    const second = await head.getAttribute("aria-sort");
    assert.notEqual(first, second, `${id}, column ${column}: Enter does not turn it round`);
    assert.ok(inOrder(await column_of(page, id, column), second), `${id}, column ${column}: not ${second}`);
    assert.equal(await page.locator(`#${id} th[aria-sort]`).count(), 1);
  }
}

/// The rows of a table, on all of its pages.
async function rows_of(page, id) {
  await page.$eval(`#${id}`, (table) => table.closest("details")?.setAttribute("open", ""));
  const every = page.locator(`.box:has(#${id}) .pager button`, { hasText: "Show all" });
  if ((await every.count()) && (await every.isVisible())) await every.click();
  return page.locator(`#${id} tbody tr`).count();
}

/// The copy has a head, every row of every page, and whole values.
async function copies(page, id) {
  await page.$eval(`#${id}`, (table) => table.closest("details")?.setAttribute("open", ""));
  const box = page.locator(`.box:has(#${id})`);
  await box.locator(".tools button").click();
  await box.locator(".tools button", { hasText: /^Copied \d/ }).waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  const lines = records(text);
  const columns = await page.locator(`#${id} thead th`).count();
  assert.ok(lines.every((line) => line.length === columns), `${id}: ${JSON.stringify(lines)}`);
  const copied = Number((await box.locator(".tools button").textContent()).replaceAll(/\D/g, ""));
  assert.equal(lines.length - 1, copied, `${id}: rows in the copy`);
  for (const field of lines.flat()) assert.ok(!/^[=+@\t\r-]/.test(field) || /^-?[\d.e+]+$/.test(field), `${id}: ${field}`);
  const digests = lines.flat().filter((field) => /^sha256:/.test(field));
  assert.ok(digests.every((digest) => digest.length >= 71 || digest.length < 20), `${id}: a digest is cut`);
}

/// RFC 4180.
function records(text) {
  const lines = [[]];
  const field = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|$)/y;
  for (let match; field.lastIndex < text.length && (match = field.exec(text)); ) {
    lines.at(-1).push(match[1].replace(/^"|"$/g, "").replaceAll('""', '"'));
    if (match[2] === "\r\n" && field.lastIndex < text.length) lines.push([]);
  }
  return lines;
}

/// What is typed leaves the rows that have it; pages hold 25 rows.
async function filters(page, id) {
  await page.$eval(`#${id}`, (table) => table.closest("details")?.setAttribute("open", ""));
  const box = page.locator(`.box:has(#${id})`);
  const input = box.locator("input");
  const texts = async () => page.locator(`#${id} tbody tr`).allTextContents();
  const status = async () => box.locator(".pager [role=status]").textContent();
  const before = await texts();
  const word = (await page.locator(`#${id} tbody tr:last-child th`).textContent()).split(/\s/)[0];
  await input.pressSequentially(word);
  const found = await texts();
  assert.ok(found.length > 0 && found.every((text) => text.toLowerCase().includes(word.toLowerCase())), `${id}: ${word}`);
  await input.fill("no row has this text");
  assert.deepEqual(await texts(), []);
  assert.match(await status(), /^No row of [\d,]+ matches$/);
  await input.fill("");
  assert.deepEqual(await texts(), before);
  const next = box.locator(".pager button", { hasText: "Next" });
  if (await next.isVisible()) {
    assert.equal(before.length, 25);
    await next.click();
    assert.match(await status(), /^Rows 26 to /);
    assert.ok((await texts()).every((text) => !before.includes(text)), `${id}: a row is on two pages`);
    await box.locator(".pager button", { hasText: "Previous" }).click();
    assert.deepEqual(await texts(), before);
    const all = await rows_of(page, id);
    assert.ok(all > 25);
    await box.locator(".pager button", { hasText: "Show pages" }).click();
    assert.deepEqual(await texts(), before);
    return;
  }
  assert.ok(before.length <= 25, `${id}: ${before.length} rows on a page`);
}

/// The values of the last capture, under the pointer.
async function shows_values(page, name) {
  for (const chart of await page.locator("figure:has(.chart.lines)").all()) {
    await chart.scrollIntoViewIfNeeded();
    await chart.locator(".hit rect").last().hover({ force: true });
    const text = await chart.locator(".readout").textContent();
    assert.match(text, /UTC · .+: /, `${name}: the values of a chart`);
    const guide = await chart.locator(".hit .guide").last().evaluate((line) => getComputedStyle(line).opacity);
    assert.ok(Number(guide) > 0.5, `${name}: no line under the pointer`);
  }
}

function column_of(page, id, column) {
  return page.$$eval(
    `#${id} tbody tr`,
    (rows, column) =>
      rows.map((row) => {
        const cell = row.cells[column];
        if (cell.classList.contains("absent")) return null;
        return cell.dataset.n === undefined ? cell.textContent : Number(cell.dataset.n);
      }),
    column,
  );
}

/// In that order, with what is not known at the end.
function inOrder(values, direction) {
  const known = values.filter((value) => value !== null && !Number.isNaN(value));
  if (values.slice(0, known.length).includes(null)) return false;
  const sign = direction === "descending" ? -1 : 1;
  return known.every((value, at) => {
    if (at === 0 || typeof value !== typeof known[at - 1]) return true;
    const before = known[at - 1];
    const order = typeof value === "number" ? before - value : before.localeCompare(value, "en", { numeric: true });
    return sign * order <= 0;
  });
}

function contrast(one, other) {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}

async function shoot(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}
