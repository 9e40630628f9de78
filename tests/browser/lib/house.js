// What every browser test needs: signing in as one of the demo's people, and an eye on the content policy and the console.
import { test as base, expect } from "@playwright/test";

export { expect };

/** The demo's cluster. */
export const base_path = "/c/south-milford";

/** Signs in on the demo's own page: `Science lead, Saxton`. */
export async function signIn(page, name) {
  await page.goto("/sign-in");
  await page.getByRole("button", { name, exact: false }).first().click();
  await page.waitForURL(/\/c\//);
}

// A page may complain in three ways: the policy refuses something, a script throws, a file does not load. None is ever right.
export const test = base.extend({
  complaints: [
    async ({ page }, use) => {
      const complaints = [];
      page.on("console", (message) => {
        const text = message.text();
        // An answer with a status of 4xx is logged as an error as well; a refused form has one on purpose.
        if (message.type() === "error" && !/status of 4\d\d/.test(text)) complaints.push(text);
        else if (/content security policy/i.test(text)) complaints.push(text);
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("requestfailed", (request) => {
        const why = request.failure()?.errorText ?? "";
        if (!/ERR_ABORTED/.test(why)) complaints.push(`${request.url()}: ${why}`);
      });
      page.on("response", (response) => {
        if (response.url().includes("/assets/") && response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
      });
      await use(complaints);
      expect(complaints, "the browser complained").toEqual([]);
    },
    { auto: true },
  ],
});
