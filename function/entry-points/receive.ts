import { start } from "../start.ts";
import { realOutside } from "../wiring/outside.ts";
import { wireReceive } from "../wiring/receive.ts";

export const receive = start((log) => wireReceive(log, process.env, realOutside()));
