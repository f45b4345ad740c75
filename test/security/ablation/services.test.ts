import { describe, expect, it } from "vitest";
import { ablate, closedWays, tryNarrower } from "./ablate.ts";
import { deployBefore } from "./deploy-before.ts";
import { describeGrant, grantsAmong } from "./grants.ts";
import { SERVICE } from "./hosted.ts";
import { narrowerThan } from "./narrower.ts";
import { spareAmong } from "./spare.ts";

const ready = deployBefore("service");

describe("the rights that the program gives on Cloud Run services", () => {
  it("suffice", async () => {
    const { deployed, ways } = ready();
    expect(await closedWays(deployed, ways)).toEqual([]);
  });

  it("are needed where they differ from those with Cloud Functions", { timeout: 300_000 }, async () => {
    const { deployed, ways } = ready();
    const grants = grantsAmong(deployed.declared).filter(
      ({ right, declared }) =>
        right === "roles/run.invoker" ||
        right === "roles/secretmanager.secretAccessor" ||
        declared.type === SERVICE,
    );
    const ablations = await ablate(deployed, ways, grants);
    expect(ablations.map(({ grant, closed }) => [describeGrant(grant), closed])).toEqual([
      [
        "account `invoker`: roles/run.invoker on function `grant`",
        ["sign-ins become memberships", "members sign in at no cost", "lost deliveries are found"],
      ],
      [
        "account `receive`: roles/secretmanager.secretAccessor on secret `hook-secret`",
        [
          "sign-ins become memberships",
          "members sign in at no cost",
          "new code is served",
          "Okta can verify the hook",
        ],
      ],
      [
        "account `scheduler`: roles/run.invoker on function `reconcile`",
        ["lost deliveries are found", "replays go on"],
      ],
      [
        "everybody: call without a check (`invokerIamDisabled`) on function `receive`",
        ["sign-ins become memberships", "members sign in at no cost", "Okta can verify the hook"],
      ],
    ]);
  });

  it("would be reported if everybody could call a private service without a check", async () => {
    const { deployed, ways } = ready();
    const grant = deployed.functionOf("grant");
    const inputs = { ...grant.inputs, invokerIamDisabled: true };
    const state = await grant.handler.update?.(grant.state, inputs);
    if (state === undefined) throw new Error("A service can't be changed.");
    const wide = { ...grant, inputs, state };
    const grants = grantsAmong([wide]);
    const narrower = grants.flatMap((one) => narrowerThan(one, deployed));
    const spare = spareAmong(await ablate(deployed, ways, grants));
    const { sufficient } = await tryNarrower(deployed, ways, narrower);
    grant.state = (await grant.handler.update?.(wide.state, grant.inputs)) ?? wide.state;
    const right = "everybody: call without a check (`invokerIamDisabled`) on function `grant`";
    expect(spare).toEqual([right]);
    expect(sufficient).toEqual([`${right}: allAuthenticatedUsers would do`]);
  });
});
