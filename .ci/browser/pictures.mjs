// Takes the README's pictures of a page that is up: node pictures.mjs 'http://localhost:3000/?token=…', as it was printed

import { chromium } from "playwright-core";

const url = process.argv[2];
const folder = new URL("../../.github/", import.meta.url).pathname;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM, headless: true, args: ["--no-sandbox", "--disable-gpu"],
});
for (const colorScheme of ["light", "dark"]) {
  const page = await browser.newPage({ viewport: { width: 1120, height: 1040 }, colorScheme, reducedMotion: "reduce" });
  await page.goto(url);
  await page.locator("#link[data-state=live]").waitFor();
  await page.locator("#panel-events tbody tr").first().waitFor();
  await page.waitForTimeout(3000);
  await page.screenshot({ path: `${folder}page-${colorScheme}.png` });
  await page.close();
}
await browser.close();
