import { wireGrant } from "../grant/grant.ts";
import { connectToOkta } from "../shared/okta/transport.ts";
import { realOutside } from "../shared/runtime.ts";
import { start } from "../shared/server.ts";

export const grant = start((log) => wireGrant(log, process.env, { ...realOutside(), connectToOkta }));
