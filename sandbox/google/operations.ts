import { randomUUID } from "node:crypto";
import { GoogleError, notFound } from "./errors.ts";

/** A long-running operation as the APIs answer it (google.longrunning.Operation). */
export interface Operation {
  readonly name: string;
  readonly done: boolean;
  readonly error?: { readonly code: number; readonly message: string };
  readonly response?: object;
}

/** The operations of a project, by name. */
export interface Operations {
  /**
   * Begins work; the operation reports how it ended.
   * @param parent "" or such as `projects/p/locations/l`
   * @param mark begins the operation's id, where APIs that have one address here would else share a path
   */
  start(parent: string, work: () => Promise<object>, mark?: string): Operation;
  get(name: string): Operation;
  /** Resolves when this operation is done, however it ended. */
  ended(name: string): Promise<void>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

/** Makes an empty set of operations. */
export function createOperations(): Operations {
  const operations = new Map<string, Operation>();
  const running = new Map<string, Promise<void>>();

  /**
   * @decision An operation that failed is answered with 200, done and an error of numeric code and message.
   * @evidence documentation: googleapis/googleapis f8291d2, google/longrunning/operations.proto, Operation.result;
   * google/rpc/status.proto.
   * @matters deployment fails: the provider reports the message of the operation's error.
   *
   * @own An error in the sandbox itself is reported as INTERNAL, so that a deployment in a test ends.
   */
  async function run(name: string, work: () => Promise<object>): Promise<void> {
    try {
      operations.set(name, { name, done: true, response: await work() });
    } catch (error) {
      const known =
        error instanceof GoogleError
          ? error
          : new GoogleError("INTERNAL", `The operation failed: ${String(error)}`);
      operations.set(name, { name, done: true, error: known.operationError() });
    }
  }

  return {
    start(parent, work, mark = "") {
      const name = `${parent === "" ? "" : `${parent}/`}operations/${mark}${randomUUID()}`;
      const operation: Operation = { name, done: false };
      operations.set(name, operation);
      running.set(
        name,
        run(name, work).finally(() => running.delete(name)),
      );
      return operation;
    },
    /**
     * @decision An operation that is not there is refused with 404.
     * @evidence documentation: googleapis/googleapis f8291d2, google/rpc/code.proto: NOT_FOUND, "Some requested
     * entity … was not found", HTTP 404.
     * @matters sandbox only: the provider asks for operations that it was just given.
     */
    get(name) {
      const operation = operations.get(name);
      if (!operation) throw notFound(name);
      return operation;
    },
    ended: async (name) => running.get(name),
    async settled() {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}
