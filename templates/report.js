"use strict";
// Makes tables sortable, filterable, paged and copyable, and shows the values of charts.
// Without this script every table has all of its rows in the order of the report.
const PAGE = 25;
const tables = [];
document.documentElement.classList.add("js");

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

class Rows {
  constructor(table) {
    this.table = table;
    this.body = table.tBodies[0];
    this.box = table.closest(".box");
    this.all = [...this.body.rows];
    this.shown = this.all;
    this.first = 0;
    this.paged = this.all.length > PAGE;
    const title = document.getElementById(table.id + "-c").textContent;
    if (this.all.length > 1) {
      [...table.tHead.rows[0].cells].forEach((head, column) => {
        const button = element("button", { type: "button" }, ...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => this.sort(head, column));
      });
    }
    const tools = element("div", { className: "tools" });
    if (this.all.length > 8) {
      this.filter = element("input", { type: "search", placeholder: "Filter rows", autocomplete: "off" });
      this.filter.setAttribute("aria-label", "Filter rows: " + title);
      this.filter.addEventListener("input", () => this.select());
      tools.append(this.filter);
    }
    const copy = element("button", { type: "button" }, "Copy as CSV");
    copy.setAttribute("aria-label", "Copy as CSV: " + title);
    copy.addEventListener("click", () => this.copy(copy));
    tools.append(copy);
    const head = this.box.querySelector(".head");
    if (head) head.append(tools);
    else this.box.querySelector("summary").after(tools);
    this.status = element("span", {});
    this.status.setAttribute("role", "status");
    this.previous = element("button", { type: "button" }, "Previous");
    this.next = element("button", { type: "button" }, "Next");
    this.every = element("button", { type: "button" }, "Show all");
    this.previous.addEventListener("click", () => this.turn(this.first - PAGE));
    this.next.addEventListener("click", () => this.turn(this.first + PAGE));
    this.every.addEventListener("click", () => {
      this.paged = !this.paged;
      this.every.textContent = this.paged ? "Show all" : "Show pages";
      this.box.classList.toggle("all", !this.paged);
      this.turn(0);
    });
    this.pager = element("div", { className: "pager" }, this.status, this.previous, this.next, this.every);
    if (this.filter) this.box.append(this.pager);
    this.turn(0);
  }

  // Shows the page that begins with a row.
  turn(first) {
    const count = this.shown.length;
    this.first = this.paged ? Math.min(Math.max(first, 0), Math.max(count - 1, 0)) : 0;
    const end = this.paged ? Math.min(this.first + PAGE, count) : count;
    this.body.replaceChildren(...this.shown.slice(this.first, end));
    const number = (value) => value.toLocaleString("en-US");
    const of = count < this.all.length ? `${number(count)} (filtered from ${number(this.all.length)})` : number(count);
    this.status.textContent = count === 0 ? `No row of ${number(this.all.length)} matches` : `Rows ${number(this.first + 1)} to ${number(end)} of ${of}`;
    this.previous.disabled = this.first === 0;
    this.next.disabled = end >= count;
    const pages = count > PAGE;
    this.pager.classList.toggle("paged", end - this.first < this.all.length);
    for (const button of [this.previous, this.next]) button.hidden = !pages || !this.paged;
    this.every.hidden = !pages;
    hint(this.box);
  }

  // Keeps the rows that have every word of the filter, digests in full.
  select() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (row) => (row.text ??= [...row.cells].map((cell) => cell.textContent + " " + (cell.classList.contains("digest") ? cell.title : "")).join(" ").toLowerCase());
    this.shown = words.length ? this.all.filter((row) => words.every((word) => text(row).includes(word))) : this.all;
    this.turn(0);
  }

  sort(head, column) {
    const was = head.getAttribute("aria-sort");
    const numbers = this.all.some((row) => row.cells[column].dataset.n !== undefined);
    // Numbers are wanted greatest first, names from A on.
    const down = was ? was === "ascending" : numbers;
    const key = (row) => {
      const cell = row.cells[column];
      if (cell.classList.contains("absent")) return null;
      return numbers ? Number(cell.dataset.n) : cell.textContent;
    };
    const names = new Intl.Collator("en", { numeric: true }).compare;
    const compare = (a, b) => (numbers ? a - b : names(a, b));
    this.all = this.all
      .map((row) => ({ row, key: key(row) }))
      .sort((a, b) => {
        // What is not known comes last either way.
        if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
        return down ? compare(b.key, a.key) : compare(a.key, b.key);
      })
      .map(({ row }) => row);
    for (const other of this.table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    if (this.filter) this.select();
    else {
      this.shown = this.all;
      this.turn(0);
    }
  }

  // The rows that match the filter, on all pages: numbers without units, digests in full.
  csv() {
    const quote = (text) => {
      // A spreadsheet would run it as a formula.
      if (/^[=+\-@\t\r]/.test(text)) text = "'" + text;
      return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
    };
    const value = (cell) => {
      if (cell.classList.contains("absent")) return "";
      if (cell.classList.contains("digest") && cell.title) return quote(cell.title);
      if (cell.classList.contains("number") && cell.dataset.n !== undefined) return cell.dataset.n;
      return quote(cell.textContent);
    };
    const heads = [...this.table.tHead.rows[0].cells].map((cell) => quote(cell.textContent));
    const rows = this.shown.map((row) => [...row.cells].map(value).join(","));
    return [heads.join(","), ...rows, ""].join("\r\n");
  }

  async copy(button) {
    const text = this.csv();
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Some browsers have no clipboard for files that were opened from the disk.
      const area = element("textarea", { className: "unseen", value: text });
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    const count = this.shown.length;
    button.textContent = done ? `Copied ${count.toLocaleString("en-US")} ${count === 1 ? "row" : "rows"}` : "Cannot copy";
    setTimeout(() => (button.textContent = "Copy as CSV"), 2000);
  }

  // Shows the page with a row.
  reveal(row) {
    if (this.filter) this.filter.value = "";
    this.shown = this.all;
    const at = this.all.indexOf(row);
    this.turn(at - (at % PAGE));
  }
}

// Whether a table is wider than its box.
function hint(box) {
  const grid = box.querySelector(".grid");
  box.classList.toggle("wide", grid.scrollWidth > grid.clientWidth + 1);
}

// Follows a link to a row that is on another page, or in a closed table.
function follow() {
  const id = location.hash.slice(1);
  document.querySelector("tr.target")?.classList.remove("target");
  if (!id) return;
  let target = document.getElementById(id);
  for (const rows of tables) {
    const row = rows.all.find((row) => row.id === id);
    if (!row) continue;
    rows.reveal(row);
    row.classList.add("target");
    target = row;
  }
  const details = target?.closest("details");
  if (details) details.open = true;
  target?.scrollIntoView({ block: target.tagName === "TR" ? "center" : "start" });
}

for (const table of document.querySelectorAll("table")) tables.push(new Rows(table));
for (const details of document.querySelectorAll("details")) details.addEventListener("toggle", () => hint(details));
window.addEventListener("resize", () => tables.forEach((rows) => hint(rows.box)));
window.addEventListener("hashchange", follow);
follow();

// Below each chart, the values under the pointer.
for (const chart of document.querySelectorAll(".chart.lines")) {
  const readout = element("p", { className: "readout" });
  readout.setAttribute("aria-live", "polite");
  chart.after(readout);
  for (const hit of chart.querySelectorAll(".hit")) {
    const title = hit.querySelector("title");
    const text = title.textContent.split("\n").join(" \u00b7 ");
    title.remove();
    hit.addEventListener("pointerenter", () => (readout.textContent = text));
    hit.addEventListener("pointerleave", () => (readout.textContent = ""));
  }
}
