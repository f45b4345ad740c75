import type { Client } from "./client.ts";

/** What the handlers of a provider share. */
export interface Context {
  readonly client: Client;
  readonly project: string;
  readonly region: string;
  /** The folder that relative paths of assets start from. */
  readonly programFolder: string;
}
