import { Socket } from "node:net";

/** The file descriptor of a pipe that the parent holds open for as long as it lives. */
const LIFELINE = 3;

/**
 * Loaded into an instance: ends it when the process that started it is gone, however that went, since a pipe that
 * only the parent holds open is then closed.
 */
new Socket({ fd: LIFELINE })
  .on("close", () => process.exit(1))
  .on("error", () => process.exit(1))
  .resume()
  .unref();
