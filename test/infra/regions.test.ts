import { describe, expect, it } from "vitest";
import { regionFault, regionWarning } from "../../infra/regions.ts";
import { regions, requireQueueRegion } from "../../sandbox/google/locations.ts";
import { declare } from "./declare.ts";

const preview = (region: string, configuration: Readonly<Record<string, string>> = {}) =>
  declare({ "gcp:region": region, ...configuration }, { dryRun: true });

/** Whether the local Cloud Tasks makes queues there. */
function takesQueues(region: string): boolean {
  try {
    requireQueueRegion(region);
    return true;
  } catch {
    return false;
  }
}

describe("a region", () => {
  it("without Cloud Tasks fails the preview, with the nearest regions that have everything", async () => {
    const { error, resources } = await preview("europe-west4");
    expect(error).toContain(
      'gcp:region is "europe-west4": Google Cloud does not offer Cloud Tasks there, according to its list of November 2026. ' +
        "The nearest regions that have everything that the program needs are europe-west3, europe-west1, europe-west2. " +
        "If Google offers it now, set trustRegion to true.",
    );
    expect(resources).toEqual([]);
  });

  it("without Cloud Tasks is taken with a warning where trustRegion is set", async () => {
    const { error, logs } = await preview("europe-west4", { "signin-groups:trustRegion": "true" });
    expect(error).toBeUndefined();
    expect(logs).toContainEqual({
      severity: "warning",
      message: expect.stringContaining(
        'The region "europe-west4" is not checked (trustRegion): as of November 2026, Google Cloud did not offer Cloud Tasks there.',
      ),
    });
  });

  it.each(["mars-north1", "europe-west99"])("that nobody knows (%s) is a warning only", async (region) => {
    const { error, logs } = await preview(region);
    expect(error).toBeUndefined();
    expect(logs).toContainEqual({
      severity: "warning",
      message:
        `The region "${region}" is unknown to this program, as of November 2026. If Google Cloud does not have it, or ` +
        "does not offer Cloud Tasks there, the update fails: check it at https://cloud.google.com/tasks/docs/locations.",
    });
  });

  it.each(["us-central1-a", "europe", "", "EUROPE-WEST1"])("of another shape (%j) is refused", (region) => {
    expect(regionFault(region, true)).toContain("it must be a region of Cloud Run");
  });

  it("is taken without a word where everything is offered", () => {
    expect(regionFault("europe-west1", false)).toBeUndefined();
    expect(regionWarning("europe-west1")).toBeUndefined();
  });

  it("is known to the program, and has queues, exactly where the local Google Cloud says so", () => {
    for (const region of regions) {
      expect([region, regionFault(region, false) === undefined]).toEqual([region, takesQueues(region)]);
    }
  });

  it("is checked for a program that makes the component itself", async () => {
    const { error } = await declare(
      { "gcp:region": "europe-west4", "subsidiaries:orgUrl": "https://acme.okta.com" },
      { dryRun: true, program: "examples/subsidiaries" },
    );
    expect(error).toContain('region is "europe-west4": Google Cloud does not offer Cloud Tasks there');
  });
});
