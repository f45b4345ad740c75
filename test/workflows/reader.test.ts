import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deployEmbedded } from "../../sandbox/deploy/embedded.ts";
import type { Properties, Provider } from "../../sandbox/deploy/handler.ts";
import { type Clouds, programFor, startClouds } from "../../sandbox/environment.ts";
import { type Declared, noting } from "../security/ablation/declared.ts";
import { runInSharedProcess } from "../support/programs.ts";

const document = await readFile(join(import.meta.dirname, "../../docs/pull-requests.md"), "utf8");

/** The permissions by which docs/pull-requests.md has previews and the nightly check read. */
function documentedPermissions(auditExport: string): string[] {
  const [, list = ""] = /^permissions=\(\n([\s\S]*?)\n\)/m.exec(document) ?? [];
  const added = new RegExp(`\`([a-zA-Z. ]+)\` with \`auditExport: ${auditExport}\``);
  const [, more = ""] = added.exec(document.replaceAll("\n", " ")) ?? [];
  return `${list} ${more}`.split(/\s+/).filter((word) => word !== "");
}

describe.each(["none", "bigquery", "pubsub"])("with auditExport as %s", (auditExport) => {
  let clouds: Clouds;
  const declared: Declared[] = [];
  /** What the program looked up. */
  const lookups: { readonly provider: Provider; readonly token: string; readonly inputs: Properties }[] = [];
  const used = new Set<string>();
  let isReading = false;

  beforeAll(async () => {
    clouds = await startClouds({
      onOkta: () => undefined,
      onGoogle(notice) {
        if (isReading && notice.kind === "request" && notice.permission !== undefined)
          used.add(notice.permission);
      },
    });
    const program = programFor(clouds);
    const configuration = { ...program.configuration, "signin-groups:auditExport": auditExport };
    const providers = noting(program.providers, declared);
    const listening = Object.entries(providers).map(([name, provider]) => {
      const functions = Object.entries(provider.functions).map(
        ([token, lookUp]) =>
          [
            token,
            (inputs: Properties) => {
              lookups.push({ provider, token, inputs });
              return lookUp(inputs);
            },
          ] as const,
      );
      return [name, { ...provider, functions: Object.fromEntries(functions) }] as const;
    });
    await deployEmbedded({
      ...program,
      configuration,
      start: runInSharedProcess,
      providers: Object.fromEntries(listening),
    });
  });

  afterAll(() => clouds.close());

  it("the account of previews and of the nightly check has every permission that reading needs, and no other", async () => {
    isReading = true;
    for (const { type, handler, state } of declared) expect(await handler.read(state), type).toBeDefined();
    for (const { provider, token, inputs } of lookups) await provider.functions[token]?.(inputs);
    isReading = false;

    expect([...used].sort()).toEqual(documentedPermissions(auditExport).sort());
  });

  it("reads what a secret version says, so that a refresh sees it", async () => {
    const version = declared.find(({ type }) => type === "gcp:secretmanager/secretVersion:SecretVersion");
    if (version === undefined) throw new Error("The program declares no secret version.");
    const outputs = { ...version.state.outputs, secretData: "something else" };
    const read = await version.handler.read({ ...version.state, outputs });
    expect(read?.outputs["secretData"]).toEqual(version.inputs["secretData"]);
  });
});
