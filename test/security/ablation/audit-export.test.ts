import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringIn } from "../../../sandbox/deploy/google/inputs.ts";
import { ablate, tryNarrower } from "./ablate.ts";
import { type Deployed, deployOnce } from "./deployment.ts";
import { describeGrant, grantsAmong } from "./grants.ts";
import { narrowerThan } from "./narrower.ts";
import { spareAmong } from "./spare.ts";
import type { Way } from "./ways.ts";

const WAY = "memberships are exported";

describe.each([
  [
    "bigquery",
    /^account `service-415104041262`: roles\/bigquery\.dataEditor on the project, if `resource\.name == "(projects\/[\w-]+\/datasets\/signin_groups_audit_[0-9a-f]{8})" \|\| resource\.name\.startsWith\("\1\/"\)`$/,
  ],
  ["pubsub", /^account `service-415104041262`: roles\/pubsub\.publisher on topic `audit`$/],
])("with auditExport as %s", (auditExport, right) => {
  let deployed: Deployed;
  let way: Way;
  let destination: string;

  beforeAll(async () => {
    deployed = await deployOnce("service", { auditExport, auditRetention: "30d" });
    destination = stringIn(deployed.outputs, "auditDestination");
    way = exporting(deployed);
  }, 300_000);

  afterAll(() => deployed?.clouds.close());

  it("each membership leaves its record there, and the rest of the log does not", async () => {
    expect(await way.works()).toBe(true);
    const records = deployed.clouds.google.exportedTo(destination);
    expect(records.map(({ jsonPayload }) => jsonPayload)).toEqual([
      expect.objectContaining({
        event: "membership",
        outcome: "member",
        groupId: deployed.groupId,
        userId: expect.stringMatching(/^00u/),
        eventUuid: expect.any(String),
        eventType: "user.session.start",
        published: expect.any(String),
        rule: 0,
        source: "hook",
        deliveryId: expect.any(String),
        deliveries: 1,
        attempts: 1,
        delaySeconds: expect.any(Number),
        known: false,
      }),
    ]);
  });

  it("the sink's right is needed, and no narrower one would do", async () => {
    const grants = grantsAmong(deployed.declared).filter(({ holder }) => holder.includes("service-"));
    expect(grants.map(describeGrant)).toEqual([expect.stringMatching(right)]);
    const ablations = await ablate(deployed, [way], grants);
    expect(ablations.map(({ closed }) => closed)).toEqual([[WAY]]);
    expect(spareAmong(ablations)).toEqual([]);
    const narrower = grants.flatMap((grant) => narrowerThan(grant, deployed));
    const { tried, sufficient } = await tryNarrower(deployed, [way], narrower);
    // A topic's role has one permission.
    expect(tried).toHaveLength(auditExport === "bigquery" ? 4 : 0);
    expect(sufficient).toEqual([]);
    expect(await way.works(), "with the right as it was").toBe(true);
  }, 120_000);
});

/** Somebody signs in, and the record of the membership is exported. */
function exporting({ clouds, groupId, google, outputs }: Deployed): Way {
  let people = 0;
  const path = `/bigquery/v2/${stringIn(outputs, "auditDestination")}`;
  /** Empties a dataset: the first record of all makes its table, which needs more than the others. */
  const emptyDataset = async () => {
    const dataset = await google.owner.call("GET", path);
    await google.owner.call("DELETE", `${path}?deleteContents=true`);
    await google.owner.call("POST", path.slice(0, path.lastIndexOf("/")), dataset);
  };
  return {
    name: WAY,
    isOfCloud: true,
    async works() {
      if (path.includes("/datasets/")) await emptyDataset();
      people += 1;
      const login = `person-${people}@acme.example`;
      const { id } = clouds.okta.createPerson({ login, displayName: login });
      const before = google.history.length();
      clouds.okta.signIn([{ kind: "success", login }]);
      const isTaken = await google.history.until("an export", (notices) => {
        const notice = notices.slice(before).find(({ kind }) => kind === "export");
        return notice?.kind === "export" ? notice.isTaken : undefined;
      });
      await clouds.google.idle();
      if (!clouds.okta.isMember(groupId, id)) throw new Error("The export stands in the way of memberships.");
      const records = clouds.google.exportedTo(stringIn(outputs, "auditDestination"));
      return isTaken && records.some(({ jsonPayload }) => jsonPayload["userId"] === id);
    },
  };
}
