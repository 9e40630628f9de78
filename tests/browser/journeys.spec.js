// The main job, told in a browser: a science lead looks at the calendar in its three views, reserves a box, finds it under My
// loans and cancels it. With JavaScript and without, at four widths, in light and dark.
import { barriers, markup, noSidewaysScroll, themes, widths, withinItsDays } from "./lib/check.js";
import { base_path, expect, signIn, test } from "./lib/house.js";

const schools = ["Appleton Roebuck", "Brayton", "Kellington", "Kirk Fenton", "Monk Fryston", "Riverside", "Saxton", "Sherburn Hungate", "South Milford"];

const variants = widths.flatMap((width) => themes.map((theme) => ({ width, theme })));

/** A box that can be lent, another for each number: some of the demo's are missing or being mended. */
async function lendable(page, number) {
  const list = await (await page.request.get(`${base_path}/boxes`)).text();
  const boxes = [...new Set(list.match(/\/boxes\/[0-9A-Z]{13}(?=")/g))];
  for (let tries = 0; tries < boxes.length; tries += 1) {
    const box = boxes[(number + tries) % boxes.length];
    const form = await (await page.request.get(`${base_path}${box}/reserve`)).text();
    if (/name="pick"/.test(form)) return box;
  }
  throw new Error("nothing can be lent");
}

/** The reserve form with a whole free week chosen: in this term, or the next one that has one. */
async function chooseFreeWeek(page) {
  for (let terms = 0; terms < 6; terms += 1) {
    const weeks = page.locator("ol.weeks button");
    if (await weeks.count()) {
      await weeks.last().click();
      await expect(page.locator(".chosen")).toContainText("Chosen:");
      return;
    }
    await page.getByRole("button", { name: /^Later/ }).click();
  }
  throw new Error("no free week in six terms");
}

/** What must be true of every page on the way. */
async function sound(page, where) {
  await noSidewaysScroll(page, where);
  await withinItsDays(page, where);
  expect(await markup(await (await page.request.get(page.url())).text(), page.url()), where).toEqual([]);
}

variants.forEach(({ width, theme }, number) => {
  test(`reserving at ${width} px, ${theme}`, async ({ page, javaScriptEnabled }) => {
    const scripted = javaScriptEnabled !== false;
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: theme });
    const school = schools[(number + (scripted ? 0 : 1)) % schools.length];
    await signIn(page, `Science lead, ${school}`);
    // This week is the first page; the calendar is one click away.
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This week");
    await sound(page, "week");
    await page.goto(`${base_path}/calendar`);

    for (const view of ["Month", "List", "Term"]) {
      await page.getByRole("link", { name: view, exact: true }).click();
      await page.waitForURL(new RegExp(`view=${view.toLowerCase()}`));
      await expect(page.getByRole("link", { name: view, exact: true })).toHaveAttribute("aria-current", /true|page/);
      await sound(page, view);
      await page.locator("a[rel=next]").first().click();
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await page.locator("a[rel=prev]").first().click();
    }

    // Every variant another box, so that the runs are not in one another's way.
    await page.goto(`${base_path}/boxes`);
    await sound(page, "boxes");
    const box = await lendable(page, number * 2 + (scripted ? 0 : 1));
    await page.locator(`main a[href$="${box}"]`).first().click();
    const name = (await page.getByRole("heading", { level: 1 }).innerText()).trim();
    await sound(page, "box");
    await page.locator("a.go", { hasText: "Reserve" }).first().click();
    await sound(page, "reserve");

    // Sent empty, the form says what is missing and takes the reader there.
    await page.getByRole("button", { name: "Check and confirm" }).click();
    await expect(page).toHaveTitle(/^Error: /);
    const summary = page.getByRole("alert");
    await expect(summary).toContainText("There is a problem");
    if (scripted) await expect(summary).toBeFocused();
    await expect(summary.getByRole("link").first()).toHaveAttribute("href", /^#/);

    await chooseFreeWeek(page);
    await page.getByLabel("Another class or group").fill("Kestrels");
    await page.getByRole("button", { name: "Check and confirm" }).click();
    await expect(page.locator("main")).toContainText("Kestrels");
    await expect(page.locator("main")).toContainText(name);
    await sound(page, "check answers");
    if (scripted) expect(await barriers(page), "check answers").toEqual([]);
    await page.locator("main form[method=post] button[type=submit]").last().click();

    await page.waitForURL(/done=(reserved|requested)/);
    await expect(page.locator("main")).toContainText(/is (reserved|requested)/);
    await sound(page, "confirmation");
    if (scripted) expect(await barriers(page), "confirmation").toEqual([]);
    const booking = new URL(page.url()).pathname;

    await page.goto(`${base_path}/loans`);
    await sound(page, "loans");
    await page.locator(`a[href="${booking}"]`).first().click();
    await page.getByRole("link", { name: /cancel/i }).first().click();
    await page.getByRole("textbox").fill("Only a test");
    await sound(page, "cancel");
    await page.getByRole("button", { name: /cancel/i }).click();
    await page.waitForURL(/done=cancelled/);
    await expect(page.locator("main")).toContainText("Only a test");
  });
});

test("filters keep their place and the address", async ({ page, javaScriptEnabled }) => {
  await signIn(page, "Science lead, Saxton");
  await page.goto(`${base_path}/boxes`);
  const before = await page.locator("main h2, main h3").count();
  await page.getByLabel("Words").fill("circuit bulb");
  await page.getByLabel("Words").press("Enter");
  await page.waitForURL(/q=circuit/);
  await expect(page.locator("main")).toContainText("Electricity");
  await expect.poll(() => page.locator("main h2, main h3").count()).toBeLessThan(before);
  await expect(page.getByLabel("Words")).toHaveValue("circuit bulb");
  if (javaScriptEnabled !== false) {
    // Choosing is enough: the list changes and the address with it, and the field keeps the focus.
    await page.getByLabel("Kind").focus();
    await page.getByLabel("Kind").selectOption("kit");
    await page.waitForURL(/kind=kit/);
    await expect(page.getByLabel("Kind")).toBeFocused();
    await page.goBack();
    await expect(page.getByLabel("Kind")).toHaveValue("");
  }
});
