import type { Finding } from "./walk.ts";

/**
 * What Pulumi itself writes with secrets in it, as soon as somebody asks for its debugging output: the SDK in the program
 * reports to the engine each answer to a registration, and the engine what goes over its wire.
 */
const STATEMENTS = [
  /^[^"]{0,100}debug: RegisterResource RPC finished: /,
  /"diagnosticEvent":\{"prefix":"debug: ","message":"(\\u003c\{%reset%\}\\u003e)?RegisterResource RPC finished: /,
  /"msg":"((Unm|M)arshaling property for RPC\[|eventSink::Debug\(.{0,40}RegisterResource RPC finished: |RegisterResource RPC finished: )/,
];

/** Whether a finding is in a line that Pulumi itself wrote for debugging. */
export function isPulumisOwn({ before }: Finding): boolean {
  return STATEMENTS.some((statement) => statement.test(before));
}
