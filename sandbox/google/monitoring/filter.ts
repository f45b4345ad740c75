/** What a field of an entry or of a time series is; undefined where there is none. */
export type FieldValue = string | number | boolean | undefined;

/** Whether something is meant. @param field its value by the field's path, such as `jsonPayload.event` */
export type Filter = (field: (path: string) => FieldValue) => boolean;

/**
 * Reads the part of Google's two filter languages that the program uses: comparisons, AND, OR, parentheses, a list of values in
 * parentheses, `one_of`.
 *
 * @decision A comparison with a field that is missing is false, but for !=; AND may be left out; OR binds weaker than AND.
 * @evidence documentation: Cloud Logging, "Logging query language"
 * (https://cloud.google.com/logging/docs/view/logging-query-language): Boolean operators, comparison operators; Cloud Monitoring,
 * "Monitoring filters" (https://cloud.google.com/monitoring/api/v3/filters).
 * @matters misleading: an alert counts what its filter means.
 *
 * @throws Error for what the program does not use
 */
export function parseFilter(text: string): Filter {
  const tokens = [...text.matchAll(/"(?:[^"\\]|\\.)*"|!=|>=|<=|[=<>(),]|[\w.]+/g)].map(([token]) => token);
  let position = 0;
  const peek = () => tokens[position];
  const take = (): string => {
    const token = tokens[position];
    if (token === undefined) throw new Error(`The filter ends too early: ${text}`);
    position += 1;
    return token;
  };
  const expect = (wanted: string) => {
    const token = take();
    if (token !== wanted) throw new Error(`The filter has ${token} where ${wanted} must be: ${text}`);
  };

  const either = (): Filter => {
    const parts = [all()];
    while (peek() === "OR") {
      take();
      parts.push(all());
    }
    return (field) => parts.some((part) => part(field));
  };
  const all = (): Filter => {
    const parts = [one()];
    for (let next = peek(); next !== undefined && next !== ")" && next !== "OR"; next = peek()) {
      if (next === "AND") take();
      parts.push(one());
    }
    return (field) => parts.every((part) => part(field));
  };
  const one = (): Filter => {
    if (peek() === "(") {
      take();
      const inner = either();
      expect(")");
      return inner;
    }
    const path = take().replace(/^(metric|resource)\.label\./, "$1.labels.");
    const operator = take();
    const comparisons = valuesOf().map((value) => comparison(operator === "!=" ? "=" : operator, value));
    const isWanted = operator !== "!=";
    return (field) => {
      const held = field(path);
      return comparisons.some((holds) => held !== undefined && holds(held)) === isWanted;
    };
  };
  const valuesOf = (): readonly string[] => {
    if (peek() === "one_of") take();
    if (peek() !== "(") return [literal(take())];
    take();
    const values = [literal(take())];
    while (peek() === "OR" || peek() === ",") {
      take();
      values.push(literal(take()));
    }
    expect(")");
    return values;
  };

  const filter = either();
  if (position < tokens.length) throw new Error(`The filter goes on with ${peek()}: ${text}`);
  return filter;
}

function literal(token: string): string {
  return token.startsWith('"') ? String(JSON.parse(token)) : token;
}

/** What a field that is there must hold. @throws Error for an operator that is not known */
function comparison(operator: string, value: string): (held: NonNullable<FieldValue>) => boolean {
  if (operator === "=") return (held) => String(held) === value;
  const order = orders.get(operator);
  if (order === undefined) throw new Error(`The filter has an operator that is not known here: ${operator}`);
  const number = Number(value);
  // Times are texts, all in the same form.
  return Number.isNaN(number) ? (held) => order(String(held), value) : (held) => order(Number(held), number);
}

type Order = <Value extends string | number>(one: Value, other: Value) => boolean;

const orders: ReadonlyMap<string, Order> = new Map<string, Order>([
  [">=", (one, other) => one >= other],
  [">", (one, other) => one > other],
  ["<=", (one, other) => one <= other],
  ["<", (one, other) => one < other],
]);
