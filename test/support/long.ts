/** Set to 1 by the configuration of `npm run test:long`, and by `.ci/run`, which has `npm test` itself run the long ones. */
export const LONG_VARIABLE = "LONG_TESTS";

/** Whether random tests try many more cases than in `npm test` otherwise, and the tests that take long run, too. */
export const isLong = process.env[LONG_VARIABLE] === "1";
