// A small cluster of a test's own, imported into a database of either engine: three schools, one box, two loans in a row.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ahead, program, start, today } from "./program.js";

const run = promisify(execFile);
const day = (date) => date.toISOString().slice(0, 10);
const DAY = 24 * 60 * 60 * 1000;

/** The terms of some years, each laid out like 2026-27, moved by whole weeks. */
function terms() {
  const lines = ["academic_year,season,first_day,last_day,half_term_first,half_term_last"];
  for (let year = 2024; year <= 2028; year += 1) {
    const weeks = Math.round((Date.UTC(year, 8, 7) - Date.UTC(2026, 8, 7)) / (7 * DAY));
    for (const [season, ...days] of [
      ["autumn", "2026-09-07", "2026-12-18", "2026-10-26", "2026-10-30"],
      ["spring", "2027-01-04", "2027-03-25", "2027-02-15", "2027-02-19"],
      ["summer", "2027-04-12", "2027-07-21", "2027-05-31", "2027-06-04"],
    ]) {
      const moved = days.map((text) => day(new Date(Date.parse(text) + weeks * 7 * DAY)));
      lines.push([`${year}-${String((year + 1) % 100).padStart(2, "0")}`, season, ...moved].join(","));
    }
  }
  return lines;
}

/** Ash has the box from today on, Beech from tomorrow on; it is kept at Cedar. */
function files(slug, code) {
  const lead = (school) => `science.lead@${school.toLowerCase()}.${slug}.example`;
  const schools = ["Ash", "Beech", "Cedar"];
  const after = (days) => day(new Date(Date.parse(today) + days * DAY));
  const loan = (school, from, to) => `SO1,${school},${lead(school)},loan,confirmed,${after(from)},${after(to)},,,Year 4,Sound,,,`;
  return {
    "cluster.csv": ["name,slug,cohort_year,nation,lead_school", `Phones,${slug},2024,england,Ash Primary School`],
    "schools.csv": [
      "name,short_name,letters,urn,address,postcode,joined,left,sabbatical_from,sabbatical_to,lead",
      ...schools.map((name, n) => `${name} Primary School,${name},A${"ABC"[n]},,1 High Street,LS25 5AU,2023-09-01,,,,${n ? "no" : "yes"}`),
    ],
    "people.csv": [
      "name,email,role,school,from,to",
      ...schools.map((name) => `"Science lead, ${name}",${lead(name)},ssl,${name},2023-09-01,`),
      `"Coordinator, Phones",coordinator@${slug}.example,coordinator,,2023-09-01,`,
    ],
    "settings.csv": ["setting,value"],
    "terms.csv": terms(),
    "closures.csv": ["school,kind,first_day,last_day,note"],
    "resources.csv": ["name,kind,topic,strand,year_from,year_to,summary,needs_approval,turnaround_days,icon", "Sound,box,Sound,physics,3,6,All about sound.,no,,volume-2"],
    "contents.csv": ["resource,item,quantity,consumable,essential,care_note", "Sound,Tuning fork,6,no,yes,", "Sound,Drum,1,no,no,", "Sound,Rice,1,yes,no,Top up"],
    "copies.csv": ["resource,tag,code,home_school,state,note", `Sound,SO1,${code},Cedar,in_service,`],
    "bookings.csv": [
      "copy,school,person,kind,state,first_day,last_day,collected_on,returned_on,class,purpose,pupils,override_reason,ended_reason",
      loan("Ash", 0, 0),
      loan("Beech", 1, 8),
    ],
  };
}

/** Starts a program on this engine with the cluster in it. `phone(browser, school)` is a phone whose owner leads science there. */
export async function house(engine, options) {
  const slug = `phones-${Math.random().toString(36).slice(2, 10)}`;
  const code = Array.from({ length: 6 }, () => "23456789ABCDEFGHJKMNPQRSTVWXYZ"[Math.floor(Math.random() * 30)]).join("");
  const folder = mkdtempSync(join(tmpdir(), "boxrota-world-"));
  let url = `sqlite:${folder}/boxrota.db`;
  if (engine === "postgres") {
    url = process.env.BOXROTA_TEST_POSTGRES_URL;
    if (!url) throw new Error("run this by ./test browser, which starts a PostgreSQL");
  }
  const env = { ...process.env, BOXROTA_DATABASE_URL: url, BOXROTA_TEST_AHEAD: ahead };
  for (const [name, lines] of Object.entries(files(slug, code))) writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
  await run(program, ["import-cluster", folder], { env });
  const served = await start("serve", { BOXROTA_DATABASE_URL: url });
  const phone = async (browser, school) => {
    const context = await browser.newContext({ ...options, baseURL: served.origin, viewport: { width: 390, height: 844 }, locale: "en-GB", reducedMotion: "reduce" });
    const page = await context.newPage();
    const faults = [];
    page.on("pageerror", (fault) => faults.push(String(fault)));
    const address = `science.lead@${school.toLowerCase()}.${slug}.example`;
    const { stdout } = await run(program, ["sign-in-link", address, "--public-url", served.origin], { env });
    await page.goto(stdout.trim());
    await page.locator("main form[method=post] button[type=submit]").click();
    await page.waitForURL(/\/c\//);
    return { context, page, faults };
  };
  const stop = async () => {
    await served.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { base: `/c/${slug}`, code, phone, stop };
}
