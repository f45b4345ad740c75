import { wireReceive } from "../receive/receive.ts";
import { nodeRuntime } from "../shared/runtime.ts";
import { start } from "../shared/server.ts";

export const receive = start((log) => wireReceive(log, process.env, nodeRuntime()));
