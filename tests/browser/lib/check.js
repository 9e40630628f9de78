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
