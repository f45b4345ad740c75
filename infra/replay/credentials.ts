import { GoogleAuth, gaxios } from "google-auth-library";
import type { GoogleAccessToken, Send } from "../../function/google/api.ts";
import { outboundFetch } from "../outbound-fetch.ts";
import { ReplayError } from "./errors.ts";

/** Whoever runs the command, as Google Cloud sees them. */
export interface Credentials {
  /** @throws ReplayError when there are none, or none that are still good */
  readonly accessToken: GoogleAccessToken;
  /** Calls Google as they do. */
  readonly send: Send;
}

/**
 * The token in GOOGLE_OAUTH_ACCESS_TOKEN, as Google's Pulumi provider takes it, else application default credentials.
 *
 * @param project to which the calls belong
 */
export function createCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  project: string,
): Credentials {
  const given = environment["GOOGLE_OAUTH_ACCESS_TOKEN"];
  if (given) return { accessToken: async () => given, send: outboundFetch };
  // Unless it is told the project, it asks gcloud for one.
  const auth = new GoogleAuth({
    scopes: ["https://www.googleapis.com/auth/cloud-platform"],
    projectId: project,
  });
  return {
    accessToken: async () => {
      const token = await auth.getAccessToken().catch((error: unknown) => {
        throw isPassing(error) ? error : noAccess(error instanceof Error ? error.message : String(error));
      });
      return token ?? Promise.reject(noAccess("The credentials give no access token."));
    },
    send: async (url, init) => {
      // A person's credentials belong to no project; Google wants to know whose quota a call counts against (Google Cloud,
      // "Set the quota project": X-Goog-User-Project).
      const { quotaProjectId } = await auth.getClient();
      const quota = quotaProjectId ? { "x-goog-user-project": quotaProjectId } : {};
      return outboundFetch(url, { ...init, headers: { ...init.headers, ...quota } });
    },
  };
}

/** Whether who gives tokens was not reached, or is busy. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof gaxios.GaxiosError)) return false;
  const { status } = error;
  return status === undefined || status === 429 || status >= 500;
}

function noAccess(reason: string): ReplayError {
  return new ReplayError(
    `There are no credentials for Google Cloud: ${reason}\nRun gcloud auth application-default login, or set GOOGLE_OAUTH_ACCESS_TOKEN.`,
  );
}
