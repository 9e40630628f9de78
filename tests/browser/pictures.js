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
  await shot("calendar-1280", { height: 900 });
  await shot("calendar-390", { width: 390, height: 844 });
  await page.goto(`${base_path}/boxes`);
  await shot("boxes-1280");
  await page.goto(`${base_path}/loans`);
  await shot("loans-390", { width: 390, height: 844 });
});
