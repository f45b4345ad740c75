// What functions-framework loads, whichever function is deployed: only that one's own file is loaded with it. Google Cloud
// sets FUNCTION_TARGET to the name of the entry point.
module.exports = require(`./${process.env.FUNCTION_TARGET}.cjs`);
