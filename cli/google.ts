import { type AuthClient, gaxios } from "google-auth-library";
import { GoogleApiError } from "../function/shared/errors.ts";
import type { GoogleAccessToken, Send } from "../function/shared/google/api.ts";
import { findAuthClient } from "../infra/google/auth-client.ts";
import { outboundFetch } from "../infra/outbound-fetch.ts";
import { AccessError } from "./command.ts";

/** The person who runs the command, as Google Cloud sees them. */
interface Credentials {
  /** @throws AccessError when there are none, or none that are still good */
  readonly accessToken: GoogleAccessToken;
  /** Calls Google as they do. */
  readonly send: Send;
}

/**
 * The credentials that Google's Pulumi provider would take from the environment: the token in GOOGLE_OAUTH_ACCESS_TOKEN, the key or
 * the file in GOOGLE_CREDENTIALS, else application default credentials; with these as the account in GOOGLE_IMPERSONATE_SERVICE_ACCOUNT
 * (Google Cloud provider for Pulumi, "Configuration").
 *
 * @param project to which the calls belong
 */
export function createCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  project: string,
): Credentials {
  const given = environment["GOOGLE_OAUTH_ACCESS_TOKEN"];
  if (given) return { accessToken: async () => given, send: outboundFetch };
  let found: Promise<AuthClient> | undefined;
  const client = () => {
    const { GOOGLE_CREDENTIALS: key, GOOGLE_IMPERSONATE_SERVICE_ACCOUNT: impersonated } = environment;
    found ??= findAuthClient({ key, impersonated }, project);
    return found;
  };
  return {
    accessToken: async () => {
      const { token } = await client()
        .then((one) => one.getAccessToken())
        .catch((error: unknown) => {
          throw isPassing(error)
            ? error
            : noCredentials(error instanceof Error ? error.message : String(error));
        });
      return token ?? Promise.reject(noCredentials("The credentials give no access token."));
    },
    send: async (url, init) => {
      // A person's credentials belong to no project; Google wants to know whose quota a call counts against (Google Cloud,
      // "Set the quota project": X-Goog-User-Project).
      const { quotaProjectId } = await client();
      const quota = quotaProjectId ? { "x-goog-user-project": quotaProjectId } : {};
      return outboundFetch(url, { ...init, headers: { ...quota, ...init.headers } });
    },
  };
}

/** Whether who gives tokens was not reached, or is busy. */
function isPassing(error: unknown): boolean {
  return error instanceof gaxios.GaxiosError && (error.status === undefined || isBusy(error.status));
}

function isBusy(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function noCredentials(reason: string): AccessError {
  return new AccessError(
    `There are no credentials for Google Cloud: ${reason}\nRun gcloud auth application-default login, or set GOOGLE_OAUTH_ACCESS_TOKEN.`,
  );
}

/** What a call of Google Cloud needs: a permission, on what, and a role that has it there. */
interface Needed {
  readonly permission: string;
  readonly on: string;
  readonly role: string;
  readonly project: string;
}

/** Why a call of Google Cloud failed: an AccessError when it would fail again, else the error as it was. */
export function explain(error: unknown, { permission, on, role, project }: Needed): unknown {
  if (!(error instanceof GoogleApiError) || isBusy(error.status)) return error;
  switch (error.status) {
    case 401:
      return new AccessError(
        "Google Cloud does not accept your credentials (401). Run gcloud auth application-default login, or set GOOGLE_OAUTH_ACCESS_TOKEN to a fresh token.",
      );
    case 403:
      return new AccessError(
        [
          `You lack ${permission} on ${on} (403). The role ${role} there has it.`,
          `If you have that, your credentials may lack a project for quota: gcloud auth application-default set-quota-project ${project}`,
        ].join("\n"),
      );
    default:
      return new AccessError(`Google Cloud refuses: ${error.message}`);
  }
}

/** What went wrong, for who reads it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  // What fetch itself says is only that it failed.
  const { cause } = error;
  if (cause instanceof Error) return cause.message || ("code" in cause ? String(cause.code) : cause.name);
  return error.message;
}
