import { describe, expect, it, onTestFinished } from "vitest";
import { permissionsFor, roleWith } from "../../../cli/doctor/permissions.ts";
import type { AuditExport, Hosting } from "../../../infra/settings.ts";
import { deployEmbedded } from "../../../sandbox/deploy/embedded.ts";
import type { Properties } from "../../../sandbox/deploy/handler.ts";
import { programFor, startClouds } from "../../../sandbox/environment.ts";
import { permissionsOf } from "../../../sandbox/google/iam/roles.ts";
import { type Declared, noting } from "../../security/ablation/declared.ts";
import { runInSharedProcess } from "../../support/programs.ts";

/** The permissions by which everything is created, read, updated and destroyed. */
async function usedWith(hosting: Hosting, auditExport: AuditExport): Promise<readonly string[]> {
  const used = new Set<string>();
  const clouds = await startClouds({
    onOkta: () => undefined,
    onGoogle(notice) {
      // Whoever deploys is the owner here; the functions act as accounts of their own.
      if (notice.kind !== "request" || notice.principal !== "owner" || notice.permission === undefined)
        return;
      used.add(notice.permission);
    },
  });
  onTestFinished(() => clouds.close());
  const program = programFor(clouds);
  const declared: Declared[] = [];
  await deployEmbedded({
    ...program,
    start: runInSharedProcess,
    configuration: {
      ...program.configuration,
      "signin-groups:hosting": hosting,
      "signin-groups:auditExport": auditExport,
    },
    providers: noting(program.providers, declared),
  });
  for (const one of declared) {
    const read = await one.handler.read(one.state);
    if (read !== undefined) one.state = (await one.handler.update?.(read, changed(one))) ?? read;
  }
  for (const { handler, state } of declared.toReversed()) await handler.delete(state);
  // The look-up of organization policies is left out where it is not allowed.
  used.delete("orgpolicy.policy.get");
  // Needed for functions, queues and the schedule, beside the permission of the call itself.
  used.add("iam.serviceAccounts.actAs");
  // Needed to delete a dataset that has tables, beside the permission of the call itself.
  if (auditExport === "bigquery") used.add("bigquery.tables.delete");
  // Without it, the program warns that it could not look, and goes on.
  used.delete("orgpolicy.policy.get");
  return [...used].sort();
}

/** The inputs with one that is another, and that no handler takes as a reason to replace. */
function changed({ handler, inputs }: Declared): Properties {
  const known = (name: string) => name in handler.schema.inputs;
  if (known("labels")) return { ...inputs, labels: { ...Object(inputs["labels"]), more: "true" } };
  if (known("rateLimits")) {
    return { ...inputs, rateLimits: { ...Object(inputs["rateLimits"]), maxDispatchesPerSecond: 7 } };
  }
  if (known("dashboardJson")) return { ...inputs, dashboardJson: '{"displayName":"changed"}' };
  const text = ["description", "displayName"].find(known);
  return text === undefined ? inputs : { ...inputs, [text]: "changed" };
}

describe.each([
  ["functions", "none"],
  ["service", "bigquery"],
  ["service", "pubsub"],
] as const)("with hosting as %s and auditExport as %s", (hosting, auditExport) => {
  const needed = permissionsFor({ hosting, auditExport });

  it("the list of a deployer's permissions is what creating, reading, updating and destroying calls", async () => {
    expect([...needed].sort()).toEqual(await usedWith(hosting, auditExport));
  }, 120_000);

  it("a role is named for each of them that has it", () => {
    for (const permission of needed) {
      const role = roleWith(permission);
      expect(permissionsOf(role), `${role} for ${permission}`).toContain(permission);
    }
  });
});
