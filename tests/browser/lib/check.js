// What must be true of every page: valid markup, no barrier that axe can find, no sideways scrolling, targets a finger can hit.
import axe from "axe-core";
import { HtmlValidate } from "html-validate";
import { expect } from "@playwright/test";


export const widths = [1280, 768, 390, 320];
export const themes = ["light", "dark"];

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended", "html-validate:document"],
  rules: {
    // A number with a unit belongs together, but that is for the style sheet.
    "no-trailing-whitespace": "off",
    // maud writes boolean attributes and void elements as HTML has them.
    "attribute-boolean-style": ["error", { style: "omit" }],
    "attribute-empty-style": "off",
    "void-style": ["error", { style: "omit" }],
    "doctype-style": "off",
    "no-inline-style": "error",
    // A list may have a name: the calendar's key and the filters' lists do.
    "aria-label-misuse": ["error", { allowAnyNamable: true }],
    "long-title": ["error", { maxlength: 120 }],
    // Sub-resources are our own files, named by their content.
    "require-sri": "off",
    "tel-non-breaking": "off",
    "no-raw-characters": ["error", { relaxed: true }],
  },
});

/** The problems of a page's markup, as the server sent it. A letter carries its styles: mail programs read no style sheet. */
export async function markup(html, where, { letter = false } = {}) {
  const report = await validator.validateString(html, where);
  const messages = report.results.flatMap((result) => result.messages).filter((m) => !(letter && m.ruleId === "no-inline-style"));
  return messages.map((m) => `${where} ${m.line}:${m.column} ${m.ruleId}: ${m.message} (${m.selector ?? ""})`);
}

// A letter has no landmarks: it is shown inside other pages, in mail programs and in ours.
const asked = (letter) => ({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", ...(letter ? [] : ["best-practice"])], iframes: false, resultTypes: ["violations"] });

/**
 * The violations that axe finds on the page as it stands. It does not look into frames: the only one we have, a letter in its
 * sandbox, runs no scripts, and is looked at as a page of its own.
 */
export async function barriers(page, { letter = false } = {}) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(
    async (options) => (await window.axe.run(document, options)).violations.flatMap((rule) => rule.nodes.map((node) => [rule.id, node.target.join(" "), node.failureSummary ?? ""])),
    asked(letter),
  );
  return found.map(([rule, target, summary]) => `${rule}: ${target}\n    ${summary.replaceAll("\n", "\n    ")}`);
}

/** Fails when the page scrolls sideways. */
export async function noSidewaysScroll(page, where) {
  // Without scripts a click may be answered before the next document has an element.
  await page.waitForLoadState();
  const [inner, outer, widest] = await page.evaluate(() => {
    const root = document.documentElement;
    const over = [...document.querySelectorAll("body *")].filter((el) => {
      const box = el.getBoundingClientRect();
      if (box.right <= root.clientWidth + 1 || box.width === 0) return false;
      // Inside something that scrolls by itself it may be as wide as it likes.
      for (let up = el.parentElement; up; up = up.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX)) return false;
      return true;
    });
    return [root.scrollWidth, root.clientWidth, over.slice(0, 3).map((el) => el.outerHTML.slice(0, 120))];
  });
  expect(inner, `${where} scrolls sideways: ${widest.join(" | ")}`).toBeLessThanOrEqual(outer);
}

/**
 * Fails when something in a calendar is drawn over days that it does not stand for: a loan, a free gap, closed or past days, today,
 * a heading and its words. The days are the columns; a loan of few of them has room for a finger around it, which nobody sees.
 */
export async function withinItsDays(page, where) {
  const over = await page.evaluate(() => {
    const faults = [];
    const check = (what, { left, right }, from, to) => {
      if (left < from - 0.6 || right > to + 0.6) faults.push(`${what.outerHTML.slice(0, 110)}: ${left} to ${right} instead of ${from} to ${to}`);
    };
    const number = (el, letter) => Number(el.className.match(new RegExp(`(?:^| )${letter}(\\d+)`))[1]);
    /** Where each of so many days begins in a grid, and where the last one ends; the label has a column before them, or none. */
    const edges = (grid, days) => {
      const { gridTemplateColumns, paddingLeft, paddingRight } = getComputedStyle(grid);
      const tracks = gridTemplateColumns.split(" ").map(parseFloat);
      const { left, right } = grid.getBoundingClientRect();
      const from = left + parseFloat(paddingLeft) + (tracks.length > days ? tracks[0] : 0);
      return Array.from({ length: days + 1 }, (_, day) => from + (day * (right - parseFloat(paddingRight) - from)) / days);
    };
    const term = document.querySelector(".tl-box");
    const columns = term && number(term, "n");
    for (const row of term?.querySelectorAll(".tl > .r") ?? []) {
      const at = edges(row, columns);
      let next = 0;
      for (const cell of row.querySelectorAll(":scope > a, :scope > i")) {
        const { left, right } = cell.getBoundingClientRect();
        const room = cell.classList.contains("bk") ? getComputedStyle(cell) : { paddingLeft: "0", paddingRight: "0" };
        const width = number(cell, "s");
        check(cell, { left: left + parseFloat(room.paddingLeft), right: right - parseFloat(room.paddingRight) }, at[next], at[next + width]);
        next += width;
      }
      if (next !== columns) faults.push(`${row.innerText.slice(0, 60)}: ${next} of ${columns} days`);
    }
    for (const part of term?.querySelectorAll(".tl-over > i, .hd .mon, .hd .wk") ?? []) {
      const at = edges(part.parentElement, columns);
      const [from, to] = [at[number(part, "c") - 1], at[number(part, "c") - 1 + number(part, "s")]];
      check(part, part.getBoundingClientRect(), from, to);
      const { overflowX, visibility } = getComputedStyle(part);
      if (overflowX === "hidden" || visibility === "hidden") continue;
      const words = document.createRange();
      words.selectNodeContents(part);
      const { left, right, width } = words.getBoundingClientRect();
      if (width) check(part, { left, right }, from, to);
    }
    for (const part of document.querySelectorAll(".week li")) {
      const at = edges(part.parentElement, 5);
      const [from, to] = [at[number(part, "c") - 1], at[number(part, "c") - 1 + number(part, "s")]];
      for (const el of [part, ...part.querySelectorAll(":scope > *")]) check(el, el.getBoundingClientRect(), from, to);
    }
    return faults;
  });
  expect(over.slice(0, 5), `${where}: ${over.length} parts are wider than their days`).toEqual([]);
}
