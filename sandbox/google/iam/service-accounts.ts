import { randomInt } from "node:crypto";
import { alreadyExists, notFound } from "../errors.ts";
import { type Fields, fields } from "../fields.ts";
import type { Call, Route } from "../routes.ts";
import { masked } from "../update-mask.ts";
import type { Policies } from "./policies.ts";
import { policyRoutes } from "./policy-routes.ts";

/** A service account as the API answers it. */
export interface ServiceAccount {
  readonly name: string;
  readonly projectId: string;
  readonly uniqueId: string;
  readonly email: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly disabled?: boolean;
  readonly etag: string;
}

/** The service accounts of a project. */
export interface ServiceAccounts {
  /** The account of a function or a build that names none: the default of Compute Engine. */
  readonly defaultEmail: string;
  get(email: string): ServiceAccount | undefined;
  emails(): readonly string[];
  /** The API's methods, which need the policies that themselves need the accounts. */
  routes(policies: Policies): readonly Route[];
}

const SERVICE = "iam.googleapis.com";
const TEXTS = ["displayName", "description"];
const ACCOUNT_ID = /^[a-z](?:[-a-z0-9]{4,28}[a-z0-9])$/;

/** The part of the IAM API about service accounts (IAM, REST reference v1: projects.serviceAccounts). */
export function createServiceAccounts(project: string, projectNumber: string): ServiceAccounts {
  const accounts = new Map<string, ServiceAccount>();
  const defaultEmail = `${projectNumber}-compute@developer.gserviceaccount.com`;
  const nameOf = (email: string) => `projects/${project}/serviceAccounts/${email}`;
  const builtIn = make(defaultEmail, {});

  function make(email: string, texts: Pick<ServiceAccount, "displayName" | "description">): ServiceAccount {
    const uniqueId = `1${Array.from({ length: 20 }, () => randomInt(10)).join("")}`;
    return { name: nameOf(email), projectId: project, uniqueId, email, ...texts, etag: "MDEwMjE5MjA=" };
  }

  const get = (email: string) => (email === defaultEmail ? builtIn : accounts.get(email));

  function create(call: Call): ServiceAccount {
    const body = call.fields();
    const accountId = body.string("accountId");
    if (!ACCOUNT_ID.test(accountId)) {
      throw body.invalid("accountId", "6 to 30 lower-case letters, digits and hyphens, a letter first");
    }
    const texts = readTexts(body.optionalObject("serviceAccount"));
    const email = `${accountId}@${project}.iam.gserviceaccount.com`;
    if (accounts.has(email)) throw alreadyExists(nameOf(email));
    const account = make(email, texts);
    accounts.set(email, account);
    return account;
  }

  function existing(call: Call): ServiceAccount {
    const email = call.parameter("account");
    const account = get(email);
    if (!account) throw notFound(nameOf(email));
    return account;
  }

  function patch(call: Call): ServiceAccount {
    const { displayName, description, ...account } = existing(call);
    const body = call.fields();
    const wanted = body.object("serviceAccount");
    const before = { ...(displayName && { displayName }), ...(description && { description }) };
    const texts = masked(call, before, TEXTS, wanted.raw, body.optionalString("updateMask"));
    const changed = { ...account, ...readTexts(fields(texts, "serviceAccount")) };
    accounts.set(changed.email, changed);
    return changed;
  }

  function routes(policies: Policies): readonly Route[] {
    const parent = { service: SERVICE, resource: () => `projects/${project}` } as const;
    const one = {
      service: SERVICE,
      path: "/v1/projects/{project}/serviceAccounts/{account}",
      resource: (call: Call) => nameOf(call.parameter("account")),
    } as const;
    const switchTo = (verb: "disable" | "enable"): Route => ({
      ...one,
      method: "POST",
      path: `${one.path}:${verb}`,
      permission: `iam.serviceAccounts.${verb}`,
      handle(call) {
        const { disabled: _before, ...account } = existing(call);
        accounts.set(account.email, { ...account, ...(verb === "disable" ? { disabled: true } : {}) });
        return {};
      },
    });
    return [
      switchTo("disable"),
      switchTo("enable"),
      { ...one, method: "PATCH", permission: "iam.serviceAccounts.update", handle: patch },
      {
        ...parent,
        method: "POST",
        path: "/v1/projects/{project}/serviceAccounts",
        permission: "iam.serviceAccounts.create",
        handle: create,
      },
      {
        ...parent,
        method: "GET",
        path: "/v1/projects/{project}/serviceAccounts",
        permission: "iam.serviceAccounts.list",
        handle: () => ({ accounts: [...accounts.values()] }),
      },
      { ...one, method: "GET", permission: "iam.serviceAccounts.get", handle: existing },
      {
        ...one,
        method: "DELETE",
        permission: "iam.serviceAccounts.delete",
        handle(call) {
          const account = existing(call);
          accounts.delete(account.email);
          policies.drop(account.name);
          policies.rename(
            `serviceAccount:${account.email}`,
            `deleted:serviceAccount:${account.email}?uid=${account.uniqueId}`,
          );
          return {};
        },
      },
      ...policyRoutes(policies, {
        ...one,
        readMethod: "POST",
        permission: "iam.serviceAccounts",
        exists: (resource) => get(resource.slice(nameOf("").length)) !== undefined,
        grantable: "iam.serviceAccounts.",
      }),
    ];
  }

  return { defaultEmail, get, emails: () => [...accounts.keys()], routes };
}

/** The texts of an account, without those that are empty. @throws GoogleError when one is too long */
function readTexts(from: Fields | undefined): Pick<ServiceAccount, "displayName" | "description"> {
  const displayName = from?.optionalString("displayName");
  const description = from?.optionalString("description");
  if (displayName !== undefined && displayName.length > 100)
    throw from?.invalid("displayName", "over 100 characters");
  if (description !== undefined && description.length > 256)
    throw from?.invalid("description", "over 256 characters");
  return { ...(displayName && { displayName }), ...(description && { description }) };
}
