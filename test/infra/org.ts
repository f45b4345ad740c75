import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Starts an org whose groups hold some admin roles, and that has nothing else. Notes for which groups it was asked that. */
export async function startOrg(roles: unknown) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const { url = "" } = request;
    const isAboutRoles = /^\/api\/v1\/groups\/\w+\/roles$/.test(url);
    if (isAboutRoles) paths.push(`${request.method} ${url}`);
    response.statusCode = url.startsWith("/api/v1/iam/") ? 404 : 200;
    response.setHeader("content-type", "application/json").end(JSON.stringify(isAboutRoles ? roles : []));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    paths,
    configuration: { "okta:httpProxy": url },
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
