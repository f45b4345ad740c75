import { describe, expect, it } from "vitest";
import { fields } from "../../../../sandbox/google/fields.ts";
import { createAccess } from "../../../../sandbox/google/iam/access.ts";
import { createPolicies } from "../../../../sandbox/google/iam/policies.ts";
import { createTokens, type Principal } from "../../../../sandbox/google/iam/tokens.ts";

const QUEUE = "projects/p/locations/l/queues/q";
const worker: Principal = { kind: "serviceAccount", email: "worker@p" };
const other: Principal = { kind: "serviceAccount", email: "other@p" };
const anonymous: Principal = { kind: "anonymous" };
const CREATE = "cloudtasks.tasks.create";

function accessWith(resource: string, member: string, condition?: object) {
  const policies = createPolicies(() => true);
  const binding = {
    role: "roles/cloudtasks.enqueuer",
    members: [member],
    ...(condition ? { condition } : {}),
  };
  policies.set(resource, fields({ version: 3, bindings: [binding] }, "policy"), "");
  return createAccess(policies, "p");
}

describe("who may do what", () => {
  const MEMBER = "serviceAccount:worker@p";
  it.each<[string, string, string, Principal, string, boolean]>([
    ["granted on the resource", QUEUE, MEMBER, worker, CREATE, true],
    ["granted on the project above", "projects/p", MEMBER, worker, CREATE, true],
    ["granted on a sibling", "projects/p/locations/l/queues/other", MEMBER, worker, CREATE, false],
    [
      "granted on a name that only begins alike",
      "projects/p/locations/l/queues/qq",
      MEMBER,
      worker,
      CREATE,
      false,
    ],
    ["granted to another", QUEUE, MEMBER, other, CREATE, false],
    ["another permission", QUEUE, MEMBER, worker, "cloudtasks.queues.delete", false],
    ["all users", QUEUE, "allUsers", anonymous, CREATE, true],
    ["all who are known, but not nobody", QUEUE, "allAuthenticatedUsers", anonymous, CREATE, false],
    ["all who are known", QUEUE, "allAuthenticatedUsers", other, CREATE, true],
    ["the owner, ungranted", "projects/x", MEMBER, { kind: "owner" }, "anything.at.all", true],
  ])("%s", (_case, resource, member, principal, permission, expected) => {
    expect(accessWith(resource, member).allowed(principal, permission, QUEUE)).toBe(expected);
  });

  it.each([
    [`resource.name == "${QUEUE}"`, true],
    ['resource.name == "projects/p"', false],
    ['resource.name.startsWith("projects/p/locations/l/queues/")', true],
    ['resource.name.startsWith("projects/x")', false],
  ])("under the condition %s: %s", (expression, expected) => {
    const access = accessWith("projects/p", "serviceAccount:worker@p", { title: "one", expression });
    expect(access.allowed(worker, CREATE, QUEUE)).toBe(expected);
  });

  it("a refusal names permission and resource", () => {
    const access = accessWith("projects/x", "serviceAccount:worker@p");
    expect(() => access.require(worker, CREATE, QUEUE)).toThrow(
      `Permission '${CREATE}' denied on resource '${QUEUE}' (or it may not exist).`,
    );
  });
});

describe("tokens", () => {
  it("an access token stands for its account until it expires or the account goes", async () => {
    let time = 1_700_000_000_000;
    let exists = true;
    const tokens = createTokens(
      () => (exists ? "1234" : undefined),
      () => time,
    );
    const { access_token: token, expires_in: seconds } = tokens.issueAccessToken("worker@p");
    expect(tokens.authenticate(token)).toEqual(worker);
    exists = false;
    expect(tokens.authenticate(token)).toBeUndefined();
    exists = true;
    time += seconds * 1000;
    expect(tokens.authenticate(token)).toBeUndefined();
  });

  it("an identity token is good for its audience until it expires", async () => {
    let time = 1_700_000_000_000;
    const tokens = createTokens(
      () => "1234",
      () => time,
    );
    const token = await tokens.issueIdentityToken("worker@p", "https://a.example");
    expect(await tokens.verifyIdentityToken(token, "https://a.example")).toMatchObject({
      iss: "https://accounts.google.com",
      email: "worker@p",
      sub: "1234",
    });
    await expect(tokens.verifyIdentityToken(token, "https://b.example")).rejects.toThrow(/aud/);
    time += 3_600_000;
    await expect(tokens.verifyIdentityToken(token, "https://a.example")).rejects.toThrow(/exp/);
  });
});
