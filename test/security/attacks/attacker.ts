/** The attacker's thread, so that its work does not delay the honest deliveries. */
import { parentPort, workerData } from "node:worker_threads";
import type { Order, Report } from "./attacking.ts";
import { attacks } from "./attacks.ts";

// Both ends of this are in this folder.
const { attack, port, secret } = workerData as Order;
const report = (message: Report) => parentPort?.postMessage(message);

report({ outcome: await attacks[attack]({ port, secret, begun: () => report("begun") }) });
