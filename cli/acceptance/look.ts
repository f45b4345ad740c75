import { isObject, type JsonObject } from "../../function/shared/json.ts";
import { reasonOf } from "../google.ts";
import type { Answer, Probe } from "./probe.ts";
import type { Seen, Verdict } from "./progress.ts";
import type { StepName } from "./steps.ts";

/** A decision of the sandbox: its file below sandbox/, and the first words of its sentence. */
export type Decision = readonly [file: string, begins: string];

/** What an answer says of a decision. */
interface Row<Answers> {
  readonly decision: Decision;
  /** What is seen when the decision is right. */
  readonly expected: string;
  readonly judge: (answers: Answers) => readonly [verdict: Verdict, seen: string];
}

/** What makes rows. */
export interface Rows<Answers> {
  /**
   * A decision that says with which status and code a call is answered.
   *
   * @param expected such as `403 E0000038` or `204`
   * @param pick undefined when the call was not made
   */
  answers(decision: Decision, expected: string, pick: (answers: Answers) => Answer | undefined): Row<Answers>;
  /**
   * Another decision.
   *
   * @param expected in words
   * @param judge whether it is so, undefined when that was not seen, and what was seen
   */
  shows(
    decision: Decision,
    expected: string,
    judge: (answers: Answers) => readonly [holds: boolean | undefined, seen: string],
  ): Row<Answers>;
}

/** Some calls, and what their answers say of decisions. */
export interface Look {
  /** Stays the same: fixtures name it. */
  readonly id: string;
  /** The step after which it is made. */
  readonly after: StepName;
  /** Only with this hosting; with both unless given. */
  readonly hosting?: "functions" | "service";
  readonly decisions: readonly Decision[];
  /** Never throws for an answer: a row that could not be looked at is `not seen`. */
  make(probe: Probe): Promise<readonly Seen[]>;
}

/**
 * @param ask makes the calls; what it creates it deletes
 * @param describe what the answers say
 */
export function defineLook<Answers>(
  look: Pick<Look, "id" | "after" | "hosting">,
  ask: (probe: Probe) => Promise<Answers>,
  describe: (rows: Rows<Answers>) => readonly Row<Answers>[],
): Look {
  const rows = describe({ answers, shows });
  const seenOf = (
    { decision: [file, begins], expected }: Row<Answers>,
    [verdict, seen]: readonly [Verdict, string],
  ): Seen => ({ look: look.id, file: `sandbox/${file}`, begins, verdict, expected, seen });
  return {
    ...look,
    decisions: rows.map(({ decision }) => decision),
    async make(probe) {
      let answers: Answers;
      try {
        answers = await ask(probe);
      } catch (error) {
        probe.signal.throwIfAborted();
        return rows.map((row) => seenOf(row, ["not seen", reasonOf(error)]));
      }
      return rows.map((row) => seenOf(row, row.judge(answers)));
    },
  };
}

function answers<Answers>(
  decision: Decision,
  expected: string,
  pick: (answers: Answers) => Answer | undefined,
): Row<Answers> {
  return {
    decision,
    expected,
    judge(all) {
      const answer = pick(all);
      if (answer === undefined) return ["not seen", "the call was not made"];
      const [wanted = "", code] = expected.split(" ");
      const seen = `${answer.status}${answer.code === "" ? "" : ` ${answer.code}`}`;
      const isRight = String(answer.status) === wanted && (code === undefined || answer.code === code);
      if (isRight) return ["confirmed", seen];
      return isPassing(answer) || lacksRight(answer, Number(wanted)) ? ["not seen", seen] : ["refuted", seen];
    },
  };
}

function shows<Answers>(
  decision: Decision,
  expected: string,
  judge: (answers: Answers) => readonly [holds: boolean | undefined, seen: string],
): Row<Answers> {
  return {
    decision,
    expected,
    judge(all) {
      const [holds, seen] = judge(all);
      if (holds === undefined) return ["not seen", seen];
      return [holds ? "confirmed" : "refuted", seen];
    },
  };
}

/** The clouds' own trouble says nothing. */
function isPassing({ status }: Answer): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

/** The caller may lack a right, which says nothing of a call that was to succeed, or of one to Google at all. */
function lacksRight({ status, cloud }: Answer, wanted: number): boolean {
  return (status === 401 || status === 403) && (cloud === "google" || wanted < 400);
}

/** An answer's JSON object; empty where it is none. */
export function objectOf(answer: Answer | undefined): JsonObject {
  return isObject(answer?.body) ? answer.body : {};
}

/** The objects of an answer's JSON list, or of a list in its object. */
export function listOf(answer: Answer | undefined, key?: string): readonly JsonObject[] {
  const value = key === undefined ? answer?.body : objectOf(answer)[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** How an answer is called in a report: its status and its code. */
export function wordOf({ status, code }: Answer): string {
  return code === "" ? String(status) : `${status} ${code}`;
}
