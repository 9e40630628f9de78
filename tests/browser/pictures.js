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
  await signIn(page, "Science lead, Saxton");
  await page.goto(`${base_path}/calendar`);
  await shot("calendar");
  await shot("calendar-dark", { theme: "dark" });
  await shot("calendar-phone", { width: 390, height: 844 });
  await page.goto(`${base_path}/boxes`);
  await shot("boxes");
  await page.locator('main a[href*="/boxes/"]', { hasText: "Electricity" }).first().click();
  await shot("box");
  await page.locator("a.go", { hasText: "Reserve" }).first().click();
  while (!(await page.locator("ul.quick").count())) await page.locator("a[rel=next]").click();
  await page.locator("ul.quick").first().getByRole("link").last().click();
  await page.getByLabel("Class or year group").fill("Year 4");
  await shot("reserve");
  await page.getByRole("button", { name: "Check and confirm" }).click();
  await shot("check-answers");
  await page.locator("main form[method=post] button[type=submit]").last().click();
  await page.waitForURL(/done=/);
  await shot("confirmation");
  await shot("confirmation-phone", { width: 390, height: 844 });
});
