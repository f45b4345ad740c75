import * as gcp from "@pulumi/gcp";
import { describe, expect, it } from "vitest";
import type { RecordedResource } from "../support/recorder.ts";
import { declare, inputsOf } from "./declare.ts";

/** Inputs by which resources of Google's provider say where they are. */
const locationInputs = ["location", "region", "replication"];

/** The location inputs that the provider's SDK knows for a type, such as `gcp:storage/bucket:Bucket`. */
function locationInputsOf(type: string): readonly string[] {
  const [, modulePath = "", className = ""] = type.split(":");
  const module: unknown = Reflect.get(gcp, modulePath.split("/", 1)[0] ?? "");
  const resourceClass: unknown = Reflect.get(Object(module), className);
  if (typeof resourceClass !== "function") throw new Error(`@pulumi/gcp has no class for ${type}`);
  return locationInputs.filter((input) => String(resourceClass).includes(`resourceInputs["${input}"]`));
}

/** All places that an input names. */
function placesIn(input: unknown): unknown[] {
  const { userManaged } = Object(input);
  return userManaged === undefined
    ? [input]
    : userManaged.replicas.map((replica: object) => Reflect.get(replica, "location"));
}

const located = (resource: RecordedResource) =>
  resource.type.startsWith("gcp:") ? locationInputsOf(resource.type) : [];

describe("locations of what the program declares", () => {
  it("knows from the provider's SDK which types have a location", () => {
    expect(locationInputsOf("gcp:storage/bucket:Bucket")).toEqual(["location"]);
    expect(locationInputsOf("gcp:cloudscheduler/job:Job")).toEqual(["region"]);
    expect(locationInputsOf("gcp:secretmanager/secret:Secret")).toEqual(["replication"]);
    expect(locationInputsOf("gcp:serviceaccount/account:Account")).toEqual([]);
  });

  it.each([
    ["functions", 10],
    ["service", 8],
  ])(
    "are, with hosting %s, the stack's region for every resource that has one, and nowhere left to a default",
    async (hosting, atLeast) => {
      const { resources, error } = await declare({
        "signin-groups:hosting": hosting,
        "gcp:region": "us-east4",
        "signin-groups:hookSecretRotation": "2",
        "signin-groups:signingKeyRotation": "2",
      });
      expect(error).toBeUndefined();
      const types = new Set<string>();
      for (const resource of resources) {
        for (const input of located(resource)) {
          types.add(resource.type);
          expect([resource.name, input, placesIn(inputsOf(resource)[input])]).toEqual([
            resource.name,
            input,
            ["us-east4"],
          ]);
        }
      }
      expect(types.size).toBeGreaterThanOrEqual(atLeast);
    },
  );
});
