import ts from "typescript";

/** A comment of a source file. */
export interface Comment {
  readonly start: number;
  readonly end: number;
  /** What stands in it, without the signs that begin and end it or its lines. */
  readonly text: string;
}

/** Parses a source file, with every node's parent set. */
export function parseSource(path: string, source: string): ts.SourceFile {
  return ts.createSourceFile(path, source, ts.ScriptTarget.ES2024, true, ts.ScriptKind.TS);
}

/**
 * Every block comment of a file. The parser's tokens say where comments are, so that a text or a pattern that looks like
 * one is none.
 */
export function blockComments(file: ts.SourceFile): readonly Comment[] {
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
