import * as gcp from "@pulumi/gcp";
import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import type { SignInGroupsArgs } from "../../../../../infra/arguments.ts";
import { SignInGroups } from "../../../../../infra/sign-in-groups.ts";

/** What one case gives to the component. */
interface Given {
  readonly args?: Partial<SignInGroupsArgs>;
  readonly options?: pulumi.ComponentResourceOptions;
}

const place = { project: "acme-identity", region: "europe-west1", orgUrl: "https://acme.okta.com" };

/** A resource whose address is known only during the update. */
const ownAddress = (name = "own-address") => new gcp.compute.GlobalAddress(name).address;

const cases: Readonly<Record<string, () => Given>> = {
  computed() {
    const group = new okta.group.Group("own-group", { name: "Own" });
    const address = ownAddress();
    return {
      args: {
        trustGroupIds: true,
        hookUrl: pulumi.interpolate`https://${address}`,
        labels: { team: address.apply((text) => text.replaceAll(".", "-")) },
        rules: [
          { groupId: group.id, on: ["user.session.start"] },
          { group: "App Users", on: [pulumi.output("user.authentication.sso" as const)] },
        ],
      },
    };
  },
  unknown: () => ({
    args: {
      receiveMemory: ownAddress().apply(() => "1Gi"),
      rules: [
        { group: "App Users", on: ["user.session.start"] },
        {
          group: "Others",
          on: ["user.session.start"],
          when: ownAddress("another-address").apply(() => "true"),
        },
      ],
    },
  }),
  wrong: () => ({ args: { labels: { Team: "Identity" } } }),
  "wrong-later": () => ({ args: { labels: { team: ownAddress().apply(() => "Not A Label") } } }),
  "wrong-hook": () => ({ args: { hookUrl: ownAddress().apply(() => "http://sign-ins.example.com") } }),
  secret: () => ({ args: { backfill: pulumi.secret("3d") } }),
  "unknown-project": () => ({ args: { project: ownAddress() } }),
  "not-an-org": () => ({ args: { orgUrl: "acme.okta.com" } }),
  options() {
    const first = new gcp.compute.GlobalAddress("first");
    const google = new gcp.Provider("own-google", { project: place.project });
    const identity = new okta.Provider("own-okta", { orgName: "acme", baseUrl: "okta.com" });
    return {
      args: { protectGroups: false },
      options: {
        dependsOn: [first],
        providers: [google, identity],
        protect: true,
        transformations: [
          ({ type, props, opts }) =>
            type === "gcp:storage/bucket:Bucket"
              ? { props: { ...props, storageClass: "NEARLINE" }, opts }
              : undefined,
        ],
      },
    };
  },
};

const chosen = new pulumi.Config().require("case");
const { args = {}, options } = cases[chosen]?.() ?? {};
const groups = new SignInGroups("signin-groups", { ...place, ...args }, options);

export const { groupIds, hookUrl } = groups;
