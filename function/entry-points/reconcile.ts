import { connectToOkta } from "../okta/connection.ts";
import { start } from "../start.ts";
import { realOutside } from "../wiring/outside.ts";
import { wireReconcile } from "../wiring/reconcile.ts";

export const reconcile = start((log) => wireReconcile(log, process.env, { ...realOutside(), connectToOkta }));
