import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** By the names of constraints: the rules that apply, or an error of Google's. */
export type Policies = Readonly<
  Record<string, readonly object[] | { readonly status: number; readonly error: object }>
>;

/** A request for a policy. */
export interface PolicyRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Google's API of organization policies: each constraint has no effect unless it is given. */
export async function startOrganization(policies: Policies = {}) {
  const requests: PolicyRequest[] = [];
  const server = createServer(({ method = "", url = "", headers }, response) => {
    requests.push({ method, url, headers });
    const [, constraint = ""] =
      /^\/v2\/projects\/acme-identity\/policies\/([\w.]+):getEffectivePolicy$/.exec(url) ?? [];
    const policy = policies[constraint] ?? [];
    const [status, body] = Array.isArray(policy)
      ? [200, { name: `projects/1/policies/${constraint}`, spec: { rules: policy } }]
      : [Reflect.get(policy, "status"), { error: Reflect.get(policy, "error") }];
    response.statusCode = constraint === "" ? 404 : status;
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/v2/`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
