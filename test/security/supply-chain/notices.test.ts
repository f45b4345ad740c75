import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { afterEach, describe, expect, it } from "vitest";
import type { BundledPackage } from "../../../infra/supply-chain/bundled-packages.ts";
import type { Embedded } from "../../../infra/supply-chain/embedded.ts";
import { thirdPartyNotices } from "../../../infra/supply-chain/notices.ts";
import { reviewSupplyChain } from "../../../infra/supply-chain/review.ts";

/** How to know a licence by its text. */
const kinds: readonly (readonly [licence: string, text: RegExp])[] = [
  ["Apache-2.0", /Apache License\s+Version 2\.0, January 2004[\s\S]*END OF TERMS AND CONDITIONS/],
  ["MIT", /Permission is hereby granted, free of charge[\s\S]*THE SOFTWARE IS PROVIDED .AS IS/],
  ["ISC", /Permission to use, copy, modify, and\/or distribute[\s\S]*THE SOFTWARE IS PROVIDED .AS IS/],
  ["BSD-3-Clause", /Redistribution and use in source and binary forms[\s\S]*Neither the name of/],
];

const RULE = "=".repeat(80);

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version?: string;
  readonly licenses: readonly [{ readonly license: { readonly id: string } }];
  readonly components?: readonly Component[];
  readonly properties: readonly { readonly name: string }[];
}

describe("the archive's notices", async () => {
  const { archive, billOfMaterials, faults } = await reviewSupplyChain();
  const files = unzipSync(await readFile(archive.path));
  const notices = new TextDecoder().decode(files["THIRD-PARTY-NOTICES.txt"]);
  const bill: { components: readonly Component[] } = JSON.parse(await readFile(billOfMaterials.path, "utf8"));
  const [, ...parts] = notices.split(`${RULE}\n`);
  const blocks = parts.flatMap((holders, index) =>
    index % 2 === 0 ? [{ holders: holders.trim().split("\n"), text: parts[index + 1] ?? "" }] : [],
  );

  it("lack nothing", () => {
    expect(faults).toEqual([]);
  });

  it("hold the licence of every bundled package, of the kind that it states", () => {
    const bundled = bill.components.filter(({ properties }) =>
      properties.some(({ name }) => name === "signin-groups-function:file"),
    );
    const names = bundled.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["cel-js", "express", "functions-framework", "re2js", "undici"]),
    );
    for (const { group, name, version, licenses } of bundled) {
      const licence = licenses[0].license.id;
      const holder = `${group === undefined ? "" : `${group}/`}${name} ${version} (${licence})`;
      const block = blocks.find(({ holders }) => holders.includes(holder));
      expect(block, holder).toBeDefined();
      expect(block?.text, holder).toMatch(kinds.find(([kind]) => kind === licence)?.[1] ?? /never/);
      // minimist's own text names nobody.
      if (licence !== "Apache-2.0" && name !== "minimist") expect(block?.text, holder).toContain("Copyright");
    }
  });

  it("hold those of code that a package took from others", () => {
    const holders = blocks.flatMap((block) => block.holders);
    expect(holders).toContainEqual(expect.stringMatching(/^undici [\d.]+, lib\/web\/fetch$/));
    expect(holders).toContainEqual(expect.stringMatching(/^milo, in undici [\d.]+ \(ISC\)$/));
    expect(holders).toContainEqual(expect.stringMatching(/^llhttp, in undici [\d.]+ \(MIT\)$/));
    expect(notices).toContain("Copyright Fedor Indutny, 2018.");
    expect(notices).toMatch(/ISC License\n\nCopyright \(c\) 2023, and above Paolo Insogna/);
  });

  it("hold nothing whose kind is not known, and no text twice", () => {
    for (const { holders, text } of blocks) {
      expect(
        kinds.some(([, pattern]) => pattern.test(text)),
        holders.join(),
      ).toBe(true);
    }
    expect(new Set(blocks.map(({ text }) => text)).size).toBe(blocks.length);
  });

  it.each([
    ["grant.cjs", ["formdata-polyfill", "ws. MIT License. Einar Otto Stangvik"]],
    ["reconcile.cjs", ["formdata-polyfill", "ws. MIT License. Einar Otto Stangvik"]],
    ["condition.cjs", ["@license MIT"]],
  ])("come with the notices that stand in what is bundled into %s", (file, names) => {
    const [, legal = ""] = new TextDecoder().decode(files[file]).split("/*! Bundled license information:");
    for (const name of names) expect(legal).toContain(name);
  });
});

describe("notices", () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  const MIT = 'Permission is hereby granted.\n\nTHE SOFTWARE IS PROVIDED "AS IS".';

  /** Notices for packages of these files; what is not a licence is bundled. */
  async function noticesOf(
    packages: Readonly<Record<string, Readonly<Record<string, string>>>>,
    embeds: readonly Embedded[] = [],
  ) {
    const folder = await mkdtemp(join(tmpdir(), "signin-groups-notices-"));
    folders.push(folder);
    const bundled = Object.entries(packages).map(([name, files]): BundledPackage => {
      const path = `node_modules/${name}`;
      const inside = Object.keys(files)
        .filter((file) => file.endsWith(".js"))
        .map((file) => dirname(join(path, file)));
      return {
        path,
        name,
        version: "1.0.0",
        licence: "MIT",
        folders: inside,
        bundles: ["grant.cjs"],
        uses: [],
        embeds,
      };
    });
    for (const [name, files] of Object.entries(packages)) {
      for (const [file, content] of Object.entries(files)) {
        const path = join(folder, "node_modules", name, file);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }
    }
    return thirdPartyNotices(folder, bundled);
  }

  it("take every licence and notice from the bundled folders up to the package's own", async () => {
    const { text: notices, faults } = await noticesOf({
      one: {
        "lib/deep/index.js": "",
        "LICENSE-MIT.txt": "its own",
        NOTICE: "its notice",
        "lib/COPYING": "of lib",
        "lib/deep/licence.md": "of deep",
        "other/LICENSE": "not bundled",
        "lib/deep/license.js": "code",
        "README.md": `# License\n\n${MIT}`,
      },
    });
    for (const text of ["its own\n\nits notice", "of lib", "of deep"]) expect(notices).toContain(text);
    for (const text of ["not bundled", "code\n", "granted"]) expect(notices).not.toContain(text);
    expect(notices).toContain("one 1.0.0, lib/deep\n");
    expect(faults).toEqual([]);
  });

  it("name packages with one text together", async () => {
    const LICENSE = "The same text.";
    const { text: notices } = await noticesOf({
      one: { "index.js": "", LICENSE },
      two: { "index.js": "", LICENSE: `${LICENSE}  \r\n` },
    });
    expect(notices.match(/The same text\./g)).toHaveLength(1);
    expect(notices).toContain("one 1.0.0 (MIT)\ntwo 1.0.0 (MIT)\n");
  });

  it.each([`# One\n\n## License\n\n${MIT}\n`, `One\n===\n\nLicense\n-------\n\n${MIT}\n`])(
    "take it from the README when it stands there: %j",
    async (readme) => {
      const { text, faults } = await noticesOf({ one: { "index.js": "", "README.md": readme } });
      expect(text).toContain(MIT);
      expect(faults).toEqual([]);
    },
  );

  it.each([undefined, "# One\n\n## License\n\nMIT\n", `# One\n\n${MIT}\n`])(
    "are made without the text of a package that has none, which is reported: README %j",
    async (readme) => {
      const files = { "index.js": "", ...(readme === undefined ? {} : { "README.md": readme }) };
      const { text, faults } = await noticesOf({ one: files, two: { "index.js": "", LICENSE: "the other" } });
      expect(faults).toEqual(["one 1.0.0 has no licence text in node_modules/one."]);
      expect(text).toContain("two 1.0.0 (MIT)\n");
      expect(text).not.toContain("one 1.0.0");
    },
  );

  it.each([undefined, "missing.txt"])(
    "report embedded work without a licence text, in a file of ours or in the package: %j",
    async (text) => {
      const files = { "inner/index.js": "", LICENSE: "its own" };
      const work = { name: "work", licence: "ISC", package: "one", folder: "inner" };
      const { faults } = await noticesOf({ one: files }, [text === undefined ? work : { ...work, text }]);
      expect(faults).toEqual([
        "work, which one 1.0.0 embeds, has no licence text in node_modules/one/inner.",
      ]);
      const whole = { ...files, "inner/LICENSE": "of the work" };
      expect((await noticesOf({ one: whole }, [work])).faults).toEqual([]);
    },
  );
});
