import { connectToOkta } from "../okta/connection.ts";
import { start } from "../start.ts";
import { wireGrant } from "../wiring/grant.ts";
import { realOutside } from "../wiring/outside.ts";

export const grant = start((log) => wireGrant(log, process.env, { ...realOutside(), connectToOkta }));
