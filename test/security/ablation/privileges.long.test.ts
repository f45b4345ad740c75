import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Properties } from "../../../sandbox/deploy/handler.ts";
import { textsOf } from "../../../sandbox/deploy/okta/inputs.ts";
import { recordFigure } from "../figures.ts";
import { type Ablation, ablate, closedWays, tryNarrower } from "./ablate.ts";
import { takeAway } from "./changes.ts";
import type { Declared } from "./declared.ts";
import { type Deployed, deployOnce } from "./deployment.ts";
import { describeGrant, type Grant, grantsAmong, RESOURCE_SET, ROLE } from "./grants.ts";
import { narrowerThan } from "./narrower.ts";
import { spareAmong } from "./spare.ts";
import { DOCUMENT, documentWith } from "./table.ts";
import { type Way, waysThrough } from "./ways.ts";

let functions: Deployed;
let service: Deployed;
let ways: { readonly functions: readonly Way[]; readonly service: readonly Way[] };

beforeAll(async () => {
  functions = await deployOnce("functions");
  service = await deployOnce("service");
  ways = { functions: waysThrough(functions), service: waysThrough(service) };
}, 300_000);

afterAll(async () => {
  await functions?.clouds.close();
  await service?.clouds.close();
});

describe("each right that the program gives", () => {
  it("is needed for something, as the document says", { timeout: 1_200_000 }, async () => {
    const withFunctions = await ablate(functions, ways.functions, grantsAmong(functions.declared));
    expect(spareAmong(withFunctions)).toEqual([]);
    expect(await closedWays(functions, ways.functions)).toEqual([]);

    const grants = grantsAmong(service.declared);
    const onGoogle = await ablate(service, ways.service, grants.filter(isOnGoogle));
    expect(spareAmong(onGoogle)).toEqual([]);
    expect(await closedWays(service, ways.service)).toEqual([]);

    // Okta does not know what hosts the functions: its rights are tried once.
    const atOkta = grants.filter((grant) => !isOnGoogle(grant)).map((grant) => foundOf(grant, withFunctions));
    recordFigure("grants ablated", withFunctions.length + onGoogle.length);
    // `npm run security:table` writes what was found.
    const found = { functions: withFunctions, service: [...onGoogle, ...atOkta] };
    await expect(await documentWith(found)).toMatchFileSnapshot(DOCUMENT);
  });

  it("is the narrowest that does", { timeout: 1_200_000 }, async () => {
    const known = grantsAmong(functions.declared);
    const other = grantsAmong(service.declared).filter((grant) => !known.some(isLike(grant)));
    let count = 0;
    for (const [deployed, grants, tries] of [
      [functions, known, ways.functions],
      // Cloud Run decides by the same bindings with both.
      [service, other, ways.service],
    ] as const) {
      const narrower = grants.flatMap((grant) => narrowerThan(grant, deployed));
      const { tried, sufficient } = await tryNarrower(deployed, tries, narrower);
      expect(tried.length).toBeGreaterThan(0);
      expect(sufficient).toEqual([]);
      expect(await closedWays(deployed, tries)).toEqual([]);
      count += tried.length;
    }
    recordFigure("narrower grants tried", count);
  });
});

describe("a right that is wider than necessary is reported by name", { timeout: 300_000 }, () => {
  const holding = (role: string) => functions.declared.filter(({ inputs }) => inputs["role"] === role);

  it("when it is a wider role of Google", async () => {
    const [signer] = holding("roles/cloudkms.signer");
    expect(await reported(signer, { role: "roles/cloudkms.cryptoOperator" })).toEqual([
      expect.stringMatching(/cloudkms.cryptoOperator on key `.*`: roles\/cloudkms.signer would do$/),
      expect.stringMatching(/cloudkms.cryptoOperator on key `.*`: roles\/cloudkms.signerVerifier would do$/),
    ]);
  });

  it("when it differs in what no function here could use", async () => {
    const [user] = holding("roles/storage.objectUser");
    expect(await reported(user, { role: "roles/storage.objectAdmin" })).toEqual([
      "account `reconcile`: roles/storage.objectAdmin on bucket `state`: roles/storage.objectUser would do",
    ]);
  });

  it("when it is for the project and not for one thing in it", async () => {
    const [accessor] = holding("roles/secretmanager.secretAccessor");
    const onProject = holding("roles/logging.logWriter")[0];
    const { role = null, member = null } = { ...accessor?.inputs };
    expect(await reported(accessor, { role, member }, onProject)).toEqual([
      "account `receive`: roles/secretmanager.secretAccessor on the project: the same on secret `hook-secret` would do",
    ]);
  });

  it("when it is for all buckets of the project and not for those that it is about", async () => {
    const [reader] = holding("roles/storage.objectViewer");
    const { condition: _narrow, ...wide } = { ...reader?.inputs };
    const like = reader && { ...reader, inputs: wide };
    expect(await reported(reader, {}, like)).toEqual([
      'account `build`: roles/storage.objectViewer on the project: the same if `resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")` would do',
    ]);
  });

  it("when it is for everybody and not for whom Google knows", async () => {
    const invoker = holding("roles/run.invoker").find(({ inputs }) => inputs["member"] !== "allUsers");
    expect(await reported(invoker, { member: "allUsers" })).toEqual([
      expect.stringMatching(/^`allUsers`: roles\/run.invoker on .*: allAuthenticatedUsers would do$/),
    ]);
  });

  it("when it is a wider standard role of Okta", async () => {
    const assignment = functions.declared.find(({ inputs }) => inputs["type"] === "REPORT_ADMIN");
    expect(await reported(assignment, { type: "READ_ONLY_ADMIN" })).toEqual([
      "app of `reconcile`: role READ_ONLY_ADMIN on the Okta org: role REPORT_ADMIN would do",
    ]);
  });

  it("when it is a wider permission of a custom role", async () => {
    const role = functions.one(ROLE);
    const permissions = textsOf(role.inputs, "permissions").map((one) => one.replace(/\.read$/, ".manage"));
    expect(await reported(role, { permissions })).toEqual([
      "app of `grant`: permission okta.groups.manage on what its resource set holds: permission okta.groups.read would do",
    ]);
  });

  it("when it is for all groups", async () => {
    const set = functions.one(RESOURCE_SET);
    const resources = textsOf(set.inputs, "resources").map((one) => one.replace(/\/groups\/.*/, "/groups"));
    expect(await reported(set, { resources })).toEqual([
      expect.stringMatching(
        /^app of `grant`: its custom role on .*\/groups: the groups of the rules would do$/,
      ),
    ]);
  });
});

/**
 * Gives more than the program does in place of one of its resources, and takes that back.
 *
 * @param more the inputs in which it differs
 * @param like a resource of the type that it then is
 * @returns what is reported of it meanwhile
 */
async function reported(
  declared: Declared | undefined,
  more: Properties,
  like = declared,
): Promise<readonly string[]> {
  if (declared === undefined || like === undefined) throw new Error("There is no such grant.");
  const { type, handler } = like;
  const inputs = { ...like.inputs, ...more };
  const update = handler.update?.bind(handler);
  const giveBack = update === undefined ? await takeAway(declared) : undefined;
  const wide = {
    type,
    handler,
    inputs,
    state: await (update?.(declared.state, inputs) ?? handler.create(inputs)),
  };
  const all = functions.declared.map((one) => (one === declared ? wide : one));
  const grants = grantsAmong(all).filter((grant) => grant.declared === wide);
  const narrower = grants.flatMap((grant) => narrowerThan(grant, functions));
  const { sufficient } = await tryNarrower(functions, ways.functions, narrower);
  if (update !== undefined) declared.state = await update(wide.state, declared.inputs);
  else await handler.delete(wide.state);
  await giveBack?.();
  return sufficient;
}

const isOnGoogle = ({ declared }: Grant) => declared.type.startsWith("gcp:");

const isLike = (grant: Grant) => (other: Grant) => describeGrant(grant) === describeGrant(other);

/** What came of the same grant with another hosting. @throws Error when it was not tried there */
function foundOf(grant: Grant, ablations: readonly Ablation[]): Ablation {
  const found = ablations.find((ablation) => isLike(grant)(ablation.grant));
  if (found === undefined) throw new Error(`${describeGrant(grant)} exists only with one hosting.`);
  return { grant, closed: found.closed };
}
