// Opens a report in Chromium as a reader would and says what is wrong with it, a line each.
// node check.mjs CHROMIUM REPORT.html [what it must have of "curves" and "choice"] [FOLDER FOR SCREENSHOTS]
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [executablePath, file, parts = "", shots] = process.argv.slice(2);
const [curves, choice] = ["curves", "choice"].map((part) => parts.includes(part));
const address = pathToFileURL(file).href;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const faults = [];
const browser = await puppeteer.launch({ executablePath, headless: true, args: ["--no-sandbox"] });

async function open(width, theme, scripts = true) {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 900 });
  await page.setJavaScriptEnabled(scripts);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== address) faults.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  return page;
}

function expect(holds, what) {
  if (!holds) faults.push(what);
}

for (const [width, theme] of [[1200, "light"], [1200, "dark"], [375, "light"], [375, "dark"]]) {
  const page = await open(width, theme);
  const at = `${width} px, ${theme}`;
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of found.violations) {
    for (const node of violation.nodes) faults.push(`axe, ${at}: ${violation.id}: ${node.target.join(" ")}`);
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow <= 0, `${at}: the page is ${overflow} px wider than the window`);
  if (shots) {
    await page.screenshot({ path: `${shots}/${width}-${theme}.png` });
    await page.screenshot({ path: `${shots}/${width}-${theme}-whole.png`, fullPage: true });
  }
  await page.close();
}

const page = await open(1200, "light");
expect((await page.$$(".choice")).length > 0 === choice, "there is no choice, or there is one");
expect((await page.$$("thead button")).length > 0, "no table can be sorted");
expect((await page.$$(".readout")).length === (curves ? 1 : 0), "the curves cannot be read, or there are none");
// Every way of a choice can be shown, by the keyboard alone, and one is shown at a time.
for (const choice of await page.$$(".choice")) {
  for (const button of await choice.$$(".ways button")) {
    await button.focus();
    await page.keyboard.press("Enter");
    const shown = await choice.$$eval(".way", (ways) => ways.filter((way) => way.checkVisibility()).map((way) => way.id));
    const meant = await button.evaluate((element) => element.getAttribute("aria-controls"));
    expect(shown.length === 1 && shown[0] === meant, `choice: ${shown} is shown where ${meant} is meant`);
  }
}
// Every column sorts, up and then down, and no row is lost.
for (const table of await page.$$("table")) {
  const rows = () => table.$$eval("tbody tr", (all) => all.map((row) => row.textContent).sort().join("\n"));
  const before = await rows();
  for (const button of await table.$$("thead button")) {
    for (const order of ["ascending", "descending"]) {
      await button.evaluate((element) => element.click());
      const sorted = await button.evaluate((element) => element.parentElement.getAttribute("aria-sort"));
      expect(sorted === order, `sorting: ${sorted} instead of ${order}`);
    }
  }
  expect((await rows()) === before, "sorting: rows were lost");
}
// The slider of each figure that has one reads it.
for (const readout of await page.$$(".readout")) {
  const input = await readout.$("input");
  const said = () => readout.$eval("output", (output) => output.textContent);
  const before = await said();
  await input.focus();
  await page.keyboard.press("Home");
  const first = await said();
  await page.keyboard.press("End");
  expect(before !== "" && first !== (await said()), "readout: the slider changes nothing");
}
await page.close();

const plain = await open(1200, "light", false);
const sections = await plain.$$eval("main section", (all) => all.map((section) => section.innerText.length));
expect(sections.length > 0 && sections.every((length) => length > 20), "without scripts a section is empty");
expect((await plain.$$eval(".ways", (all) => all.filter((group) => group.checkVisibility()).length)) === 0,
  "without scripts there are buttons that do nothing");
if (shots) await plain.pdf({ path: `${shots}/print.pdf`, format: "a4" });
await browser.close();
for (const fault of faults) console.log(fault);
process.exit(faults.length === 0 ? 0 : 1);
