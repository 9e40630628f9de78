// Two schools on two phones hand a box over in which a part is missing, on both engines, with JavaScript and without; and one of
// them has no connection while it counts.
import { barriers, markup, noSidewaysScroll, themes } from "./lib/check.js";
import { expect, test } from "./lib/house.js";
import { house } from "./lib/world.js";

/** What must be true of a page on a phone. */
async function sound(page, scripted, where) {
  await noSidewaysScroll(page, where);
  if (!scripted) return;
  expect(await markup(await (await page.request.get(page.url())).text(), where), where).toEqual([]);
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme });
    expect(await barriers(page), `${where}, ${colorScheme}`).toEqual([]);
  }
}

/** Ash says that it has collected its loan: it then has the box. */
async function collect(page, base) {
  await page.goto(`${base}/loans`);
  await page.locator("main ul.tasks a[href*='/bookings/']").first().click();
  await page.getByRole("button", { name: "We have fetched it" }).click();
  await page.waitForURL(/done=collected/);
}

for (const engine of ["sqlite", "postgres"]) {
  test(`a box with a part missing goes from phone to phone, on ${engine}`, async ({ browser, javaScriptEnabled }) => {
    const scripted = javaScriptEnabled !== false;
    const { base, code, phone, stop } = await house(engine, { javaScriptEnabled: scripted });
    try {
      const ash = await phone(browser, "Ash");
      const beech = await phone(browser, "Beech");
      await collect(ash.page, base);

      // The giver opens the code on the lid. Everything is there: one tap.
      await ash.page.goto(`/b/${code.toLowerCase()}`);
      await sound(ash.page, scripted, "the copy");
      await ash.page.getByRole("link", { name: "Hand it over" }).click();
      await sound(ash.page, scripted, "giving");
      await ash.page.getByRole("button", { name: "All there: hand it over" }).click();
      await ash.page.waitForURL(/done=given/);
      await expect(ash.page.locator("main")).toContainText("It is on its way to Beech");
      await sound(ash.page, scripted, "given");

      // The receiver finds that two are missing.
      await beech.page.goto(`/b/${code}`);
      await beech.page.getByRole("link", { name: "I have received it" }).click();
      const line = beech.page.locator(".chk li", { hasText: "Tuning fork" });
      await expect(line).toContainText("Handed over as: 6");
      await line.getByRole("checkbox").uncheck();
      // Sent too early it says what is missing, and keeps what was said.
      await beech.page.getByRole("button", { name: "Receive it", exact: true }).click();
      await expect(beech.page).toHaveTitle(/^Error: /);
      await expect(line.getByRole("checkbox")).not.toBeChecked();
      await sound(beech.page, scripted, "what is missing");
      await line.getByLabel("How many are there?").fill("4");
      await line.getByLabel("Why?").selectOption("missing");
      await beech.page.getByRole("button", { name: "Receive it", exact: true }).click();
      await beech.page.waitForURL(/done=received/);
      await sound(beech.page, scripted, "received");
      await beech.page.getByRole("link", { name: "See what was counted" }).click();
      await expect(beech.page.locator("main")).toContainText("The two counts differ");
      await expect(beech.page.locator("tr.differs")).toContainText("4 of 6, missing");
      await sound(beech.page, scripted, "both counts");

      // The giver reads the same, and has nothing to do with it any more.
      await ash.page.goto(`/b/${code}`);
      await expect(ash.page.locator("main")).toContainText("This box is not due to you");
      await ash.page.getByRole("link", { name: "From Ash to Beech" }).click();
      await expect(ash.page.locator("tr.differs")).toContainText("4 of 6, missing");
      expect([...ash.faults, ...beech.faults]).toEqual([]);
    } finally {
      await stop();
    }
  });
}

test("a count without a connection is kept on the phone and sent once", async ({ browser, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without JavaScript the form is sent as it is");
  const { base, code, phone, stop } = await house("sqlite", {});
  try {
    const ash = await phone(browser, "Ash");
    const { page, context } = ash;
    await collect(page, base);
    await page.goto(`/b/${code}`);
    await page.getByRole("link", { name: "Hand it over" }).click();
    const form = page.url();
    const line = page.locator(".chk li", { hasText: "Tuning fork" });
    await line.getByRole("checkbox").uncheck();
    await line.getByLabel("How many are there?").fill("5");
    await line.getByLabel("Why?").selectOption("broken");
    await page.getByLabel("Note", { exact: false }).last().fill("The key is in the lid");
    // A reload before anything is sent loses nothing.
    await page.reload();
    await expect(line.getByRole("checkbox")).not.toBeChecked();
    await expect(line.getByLabel("How many are there?")).toHaveValue("5");
    await expect(line.getByLabel("Why?")).toHaveValue("broken");
    // The first answer will be lost on its way: the server has the count, the phone does not know.
    let lost = 0;
    await context.route(form, async (route) => {
      if (route.request().method() !== "POST" || lost > 0) return route.continue();
      await route.fetch({ maxRedirects: 0 });
      lost += 1;
      await route.abort("connectionreset");
    });
    // In the cupboard there is no connection.
    await context.setOffline(true);
    await page.getByRole("button", { name: "Hand it over", exact: true }).click();
    const kept = page.getByRole("status").filter({ hasText: "Kept on this phone" });
    await expect(kept).toBeVisible();
    await expect(page.locator("h1")).toHaveText("Hand it over");
    // Somebody reloads all the same, and the page is gone with the connection; what was counted is not.
    await page.reload().catch(() => {});
    // The browser loads a page that failed again by itself; whichever of the two is faster will do.
    await context.setOffline(false);
    await page.goto(form).catch(() => {});
    await expect.poll(() => lost).toBe(1);
    // What was kept is sent again when there is a connection, and answered as the first time.
    // The answer may have been shown already, and the browser's own second try of the page that failed may have come after it.
    const waiting = () => {
      dispatchEvent(new Event("online"));
      return Object.keys(localStorage).filter((name) => name.startsWith("count:")).length;
    };
    await expect.poll(() => page.evaluate(waiting).catch(() => -1)).toBe(0);
    await page.goto(`/b/${code}`);
    await expect(page.locator("main")).toContainText("On its way");
    expect(await page.locator("a[href*='/handovers/']", { hasText: "From Ash to Beech" }).count()).toBe(1);
    await page.getByRole("link", { name: "From Ash to Beech" }).click();
    await expect(page.locator("main")).toContainText("5 of 6, broken");
    await expect(page.locator("main")).toContainText("The key is in the lid");
    expect(await page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith("count:")))).toEqual([]);
    expect(ash.faults).toEqual([]);
  } finally {
    await stop();
  }
});

/** Beech has received what nobody gave up; Ash had begun to count it before that, without a connection. */
async function overtaken(browser) {
  const world = await house("sqlite", {});
  const ash = await world.phone(browser, "Ash");
  const beech = await world.phone(browser, "Beech");
  await collect(ash.page, world.base);
  await ash.page.goto(`/b/${world.code}`);
  await ash.page.getByRole("link", { name: "Hand it over" }).click();
  await ash.page.getByLabel("Note", { exact: false }).last().fill("The key is in the lid");
  await ash.context.setOffline(true);
  await ash.page.getByRole("button", { name: "Hand it over", exact: true }).click();
  await expect(ash.page.locator(".kept")).toContainText("Keep this page open, or come back to it");
  await beech.page.goto(`/b/${world.code}`);
  await beech.page.getByRole("link", { name: "I have received it" }).click();
  await beech.page.getByRole("button", { name: "All there: receive it" }).click();
  await beech.page.waitForURL(/done=received/);
  return { ...world, ash, beech };
}

/** What this phone keeps of counts. */
const entries = (page) => page.evaluate(() => Object.values({ ...localStorage }).filter((value) => value.includes("fields")).map((value) => JSON.parse(value)));

test("the giver's count that was kept on the phone is added to what the other school has received", async ({ browser, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without JavaScript the form is sent as it is");
  const { ash, stop } = await overtaken(browser);
  try {
    await ash.context.setOffline(false);
    await ash.page.waitForURL(/done=given/);
    await expect(ash.page.locator("main")).toContainText("Your count is added");
    await ash.page.getByRole("link", { name: "See what was counted" }).click();
    await expect(ash.page.locator("main")).toContainText("The key is in the lid");
    expect(await entries(ash.page)).toEqual([]);
    expect(ash.faults).toEqual([]);
  } finally {
    await stop();
  }
});

test("what waits on the phone is said and sent on other pages, however long it takes; what cannot be sent stays readable", async ({ browser, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without JavaScript the form is sent as it is");
  const { base, ash, stop } = await overtaken(browser);
  try {
    const { page, context } = ash;
    const give = page.url();
    // Many weeks pass, and there is no connection to what takes the count.
    const old = (changes) =>
      page.evaluate((changes) => {
        const name = Object.keys(localStorage).find((name) => name.startsWith("count:"));
        localStorage.setItem(name, JSON.stringify({ ...JSON.parse(localStorage.getItem(name)), at: 0, ...changes }));
      }, changes);
    await context.route(give, (route) => (route.request().method() === "POST" ? route.abort("connectionreset") : route.continue()));
    await old({});
    await context.setOffline(false);
    for (const place of ["week", "loans"]) {
      await page.goto(`${base}/${place}`);
      await expect(page.locator(".kept")).toContainText("1 count waits on this phone: Sound (SO1)");
      await sound(page, true, `${place} with a count that waits`);
    }
    // It says what it was opened for; a copy that has moved on twice is not touched.
    const fields = (await entries(page))[0].fields.map(([name, value]) => [name, name === "seen" ? "1" : value]);
    await old({ fields });
    await context.unroute(give);
    await page.reload();
    await expect(page.locator(".kept")).toContainText("could not be sent. It has moved on since you opened this page");
    await page.locator(".kept summary").click();
    await expect(page.locator(".kept")).toContainText("The key is in the lid");
    await sound(page, true, "a count that could not be sent");
    await page.getByRole("button", { name: "Remove it from this phone" }).click();
    await expect(page.locator(".kept")).toBeHidden();
    expect(await entries(page)).toEqual([]);
    expect(ash.faults).toEqual([]);
  } finally {
    await stop();
  }
});

test("a photo that was taken away is not sent", async ({ browser, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without JavaScript the form is sent as it is");
  const { base, code, phone, stop } = await house("sqlite", {});
  try {
    const { page } = await phone(browser, "Ash");
    await collect(page, base);
    await page.goto(`/b/${code}`);
    await page.getByRole("link", { name: "Count it" }).click();
    const picture = await page.evaluate(() => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 8;
      return canvas.toDataURL("image/png").split(",")[1];
    });
    const photo = { name: "box.png", mimeType: "image/png", buffer: Buffer.from(picture, "base64") };
    await page.getByLabel("Photo").setInputFiles(photo);
    const remove = page.getByRole("button", { name: "Remove the photo" });
    await expect(remove).toBeVisible();
    await page.reload();
    await expect(remove).toBeVisible();
    await remove.click();
    await expect(remove).toBeHidden();
    await page.getByLabel("Photo").setInputFiles(photo);
    await expect(remove).toBeVisible();
    await page.getByLabel("Photo").setInputFiles([]);
    await expect(remove).toBeHidden();
    await page.getByRole("button", { name: "All there: save the count" }).click();
    await page.waitForURL(/done=counted/);
    await expect(page.locator("main")).toContainText("Counted at Ash");
    expect(await page.getByRole("link", { name: "See the photo" }).count()).toBe(0);
    // And one that was chosen is.
    await page.getByRole("link", { name: "Count it" }).click();
    await page.getByLabel("Photo").setInputFiles(photo);
    await expect(remove).toBeVisible();
    await page.getByRole("button", { name: "Save the count" }).last().click();
    await page.waitForURL(/done=counted/);
    expect(await page.getByRole("link", { name: "See the photo" }).count()).toBe(1);
  } finally {
    await stop();
  }
});

test("a confirmation that was missed is shown when the box's page is opened", async ({ browser, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without JavaScript the form is sent as it is");
  const { base, code, phone, stop } = await house("sqlite", {});
  try {
    const { page } = await phone(browser, "Ash");
    await collect(page, base);
    await page.goto(`/b/${code}`);
    const copy = page.url();
    await page.getByRole("link", { name: "Count it" }).click();
    // Somebody leaves the page in the moment in which the answer comes.
    let missed = 0;
    await page.route(/done=counted/, (route) => (missed++ ? route.continue() : route.abort("aborted")));
    await page.getByRole("button", { name: "All there: save the count" }).click();
    await expect.poll(() => missed).toBe(1);
    await page.goto(copy);
    await page.waitForURL(/done=counted/);
    await expect(page.locator("h1")).toHaveText("Sound is counted");
    expect(await page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith("count:")))).toEqual([]);
    expect(await page.getByText("Counted at Ash").count()).toBe(1);
  } finally {
    await stop();
  }
});
