import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseState } from "../../../cli/configuration.ts";
import { exitCodeOf, type Finding } from "../../../cli/findings.ts";
import { deployEmbedded } from "../../../sandbox/deploy/embedded.ts";
import { programFor } from "../../../sandbox/environment.ts";
import { runInSharedProcess } from "../../support/programs.ts";
import { startWorld, type World } from "../world.ts";

let world: World;
let end: () => Promise<void>;
let state: string;

beforeAll(async () => {
  world = await startWorld(undefined, (ends) => {
    end = ends;
  });
  const program = programFor(world.clouds, { stack: "dev", hosting: "service" });
  const configuration = { ...program.configuration, "signin-groups:auditExport": "pubsub" };
  const deployment = await deployEmbedded({ ...program, configuration, start: runInSharedProcess });
  await world.clouds.runJobs();
  state = JSON.stringify(deployment.state);
  world.configuration["signin-groups:hosting"] = "service";
  world.configuration["signin-groups:auditExport"] = "pubsub";
  world.pulumi["stack output"] = JSON.stringify(deployment.outputs);
}, 180_000);

afterAll(() => end());

/** What the command finds besides what is well. */
async function smoke(): Promise<{ readonly code: number; readonly findings: readonly Finding[] }> {
  const sections = await world.look("smoke");
  const findings = sections.flatMap((section) => section.findings);
  return { code: exitCodeOf(sections), findings: findings.filter(({ state: how }) => how !== "ok") };
}

/** A container in a service's inputs, in a stack's state. */
interface Container {
  readonly args: string[];
  readonly sourceCode: { readonly cloudStorageSource: { generation: string } };
  readonly envs: {
    readonly name: string;
    value?: string;
    readonly valueSource?: { readonly secretKeyRef: { version: string } };
  }[];
}

/** Changes what the state says of a service, so that something else is declared than runs. */
function declareOther(
  name: string,
  change: (container: Container, inputs: Record<string, unknown>) => void,
): void {
  const changed = JSON.parse(state);
  const end = `gcp:cloudrunv2/service:Service::signin-groups-${name}`;
  const { inputs } = changed.deployment.resources.find(({ urn }: { readonly urn: string }) =>
    urn.endsWith(end),
  );
  change(inputs.template.containers[0], inputs);
  world.pulumi["stack export"] = JSON.stringify(changed);
}

const serviceOf = (name: string) =>
  parseState(state).find(
    ({ type, name: own }) => type.endsWith(":Service") && own === `signin-groups-${name}`,
  );

describe("npm run smoke, with hosting: service", () => {
  it("finds everything well in a stack that works", async () => {
    world.pulumi["stack export"] = state;
    expect(await smoke()).toEqual({ code: 0, findings: [] });
  });

  it.each([
    {
      title: "another archive",
      name: "receive",
      change: ({ sourceCode }: Container) => {
        sourceCode.cloudStorageSource.generation = "1";
      },
      path: "template.containers.0.sourceCode.cloudStorageSource.generation",
    },
    {
      title: "another function of the archive",
      name: "reconcile",
      change: ({ args }: Container) => void args.splice(-1, 1, "another"),
      path: /template\.containers\.0\.args/,
    },
    {
      title: "another environment",
      name: "grant",
      change: ({ envs }: Container) => void envs.push({ name: "MORE", value: "x" }),
      path: "template.containers.0.env.MORE",
    },
    {
      title: "another version of the secret",
      name: "receive",
      change: ({ envs }: Container) => {
        const secret = envs.find(({ name }) => name === "HOOK_SECRET")?.valueSource?.secretKeyRef;
        if (secret !== undefined) secret.version = "2";
      },
      path: "template.containers.0.env.HOOK_SECRET",
    },
    {
      title: "the IAM check, which keeps Okta out",
      name: "receive",
      change: (_: Container, inputs: Record<string, unknown>) => {
        inputs["invokerIamDisabled"] = false;
      },
      path: "invokerIamDisabled",
    },
    {
      title: "another ingress",
      name: "grant",
      change: (_: Container, inputs: Record<string, unknown>) => {
        inputs["ingress"] = "INGRESS_TRAFFIC_ALL";
      },
      path: "ingress",
    },
  ])("finds a service that runs with $title than declared", async ({ name, change, path }) => {
    declareOther(name, change);
    const { code, findings } = await smoke();
    expect(code).toBe(1);
    const found = findings.find(({ check }) => check === `function-${name}`);
    expect(found?.state).toBe("failure");
    expect(found?.meaning).toMatch(/is not as declared: /);
    if (typeof path === "string") expect(found?.meaning).toContain(path);
    else expect(found?.meaning).toMatch(path);
  });

  it("finds a service that is gone", async () => {
    const changed = JSON.parse(state);
    for (const resource of changed.deployment.resources) {
      if (resource.id === serviceOf("grant")?.id) resource.id = `${resource.id}-gone`;
    }
    world.pulumi["stack export"] = JSON.stringify(changed);
    const { code, findings } = await smoke();
    expect(code).toBe(1);
    expect(findings.map(({ meaning }) => meaning)).toContain("The function grant is gone.");
  });
});
