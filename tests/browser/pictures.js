// Makes the pictures of the README anew: `./test pictures`.
import { mkdirSync } from "node:fs";
import { base_path, signIn, test } from "./lib/house.js";

const folder = new URL("../../docs/pictures/", import.meta.url).pathname;

test("pictures", async ({ page }) => {
  mkdirSync(folder, { recursive: true });
  const shot = async (name, { width = 1280, height = 860, theme = "light" } = {}) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: `${folder}${name}.png` });
  };
  const phone = { width: 390, height: 844 };
  await signIn(page, "Science lead, Saxton");
  await page.goto(`${base_path}/week`);
  await shot("week-390", phone);
  await page.goto(`${base_path}/calendar`);
  await shot("calendar-1280", { height: 900 });
  await shot("calendar-390", { width: 390, height: 844 });
  await page.goto(`${base_path}/boxes`);
  await shot("boxes-1280");
  await page.goto(`${base_path}/loans`);
  await shot("loans-390", phone);

  // A box changes hands. Who hands it over says that all is there; who gets it finds that two parts are missing.
  await page.goto(`${base_path}/week`);
  await page.locator("main section[aria-labelledby=here] a", { hasText: "Electricity" }).first().click();
  const copy = page.url();
  await page.getByRole("link", { name: "Hand it over" }).click();
  await page.getByRole("button", { name: "All there: hand it over" }).click();
  await page.waitForURL(/done=given/);
  await signIn(page, "Coordinator");
  await page.goto(copy);
  await page.getByRole("link", { name: "I have received it" }).click();
  await page.setViewportSize(phone);
  const line = page.locator(".chk li").filter({ has: page.locator("input[type=checkbox]") }).first();
  const [, belongs] = /: (\d+)/.exec(await line.locator("label").first().innerText());
  await line.getByRole("checkbox").uncheck();
  await line.getByLabel("How many are there?").fill(String(Math.max(0, Number(belongs) - 2)));
  await line.getByLabel("Why?").selectOption("missing");
  await line.getByLabel("Note", { exact: false }).fill("Perhaps left in the classroom");
  await line.evaluate((row) => {
    document.activeElement.blur();
    scrollBy(0, row.getBoundingClientRect().top - 240);
  });
  await shot("count-390", phone);
  await page.getByRole("button", { name: "Receive it", exact: true }).click();
  await page.waitForURL(/done=received/);
  await page.getByRole("link", { name: "See what was counted" }).click();
  await shot("counts-1280");
  await page.goto(`${base_path}/inbox`);
  await shot("inbox-1280", { height: 1000 });
});
