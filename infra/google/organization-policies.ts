import * as pulumi from "@pulumi/pulumi";
import { isObject, type JsonObject, parseJson } from "../../function/shared/json.ts";
import { outboundFetch, proxyHint } from "../outbound-fetch.ts";

/** How long one call may take, in milliseconds. */
const TIMEOUT_MS = 30_000;

const API = "orgpolicy.googleapis.com";

/** What Google answers about a constraint. */
export type EffectivePolicy =
  /** The rules that apply, as the API writes them; none when the constraint has no effect. */
  | { readonly kind: "found"; readonly rules: readonly JsonObject[] }
  /** Google was not asked, could not be reached, or gave no answer to the question. */
  | { readonly kind: "unknown"; readonly reason: string };

/**
 * Looks up which rules of constraints apply to a project, whoever set them: the organization, a folder, the project or Google's
 * default (Google Cloud, "Organization Policy API": v2, projects.policies.getEffectivePolicy). The caller is who deploys. Not by the
 * provider's function `getOrganizationPolicy`: any error fails the program.
 *
 * @param constraints their names, such as `iam.allowedPolicyMemberDomains`
 * @returns the policies in the order of the constraints
 */
export async function findEffectivePolicies<const Constraints extends readonly string[]>(
  project: string,
  constraints: Constraints,
): Promise<{ readonly [Index in keyof Constraints]: EffectivePolicy }> {
  const asking = findAccessToken(project).then(
    (token) => (constraint: string) => findEffectivePolicy(project, constraint, token),
    (error: unknown) => async (): Promise<EffectivePolicy> => ({
      kind: "unknown",
      reason: `there are no credentials for Google Cloud: ${messageOf(error)}`,
    }),
  );
  const ask = await asking;
  // One answer for each constraint.
  return (await Promise.all(constraints.map(ask))) as {
    readonly [Index in keyof Constraints]: EffectivePolicy;
  };
}

async function findEffectivePolicy(
  project: string,
  constraint: string,
  token: string,
): Promise<EffectivePolicy> {
  // As the provider's own resources of this API take it.
  const configured = new pulumi.Config("gcp").get("orgPolicyCustomEndpoint");
  const endpoint = configured || process.env["GOOGLE_ORG_POLICY_CUSTOM_ENDPOINT"] || `https://${API}/v2/`;
  try {
    const response = await outboundFetch(
      `${endpoint}projects/${project}/policies/${constraint}:getEffectivePolicy`,
      {
        // A person's credentials belong to no project, and the API must be on in the one that the call counts against.
        headers: {
          accept: "application/json",
          authorization: `Bearer ${token}`,
          "x-goog-user-project": project,
        },
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    );
    const body = parseJson(await response.text());
    if (response.status === 200 && isObject(body)) return { kind: "found", rules: rulesOf(body) };
    return { kind: "unknown", reason: reasonOf(project, response.status, body) };
  } catch (error) {
    return { kind: "unknown", reason: messageOf(error) };
  }
}

function rulesOf({ spec }: JsonObject): readonly JsonObject[] {
  const rules = isObject(spec) ? spec["rules"] : undefined;
  return Array.isArray(rules) ? rules.filter(isObject) : [];
}

/** Google's reason why it does not answer, and what to do. */
function reasonOf(project: string, status: number, body: unknown): string {
  const error = isObject(body) ? body["error"] : undefined;
  const message = isObject(error) ? `: ${String(error["message"])}` : "";
  if (status !== 403) return `Google answers ${status}${message}`;
  return JSON.stringify(body).includes("SERVICE_DISABLED")
    ? `the API is off; "gcloud services enable ${API} --project ${project}" enables it`
    : `Google refuses it; the role roles/orgpolicy.policyViewer on the project allows it${message}`;
}

/**
 * A token of the identity that Google's provider acts as: of its own settings, else of its variables, else of application default
 * credentials (Google Cloud provider for Pulumi, "Configuration").
 *
 * @throws Error when there are no credentials
 */
async function findAccessToken(project: string): Promise<string> {
  const config = new pulumi.Config("gcp");
  const { GOOGLE_OAUTH_ACCESS_TOKEN, GOOGLE_CREDENTIALS, GOOGLE_IMPERSONATE_SERVICE_ACCOUNT } = process.env;
  const given = config.get("accessToken") || GOOGLE_OAUTH_ACCESS_TOKEN;
  if (given) return given;
  // Only here: loading it takes a while, and a deployment mostly has nothing to look up.
  const { findAuthClient } = await import("./auth-client.ts");
  const client = await findAuthClient(
    {
      key: config.get("credentials") || GOOGLE_CREDENTIALS,
      impersonated: config.get("impersonateServiceAccount") || GOOGLE_IMPERSONATE_SERVICE_ACCOUNT,
    },
    project,
  );
  const { token } = await client.getAccessToken();
  if (!token) throw new Error("the credentials give no access token");
  return token;
}

/** With its cause, since "fetch failed" does not say what failed. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `Google does not answer in ${TIMEOUT_MS / 1000} s`;
  return error.cause instanceof Error
    ? `${error.message}: ${error.cause.message}${proxyHint()}`
    : error.message;
}
