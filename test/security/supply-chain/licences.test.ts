import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  deployedLicences,
  developmentLicences,
  isAllowed,
  licenceFaults,
} from "../../../infra/supply-chain/licences.ts";
import { type LockedPackage, readLockfile } from "../../../infra/supply-chain/lockfile.ts";

const root = join(import.meta.dirname, "../../..");
const project = await readLockfile(root);

/** Packages whose manifest points to a file with the licence, and what that file turns out to be. */
const stated: Readonly<
  Record<string, { readonly says: string; readonly is: string; readonly text: RegExp }>
> = {
  "@logdna/tail-file": {
    says: "SEE LICENSE IN LICENSE",
    is: "MIT",
    text: /^The MIT License \(MIT\)\n\nCopyright © 2020 LogDNA\n\nPermission is hereby granted, free of charge, /,
  },
};

/** As the package states it, its file says, or, for a binary of another platform, the package that asks for it. */
function licenceOf(one: LockedPackage): string | undefined {
  const exception = stated[one.name];
  if (exception !== undefined && one.licence === exception.says) return exception.is;
  if (one.licence !== undefined || !one.platformBound) return one.licence;
  const owners = [...project.packages.values()].filter(({ optionalNeeds }) =>
    optionalNeeds.includes(one.name),
  );
  return owners[0]?.licence;
}

describe("the licences", () => {
  it("of everything that develops the project are on the wider list", () => {
    const packages = [...project.packages.values()].map((one) => ({ ...one, licence: licenceOf(one) }));
    expect(licenceFaults(packages, developmentLicences)).toEqual([]);
  });

  it("of what is installed are those of the lockfile", async () => {
    for (const { path, name, version, licence } of project.packages.values()) {
      const manifest = await readFile(join(root, path, "package.json"), "utf8").catch(() => undefined);
      // Another platform's, or lying elsewhere.
      if (manifest === undefined) continue;
      const installed = JSON.parse(manifest);
      if (installed.version !== version) continue;
      expect(installed.license, name).toBe(licence);
    }
  });

  it("that a manifest only points to are what somebody read there", async () => {
    for (const [name, { says, text }] of Object.entries(stated)) {
      expect(project.packages.get(`node_modules/${name}`)?.licence).toBe(says);
      expect(await readFile(join(root, "node_modules", name, "LICENSE"), "utf8")).toMatch(text);
    }
  });

  it("missing from the lockfile are those of binaries for other platforms, and of nothing else", async () => {
    for (const one of project.packages.values()) {
      if (one.licence !== undefined) continue;
      expect(one, one.name).toMatchObject({ optional: true, platformBound: true });
      await expect(access(join(root, one.path)), one.name).rejects.toThrow();
    }
  });

  it("on the lists are all in use", () => {
    const used = (packages: Iterable<LockedPackage>) =>
      new Set([...packages].flatMap((one) => licenceOf(one)?.match(/[\w.-]+/g) ?? []));
    const all = used(project.packages.values());
    for (const licence of developmentLicences) expect(all, licence).toContain(licence);
  });

  it("that are not on the list are reported with the package", () => {
    const one = { name: "one", version: "1.2.3" };
    expect(licenceFaults([{ ...one, licence: "GPL-3.0-only" }], deployedLicences)).toEqual([
      "one 1.2.3 is licensed under GPL-3.0-only, which is not on the list.",
    ]);
    expect(licenceFaults([{ ...one, licence: undefined }], deployedLicences)).toEqual([
      "one 1.2.3 states no licence.",
    ]);
    expect(licenceFaults([{ ...one, licence: "MPL-2.0" }], deployedLicences)).toHaveLength(1);
    expect(licenceFaults([{ ...one, licence: "MPL-2.0" }], developmentLicences)).toEqual([]);
  });
});

describe("a licence expression", () => {
  const allowed = new Set(["MIT", "ISC", "Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"]);

  it.each([
    "MIT",
    "(MIT)",
    "MIT OR GPL-3.0-only",
    "GPL-3.0-only OR MIT",
    "(GPL-3.0-only) OR MIT",
    "MIT AND ISC",
    "GPL-3.0-only AND ISC OR MIT",
    "MIT OR ISC AND GPL-3.0-only",
    "(MIT OR GPL-3.0-only) AND (GPL-3.0-only OR ISC)",
    "GPL-2.0-only WITH Classpath-exception-2.0",
    // "MIT or later" lets anybody take MIT.
    "MIT+",
  ])("%s can be met", (expression) => expect(isAllowed(expression, allowed)).toBe(true));

  it.each([
    "",
    "GPL-3.0-only",
    "MIT AND GPL-3.0-only",
    "(MIT OR ISC) AND GPL-3.0-only",
    "GPL-3.0-only OR ISC AND GPL-2.0-only",
    "GPL-2.0-only",
    "MIT WITH Classpath-exception-2.0",
    "mit",
    "UNLICENSED",
    "SEE LICENSE IN LICENSE",
    "MIT SEE",
    "MIT OR",
    "OR MIT",
    "(MIT",
    "MIT)",
    "()",
    "MIT WITH",
  ])("%j cannot", (expression) => expect(isAllowed(expression, allowed)).toBe(false));
});
