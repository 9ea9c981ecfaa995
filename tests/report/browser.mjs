// Opens reports in a real Chromium and checks what only a browser can tell.
//
//   node tests/report/browser.mjs [--shots FOLDER] REPORT.html...
//
// Each page opens from the disk. It must ask for nothing else, say nothing to the console, sort by mouse and
// keyboard, fit a phone, follow the theme and print. `--shots` keeps pictures of it, for people to look at.

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
  const page = await browser.newPage();
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
  for (const id of await page.$$eval("table", (tables) => tables.filter((t) => t.tBodies[0].rows.length > 1).map((t) => t.id))) {
    await sorts(page, id);
  }

  // A phone. What is folded is opened, so that it counts too.
  await page.setViewportSize({ width: 375, height: 812 });
  await page.goto(address);
  await page.$$eval("details", (all) => all.forEach((one) => (one.open = true)));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 375, `${name}: ${wide} pixels wide on a phone`);
  await page.goto(address);
  await shoot(page, `${name}-phone`);

  // Without a script the page says the same.
  const still = await browser.newPage({ javaScriptEnabled: false });
  await still.goto(address);
  assert.equal(await still.locator("main").textContent(), await page.locator("main").textContent());
  await still.close();

  const pdf = await page.pdf({ preferCSSPageSize: true, path: shots ? join(shots, `${name}.pdf`) : undefined });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  assert.ok(pdf.length > 10_000, `${name}: an empty print`);

  assert.deepEqual([...new Set(asked)], [address], `${name}: asked for something else`);
  assert.deepEqual(said, [], `${name}: said something`);
  await page.close();
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
