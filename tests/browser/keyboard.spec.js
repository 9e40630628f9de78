// With the keyboard alone, and with a mouse that drags: the calendar's comforts, and that focus is never lost or unseen.
import { base_path, expect, signIn, test } from "./lib/house.js";

const focused = (page) =>
  page.evaluate(() => {
    const el = document.activeElement;
    const style = getComputedStyle(el);
    const box = el.getBoundingClientRect();
    return {
      tag: el.tagName,
      text: (el.textContent || el.getAttribute("aria-label") || "").trim().slice(0, 60),
      shown: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none",
      width: box.width,
      height: box.height,
      inView: box.top < innerHeight && box.bottom > 0,
    };
  });

test("tab goes through the page in its order, and focus is always seen", async ({ page }) => {
  await signIn(page, "Science lead, Saxton");
  for (const path of ["/week", "/calendar", "/boxes", "/loans", "/fair-share"]) {
    await page.goto(`${base_path}${path}`);
    await page.keyboard.press("Tab");
    expect((await focused(page)).text, path).toBe("Skip to main content");
    await page.keyboard.press("Enter");
    await expect(page.locator("#main")).toBeFocused();
    await page.goto(`${base_path}${path}`);
    const tops = [];
    for (let steps = 0; steps < 40; steps += 1) {
      await page.keyboard.press("Tab");
      const on = await focused(page);
      if (on.tag === "BODY") break;
      expect(on.shown, `${path}: focus on "${on.text}" is not seen`).toBe(true);
      expect(on.inView, `${path}: "${on.text}" is out of view`).toBe(true);
      tops.push(await page.evaluate(() => {
        const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
        return all.indexOf(document.activeElement);
      }));
    }
    expect(tops.length, path).toBeGreaterThan(8);
    expect(tops, `${path}: the order of focus is the order of the page`).toEqual([...tops].sort((a, b) => a - b));
  }
});

test("targets are large enough for a finger", async ({ page }) => {
  await signIn(page, "Science lead, Saxton");
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of ["/week", "/calendar", "/boxes", "/loans", "/fair-share"]) {
    await page.goto(`${base_path}${path}`);
    const small = await page.evaluate(() => {
      const inText = (el) => el.matches("p a, li a, td a, th a, dd a, caption a") && getComputedStyle(el).display === "inline";
      return [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select")]
        .filter((el) => !inText(el) && el.getClientRects().length && getComputedStyle(el).visibility === "visible" && !el.classList.contains("skip"))
        .map((el) => [el.getBoundingClientRect(), el.outerHTML.slice(0, 90)])
        .filter(([box]) => box.width > 1 && (box.width < 24 || box.height < 24))
        .map(([box, html]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`);
    });
    expect(small, path).toEqual([]);
  }
});

test("arrow keys walk the timeline", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await signIn(page, "Science lead, Saxton");
  await page.goto(`${base_path}/calendar?view=term`);
  const rows = page.locator(".tl .r");
  const row = () => page.evaluate(() => [...document.querySelectorAll(".tl .r")].indexOf(document.activeElement.closest(".r")));
  const place = () => page.evaluate(() => document.activeElement.getBoundingClientRect().left);
  // A row with at least two links to walk between.
  const count = await rows.count();
  let start = 0;
  while (start < count - 1 && (await rows.nth(start).locator("a:visible").count()) < 3) start += 1;
  await rows.nth(start).locator("a:visible").nth(1).focus();
  const at = await place();
  await page.keyboard.press("ArrowRight");
  expect(await row()).toBe(start);
  expect(await place()).toBeGreaterThan(at);
  await page.keyboard.press("ArrowLeft");
  expect(await place()).toBe(at);
  await page.keyboard.press("ArrowDown");
  expect(await row()).toBe(start + 1);
  await page.keyboard.press("ArrowUp");
  expect(await row()).toBe(start);
  expect((await focused(page)).shown).toBe(true);
  // Enter follows the link, as any link.
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/(bookings|boxes)\//);
});

test("dragging over free days chooses them, Escape forgets them, a click takes the week", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await signIn(page, "Science lead, Saxton");
  // Next term is the emptier one.
  await page.goto(`${base_path}/calendar?view=term`);
  await page.locator("a[rel=next]").first().click();
  const gaps = page.locator(".tl .free:visible");
  await expect(gaps.first()).toBeVisible();
  const widest = await gaps.evaluateAll((all) => all.map((el) => el.getBoundingClientRect().width).reduce((best, w, i, list) => (w > list[best] ? i : best), 0));
  const gap = gaps.nth(widest);
  await gap.scrollIntoViewIfNeeded();
  const box = await gap.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 8, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 4, y, { steps: 4 });
  await page.mouse.move(box.x + box.width / 2, y, { steps: 4 });
  await page.mouse.up();
  const bar = page.locator(".pickbar");
  await expect(bar).toBeVisible();
  await expect(bar).toContainText(/\d+ school days/);
  await expect(bar.locator(".go")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(bar).toBeHidden();

  await page.mouse.move(box.x + 8, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 3, y, { steps: 6 });
  await page.mouse.up();
  await page.keyboard.press("Enter");
  await page.waitForURL(/reserve\?.*from=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d/);
  const from = new URL(page.url()).searchParams.get("from");
  await expect(page.getByLabel("Use it from")).toHaveValue(from);
  await page.goBack();
  await gap.scrollIntoViewIfNeeded();
  const again = await gap.boundingBox();
  await page.mouse.click(again.x + again.width / 2, again.y + again.height / 2);
  await page.waitForURL(/reserve\?.*from=/);
  const chosen = new URL(page.url()).searchParams;
  expect((Date.parse(chosen.get("to")) - Date.parse(chosen.get("from"))) / 864e5).toBeLessThanOrEqual(4);
});

test("Escape closes the menu and gives the focus back", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await signIn(page, "Science lead, Saxton");
  const who = page.locator("details.who > summary");
  await who.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeHidden();
  await expect(who).toBeFocused();
});

test("a second click on a button sends nothing twice", async ({ page }) => {
  await signIn(page, "Science lead, Brayton");
  await page.goto(`${base_path}/boxes`);
  await page.getByRole("link", { name: "Sound" }).first().click();
  await page.locator("a.go", { hasText: "Reserve" }).first().click();
  while (!(await page.locator("ol.weeks button").count())) await page.getByRole("button", { name: /^Later/ }).click();
  await page.locator("ol.weeks button").last().click();
  await page.getByLabel("Another class or group").fill("Owls");
  await page.getByRole("button", { name: "Check and confirm" }).click();
  let sent = 0;
  page.on("request", (request) => (sent += request.method() === "POST" ? 1 : 0));
  await page.locator("main form[method=post] button[type=submit]").last().dblclick();
  await page.waitForURL(/done=/);
  expect(sent).toBe(1);
  await page.goto(`${base_path}/loans`);
  await expect(page.locator("main", { hasText: "Owls" })).toBeVisible();
  expect(await page.locator("main tr", { hasText: "Owls" }).count()).toBe(1);
});
