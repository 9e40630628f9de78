// The calendar files, read by two parsers that know nothing of us: ical.js, and Python's icalendar.
import { execFileSync } from "node:child_process";
import ICAL from "ical.js";
import { base_path, expect, signIn, test } from "./lib/house.js";

const python = new URL("../../target/venv/bin/python", import.meta.url).pathname;
const reader = new URL("./lib/read-calendar.py", import.meta.url).pathname;

/** What both parsers agree on, or their disagreement. */
function read(text, where) {
  // RFC 5545: lines of at most 75 octets that end with CRLF.
  expect(text.endsWith("\r\n"), `${where}: the last line has no end`).toBe(true);
  for (const line of text.split("\r\n")) {
    expect(Buffer.byteLength(line), `${where}: ${line}`).toBeLessThanOrEqual(75);
    expect(line, where).not.toMatch(/[\r\n]/);
  }
  const root = new ICAL.Component(ICAL.parse(text));
  expect(root.getFirstPropertyValue("version")).toBe("2.0");
  expect(root.getFirstPropertyValue("prodid"), where).toMatch(/boxrota/i);
  const events = root.getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    expect(event.startDate.isDate && event.endDate.isDate, `${where}: ${event.uid} is not all-day`).toBe(true);
    expect(component.getFirstPropertyValue("dtstamp"), where).toBeTruthy();
    return { uid: event.uid, start: event.startDate.toString(), end: event.endDate.toString(), summary: event.summary, sequence: event.sequence };
  });
  const byPython = JSON.parse(execFileSync(python, [reader], { input: text, encoding: "utf8" }));
  expect(byPython, where).toEqual(events);
  return { method: root.getFirstPropertyValue("method"), events };
}

const nextDay = (day) => new Date(Date.parse(day) + 864e5).toISOString().slice(0, 10);

test("a booking's file says its days, all-day, with an exclusive end", async ({ page }) => {
  await signIn(page, "Science lead, Saxton");
  await page.goto(`${base_path}/loans`);
  const paths = await page.locator('main a[href*="/bookings/"]').evaluateAll((all) => [...new Set(all.map((a) => a.getAttribute("href")))]);
  expect(paths.length).toBeGreaterThan(3);
  for (const path of paths.slice(0, 6)) {
    const answer = await page.request.get(`${path}/calendar.ics`);
    expect(answer.status(), path).toBe(200);
    expect(answer.headers()["content-type"]).toMatch(/^text\/calendar/);
    const { events } = read(await answer.text(), path);
    expect(events.length).toBe(1);
    expect(events[0].end > events[0].start, "the end is after the start").toBe(true);
    // The page says the last day; the file's end is the day after it.
    const told = await (await page.request.get(path)).text();
    const last = [...told.matchAll(/(\d{1,2}) (January|February|March|April|May|June|July|August|September|October|November|December) (\d{4})/g)].map(
      ([, day, month, year]) => nextDay(new Date(`${day} ${month} ${year} UTC`).toISOString().slice(0, 10)),
    );
    expect(last, path).toContain(events[0].end);
  }
});

test("the feeds hold the school's loans, and a renewed one forgets its old address", async ({ page, request }) => {
  await signIn(page, "Science lead, Saxton");
  await page.goto(`${base_path}/feeds`);
  const address = async () => {
    const html = await (await page.request.get(`${base_path}/feeds`)).text();
    return html.match(/https?:\/\/[^"<\s]*\/feed\/[0-9a-z]{32}\.ics/)?.[0];
  };
  if (!(await address())) await page.locator("main form[method=post] button").first().click();
  const first = await address();
  expect(first, "the page shows no feed").toBeTruthy();
  // A calendar program has no session.
  const answer = await request.get(first);
  expect(answer.status()).toBe(200);
  expect(answer.headers()["content-type"]).toMatch(/^text\/calendar/);
  const { events } = read(await answer.text(), "feed");
  expect(events.length).toBeGreaterThan(1);
  expect(new Set(events.map((event) => event.uid)).size).toBe(events.length);
});

test("the entry in a mail is the booking's", async ({ page }) => {
  await signIn(page, "Coordinator");
  await page.goto(`${base_path}/mail`);
  const mails = await page.locator('main a[href*="/mail/"]').evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  for (const mail of mails.slice(0, 5)) {
    const answer = await page.request.get(`${mail}/calendar.ics`);
    if (answer.status() === 200) read(await answer.text(), mail);
  }
});
