import { createServer, request as open } from "node:http";
import { forOwnMachine } from "../../own-machine.ts";
import { withoutConnectionHeaders } from "./forwarded-headers.ts";
import { close, listen } from "./loopback-server.ts";

/** A load balancer in front of a service, as a person makes one by hand. */
export interface LoadBalancer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts one on a port of its own.
 *
 * @own A stand-in for what a person makes by hand; its 502 is only for the tests.
 * @param target the address of the service; undefined while there is none
 * @param mark headers by which the service knows it
 */
export async function startLoadBalancer(
  target: () => string | undefined,
  mark: Readonly<Record<string, string>>,
): Promise<LoadBalancer> {
  const server = createServer(
    forOwnMachine((request, response) => {
      const address = target();
      /**
       * @own No service, or none that answers: the stand-in's own 502.
       */
      const refuse = (): void => {
        if (response.headersSent) response.destroy();
        else response.writeHead(502, { connection: "close" }).end();
      };
      if (address === undefined) return refuse();
      const headers = [...withoutConnectionHeaders(request.rawHeaders), ...Object.entries(mark).flat()];
      const { url = "/", method = "GET" } = request;
      const upstream = open(new URL(url, address), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, withoutConnectionHeaders(answer.rawHeaders));
        answer.on("error", refuse).pipe(response);
      });
      upstream.on("error", refuse);
      request.on("error", refuse).pipe(upstream);
    }),
  );
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
}
