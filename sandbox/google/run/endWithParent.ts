import { Socket } from "node:net";
import { LIFELINE } from "./lifeline.ts";

/**
 * Loaded into an instance: ends it when the process that started it is gone, however that went, since a pipe that
 * only the parent holds open is then closed.
 */
new Socket({ fd: LIFELINE })
  .on("close", () => process.exit(1))
  .on("error", () => process.exit(1))
  .resume()
  .unref();
