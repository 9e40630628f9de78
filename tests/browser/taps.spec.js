// How many taps the journeys of a teacher take on a phone, from This week on, and how many fields are typed into. The numbers are ceilings:
// whoever makes a journey longer sees it here.
import { base_path, expect, signIn, test } from "./lib/house.js";
import { house } from "./lib/world.js";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

/** A finger that counts. */
function finger() {
  const count = { taps: 0, typed: 0 };
  return {
    count,
    async tap(what) {
      count.taps += 1;
      await what.click();
    },
    async type(field, text) {
      count.typed += 1;
      await field.fill(text);
    },
  };
}

const saxton = "Science lead, Saxton";

/** The numbers of the boxes that the school can have for the whole of the next half-term, with the class chosen already. */
async function halfTermBoxes(page) {
  const list = await (await page.request.get(`${base_path}/boxes`)).text();
  const found = [];
  for (const box of new Set(list.match(/\/boxes\/[0-9A-Z]{13}(?=")/g))) {
    const form = await (await page.request.get(`${base_path}${box}/reserve`)).text();
    const free = /<button[^>]*name="pick"[^>]*>Next half-term/.test(form);
    if (free && /name="class"[^>]*checked/.test(form) && !/approves each request/.test(form)) found.push(box);
  }
  return found;
}

test("a half-term is reserved in five taps and nothing is typed, and cancelled in four", async ({ page }) => {
  await signIn(page, saxton);
  const [box] = await halfTermBoxes(page);
  expect(box, "the demo has a box that is free for the next half-term").toBeTruthy();
  await page.goto(base_path);
  const reserving = finger();
  await reserving.tap(page.locator("main a.go", { hasText: "Find a box" }));
  await reserving.tap(page.locator(`main a[href^="${base_path}${box}/reserve"]`).first());
  await reserving.tap(page.getByRole("button", { name: /^Next half-term/ }));
  await expect(page.locator(".chosen")).toContainText("Chosen:");
  await reserving.tap(page.getByRole("button", { name: "Check and confirm" }));
  await reserving.tap(page.getByRole("button", { name: "Reserve it" }));
  await page.waitForURL(/done=reserved/);
  expect(reserving.count.taps).toBeLessThanOrEqual(5);
  expect(reserving.count.typed).toBe(0);
  const booking = new URL(page.url()).pathname;

  await page.goto(base_path);
  const cancelling = finger();
  await cancelling.tap(page.locator("main a", { hasText: "All your loans" }).first());
  await cancelling.tap(page.locator(`main a[href="${booking}"]`).first());
  await cancelling.tap(page.getByRole("link", { name: /cancel/i }).first());
  await cancelling.type(page.getByRole("textbox"), "Only a test");
  await cancelling.tap(page.getByRole("button", { name: /cancel/i }));
  await page.waitForURL(/done=cancelled/);
  expect(cancelling.count.taps).toBeLessThanOrEqual(4);
  expect(cancelling.count.typed).toBeLessThanOrEqual(1);
});

test("some weeks are reserved in six taps: the first week, the last week", async ({ page }) => {
  await signIn(page, "Science lead, Brayton");
  const [box] = await halfTermBoxes(page);
  await page.goto(base_path);
  const weeks = finger();
  await weeks.tap(page.locator("main a.go", { hasText: "Find a box" }));
  await weeks.tap(page.locator(`main a[href^="${base_path}${box}/reserve"]`).first());
  // The strip shows the term of the first free day: the two first weeks of it.
  await weeks.tap(page.locator("ol.weeks button").nth(0));
  await expect(page.locator(".chosen")).toContainText("Chosen:");
  await weeks.tap(page.locator("ol.weeks button").nth(1));
  await weeks.tap(page.getByRole("button", { name: "Check and confirm" }));
  await expect(page.getByRole("button", { name: "Reserve it" })).toBeVisible();
  // The last one is not pressed here: the demo's boxes are for the other journeys.
  expect(weeks.count.taps + 1).toBeLessThanOrEqual(6);
  expect(weeks.count.typed).toBe(0);
});

test("a request is approved in three taps", async ({ page }) => {
  await signIn(page, "Coordinator");
  await page.goto(`${base_path}/inbox`);
  const approve = page.getByRole("button", { name: /^Approve/ });
  test.skip((await approve.count()) === 0, "another journey has answered the demo's request");
  await page.goto(base_path);
  const approving = finger();
  // What waits is named on This week, and from there it is one list.
  await approving.tap(page.locator("main a", { hasText: /request/i }).first());
  await expect(page.getByRole("heading", { level: 1 })).not.toHaveText("This week");
  const list = page.locator(`main a[href*="${base_path}/inbox"]`);
  if ((await page.getByRole("button", { name: /^Approve/ }).count()) === 0) await approving.tap(list.first());
  await approving.tap(page.getByRole("button", { name: /^Approve/ }).first());
  await page.waitForURL(/done=approved/);
  expect(approving.count.taps).toBeLessThanOrEqual(3);
  expect(approving.count.typed).toBe(0);
});

test("a box is received and handed over in three taps each", async ({ browser }) => {
  const { base, phone, stop } = await house("sqlite", { hasTouch: true });
  try {
    const { page } = await phone(browser, "Ash");
    for (const [link, done] of [[/receive/i, /done=received/], [/hand it over/i, /done=given/]]) {
      await page.goto(base);
      const counting = finger();
      await counting.tap(page.locator('main a.btn[href*="/copies/"]').first());
      await page.waitForURL(/\/copies\//);
      // The page of the copy; This week may lead to the form itself.
      const way = page.locator("main a.btn", { hasText: link });
      if (await way.count()) await counting.tap(way.first());
      await counting.tap(page.getByRole("button", { name: /^All there/ }));
      await page.waitForURL(done);
      expect(counting.count.taps).toBeLessThanOrEqual(3);
      expect(counting.count.typed).toBe(0);
    }
  } finally {
    await stop();
  }
});
