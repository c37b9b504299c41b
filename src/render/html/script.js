
"use strict";
// Choosing which requests a table is of.
for (const choice of document.querySelectorAll(".choice")) {
  const group = choice.querySelector(".ways");
  const buttons = [...group.querySelectorAll("button")];
  group.hidden = false;
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) {
        const chosen = other === button;
        other.setAttribute("aria-pressed", String(chosen));
        document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
      }
    });
  }
}
// Sorting tables by a column: by its first number where cells have one, otherwise by its text.
function key(cell) {
  const text = cell.textContent.trim();
  const number = /[−-]?[0-9][0-9,]*(\.[0-9]+)?/.exec(text);
  return { text, number: number && Number(number[0].replace("−", "-").replaceAll(",", "")) };
}
function compare(a, b) {
  if (a.number !== null && b.number !== null) return a.number - b.number || a.text.localeCompare(b.text);
  if (a.number === null && b.number === null) return a.text.localeCompare(b.text);
  return a.number === null ? 1 : -1;
}
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (head.tagName !== "TH") return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => ({ row, key: key(row.cells[column]) }));
      rows.sort((a, b) => (descending ? -1 : 1) * compare(a.key, b.key));
      body.append(...rows.map((entry) => entry.row));
    });
  });
}
