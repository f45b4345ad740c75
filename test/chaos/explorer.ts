import { type Exploration, exploreHere } from "./explore.ts";

// Who asked is gone.
process.on("disconnect", () => process.exit());

// The process that made this one says what to explore.
const exploration = JSON.parse(process.argv[2] ?? "") as Exploration;
const failure = await exploreHere(exploration, (worlds) => process.send?.({ worlds }));
if (failure !== undefined) process.send?.(failure);
process.disconnect();
