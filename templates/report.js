"use strict";
// Makes the tables sortable; without this script they stand in the order of the report.
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, head, column));
  });
}

function sort(table, head, column) {
  const was = head.getAttribute("aria-sort");
  const rows = [...table.tBodies[0].rows];
  const numbers = rows.some((row) => row.cells[column].dataset.n !== undefined);
  // Numbers are wanted greatest first, names from A on.
  const down = was ? was === "ascending" : numbers;
  const key = (row) => {
    const cell = row.cells[column];
    if (cell.classList.contains("absent")) return null;
    return numbers ? Number(cell.dataset.n) : cell.textContent;
  };
  const compare = (a, b) => (numbers ? a - b : a.localeCompare(b, "en", { numeric: true }));
  rows
    .map((row) => ({ row, key: key(row) }))
    .sort((a, b) => {
      // What is not known comes last either way.
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return down ? compare(b.key, a.key) : compare(a.key, b.key);
    })
    .forEach(({ row }) => table.tBodies[0].append(row));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
}
