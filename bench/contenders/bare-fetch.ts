/** node:http and Node's own fetch: no package at all. */
import { enqueueByFetch } from "./fetch-queue.ts";
import { serveHook } from "./server.ts";

serveHook(enqueueByFetch);
