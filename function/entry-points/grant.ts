import { wireGrant } from "../grant/grant.ts";
import { connectToOkta } from "../shared/okta/transport.ts";
import { nodeRuntime } from "../shared/runtime.ts";
import { start } from "../shared/server.ts";

export const grant = start((log) => wireGrant(log, process.env, { ...nodeRuntime(), connectToOkta }));
