/** Set by the configuration of `npm run test:long`. */
export const LONG_VARIABLE = "LONG_TESTS";

/** Whether this is `npm run test:long`, in which random tests try many more cases than in `npm test`. */
export const isLong = process.env[LONG_VARIABLE] === "1";
