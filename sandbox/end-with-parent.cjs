// What Node.js loads before the code of a process that must not outlive the one that started it. Plain CommonJS: types to strip, or a
// first module of the other kind, would cost each start as much as Node.js itself does.
const { Socket } = require("node:net");

/** The file descriptor of a pipe that the parent holds open for as long as it lives. */
const LIFELINE = 3;

/** Ends the process when its parent is gone, however that went, since a pipe that only the parent holds open is then closed. */
new Socket({ fd: LIFELINE })
  .on("close", () => process.exit(1))
  .on("error", () => process.exit(1))
  .resume()
  .unref();
