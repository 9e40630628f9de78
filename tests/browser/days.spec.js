// The calendar and This week on days that are difficult: nothing is drawn over days it does not stand for, no page scrolls sideways.
// What the pages are otherwise is tried on the day on which all other tests stand.
import { noSidewaysScroll, widths, withinItsDays } from "./lib/check.js";
import { base_path, expect, signIn, test } from "./lib/house.js";
import { start } from "./lib/program.js";

const days = {
  "2026-09-01": "the first week of a school year",
  "2026-10-25": "the clocks go back",
  "2026-10-28": "half-term",
  "2026-11-30": "two free days at the end of the term",
  "2026-12-18": "the last day of a term",
  "2027-01-04": "the first week of a term",
  "2027-03-28": "the clocks go forward",
  "2027-08-10": "the summer",
  "2028-02-29": "a leap day",
};

for (const [today, why] of Object.entries(days)) {
  test(`the calendar is sound on ${today}: ${why}`, async ({ browser }) => {
    const demo = await start("demo", { BOXROTA_DEMO_TODAY: today });
    const context = await browser.newContext({ baseURL: demo.origin });
    const page = await context.newPage();
    try {
      await signIn(page, "Science lead, Saxton");
      for (const path of ["calendar?view=term", "calendar?view=month", "calendar?view=list", "week"]) {
        const answer = await page.goto(`${base_path}/${path}`);
        expect(answer.status(), path).toBe(200);
        for (const width of widths) {
          await page.setViewportSize({ width, height: 900 });
          await noSidewaysScroll(page, `${path} on ${today} at ${width}`);
          await withinItsDays(page, `${path} on ${today} at ${width}`);
        }
      }
    } finally {
      await context.close();
      await demo.stop();
    }
  });
}
