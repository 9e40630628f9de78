// Every page that a person can reach by links, for each kind of person: valid, without barriers at every width in light and
// dark, no sideways scrolling. The pages are found, not listed, so a new one cannot be forgotten.
import { barriers, markup, noSidewaysScroll, themes, widths, withinItsDays } from "./lib/check.js";
import { base_path, expect, signIn, test } from "./lib/house.js";

const people = [
  { name: "Science lead, Saxton", start: [`${base_path}/week`, `${base_path}/calendar`, `${base_path}/boxes`, `${base_path}/loans`, `${base_path}/fair-share`, "/help", "/accessibility"] },
  { name: "Coordinator", start: [`${base_path}/week`, `${base_path}/inbox`, `${base_path}/mail`, `${base_path}/calendar`] },
  { name: "Bursar", start: [`${base_path}/week`, `${base_path}/calendar`] },
];

/** Two addresses of one shape are one page: without ids, and without what is asked for, but for the view and what was done. */
const shape = (url) => {
  const { pathname, searchParams } = new URL(url, "http://x");
  const path = pathname.replace(/\b[0-9A-HJKMNP-TV-Z]{13}\b/g, "ID");
  return [path, searchParams.get("view") ?? "", searchParams.get("done") ?? ""].join(" ");
};

/** One address of every shape that can be reached from the start, at most so many; dead links go to the faults. */
async function reachable(page, start, most, faults) {
  const seen = new Map(start.map((url) => [shape(url), url]));
  for (const url of seen.values()) {
    const answer = await page.request.get(url, { maxRedirects: 5 });
    if (answer.status() >= 400) {
      faults.push(`${url} leads to ${answer.status()}`);
      seen.delete(shape(url));
      continue;
    }
    if (!(answer.headers()["content-type"] ?? "").startsWith("text/html")) {
      seen.delete(shape(url));
      continue;
    }
    const html = await answer.text();
    for (const [, href] of html.matchAll(/<a [^>]*href="([^"#]+)/g)) {
      const { origin, pathname, search } = new URL(href.replaceAll("&amp;", "&"), answer.url());
      const link = pathname + search;
      if (origin === new URL(answer.url()).origin && seen.size < most && !seen.has(shape(link))) seen.set(shape(link), link);
    }
  }
  return [...seen.values()];
}

for (const { name, start } of people) {
  test(`every page that "${name}" can reach is sound`, async ({ page }) => {
    test.setTimeout(600_000);
    await signIn(page, name);
    const faults = [];
    const pages = await reachable(page, start, 90, faults);
    expect(pages.length, "pages found").toBeGreaterThan(3);
    for (const url of pages) {
      const answer = await page.goto(url);
      const text = await answer.text();
      const policy = answer.headers()["content-security-policy"];
      expect(policy, url).toContain("default-src 'none'");
      // A letter by itself is in a sandbox in which no script runs, axe's as little as a stranger's: its text is looked at outside.
      const letter = /\bsandbox\b/.test(policy);
      faults.push(...(await markup(text, url, { letter })));
      if (letter) {
        await page.goto("about:blank");
        await page.setContent(text);
      }
      for (const theme of themes) {
        await page.emulateMedia({ colorScheme: theme });
        for (const width of widths) {
          await page.setViewportSize({ width, height: 900 });
          await noSidewaysScroll(page, `${url} at ${width}`);
          await withinItsDays(page, `${url} at ${width}`);
          faults.push(...(await barriers(page, { letter })).map((fault) => `${url} at ${width}, ${theme}: ${fault}`));
        }
      }
    }
    console.log(`${name}: ${pages.length} pages`);
    expect(faults.slice(0, 40), `${faults.length} faults`).toEqual([]);
  });
}

test("signing in is sound before anybody is known", async ({ page }) => {
  for (const url of ["/sign-in", "/sign-in/0123456789abcdefghjkmnpqrstvwxyz", "/help", "/accessibility", "/nowhere"]) {
    const answer = await page.goto(url);
    expect(await markup(await answer.text(), url)).toEqual([]);
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      await noSidewaysScroll(page, url);
    }
    expect(await barriers(page)).toEqual([]);
  }
});

// In forced colours nothing but the border tells one state from another: what the key says must be what the chart shows.
test("in forced colours the calendar's key tells its states apart, and tells the truth", async ({ page }) => {
  await signIn(page, "Science lead, Saxton");
  await page.goto(`${base_path}/calendar?view=term`);
  await page.emulateMedia({ forcedColors: "active" });
  const { key, bars } = await page.evaluate(() => {
    const border = (element) => {
      const style = getComputedStyle(element);
      return ["top", "left"].map((side) => style.getPropertyValue(`border-${side}-style`) + style.getPropertyValue(`border-${side}-width`)).join(" ");
    };
    const states = ["mine", "req", "risk", "late", "fix", "past"];
    const state = (element) => states.filter((state) => element.classList.contains(state)).join(" ");
    const key = [...document.querySelectorAll(".key .sw")].map((sw) => ({
      state: state(sw),
      border: border(sw),
      ground: sw.classList.contains("shut") ? getComputedStyle(sw).backgroundImage : "",
    }));
    const bars = [...document.querySelectorAll(".tl .bk")].map((bar) => ({ state: state(bar), border: border(bar) }));
    return { key, bars };
  });
  expect(key.length).toBeGreaterThanOrEqual(6);
  const looks = key.map((one) => `${one.border} ${one.ground}`);
  expect(new Set(looks).size, looks.join("\n")).toBe(looks.length);
  const compared = key.filter((one) => !one.ground).flatMap((one) => bars.filter((bar) => bar.state === one.state).map((bar) => [one, bar]));
  expect(compared.length).toBeGreaterThan(0);
  for (const [one, bar] of compared) expect(bar.border, one.state || "other school").toBe(one.border);
});

test("text at twice the size, and forced colours, lose nothing", async ({ page }) => {
  await signIn(page, "Science lead, Saxton");
  for (const url of [`${base_path}/week`, `${base_path}/calendar`, `${base_path}/boxes`, `${base_path}/loans`]) {
    await page.goto(url);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    await noSidewaysScroll(page, `${url} at 200 %`);
    await page.emulateMedia({ forcedColors: "active" });
    expect(await barriers(page), url).toEqual([]);
    await page.emulateMedia({ forcedColors: "none" });
  }
});
