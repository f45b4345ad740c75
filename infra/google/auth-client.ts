import { readFile } from "node:fs/promises";
import { type AuthClient, GoogleAuth, Impersonated } from "google-auth-library";
import { isObject, type JsonObject, parseJson } from "../../function/shared/json.ts";

const SCOPES = ["https://www.googleapis.com/auth/cloud-platform"];

/**
 * The identity that Google's provider acts as (Google Cloud provider for Pulumi, "Configuration").
 *
 * @param given the key, in JSON, or the name of its file; without it, application default credentials are taken. And the account that
 *   is then impersonated
 * @param project to which the calls belong
 * @throws Error when there are no credentials, or the key can't be read; the message holds nothing of it
 */
export async function findAuthClient(
  given: { readonly key: string | undefined; readonly impersonated: string | undefined },
  project: string,
): Promise<AuthClient> {
  const { key, impersonated: targetPrincipal } = given;
  const auth = new GoogleAuth({
    scopes: SCOPES,
    // Unless it is told the project, it asks gcloud for one.
    projectId: project,
    ...(key ? { credentials: await readKey(key) } : {}),
  });
  const sourceClient = await auth.getClient();
  if (!targetPrincipal) return sourceClient;
  return new Impersonated({ sourceClient, targetPrincipal, targetScopes: SCOPES, lifetime: 3600 });
}

async function readKey(text: string): Promise<JsonObject> {
  const key = parseJson(text) ?? parseJson(await readFile(text, "utf8").catch(() => ""));
  if (isObject(key)) return key;
  throw new Error(
    "gcp:credentials, or GOOGLE_CREDENTIALS, must be a key in JSON, or the name of a file that contains one",
  );
}
