import { randomInt } from "node:crypto";
import { alreadyExists, notFound } from "../errors.ts";
import { type Fields, fields } from "../fields.ts";
import { type Call, masked, type Route } from "../routes.ts";
import { type Policies, policyRoutes } from "./policies.ts";

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

  /**
   * @decision The id of a service account has 6 to 30 lower-case letters, digits and hyphens, a letter first; another
   * is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/iam/admin/v1/iam.proto,
   * CreateServiceAccountRequest.account_id: "must be 6-30 characters long, and match the regular expression
   * `[a-z]([-a-z0-9]*[a-z0-9])`".
   * @matters deployment fails: Pulumi makes the id from the stack's name, which is cut to fit.
   *
   * @decision A service account whose email exists is refused with 409 ALREADY_EXISTS.
   * @evidence recorded: GoogleCloudPlatform/java-docs-samples#3605: 409, "Service account … already exists within
   * project projects/…".
   * @matters deployment fails: each account has a suffix.
   */
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

  /**
   * @decision A service account that is not there is refused with 404 to its owner.
   * @evidence assumed: the provider says that the API "returns 403 when the queried SA is not found"
   * (hashicorp/terraform-provider-google-beta 93c65b2, services/resourcemanager/resource_google_service_account.go);
   * for one who may read the project's accounts, 404 is what its refresh expects.
   * @show Delete an account by hand and run `pulumi refresh`: it is taken out of the state.
   * @matters deployment fails: a refresh after a deletion by hand would stop at 403.
   */
  function existing(call: Call): ServiceAccount {
    const email = call.parameter("account");
    const account = get(email);
    if (!account) throw notFound(nameOf(email));
    return account;
  }

  /**
   * @decision A PATCH changes the texts that updateMask names, in a body that has account and mask side by side.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/resourcemanager/resource_google_service_account.go, Update: PATCH of {serviceAccount,
   * updateMask}.
   * @matters sandbox only: the program sets the texts once.
   */
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
    function switchTo(verb: "disable" | "enable"): Route {
      /**
       * @decision A service account is disabled and enabled by methods of their own, which answer an empty object.
       * @evidence documentation: googleapis/googleapis f8291d2, google/iam/admin/v1/iam.proto, DisableServiceAccount,
       * EnableServiceAccount: google.protobuf.Empty.
       * @matters sandbox only: the program disables no account.
       *
       * @decision The access tokens of a disabled account are rejected, and accepted again once it is enabled. Here 401 says so.
       * @evidence documentation: googleapis/googleapis f8291d2, google/iam/admin/v1/iam.proto, DisableServiceAccount: "Existing
       * access tokens for the service account are rejected"; EnableServiceAccount. The status is not described.
       * @matters wrong access: an attacker who has taken over a function is stopped at once.
       */
      function handle(call: Call): object {
        const { disabled: _before, ...account } = existing(call);
        accounts.set(account.email, { ...account, ...(verb === "disable" ? { disabled: true } : {}) });
        return {};
      }
      const permission = `iam.serviceAccounts.${verb}`;
      return { ...one, method: "POST", path: `${one.path}:${verb}`, permission, handle };
    }
    return [
      switchTo("disable"),
      switchTo("enable"),
      /**
       * @decision A service account is changed by iam.serviceAccounts.update on the account.
       * @evidence documentation: googleapis/googleapis f8291d2, google/iam/admin/v1/iam.proto, PatchServiceAccount.
       * @matters sandbox only: the one who deploys is the owner here.
       */
      { ...one, method: "PATCH", permission: "iam.serviceAccounts.update", handle: patch },
      /**
       * @decision A service account is made by iam.serviceAccounts.create on the project, and answered at once.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/resourcemanager/resource_google_service_account.go, Create: waits 10 seconds after the
       * answer, since the account is not known everywhere at once. Here it is known at once.
       * @matters deployment fails: a binding that comes too early is refused; the provider tries it again.
       */
      {
        ...parent,
        method: "POST",
        path: "/v1/projects/{project}/serviceAccounts",
        permission: "iam.serviceAccounts.create",
        handle: create,
      },
      /**
       * @decision The service accounts of a project are listed. Here without the default ones and on one page.
       * @evidence documentation: googleapis/googleapis f8291d2, google/iam/admin/v1/iam.proto, ListServiceAccounts.
       * @matters sandbox only: nothing of the product lists accounts.
       */
      {
        ...parent,
        method: "GET",
        path: "/v1/projects/{project}/serviceAccounts",
        permission: "iam.serviceAccounts.list",
        handle: () => ({ accounts: [...accounts.values()] }),
      },
      /**
       * @decision A service account is answered with its unique id, and with disabled only when it is so.
       * @evidence documentation: googleapis/googleapis f8291d2, google/iam/admin/v1/iam.proto,
       * ServiceAccount.unique_id, disabled.
       * @matters wrong access: another account of the same email has another id.
       */
      { ...one, method: "GET", permission: "iam.serviceAccounts.get", handle: existing },
      /**
       * @decision A deleted account stays in policies as deleted:serviceAccount:<email>?uid=<unique id>, and its
       * roles are not those of a new account of that email.
       * @evidence documentation: googleapis/googleapis f8291d2, google/iam/v1/policy.proto, Binding.members;
       * admin/v1/iam.proto, DeleteServiceAccount: recoverable for 30 days, which is not so here.
       * @matters wrong access: a stack that was destroyed and made again gets no old rights.
       */
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

/**
 * The texts of an account, without those that are empty. @throws GoogleError when one is too long
 *
 * @decision The display name of an account has up to 100 bytes, its description up to 256; more is refused with 400.
 * Here characters are counted.
 * @evidence documentation: googleapis/googleapis f8291d2, google/iam/admin/v1/iam.proto, ServiceAccount.display_name:
 * "The maximum length is 100 UTF-8 bytes"; description: 256.
 * @matters deployment fails: the program's texts are far below it.
 */
function readTexts(from: Fields | undefined): Pick<ServiceAccount, "displayName" | "description"> {
  const displayName = from?.optionalString("displayName");
  const description = from?.optionalString("description");
  if (displayName !== undefined && displayName.length > 100)
    throw from?.invalid("displayName", "over 100 characters");
  if (description !== undefined && description.length > 256)
    throw from?.invalid("description", "over 256 characters");
  return { ...(displayName && { displayName }), ...(description && { description }) };
}
