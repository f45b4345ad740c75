import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readOptions } from "../cli/replay/index.ts";
import { defaultSettings } from "../infra/settings.ts";
import { sandboxVariables } from "../sandbox/engine/workspace.ts";
import { programFor, startClouds } from "../sandbox/environment.ts";
import { declare } from "./infra/declare.ts";
import { commandsOf, keysSetBy, readDocument, sectionOf } from "./support/commands.ts";

const root = join(import.meta.dirname, "..");

/** Every document that people read, by its path from the root. */
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs"), { recursive: true })
    .map((name) => `docs/${String(name).replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".md")),
];

/** The links of a document into this repository. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(((?!https?:)[^)\s]+)\)/g)].map(([, link = ""]) => link);
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The keys that the program misses in a stack that has none. */
async function requiredKeys(): Promise<string[]> {
  const nothing = Object.fromEntries(
    ["gcp:project", "gcp:region", "okta:orgName", "okta:baseUrl", "okta:apiToken"].map((key) => [key, ""]),
  );
  const { error } = await declare(nothing, { dryRun: true });
  return [...String(error).matchAll(/^([\w-]+:\w+) (?:is not set|is ""): /gm)]
    .map(([, key]) => key ?? "")
    .sort();
}

describe("the deployment section", () => {
  it("sets what the program requires, and the sandbox sets the same, its own address, no wait for rights and no protection", async () => {
    const required = await requiredKeys();
    const steps = sectionOf(await readDocument("docs/deployment.md"), "## Step by step");
    expect(keysSetBy(commandsOf(steps)).sort()).toEqual(required);
    const short = sectionOf(await readDocument("README.md"), "## Deploy it");
    expect(keysSetBy(commandsOf(short).flatMap((line) => line.split("&&"))).sort()).toEqual(required);

    const clouds = await startClouds({ onOkta: () => {}, onGoogle: () => {} });
    try {
      const { configuration, environment } = programFor(clouds);
      // Here rights count at once, groups are destroyed, and policies are looked up in the local Google Cloud.
      const {
        "gcp:orgPolicyCustomEndpoint": address,
        "signin-groups:rightsWaitSeconds": noWait,
        "signin-groups:protectGroups": isProtected,
        ...others
      } = configuration;
      expect([address, noWait, isProtected]).toEqual([`${clouds.google.url}/v2/`, "0", "false"]);
      expect(Object.keys(others).sort()).toEqual(required);
      const surroundings = { home: "", state: "", passphrase: "", plugins: {}, environment };
      const architecture = await readDocument("docs/architecture.md");
      const [, table = ""] = /<!-- What sandboxVariables sets. -->\n([\s\S]*?)\n\n/.exec(architecture) ?? [];
      const documented = [...table.matchAll(/`(\w+)`(?=.*\|.*\|)/g)].map(([, name]) => name);
      const inFirstColumn = documented.filter((name) => /^[A-Z_]+$/.test(name ?? ""));
      expect(inFirstColumn.sort()).toEqual(Object.keys(sandboxVariables(surroundings)).sort());
    } finally {
      await clouds.close();
    }
  });

  it.each([["### 4. The stack, first by hand"], ["## Preview environments"]])(
    "of docs/pull-requests.md, %s, sets what the program requires",
    async (heading) => {
      const section = sectionOf(await readDocument("docs/pull-requests.md"), heading);
      expect(keysSetBy(commandsOf(section, "bash"))).toEqual(expect.arrayContaining(await requiredKeys()));
    },
  );
});

describe("the documents", () => {
  it("docs/real-okta-plugin.md installs the SDK that the program has", async () => {
    const { dependencies } = JSON.parse(await readDocument("package.json"));
    const document = await readDocument("docs/real-okta-plugin.md");
    const named = [...document.matchAll(/@pulumi\/okta(?:@|` )(\d+\.\d+\.\d+)/g)].map(
      ([, version]) => version,
    );
    expect([...new Set(named)]).toEqual([dependencies["@pulumi/okta"]]);
  });

  it("are all linked from the README, the records of decisions from docs/architecture.md", async () => {
    const linked = [
      ...linksOf(await readDocument("README.md")),
      ...linksOf(await readDocument("docs/architecture.md"))
        .filter((link) => link.startsWith("decisions/"))
        .map((link) => `docs/${link}`),
    ];
    const others = documents.filter((path) => path !== "README.md");
    expect(others.filter((path) => !linked.includes(path))).toEqual([]);
  });

  it.each(documents)("%s links only to files and headings that exist", async (path) => {
    for (const link of linksOf(await readDocument(path))) {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : relative(root, resolve(root, dirname(path), file));
      const text = await readDocument(target);
      expect(text, `${path} → ${link}`).not.toBe("");
      if (anchor !== undefined) expect(anchorsOf(text), `${path} → ${link}`).toContain(anchor);
    }
  });

  it.each(documents)("%s names only scripts that exist", async (path) => {
    const { scripts } = JSON.parse(await readDocument("package.json"));
    for (const [, script] of (await readDocument(path)).matchAll(/npm run (?:-s |--silent )?([\w:-]+)/g))
      expect(Object.keys(scripts), path).toContain(script);
  });

  it.each(documents)("%s names only keys of the configuration that exist", async (path) => {
    const known = new Map([
      ["signin-groups", Object.keys(defaultSettings)],
      ["okta", await settingsOfSdk("okta")],
      ["gcp", await settingsOfSdk("gcp")],
    ]);
    for (const [, namespace = "", key] of (await readDocument(path)).matchAll(
      /(?<![\w./-])(signin-groups|okta|gcp):([a-z]\w*)/g,
    )) {
      expect(known.get(namespace), `${namespace}:${key}`).toContain(key);
    }
  });

  it.each(documents)("%s has only commands of the replay that are taken", async (path) => {
    const document = await readDocument(path);
    const now = Date.parse("2026-11-23T09:00:00Z");
    const commands = ["", "bash"].flatMap((language) => commandsOf(document, language));
    for (const command of commands) {
      const [, words] = /^npm run (?:--silent )?replay -- (.*)$/.exec(command) ?? [];
      if (words !== undefined) expect(() => readOptions(words.split(/\s+/), now), command).not.toThrow();
    }
  });
});

/** The keys of the configuration that a provider's SDK knows. */
async function settingsOfSdk(name: string): Promise<string[]> {
  const declarations = await readFile(join(root, `node_modules/@pulumi/${name}/config/vars.d.ts`), "utf8");
  return [...declarations.matchAll(/^export declare const (\w+):/gm)].map(([, key]) => key ?? "");
}
