import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

/** A comment or an issue as GitHub keeps it. */
export interface Entry {
  id: number;
  body: string;
  user: { login: string };
}

export interface Issue extends Entry {
  number: number;
  title: string;
  state: string;
  state_reason?: string;
  labels: string[];
}

/** A GitHub that knows comments, issues and pull requests of one repository, acme/identity. */
export interface GitHubServer extends AsyncDisposable {
  readonly url: string;
  readonly comments: Map<string, Entry[]>;
  readonly issues: Issue[];
  readonly pullRequests: Map<string, { state: string; labels: { name: string }[] }>;
  /** Calls so far that changed something, such as `POST /issues`. */
  readonly writes: string[];
}

export const TOKEN = "a token";

export async function startGitHub(): Promise<GitHubServer> {
  const comments = new Map<string, Entry[]>();
  const issues: Issue[] = [];
  const pullRequests: GitHubServer["pullRequests"] = new Map();
  const writes: string[] = [];
  const user = { login: "github-actions[bot]" };
  let lastId = 1000;

  const app = new Hono().basePath("/repos/acme/identity");
  app.use(async (context, next) => {
    if (context.req.header("authorization") !== `Bearer ${TOKEN}`)
      return context.json({ message: "Bad credentials" }, 401);
    if (context.req.method !== "GET")
      writes.push(`${context.req.method} ${context.req.path.replace("/repos/acme/identity", "")}`);
    await next();
    return;
  });
  const page = (query: Record<string, string>, all: unknown[]) => {
    const size = Number(query["per_page"]);
    return all.slice((Number(query["page"]) - 1) * size, Number(query["page"]) * size);
  };
  app.get("/issues/:number/comments", (context) =>
    context.json(page(context.req.query(), comments.get(context.req.param("number")) ?? [])),
  );
  app.post("/issues/:number/comments", async (context) => {
    const { body } = await context.req.json();
    const of = comments.get(context.req.param("number")) ?? [];
    comments.set(context.req.param("number"), [...of, { id: ++lastId, body, user }]);
    return context.json({}, 201);
  });
  app.patch("/issues/comments/:id", async (context) => {
    const comment = [...comments.values()].flat().find(({ id }) => id === Number(context.req.param("id")));
    if (comment === undefined) return context.json({ message: "Not Found" }, 404);
    Object.assign(comment, await context.req.json());
    return context.json({});
  });
  app.get("/issues", (context) => {
    const { state, labels = "" } = context.req.query();
    const found = issues.filter((issue) => issue.state === state && issue.labels.includes(labels));
    return context.json(page(context.req.query(), found));
  });
  app.post("/issues", async (context) => {
    const number = ++lastId;
    const { title, body, labels } = await context.req.json();
    issues.push({ id: number, number, state: "open", user, title, body, labels });
    return context.json({}, 201);
  });
  app.patch("/issues/:number", async (context) => {
    const issue = issues.find(({ number }) => number === Number(context.req.param("number")));
    if (issue === undefined) return context.json({ message: "Not Found" }, 404);
    Object.assign(issue, await context.req.json());
    return context.json({});
  });
  app.get("/pulls/:number", (context) => {
    const pullRequest = pullRequests.get(context.req.param("number"));
    return pullRequest === undefined
      ? context.json({ message: "Not Found" }, 404)
      : context.json(pullRequest);
  });

  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>(
    (resolve) => {
      const started = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, (info: AddressInfo) =>
        resolve({ server: started, port: info.port }),
      );
    },
  );
  return {
    url: `http://127.0.0.1:${port}`,
    comments,
    issues,
    pullRequests,
    writes,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
