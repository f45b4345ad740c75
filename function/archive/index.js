// What a Cloud Run service starts, as "node index.js receive": only the file of that function is loaded. The function takes over
// the server when it listens (function/shared/server.ts). One that cannot be loaded ends the process before that: an open port is all
// that Cloud Run asks for before it sends traffic.
const { createServer } = require("node:http");
const entryPoint = process.argv[2];
const { [entryPoint]: answer } = require(`./${entryPoint}.cjs`);
answer.loaded.then(() => createServer(answer).listen(process.env.PORT));
