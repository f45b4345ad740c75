import { createGoogleGet, createGooglePost, type GoogleGet, type GooglePost } from "../google/api.ts";
import { createAccessToken, METADATA_HOST } from "../google/credentials.ts";
import type { Outside } from "./outside.ts";

/** Google's APIs, called as the function's own service account. */
export interface GoogleClients {
  readonly post: GooglePost;
  readonly get: GoogleGet;
}

/** @param environment `GCE_METADATA_HOST` names another metadata server than Google's (gcp-metadata) */
export function wireGoogle(environment: NodeJS.ProcessEnv, { clock, send }: Outside): GoogleClients {
  const host = environment["GCE_METADATA_HOST"] ?? METADATA_HOST;
  const accessToken = createAccessToken({ send, clock, host });
  return { post: createGooglePost(accessToken, send), get: createGoogleGet(accessToken, send) };
}
