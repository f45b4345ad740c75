import * as okta from "@pulumi/okta";
import type * as pulumi from "@pulumi/pulumi";

/** What Okta knows of a group. */
export interface Group {
  readonly name: string;
  /** `OKTA_GROUP`, `APP_GROUP` or `BUILT_IN`. */
  readonly type?: string;
}

/** Looks up a group by the provider that the parent has; undefined when there is none. */
export async function findGroupByProvider(id: string, parent: pulumi.Resource): Promise<Group | undefined> {
  try {
    return await okta.group.getGroup({ id }, { parent });
  } catch (error) {
    if (error instanceof Error && error.message.includes("Resource not found")) return undefined;
    throw error;
  }
}
