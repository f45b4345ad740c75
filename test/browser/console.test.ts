import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type ConsoleHere, startConsoleHere } from "./console-here.ts";
import { noteFigure } from "./figures.ts";
import { findBrowser } from "./find-browser.ts";

const executablePath = findBrowser();

/** What axe-core finds on a page: each rule with the elements that break it. The policy of the page keeps its script out otherwise. */
async function violations(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe.source });
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run().then(({violations}) => JSON.stringify(violations.flatMap(({id, nodes}) =>
      nodes.map(({target, failureSummary}) => id + " at " + target.join(" ") + ": " + failureSummary))))`,
    awaitPromise: true,
  });
  // It is the JSON that the expression makes.
  return JSON.parse(String(result.value)) as readonly string[];
}

/** How long something may take to appear, on a busy machine, in milliseconds. */
const PATIENCE_MS = 30_000;

describe.skipIf(executablePath === undefined)("the console in a browser", { timeout: 120_000 }, () => {
  let browser: Browser;
  let here: ConsoleHere;

  beforeAll(async () => {
    [browser, here] = await Promise.all([
      chromium.launch({
        ...(executablePath === undefined ? {} : { executablePath }),
        args: ["--no-sandbox"],
      }),
      startConsoleHere(),
    ]);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await here?.close();
  }, 60_000);

  /** Opens a view in a page of its own; the test fails if the page throws, or the browser refuses something. */
  async function open(view: string, options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
    page.setDefaultTimeout(PATIENCE_MS);
    const faults: string[] = [];
    page.on("pageerror", ({ message }) => faults.push(message));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("ERR_")) faults.push(message.text());
    });
    onTestFinished(async () => {
      await page.close();
      expect(faults).toEqual([]);
    });
    await page.goto(`${here.url}#/${view}`);
    await page.getByText("App Users").first().waitFor();
    return page;
  }

  /** Signs somebody in on the page. */
  async function signIn(page: Page, login: string): Promise<void> {
    await page.getByRole("combobox", { name: "Person" }).fill(login);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  /** The words in which the selected event's outcome is said. */
  const verdict = (page: Page) => page.locator(".verdict");

  it("shows a sign-in travel to the membership, with each request and its answer", async () => {
    const page = await open("timeline");
    await signIn(page, "jane.doe@example.com");
    await verdict(page).filter({ hasText: "member after" }).waitFor();
    const steps = await page.locator(".step-title").allTextContents();
    expect(steps[0]).toBe("Okta delivers to receive");
    expect(steps).toEqual(
      expect.arrayContaining(["Task in the queue", "Queue calls grant", "Okta adds the member"]),
    );
    await page.getByRole("button", { name: /Okta delivers to receive/ }).click();
    const exchange = page.locator(".exchange");
    expect(await exchange.textContent()).toContain("authorizationBearer ••••••");
    expect(await exchange.textContent()).toContain("com.okta.event_hook");
    expect(await page.getByRole("region", { name: "Rules" }).textContent()).toMatch(
      /Rule 1 matches: App Users/,
    );
  });

  it.each(["light", "dark"] as const)(
    "has nothing that axe-core finds, with the theme %s",
    async (colorScheme) => {
      const page = await open("timeline", { colorScheme });
      await signIn(page, "axe@example.com");
      await verdict(page).filter({ hasText: "member after" }).waitFor();
      expect(await violations(page)).toEqual([]);
    },
  );

  it("paints at once, and loads little", async () => {
    const page = await browser.newPage();
    let bytes = 0;
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    session.on("Network.loadingFinished", ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await page.goto(here.url);
    await page.getByText("App Users").first().waitFor();
    const paint = await page.evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    );
    noteFigure("first contentful paint", `${Math.round(paint)} ms`);
    noteFigure("over the wire, compressed, until events are shown", `${(bytes / 1000).toFixed(0)} kB`);
    await page.close();
    expect(bytes).toBeLessThan(120_000);
  });
});
