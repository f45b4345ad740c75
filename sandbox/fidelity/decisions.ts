import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";

/** The parts of the sandbox that decide in place of a real service. */
const PARTS = ["okta", "google", "deploy", "simulation"];

/** The text of every file that may hold decisions, by its path in the repository, in the order of the paths. */
export async function readSources(root: string): Promise<ReadonlyMap<string, string>> {
  const folders = PARTS.map((part) => `sandbox/${part}`);
  const names = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true }))
        .filter((name) => name.endsWith(".ts"))
        .map((name) => `${folder}/${name.replaceAll("\\", "/")}`),
    ),
  );
  const paths = names.flat().sort();
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(root, path), "utf8")] as const)),
  );
}

/** What a decision can rest on, the best first. */
export const EVIDENCE = {
  recorded: "A real service's request or answer, published outside this project, shows it.",
  "vendor-code": "The vendor's provider, SDK or client relies on it.",
  documentation: "The vendor's documentation or API description, or a standard that it follows, says so.",
  assumed: "Nothing better was found. A first real deployment has to show it.",
} as const;

/** A class of evidence. */
export type EvidenceClass = keyof typeof EVIDENCE;

/** What breaks in the product when a decision is wrong, the worst first. */
export const CONSEQUENCES = {
  "sign-in lost": "A person who signed in does not get into the group.",
  "deployment fails": "A preview, update, refresh or destroy stops, or leaves something half made.",
  "wrong access": "Somebody or something may do more than intended.",
  late: "Memberships come later than stated, or Okta or Google gets more calls.",
  misleading: "An error, a log line or a preview says something that is not so.",
  "sandbox only": "The sandbox looks different; nothing in production follows from it.",
} as const;

/** A consequence. */
export type Consequence = keyof typeof CONSEQUENCES;

/** A decision that the sandbox makes about a call in place of the real service. */
export interface Decision {
  /** Path of the source file in the repository. */
  readonly file: string;
  readonly statement: string;
  readonly evidence: EvidenceClass;
  readonly source: string;
  /** What a first real deployment has to show; for an assumed decision only. */
  readonly show: string | undefined;
  readonly consequence: Consequence;
  /** What in the product rests on it. */
  readonly matters: string;
}

/** The decisions of some files, and what is wrong with their blocks. */
export interface Findings {
  readonly decisions: readonly Decision[];
  /** One sentence each, beginning with the place. */
  readonly problems: readonly string[];
}

const TAGS = ["decision", "evidence", "show", "matters"] as const;
type Tag = (typeof TAGS)[number];

/** Whether a comment states a decision, or with `@own` why the sandbox decides here for itself and for no real service. */
export function statesDecision(comment: string): boolean {
  return /^@decision\b/m.test(comment) || /^@own\s+\S/m.test(comment);
}

/** Reads the decision blocks of the files. @param sources text by path */
export function readDecisions(sources: ReadonlyMap<string, string>): Findings {
  const decisions: Decision[] = [];
  const problems: string[] = [];
  const places = new Map<string, string>();
  for (const [path, source] of sources) {
    if (!source.includes("@decision")) continue;
    const file = parseSource(path, source);
    for (const { text, start } of blockComments(file)) {
      const place = `${path}:${file.getLineAndCharacterOfPosition(start).line + 1}`;
      for (const tags of splitBlocks(text)) {
        const read = readBlock(path, tags);
        const key = read.decision?.statement.toLowerCase() ?? "";
        const other = places.get(key);
        if (read.decision === undefined) problems.push(...read.problems.map((one) => `${place}: ${one}`));
        else if (other !== undefined) problems.push(`${place}: the same decision is stated in ${other}.`);
        else decisions.push(read.decision);
        if (read.decision !== undefined) places.set(key, place);
      }
    }
  }
  return { decisions, problems };
}

/** The tags of each decision in a comment. A tag of another kind ends the one before it. */
function splitBlocks(comment: string): readonly ReadonlyMap<Tag, readonly string[]>[] {
  const blocks: Map<Tag, string[]>[] = [];
  let current: string[] | undefined;
  for (const line of comment.split("\n")) {
    const [, name, rest = ""] = /^@([a-z]+)(?:\s+(.*))?$/.exec(line) ?? [];
    const tag = TAGS.find((one) => one === name);
    if (tag === undefined) {
      if (name !== undefined || line === "") current = undefined;
      else current?.push(line.trim());
      continue;
    }
    if (tag === "decision") blocks.push(new Map());
    const block = blocks.at(-1);
    if (block === undefined) continue;
    current = [...(block.get(tag) ?? []), rest.trim()];
    block.set(tag, current);
  }
  return blocks;
}

type Read =
  | { readonly decision: Decision; readonly problems?: undefined }
  | { readonly decision?: undefined; readonly problems: readonly string[] };

function readBlock(file: string, tags: ReadonlyMap<Tag, readonly string[]>): Read {
  const textOf = (tag: Tag) => (tags.get(tag) ?? []).join(" ").trim();
  const [statement, show, matters] = [textOf("decision"), textOf("show"), textOf("matters")];
  const [evidence, source] = splitHead(textOf("evidence"), EVIDENCE);
  const [consequence, rests] = splitHead(matters, CONSEQUENCES);
  const problems: string[] = [];
  if (!/\.$/.test(statement)) problems.push("@decision must be a sentence that ends with a full stop.");
  if (evidence === undefined)
    problems.push(`@evidence must begin with one of: ${list(EVIDENCE)}; then a colon and the source.`);
  else if (source.length < 10) problems.push("@evidence must name its source after the colon.");
  if (consequence === undefined)
    problems.push(
      `@matters must begin with one of: ${list(CONSEQUENCES)}; then a colon and what rests on it.`,
    );
  else if (rests === "") problems.push("@matters must say after the colon what in the product rests on it.");
  if (evidence === "assumed" && show === "")
    problems.push("An assumed decision needs @show: what a first real deployment has to show.");
  if (evidence !== undefined && evidence !== "assumed" && show !== "")
    problems.push("@show is for assumed decisions only.");
  if (problems.length > 0 || evidence === undefined || consequence === undefined) return { problems };
  return {
    decision: {
      file,
      statement,
      evidence,
      source,
      show: show === "" ? undefined : show,
      consequence,
      matters: rests,
    },
  };
}

/** Splits "word: rest", where the word is one of a vocabulary. */
function splitHead<Word extends string>(
  text: string,
  vocabulary: Readonly<Record<Word, string>>,
): readonly [Word | undefined, string] {
  for (const word in vocabulary) {
    if (text.startsWith(`${word}:`)) return [word, text.slice(word.length + 1).trim()];
  }
  return [undefined, text];
}

function list(vocabulary: object): string {
  return Object.keys(vocabulary).join(", ");
}

/** A comment of a source file. */
interface Comment {
  readonly start: number;
  readonly end: number;
  /** What stands in it, without the signs that begin and end it or its lines. */
  readonly text: string;
}

/** Files that were parsed before, by their paths: decisions and places are looked for in the same ones. */
const parsed = new Map<string, ts.SourceFile>();

/** Parses a source file, with every node's parent set. */
export function parseSource(path: string, source: string): ts.SourceFile {
  const before = parsed.get(path);
  if (before?.text === source) return before;
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2024, true, ts.ScriptKind.TS);
  parsed.set(path, file);
  return file;
}

/**
 * Every block comment of a file. The parser's tokens say where comments are, so that a text or a pattern that looks like
 * one is none.
 */
function blockComments(file: ts.SourceFile): readonly Comment[] {
  const found = new Map<number, Comment>();
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    if (ts.isToken(node)) for (const comment of commentsBefore(file, node)) found.set(comment.start, comment);
    for (const child of node.getChildren(file)) visit(child);
  };
  visit(file);
  return [...found.values()].sort((one, other) => one.start - other.start);
}

/** The block comments between a node and what stands before it. */
export function commentsBefore(file: ts.SourceFile, node: ts.Node): readonly Comment[] {
  const from = node.getFullStart();
  const ranges = [
    ...(ts.getTrailingCommentRanges(file.text, from) ?? []),
    ...(ts.getLeadingCommentRanges(file.text, from) ?? []),
  ];
  const blocks = new Map(
    ranges
      .filter(({ kind }) => kind === ts.SyntaxKind.MultiLineCommentTrivia)
      .map(({ pos, end }) => [pos, { start: pos, end, text: contentOf(file.text.slice(pos, end)) }]),
  );
  return [...blocks.values()];
}

function contentOf(comment: string): string {
  return comment
    .replace(/^\/\*+/, "")
    .replace(/\*+\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trimEnd())
    .join("\n")
    .trim();
}
