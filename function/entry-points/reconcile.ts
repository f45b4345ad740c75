import { wireReconcile } from "../reconcile/reconcile.ts";
import { connectToOkta } from "../shared/okta/transport.ts";
import { nodeRuntime } from "../shared/runtime.ts";
import { start } from "../shared/server.ts";

export const reconcile = start((log) => wireReconcile(log, process.env, { ...nodeRuntime(), connectToOkta }));
