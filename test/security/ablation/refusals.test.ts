import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringIn } from "../../../sandbox/deploy/google/inputs.ts";
import { narrowerScopes } from "../../../sandbox/okta/auth/rights.ts";
import { hostings } from "../../support/hostings.ts";
import { recordFigure } from "../figures.ts";
import { ablate, closedWays } from "./ablate.ts";
import { type Deployed, deployOnce } from "./deployment.ts";
import { googleCalls, makeOtherSecret, mayDo } from "./google-calls.ts";
import { describeGrant, grantsAmong } from "./grants.ts";
import { askForToken, type Identity, placeOf, takeIdentities } from "./identities.ts";
import { createInternalCaller, type InternalCaller } from "./invocation.ts";
import { mayDoAtOkta, oktaCalls } from "./okta-calls.ts";
import { spareAmong } from "./spare.ts";
import { type Way, waysThrough } from "./ways.ts";

const KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember";

describe.each(hostings("functions"))("with hosting as %s", (hosting) => {
  let deployed: Deployed;
  let identities: readonly Identity[];
  let inside: InternalCaller;
  let ways: readonly Way[];
  let refusals = 0;

  beforeAll(async () => {
    deployed = await deployOnce(hosting);
    await makeOtherSecret(deployed);
    identities = await takeIdentities(deployed);
    inside = await createInternalCaller(deployed);
    // The first poll writes the state that others shall not read.
    await deployed.clouds.runJobs();
    ways = waysThrough(deployed);
  }, 300_000);

  afterAll(async () => {
    await deployed?.clouds.close();
    recordFigure("refusals shown", refusals);
  });

  const identity = (name: string): Identity => {
    const found = identities.find((one) => one.name === name);
    if (found === undefined) throw new Error(`There is no account "${name}".`);
    return found;
  };
  const names = Object.keys(mayDo[hosting]).sort();

  /** What was allowed, sorted. What was neither allowed nor refused for want of a right is listed with its answer. */
  const allowedOf = (
    answers: readonly { name: string; status: number; isRefusal: boolean; text: string }[],
  ) => {
    refusals += answers.filter(({ isRefusal }) => isRefusal).length;
    return answers
      .filter(({ isRefusal }) => !isRefusal)
      .map(({ name, status, text }) => (status < 300 ? name : `${name}: ${status} ${text}`))
      .sort();
  };

  // With services they are tried in a file of their own. Here they come first: others make tasks that have no end.
  if (hosting === "functions") {
    describe("the rights that the program gives", () => {
      it("suffice", async () => {
        expect(await closedWays(deployed, ways)).toEqual([]);
      });

      it("would be reported by name if one of them were spare", { timeout: 300_000 }, async () => {
        const [needed] = deployed.declared.filter(({ type }) => type === KEY_MEMBER);
        if (needed === undefined) throw new Error("Nobody may sign.");
        const inputs = { ...needed.inputs, role: "roles/cloudkms.viewer" };
        const spare = { ...needed, inputs, state: await needed.handler.create(inputs) };
        const grants = grantsAmong([spare]);
        expect(spareAmong(await ablate(deployed, ways, grants))).toEqual(grants.map(describeGrant));
        expect(grants.map(describeGrant)).toEqual([
          expect.stringMatching(/: roles\/cloudkms.viewer on key `/),
        ]);
        await spare.handler.delete(spare.state);
      });

      it("are looked for in resources of every type, also of one that is new here", () => {
        const [known] = deployed.declared;
        if (known === undefined) throw new Error("Nothing was declared.");
        expect(() =>
          grantsAmong([{ ...known, type: "gcp:kms/keyRingIAMBinding:KeyRingIAMBinding" }]),
        ).toThrow("Nobody has looked whether a gcp:kms/keyRingIAMBinding:KeyRingIAMBinding is a grant");
      });
    });
  }

  describe("a service account", () => {
    it("is one of these", () => {
      expect(identities.map(({ name }) => name).sort()).toEqual(names);
    });

    it.each(names)("%s may do at Google's APIs what it is for, and nothing else", async (name) => {
      const { call } = identity(name);
      const answers = [];
      for (const { method, path, body, ...tried } of googleCalls(deployed, identities)) {
        const { status, text } = await call(method, path, body);
        answers.push({
          name: tried.name,
          status,
          text,
          isRefusal: status === 403 && text.includes("IAM_PERMISSION_DENIED"),
        });
      }
      expect(allowedOf(answers)).toEqual(mayDo[hosting][name]);
    });
  });

  describe("a private function", () => {
    const callers = { grant: "invoker", reconcile: "scheduler" };
    const urlOf = (name: string) => deployed.urlOf(name);

    it.each(Object.entries(callers))("%s lets nobody in but %s", async (name, caller) => {
      const url = urlOf(name);
      const statuses = new Map<string, number>();
      for (const one of names)
        statuses.set(one, await inside.call(url, { email: identity(one).email, audience: url }));
      // What it thinks of an empty body is another matter.
      expect([200, 400]).toContain(statuses.get(caller));
      statuses.delete(caller);
      statuses.set("nobody", await inside.call(url));
      const otherAudiences = [
        urlOf(name === "grant" ? "reconcile" : "grant"),
        urlOf("receive"),
        "https://x.example",
      ];
      for (const audience of otherAudiences) {
        statuses.set(audience, await inside.call(url, { email: identity(caller).email, audience }));
      }
      expect([...statuses].filter(([, status]) => status !== 403)).toEqual([]);
      refusals += statuses.size;
    });

    it.each(Object.keys(callers))(
      "%s is not there for who comes from outside, whatever the token",
      async (name) => {
        const url = urlOf(name);
        const answers = await Promise.all(identities.map(({ invoke }) => invoke(url, url)));
        expect(answers.map(({ status }) => status)).toEqual(identities.map(() => 404));
        refusals += answers.length;
      },
    );
  });

  it("receive is open to everybody, and nobody is bound to it but by Cloud Functions", async () => {
    const { owner } = deployed.google;
    const name = stringIn(deployed.functionOf("receive").inputs, "name");
    const policy = await owner.call("GET", `/v2/${placeOf(deployed).parent}/services/${name}:getIamPolicy`);
    const everybody = [{ role: "roles/run.invoker", members: ["allUsers"] }];
    expect(policy["bindings"] ?? []).toEqual(hosting === "functions" ? everybody : []);
    const answer = await fetch(deployed.urlOf("receive"), { method: "POST", body: "{}" });
    // By the function itself: it lacks the hook's secret.
    expect(answer.status).toBe(401);
  });

  // Okta does not know what hosts the functions: once is enough.
  if (hosting === "service") return;

  describe("a service app", () => {
    const apps = {
      grant: { scope: "okta.groups.manage", account: "grant" },
      reconcile: { scope: "okta.logs.read", account: "reconcile" },
    };
    const keyOf = (name: "grant" | "reconcile") => ({
      version: deployed.environmentOf(name)["SIGNING_KEY_VERSION"] ?? "",
      signer: identity(apps[name].account),
    });
    const tokenOf = async (name: "grant" | "reconcile", scope: string): Promise<string> => {
      const { status, text } = await askForToken(deployed, deployed.environmentOf(name), keyOf(name), scope);
      expect(status).toBe(200);
      return JSON.parse(text).access_token;
    };

    it.each(["grant", "reconcile"] as const)(
      "of %s may do at Okta what it is for, and nothing else",
      async (name) => {
        const token = await tokenOf(name, apps[name].scope);
        const answers = [];
        for (const { method, path, body, ...tried } of await oktaCalls(deployed, name)) {
          const response = await fetch(deployed.clouds.okta.url + path, {
            method,
            headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
            body: body === undefined ? null : JSON.stringify(body),
          });
          const text = await response.text();
          // For want of a scope Okta sends a challenge without a body.
          const challenge = response.headers.get("www-authenticate") ?? "";
          const isRefusal =
            response.status === 403 &&
            (text.includes("E0000006") || challenge.includes("insufficient_scope"));
          answers.push({ name: tried.name, status: response.status, text, isRefusal });
        }
        expect(allowedOf(answers)).toEqual(mayDoAtOkta[name]);
      },
    );

    // The function asks for its scope by name, so that it says nothing of a narrower one that it gets none.
    it("of grant can add nobody with a narrower scope", async () => {
      const { clouds, groupId, okta } = deployed;
      const { id } = clouds.okta.createPerson({ login: "newcomer@acme.example", displayName: "Newcomer" });
      const scopes = narrowerScopes(apps.grant.scope);
      expect(scopes).not.toEqual([]);
      for (const scopeId of scopes) {
        const path = `/api/v1/apps/${deployed.environmentOf("grant")["OKTA_CLIENT_ID"]}/grants`;
        const given = await okta.administrator.call("POST", path, { issuer: clouds.okta.url, scopeId });
        const answer = await fetch(`${clouds.okta.url}/api/v1/groups/${groupId}/users/${id}`, {
          method: "PUT",
          headers: { authorization: `Bearer ${await tokenOf("grant", scopeId)}` },
        });
        await okta.administrator.call("DELETE", `${path}/${String(given["id"])}`);
        expect(answer.status).toBe(403);
        expect(answer.headers.get("www-authenticate")).toContain("insufficient_scope");
      }
      refusals += scopes.length;
    });

    it.each([
      [
        "grant",
        ["okta.logs.read", "okta.groups.read", "okta.users.manage", "okta.apps.manage", "okta.roles.manage"],
      ],
      [
        "reconcile",
        [
          "okta.groups.manage",
          "okta.groups.read",
          "okta.users.read",
          "okta.apps.read",
          "okta.eventHooks.manage",
        ],
      ],
    ] as const)("of %s gets no token for another scope", async (name, scopes) => {
      for (const scope of scopes) {
        const answer = await askForToken(deployed, deployed.environmentOf(name), keyOf(name), scope);
        expect(answer.status).toBe(400);
        expect(answer.text).toContain("consent_required");
      }
      refusals += scopes.length;
    });

    it.each([
      ["grant", "reconcile"],
      ["reconcile", "grant"],
    ] as const)("of %s is not believed with the key of %s", async (name, other) => {
      const answer = await askForToken(
        deployed,
        deployed.environmentOf(name),
        keyOf(other),
        apps[name].scope,
      );
      expect(answer.status).toBe(401);
      expect(answer.text).toContain("invalid_client");
      refusals += 1;
    });
  });
});
