// People and clusters: a cluster typed in from nothing, through the pages alone, and a leaver handed on. Each on a program of its
// own, so that the other tests' demo keeps its people.
import { readFileSync } from "node:fs";
import { barriers, noSidewaysScroll } from "./lib/check.js";
import { expect, test } from "./lib/house.js";
import { mailServer, start } from "./lib/program.js";

/** The rows of one of the demo's files, as objects. Cells in quotes may hold commas. */
function rows(file) {
  const text = readFileSync(new URL(`../../demo/${file}`, import.meta.url), "utf8");
  const cells = (line) => [...line.matchAll(/("([^"]|"")*"|[^,]*)(,|$)/g)].map(([, cell]) => cell.replace(/^"|"$/g, "").replaceAll('""', '"'));
  const [head, ...lines] = text.trim().split("\n");
  const names = cells(head);
  return lines.map((line) => Object.fromEntries(cells(line).map((cell, at) => [names[at], cell])));
}

/** Types a day into the three boxes of a field: `2026-09-01`. */
async function typeDay(page, name, day) {
  const [year, month, date] = day ? day.split("-").map(Number) : ["", "", ""];
  await page.locator(`[name="${name}-day"]`).fill(String(date));
  await page.locator(`[name="${name}-month"]`).fill(String(month));
  await page.locator(`[name="${name}-year"]`).fill(String(year));
}

test("a cluster with its schools, people and two school years is typed in from nothing", async ({ page, browser, javaScriptEnabled }) => {
  test.setTimeout(300_000);
  const post = await mailServer();
  const house = await start("serve", { BOXROTA_SMTP_URL: post.url });
  try {
    const printed = house.said.join("\n").match(/https?:\/\/\S+\/set-up\/\w+/)[0];
    await page.goto(house.origin);
    await expect(page.locator("main")).toContainText("waits to be set up");
    const schools = rows("schools.csv");
    const lead = schools.find((school) => school.lead === "yes");
    await page.goto(printed);
    await page.locator("[name=person]").fill("Coordinator, South Milford cluster");
    await page.locator("[name=email]").fill("coordinator@south-milford-cluster.example");
    await page.locator("[name=name]").fill("South Milford");
    await page.locator("[name=cohort_year]").fill("2023");
    await page.locator("[name=school]").fill(lead.name);
    await page.locator("[name=short_name]").fill(lead.short_name);
    await page.locator("[name=letters]").fill(lead.letters);
    await page.locator("[name=address]").fill(lead.address);
    await page.locator("[name=postcode]").fill(lead.postcode.toLowerCase().replace(" ", ""));
    await typeDay(page, "since", lead.joined);
    await page.getByRole("button", { name: "Set up Boxrota" }).click();
    await page.waitForURL(/\/c\/south-milford\/about/);
    const base = `${house.origin}/c/south-milford`;

    for (const school of schools.filter((one) => one !== lead)) {
      await page.goto(`${base}/schools/new`);
      for (const name of ["name", "short_name", "letters", "address", "postcode"]) await page.locator(`[name=${name}]`).fill(school[name]);
      await typeDay(page, "joined", school.joined);
      await page.locator("main form[method=post] button[type=submit]").click();
      await page.waitForURL(/\/schools\/[0-9A-Z]{13}/);
    }
    await page.goto(`${base}/people`);
    await expect(page.locator("main")).toContainText(`${schools.length} schools`);

    const years = ["2025-26", "2026-27"];
    const terms = rows("terms.csv").filter((term) => years.includes(term.academic_year));
    expect(terms.length).toBe(6);
    for (const term of terms) {
      await page.goto(`${base}/terms/new`);
      await page.locator(`[name=season][value=${term.season}]`).check();
      await page.locator("[name=academic-year]").selectOption(term.academic_year.slice(0, 4));
      await typeDay(page, "first", term.first_day);
      await typeDay(page, "last", term.last_day);
      await typeDay(page, "half-first", term.half_term_first);
      await typeDay(page, "half-last", term.half_term_last);
      await page.getByRole("button", { name: "Add the term" }).click();
      await page.waitForURL(/\/terms(\?|$)/);
    }
    await page.goto(`${base}/calendar`);
    await expect(page.getByRole("heading", { level: 1 })).toContainText(/term 20/);

    // Everybody is invited, and says yes by the link in the mail, on a device of their own.
    const leads = rows("people.csv").filter((person) => person.role === "ssl");
    expect(leads.length).toBe(schools.length);
    for (const person of leads) {
      await page.goto(`${base}/people/invite`);
      await page.locator("[name=name]").fill(person.name);
      await page.locator("[name=email]").fill(person.email);
      await page.locator("[name=role]").selectOption("ssl");
      await page.locator("[name=school]").selectOption({ label: (await page.locator("[name=school] option").allInnerTexts()).find((words) => words.startsWith(person.school)) });
      await page.locator("main form[method=post] button[type=submit]").first().click();
      await page.waitForURL(/\/people(\?|$)/);
      const link = (await post.mailTo(person.email, /\/invitation\//)).match(/https?:\/\/[^\s"<]+\/invitation\/[0-9a-z]{32}/)[0];
      const own = await browser.newContext({ javaScriptEnabled });
      const theirs = await own.newPage();
      await theirs.goto(link);
      await expect(theirs.locator("main")).toContainText(person.school);
      await theirs.locator("main form[method=post] button[type=submit]").click();
      await theirs.waitForURL(/\/week/);
      await own.close();
    }
    await page.goto(`${base}/people`);
    await expect(page.locator("main")).not.toContainText("without a science lead");
    await expect(page.locator("main")).toContainText(`${leads.length + 1} people`);
  } finally {
    await house.stop();
    post.stop();
  }
});

for (const width of [1280, 390]) {
  test(`a leaver is handed on in one page, ${width} px wide`, async ({ page, browser, javaScriptEnabled }) => {
    const house = await start("demo");
    try {
      await page.setViewportSize({ width, height: 900 });
      const enter = async (where, name) => {
        await where.goto(`${house.origin}/sign-in`);
        await where.getByRole("button", { name }).first().click();
        await where.waitForURL(/\/c\//);
      };
      const own = await browser.newContext({ javaScriptEnabled });
      const leaver = await own.newPage();
      await enter(leaver, "Science lead, Riverside");
      const base = `${house.origin}/c/south-milford`;

      await enter(page, "Coordinator");
      await page.goto(`${base}/people`);
      await page.locator("main a", { hasText: "Science lead, Riverside" }).first().click();
      await page.getByRole("link", { name: /hand on/i }).first().click();
      await page.waitForURL(/hand-on/);
      const loans = await page.locator('main ul.links a[href*="/bookings/"]').evaluateAll((all) => all.map((a) => a.getAttribute("href")));
      expect(loans.length, "the demo's Riverside has loans to come").toBeGreaterThan(1);
      await noSidewaysScroll(page, "hand on");
      if (javaScriptEnabled !== false) expect(await barriers(page)).toEqual([]);
      // Sent empty it says what is missing.
      await page.getByRole("button", { name: "Hand on and end the role" }).click();
      await expect(page).toHaveTitle(/^Error: /);
      await page.locator("[name=successor][value=new]").check();
      await page.locator("[name=name]").fill("Science lead to be, Riverside");
      await page.locator("[name=email]").fill("new.lead@riverside.example");
      await page.locator("[name=when][value=now]").check();
      await page.getByRole("button", { name: "Hand on and end the role" }).click();
      await page.waitForURL(/done=/);
      await page.goto(`${base}/people`);
      await expect(page.locator("main")).toContainText("1 school without a science lead");
      await expect(page.locator("main")).toContainText("new.lead@riverside.example");
      // The loans stand, and the leaver is out at once.
      await page.goto(`${house.origin}${loans[0]}`);
      await expect(page.locator("main")).toContainText("in the hands of");
      const answer = await leaver.goto(`${base}/calendar`);
      expect([404, 200]).toContain(answer.status());
      await expect(leaver.locator("main")).not.toContainText("Autumn term");
      await own.close();
    } finally {
      await house.stop();
    }
  });
}
