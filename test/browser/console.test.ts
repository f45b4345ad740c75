import { readFileSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createConsole } from "../../sandbox/console/console.ts";
import { serveConsole } from "../../sandbox/console/server.ts";
import { type ConsoleHere, startConsoleHere } from "../support/console-here.ts";
import { noteFigure } from "./figures.ts";
import { findBrowser } from "./find-browser.ts";
import { layoutFaults, movingElements, paperFaults } from "./layout.ts";
import { reportMany, reportResource, reportSteadily } from "./many-events.ts";
import { isMissing, takePicture } from "./pictures.ts";

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

const views = [
  "timeline",
  "break",
  "people",
  "log",
  "queue",
  "deployment",
  "rules",
  "load",
  "alerts",
] as const;
/** A phone, a laptop, a large screen. */
const sizes = [
  [360, 740],
  [1280, 800],
  [3840, 2160],
] as const;

/** How long something may take to appear, on a busy machine, in milliseconds. */
const PATIENCE_MS = 30_000;

describe.skipIf(executablePath === undefined)("the console in a browser", { timeout: 120_000 }, () => {
  let browser: Browser;
  let here: ConsoleHere;
  /** What a page has shown before, during and after the deployment. */
  const deployed: { status: string | null; summary: string | null; made: number; listed: number }[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ["--no-sandbox"],
    });
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const seen = async (status: RegExp, summary: RegExp) => {
      await page.locator(".status-text", { hasText: status }).waitFor();
      await page.getByText(summary).waitFor();
      deployed.push({
        status: await page.locator(".status-text").textContent(),
        summary: await page.locator(".view-head p").textContent(),
        made: await page.locator(".resource .mark.good").count(),
        listed: await page.locator(".resource").count(),
      });
    };
    here = await startConsoleHere({
      async beforeProgram(url) {
        await page.goto(`${url}#/deployment`);
        await seen(/^Deploying: 0 of 0/, /^The program starts/);
      },
      beforeEventHook: () => seen(/^Deploying: [1-9]/, /^[1-9]\d* resources of/),
    });
    await seen(/App Users/, /^(\d+) resources of \1 made/);
    await page.close();
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

  /** Waits until a view shows what it shows, and opens what can be opened in it. */
  async function settle(page: Page, view: string): Promise<void> {
    if (view !== "timeline") await page.getByRole("heading").nth(1).waitFor();
    if (view === "timeline" && (page.viewportSize()?.width ?? 0) > 1000) {
      await events(page).getByRole("option").first().click();
      await page.locator(".step").first().waitFor();
    }
    if (view === "load") await page.locator(".plot canvas").nth(4).waitFor();
    if (view === "deployment") await page.locator(".node").first().waitFor();
    // A chart, and the list of events, measure themselves when the window's size has changed.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  }

  /** The list of the events. */
  const events = (page: Page) => page.getByRole("listbox", { name: "Events" });

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

  it("shows a sign-in wait while Okta is broken, also after a reload, and arrive after the fix", async () => {
    const page = await open("break");
    await page.getByRole("switch", { name: "Okta answers 500" }).click();
    await page.getByText("After the fix:").waitFor();
    await page.goto(`${here.url}#/timeline`);
    await signIn(page, "alan.turing@example.com");
    await verdict(page).filter({ hasText: "retrying" }).waitFor();
    await page
      .getByRole("button", { name: /Okta adds the member/ })
      .first()
      .click();
    expect(await page.locator(".exchange").textContent()).toContain("E0000009");
    await page.reload();
    await events(page)
      .getByRole("option", { name: /Alan Turing/ })
      .click();
    await verdict(page).filter({ hasText: "retrying" }).waitFor();
    await page.goto(`${here.url}#/break`);
    await page.getByRole("button", { name: "Fix 1 fault" }).click();
    await page.getByText("Everything is fixed.").waitFor();
    await page.goto(`${here.url}#/timeline`);
    await events(page)
      .getByRole("option", { name: /Alan Turing/ })
      .click();
    await verdict(page).filter({ hasText: "member after" }).waitFor();
  });

  it("shows a delivery that is lost, and reconcile find the sign-in", async () => {
    const page = await open("break");
    await page.getByRole("switch", { name: "Deliveries are lost" }).click();
    await page.getByText("After the fix:").waitFor();
    await page.goto(`${here.url}#/timeline`);
    await signIn(page, "katherine.johnson@example.com");
    await verdict(page).filter({ hasText: "not delivered yet" }).waitFor();
    await page.goto(`${here.url}#/break`);
    await page.getByRole("switch", { name: "Deliveries are lost" }).click();
    await page.getByRole("button", { name: "Run reconcile now" }).click();
    await page.getByText("reconcile has read the System Log.").waitFor();
    await page.goto(`${here.url}#/timeline`);
    await events(page)
      .getByRole("option", { name: /Katherine Johnson/ })
      .click();
    await verdict(page).filter({ hasText: "member after" }).waitFor();
    expect(await page.locator(".waterfall").textContent()).toContain("found by reconcile");
  });

  it("kills a function, and the next sign-in starts it again", async () => {
    const page = await open("break");
    await page.getByRole("button", { name: "Kill grant" }).click();
    await page.getByText("grant was killed.").waitFor();
    await page.goto(`${here.url}#/timeline`);
    await signIn(page, "grace.hopper@example.com");
    await verdict(page).filter({ hasText: "member after" }).waitFor();
    if (isMissing("console")) await takePicture(page, "console");
  });

  it("makes load, and draws what it does", async () => {
    const page = await open("load");
    await page.getByLabel("Sign-ins a second").fill("10");
    await page.getByLabel("For seconds").fill("2");
    await page.getByLabel("Different people").fill("3");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("button", { name: "Stop" }).waitFor();
    await page.getByRole("button", { name: "Start" }).waitFor();
    await page.locator(".plot canvas").first().waitFor();
    await page.goto(`${here.url}#/people`);
    await page.getByLabel("Search people").fill("load-3");
    await page.getByRole("button", { name: "Remove load-3@example.com from App Users" }).waitFor();
  });

  it("shows two tabs the same", async () => {
    const [one, other] = [await open("timeline"), await open("timeline")];
    await signIn(one, "seen-twice@example.com");
    await events(other)
      .getByRole("option", { name: /Seen Twice.*member/ })
      .waitFor();
  });

  it("connects again after the server was gone, and misses nothing", async () => {
    const page = await open("timeline");
    await here.stop();
    await page.getByText("Connection lost").waitFor();
    here.clouds.okta.createPerson({ login: "meanwhile@example.com", displayName: "Mean While" });
    here.clouds.okta.signIn([{ kind: "success", login: "meanwhile@example.com" }]);
    await here.restart();
    await events(page)
      .getByRole("option", { name: /Mean While.*member/ })
      .waitFor();
    expect(await page.getByText("Connection lost").count()).toBe(0);
  });

  it("forgets what was before when the sandbox itself was started again", async () => {
    const page = await open("timeline");
    await events(page)
      .getByRole("option", { name: /Mean While/ })
      .waitFor();
    const other = createConsole({ clouds: here.clouds, engine: "embedded" });
    other.setPhase("up");
    reportMany(other, 2);
    await here.stop();
    await here.restart(other);
    await page.locator(".count", { hasText: /^2$/ }).waitFor();
    expect(
      await events(page)
        .getByRole("option", { name: /Mean While/ })
        .count(),
    ).toBe(0);
    await here.stop();
    other.close();
    await here.restart();
    await events(page)
      .getByRole("option", { name: /Mean While/ })
      .waitFor();
  });

  it("holds the list still while somebody reads", async () => {
    const page = await open("timeline");
    const list = events(page);
    await list.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    const selected = await events(page).getByRole("option", { selected: true }).textContent();
    const first = await events(page).getByRole("option").first().textContent();
    here.clouds.okta.signIn([{ kind: "success", login: "meanwhile@example.com" }]);
    await page.getByRole("button", { name: "1 newer" }).waitFor();
    expect(await events(page).getByRole("option").first().textContent()).toBe(first);
    expect(await events(page).getByRole("option", { selected: true }).textContent()).toBe(selected);
    await page.keyboard.press("n");
    await events(page).getByRole("option").first().filter({ hasText: "Mean While" }).waitFor();
  });

  it("can be used with the keyboard only", async () => {
    const page = await open("timeline");
    await page.keyboard.press("s");
    await page.locator('#people option[value="meanwhile@example.com"]').waitFor({ state: "attached" });
    await page.keyboard.type("keys@example.com");
    await page.keyboard.press("Enter");
    await verdict(page).filter({ hasText: "member after" }).waitFor();
    await page.keyboard.press("Escape");
    await events(page).focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("r");
    await events(page).getByRole("option", { name: /Keys/ }).nth(1).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("keys member");
    await page.keyboard.press("Escape");
    expect(await events(page).getByRole("option").count()).toBe(2);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("2");
    await page.getByRole("heading", { name: "Break it" }).waitFor();
    await page.keyboard.press("t");
    await page.getByText("Theme: light").waitFor();
  });

  it("shows a hostile name as text", async () => {
    const page = await open("timeline");
    const name = `<img src=x onerror="document.title='broken'"> \u202egnp.exe ${"long ".repeat(2000)}`;
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("Name, for a new person").fill(name);
    await signIn(page, "hostile@example.com");
    await verdict(page).filter({ hasText: "member after" }).waitFor();
    const heading = await page.getByRole("heading", { level: 2 }).textContent();
    expect(heading).toContain('<img src=x onerror="document.title=');
    expect(heading).toContain("⟨202e⟩gnp.exe");
    expect(heading?.length).toBeLessThan(200);
    await page.getByText("The event in Okta's System Log").click();
    expect(await page.locator("#page img:not(.brand img)").count()).toBe(0);
    expect(await layoutFaults(page)).toEqual([]);
    await page.goto(`${here.url}#/people`);
    await page.getByRole("cell", { name: /<img src=x/ }).waitFor();
    expect(await page.title()).not.toBe("broken");
  });

  it("lets somebody try a rule on all events so far", async () => {
    const page = await open("rules");
    const rules = page.getByLabel("Rules, in YAML");
    await rules.fill(
      "- group: Testers\n  on: [user.session.start]\n  when: event.actor.alternateId.startsWith('keys')",
    );
    await page.getByRole("row", { name: /Keys/ }).getByText("Testers").waitFor();
    await rules.fill("- group: Testers\n  on: [user.session.start]\n  when: event.actor.");
    await page.getByText("The rules have a mistake").waitFor();
  });

  it("fills up while the program is deployed", () => {
    const [before, during, after] = deployed;
    expect(before).toMatchObject({ status: "Deploying: 0 of 0 resources", made: 0, listed: 0 });
    const numbers = [during?.made, during?.listed, after?.made, after?.listed].map(Number);
    const [madeThen = 0, listedThen = 0, madeAtLast = 0, listedAtLast = 0] = numbers;
    expect(madeThen).toBeGreaterThan(0);
    // The event hook waits, and is in the list as one that is being made.
    expect(listedThen).toBeGreaterThan(madeThen);
    expect(madeAtLast).toBeGreaterThan(madeThen);
    expect(listedAtLast).toBe(madeAtLast);
    expect(after?.summary).toContain(`${madeAtLast} resources of ${madeAtLast} made`);
  });

  it("shows resources that come without a pause, and moves nothing for who wants no motion", async () => {
    const other = createConsole({ clouds: here.clouds, engine: "embedded" });
    other.setPhase("deploying");
    const served = await serveConsole(other);
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    let count = 0;
    const coming = setInterval(() => {
      count += 1;
      reportResource(other, `group-${count}`);
    }, 20);
    onTestFinished(async () => {
      clearInterval(coming);
      await page.close();
      other.close();
      await served.close();
    });
    await page.goto(`${served.url}#/deployment`);
    const shown = async () =>
      Number.parseInt((await page.getByText(/^\d+ resources? of/).textContent()) ?? "", 10);
    const first = await shown();
    await page.getByText(new RegExp(`^${first} resources? of`)).waitFor({ state: "detached" });
    expect(await shown()).toBeGreaterThan(first);
    clearInterval(coming);
    await page.getByText(`${count} resources of ${count} made`).waitFor();
    expect(await page.locator(".resource").count()).toBe(count);

    // What is busy pulses for everybody else.
    await page.locator(".dot.busy").waitFor();
    expect(await movingElements(page)).toContain("SPAN.dot busy pulse");
    await page.emulateMedia({ reducedMotion: "reduce" });
    for (const view of views) {
      await page.goto(`${served.url}#/${view}`);
      await page.locator(`.view-${view} > .starting`).waitFor({ state: "detached" });
      expect(await movingElements(page), view).toEqual([]);
    }
  });

  it("shows an alert fire, and resolve when the fault is gone", async () => {
    const page = await open("alerts");
    const title = page.getByText("The queue does not empty", { exact: true });
    const alert = page.locator(".alert", { has: title });
    await alert.getByText("quiet", { exact: true }).waitFor();
    const { calls } = here.clouds.okta.faults;
    calls.push({ trouble: { kind: "server-error" }, path: "/api/v1/groups/" });
    here.clouds.okta.createPerson({ login: "waits@example.com", displayName: "Waits Long" });
    here.clouds.okta.signIn([{ kind: "success", login: "waits@example.com" }]);
    await page.getByRole("link", { name: "Queue 1" }).waitFor();
    here.clock.advance(31 * 60_000);
    await alert.getByText(/^fires since/).waitFor();
    await page.getByRole("link", { name: /^Alerts \d/ }).waitFor();
    calls.length = 0;
    await here.clouds.idle();
    here.clock.advance(60_000);
    await alert.getByText(/^resolved at/).waitFor();
  });

  it("shows the resources, what they depend on, and their inputs", async () => {
    const page = await open("deployment");
    await page.getByText(/\d+ resources of \d+ made/).waitFor();
    await page.getByLabel("Search resources").fill("queue-invokes");
    await page
      .getByRole("button", { name: /queue-invokes-grant/ })
      .first()
      .click();
    await page.getByText('"roles/run.invoker"').waitFor();
    await page.locator(".node.selected").waitFor();
  });

  describe.each(views)("the view %s", (view) => {
    it("has nothing that axe-core finds in both themes, and overlaps or overflows at no width", async () => {
      const page = await open(view);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width: 1280, height: 800 });
        await settle(page, view);
        expect(await violations(page), colorScheme).toEqual([]);
        for (const [width, height] of sizes) {
          await page.setViewportSize({ width, height });
          await settle(page, view);
          expect(await layoutFaults(page), `${width}, ${colorScheme}`).toEqual([]);
        }
      }
    });
  });

  describe.each(views)("the view %s on paper", (view) => {
    it("is black on white, without anything to press, and not wider than the sheet", async () => {
      const page = await open(view, { colorScheme: "dark" });
      await settle(page, view);
      // A4 at 96 pixels per inch, within margins of 1 cm.
      await page.setViewportSize({ width: 718, height: 1047 });
      await page.emulateMedia({ media: "print" });
      expect(await page.getByRole("navigation", { name: "Views" }).isVisible()).toBe(false);
      expect(await paperFaults(page)).toEqual([]);
    });
  });

  it("shows ten thousand events at 200 a second, and keeps a hundred thousand", async () => {
    const many = createConsole({ clouds: here.clouds, engine: "embedded" });
    many.setPhase("up");
    const served = await serveConsole(many);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    onTestFinished(async () => {
      await page.close();
      many.close();
      await served.close();
    });
    const count = (text: string) => page.locator(".count", { hasText: text }).waitFor();
    reportMany(many, 8_000);
    await page.goto(served.url);
    await count("8,000");
    await page.evaluate(readFileSync(join(import.meta.dirname, "in-page/frames.js"), "utf8"));
    await reportSteadily(many, 200, 10);
    await count("10,000");
    const frames = await page.evaluate<number[]>("frames.slice(1)");
    const late = frames.filter((frame) => frame > 50).length;
    noteFigure(
      "10,000 events, the last 2,000 at 200 a second: longest frame",
      `${Math.max(...frames).toFixed(0)} ms`,
    );
    noteFigure("  frames over 50 ms", `${late} of ${frames.length}`);

    // The console forgets the oldest 20,000, of which the page has seen 10,000.
    reportMany(many, 110_000);
    const began = performance.now();
    await count("110,000");
    noteFigure(
      "100,000 events arrive in the page within",
      `${((performance.now() - began) / 1000).toFixed(1)} s`,
    );
    const heap = await page.evaluate<number>("performance.memory.usedJSHeapSize");
    noteFigure("heap of the page with 100,000 events", `${(heap / 1e6).toFixed(0)} MB`);
    expect(await page.getByRole("listbox").getByRole("option").count()).toBeLessThan(60);
    await page.getByRole("listbox").focus();
    await page.keyboard.press("End");
    await page.getByRole("listbox").getByRole("option", { selected: true }).waitFor();
  });

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
