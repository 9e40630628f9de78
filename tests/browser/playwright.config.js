// Boxrota in Debian's own Chromium, against the program that was just built, with a demo of its own that is gone afterwards.
import { defineConfig } from "@playwright/test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program, today } from "./lib/program.js";

// Read again by every worker process: what is made up here is handed down in the environment.
process.env.BOXROTA_TEST_PORT ??= String(33000 + Math.floor(Math.random() * 9000));
process.env.BOXROTA_TEST_DATA ??= mkdtempSync(join(tmpdir(), "boxrota-browser-"));
const origin = `http://127.0.0.1:${process.env.BOXROTA_TEST_PORT}`;
const pictures = Boolean(process.env.BOXROTA_PICTURES);

export default defineConfig({
  testDir: ".",
  outputDir: "results",
  globalTeardown: "./lib/clear-up.js",
  // Generous, because two cores do everything at once in CI; a page that is slow shows in the benchmarks, not here.
  timeout: 120_000,
  expect: { timeout: 10_000 },
  forbidOnly: Boolean(process.env.CI),
  // One more try on a busy machine; Playwright then reports the test as flaky, it does not hide it.
  retries: process.env.CI ? 1 : 0,
  workers: 2,
  fullyParallel: true,
  reporter: [["list"], ["./lib/closing-line.js"]],
  use: {
    baseURL: origin,
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    locale: "en-GB",
    timezoneId: "Europe/London",
    // A colour on its way from light to dark is neither; and nobody waits for a movement.
    contextOptions: { reducedMotion: "reduce" },
    trace: "off",
    launchOptions: {
      executablePath: process.env.BOXROTA_TEST_CHROMIUM ?? "/usr/bin/chromium",
      // No sandbox, because the tests may run as root; no connections of the browser's own.
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--disable-dev-shm-usage", "--font-render-hinting=none",
      ],
    },
  },
  webServer: {
    // All browsers come from one address, faster than people do.
    env: { BOXROTA_REQUESTS_PER_SESSION: "1000000", BOXROTA_REQUESTS_PER_ADDRESS: "1000000" },
    command: `"${program}" demo --data "${process.env.BOXROTA_TEST_DATA}/demo" --today ${today} --listen 127.0.0.1:${process.env.BOXROTA_TEST_PORT}`,
    url: `${origin}/healthz`,
    reuseExistingServer: false,
    gracefulShutdown: { signal: "SIGTERM", timeout: 10_000 },
    timeout: 60_000,
  },
  projects: pictures
    ? [{ name: "pictures", testMatch: "pictures.js" }]
    : [
        { name: "with JavaScript", testMatch: /\.spec\.js/, testIgnore: /no-script/ },
        { name: "without JavaScript", testMatch: /(handover|journeys|people|no-script)\.spec\.js/, use: { javaScriptEnabled: false } },
      ],
});
