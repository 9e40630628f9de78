// Passkeys, with a device that the browser plays: made in the account, used on the sign-in page, removed.
import { barriers, noSidewaysScroll } from "./lib/check.js";
import { expect, test } from "./lib/house.js";
import { start } from "./lib/program.js";

test("a passkey is made, signs in, and does not when it is removed", async ({ page }) => {
  // Browsers tie a key to a domain, and localhost is one.
  const house = await start("demo", { BOXROTA_PUBLIC_URL: "auto" });
  try {
    const device = await page.context().newCDPSession(page);
    await device.send("WebAuthn.enable");
    const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
    const { authenticatorId } = await device.send("WebAuthn.addVirtualAuthenticator", { options });
    const keys = async () => (await device.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length;

    await page.goto(`${house.origin}/sign-in`);
    await page.getByRole("button", { name: "Science lead, Saxton" }).click();
    await page.waitForURL(/\/c\//);
    await page.goto(`${house.origin}/account/passkeys`);
    await expect(page.locator("main")).toContainText("None yet");
    await page.getByLabel("What is it on?").fill("my phone");
    await page.getByRole("button", { name: "Go on" }).click();
    await noSidewaysScroll(page, "make a passkey");
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Make the passkey" }).click();
    await page.waitForURL(/done=made/);
    await expect(page.locator("main")).toContainText("my phone");
    expect(await keys()).toBe(1);

    const signOut = async () => {
      await page.context().clearCookies();
      await page.goto(`${house.origin}/sign-in?next=/c/south-milford/boxes`);
    };
    await signOut();
    await page.getByRole("link", { name: "Sign in with a passkey" }).click();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Use my passkey" }).click();
    await page.waitForURL(/\/c\/south-milford\/boxes/);
    await page.goto(`${house.origin}/account`);
    await expect(page.locator("main")).toContainText("science.lead@saxton.example");

    // A device that does not unlock gives no answer, and the page says so.
    await signOut();
    await page.getByRole("link", { name: "Sign in with a passkey" }).click();
    await device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await page.getByRole("button", { name: "Use my passkey" }).click();
    await expect(page.getByRole("alert")).toContainText("the device said no");
    await device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
    await page.getByRole("button", { name: "Use my passkey" }).click();
    await page.waitForURL(/\/c\/south-milford\/boxes/);

    await page.goto(`${house.origin}/account/passkeys`);
    await expect(page.locator("main")).toContainText("last used");
    await page.getByRole("button", { name: "Remove" }).click();
    await page.waitForURL(/done=removed/);
    await signOut();
    await page.getByRole("link", { name: "Sign in with a passkey" }).click();
    await page.getByRole("button", { name: "Use my passkey" }).click();
    await expect(page.getByRole("alert").first()).toContainText("does not belong to anybody here");
  } finally {
    await house.stop();
  }
});
