
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
// Reading the quantile curves: by a slider, or by the pointer over the figure.
// With the digits that the interval supports, down to the second of half its width, but no fewer than two.
function shown(ms, [, low, high]) {
  const half = low !== null && high !== null ? (high - low) / 2 : 0;
  const first = (number) => Math.floor(Math.log10(number));
  const place = half > 0 ? Math.min(first(half), ms > 0 ? first(ms) : Infinity) - 1 : -9;
  const unit = 10 ** Math.max(0, place);
  const most = ms >= 99.95 ? 0 : ms >= 9.995 ? 1 : 2;
  const digits = Math.max(0, Math.min(most, -place));
  return (digits > 0 ? ms : Math.round(ms / unit) * unit).toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
function at(knots, position) {
  // Knots ascend by quantile, so that what exceeds them falls.
  const places = knots.map((knot) => -Math.log10(knot[0]));
  if (!knots.length || position < places[0] - 1e-9 || position > places.at(-1) + 1e-9) return null;
  const next = Math.max(1, places.findIndex((place) => place >= position - 1e-9));
  if (next >= knots.length) return knots.at(-1).slice(1);
  const [a, b] = [knots[next - 1], knots[next]];
  const share = (position - places[next - 1]) / (places[next] - places[next - 1]);
  return [1, 2, 3].map((i) => (a[i] === null || b[i] === null ? null : a[i] + share * (b[i] - a[i])));
}
for (const data of document.querySelectorAll("figure > script")) {
  const series = JSON.parse(data.textContent);
  const svg = data.parentElement.querySelector("svg");
  const [left, right, last] = svg.dataset.axis.split(" ").map(Number);
  const box = document.createElement("div");
  box.className = "readout";
  const label = document.createElement("label");
  label.textContent = "Read the curves at a percentile (between two points of a curve by a straight line; these intervals take requests for independent)";
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: "0", max: "1000", step: "1", value: String(Math.round((1000 * -Math.log10(0.05)) / last)) });
  const output = document.createElement("output");
  const line = document.createElementNS(svg.namespaceURI, "line");
  for (const [name, value] of [["y1", 74], ["y2", svg.viewBox.baseVal.height - 56], ["stroke", "#595F67"], ["stroke-width", 1]]) {
    line.setAttribute(name, value);
  }
  svg.append(line);
  const read = () => {
    const position = (last * input.value) / 1000;
    const p = 100 * (1 - 10 ** -position);
    const name = `p${p.toFixed(p < 90 ? 0 : p < 99 ? 1 : p < 99.9 ? 2 : 3)}`;
    const told = series.map(([model, knots]) => {
      const found = at(knots, position);
      if (found === null) return `${model}: not supported by its requests`;
      const [value, low, high] = found;
      const end = (ms) => (ms === null ? "…" : shown(ms, found));
      return `${model}: ${shown(value, found)} ms (${end(low)}–${end(high)})`;
    });
    output.textContent = `${name} · ${told.join(" · ")}`;
    input.setAttribute("aria-valuetext", output.textContent);
    const x = left + ((right - left) * position) / last;
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
  };
  input.addEventListener("input", read);
  svg.addEventListener("pointermove", (event) => {
    const frame = svg.getBoundingClientRect();
    const x = ((event.clientX - frame.left) / frame.width) * svg.viewBox.baseVal.width;
    if (x < left || x > right) return;
    input.value = String(Math.round((1000 * (x - left)) / (right - left)));
    read();
  });
  label.append(input);
  box.append(label, output);
  data.after(box);
  read();
}
