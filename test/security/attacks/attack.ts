/** What an attacker is given. */
export interface Target {
  readonly port: number;
  /** The hook's secret, for attacks by somebody who has it. */
  readonly secret: string;
  /** To be called once the attack is under way: from then on deliveries are made. */
  readonly begun: () => void;
}

/** What became of an attack. */
export interface Outcome {
  /** Connections that were opened. */
  readonly connections: number;
  /** Answers by their status. */
  readonly answers: Readonly<Record<number, number>>;
  /** Connections that the function ended without an answer. */
  readonly cut: number;
}

/** One kind of attack: it goes on until the function has answered it, or ended each of its connections. */
export type Attack = (target: Target) => Promise<Outcome>;

/** Adds up the outcomes of connections, each a status or "cut". */
export function outcomeOf(endings: readonly (readonly (number | "cut")[])[]): Outcome {
  const answers: Record<number, number> = {};
  let cut = 0;
  for (const ending of endings.flat()) {
    if (ending === "cut") cut += 1;
    else answers[ending] = (answers[ending] ?? 0) + 1;
  }
  return { connections: endings.length, answers, cut };
}
