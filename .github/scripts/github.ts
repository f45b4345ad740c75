import { outboundFetch } from "../../infra/outbound-fetch.ts";

/** GitHub's REST API, as far as these scripts need it. */
export interface GitHub {
  /** @throws Error with GitHub's own message when it refuses */
  request(method: string, path: string, body?: unknown): Promise<unknown>;
  /** All pages of a list. */
  list(path: string): Promise<unknown[]>;
}

/** The login that a workflow's own token writes as. */
export const AUTHOR = "github-actions[bot]";

const PAGE = 100;

/**
 * Connects to the repository that a workflow runs in.
 *
 * @param environment `GITHUB_API_URL`, `GITHUB_REPOSITORY` and `GITHUB_TOKEN`, the first two as a runner sets them
 */
export function connect(environment: NodeJS.ProcessEnv): GitHub {
  const base = `${required(environment, "GITHUB_API_URL")}/repos/${required(environment, "GITHUB_REPOSITORY")}`;
  const token = required(environment, "GITHUB_TOKEN");
  const request = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await outboundFetch(base + path, {
      method,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${token}`,
        "x-github-api-version": "2022-11-28",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) {
      throw new Error(`GitHub answers ${response.status} to ${method} ${path}: ${await response.text()}`);
    }
    return response.json();
  };
  const list = async (path: string): Promise<unknown[]> => {
    const all: unknown[] = [];
    for (let page = 1; ; page += 1) {
      const separator = path.includes("?") ? "&" : "?";
      const items = await request("GET", `${path}${separator}per_page=${PAGE}&page=${page}`);
      if (!Array.isArray(items))
        throw new Error(`GitHub answers GET ${path} with something other than a list.`);
      all.push(...items);
      if (items.length < PAGE) return all;
    }
  };
  return { request, list };
}

/** @throws Error when the variable is not set or empty */
export function required(environment: NodeJS.ProcessEnv, name: string): string {
  const value = environment[name];
  if (value === undefined || value === "") throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

/** The run of the workflow, to link to. */
export function runUrl(environment: NodeJS.ProcessEnv): string {
  const server = required(environment, "GITHUB_SERVER_URL");
  return `${server}/${required(environment, "GITHUB_REPOSITORY")}/actions/runs/${required(environment, "GITHUB_RUN_ID")}`;
}
