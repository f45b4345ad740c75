import { posix } from "node:path";
import ts from "typescript";
import { commentsBefore, parseSource, statesDecision } from "./decisions.ts";

/** A place where the sandbox decides about a call. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: "route" | "refusal" | "handler";
  /** The beginning of its code. */
  readonly code: string;
  readonly covered: boolean;
}

/** The errors by which the local clouds, and the handlers in place of the providers, refuse. */
const REFUSALS: ReadonlySet<string> = new Set([
  "OktaError",
  "OAuthError",
  "GoogleError",
  "BuildError",
  "InstanceStartError",
  "ProviderError",
  "PartialCreateError",
]);

/** Calls after which a delivery, a task, a run of a job or a request has failed. */
const FAILURES: ReadonlySet<string> = new Set(["recordHookEvent", "dropped", "refuse"]);

/** What routes are added to, in the local Okta. */
const ROUTERS: ReadonlySet<string> = new Set(["routes", "app"]);
const ROUTE_METHODS: ReadonlySet<string> = new Set(["get", "post", "put", "patch", "delete", "all", "on"]);

/** Types of functions that do what a provider does for one type of resource. */
const HANDLERS: ReadonlySet<string> = new Set(["ResourceHandler", "InvokeHandler"]);

type Declared = ts.FunctionDeclaration | ts.MethodDeclaration | ts.ArrowFunction | ts.FunctionExpression;

/**
 * Every place that decides: routes, refusals, and the handlers of resources. A place is covered when a decision block
 * stands directly before
 *
 * - a route: its statement or its entry in a list, or the function that it names as its handler;
 * - a refusal: its statement, one of those around it, or the named function around it. The function that makes the error
 *   is a place of its own, and covers no caller: it decides how a refusal looks, and not when there is one;
 * - a handler: its function, or one of the methods in it.
 *
 * @param sources text by path; imports are followed among them
 */
export function findPlaces(sources: ReadonlyMap<string, string>): readonly Place[] {
  const files = new Map([...sources].map(([path, source]) => [path, parseSource(path, source)]));
  const makers = makersOf(files.values());
  return [...files].flatMap(([path, file]) => {
    const places: Place[] = [];
    const visit = (node: ts.Node): void => {
      const kind = kindOf(node, makers);
      if (kind !== undefined) {
        const start = node.getStart(file);
        places.push({
          file: path,
          line: file.getLineAndCharacterOfPosition(start).line + 1,
          kind,
          code: node.getText(file).replace(/\s+/g, " ").slice(0, 90),
          covered: isCovered(files, path, node, kind),
        });
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    return places;
  });
}

/** The names of functions and methods that are declared to return one of the errors. */
function makersOf(files: Iterable<ts.SourceFile>): ReadonlySet<string> {
  const makers = new Set(REFUSALS);
  const visit = (node: ts.Node): void => {
    const isDeclared =
      ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isMethodSignature(node);
    if (isDeclared && node.name !== undefined && ts.isIdentifier(node.name) && returnsError(node.type)) {
      makers.add(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  for (const file of files) visit(file);
  return makers;
}

function returnsError(type: ts.TypeNode | undefined): boolean {
  if (type === undefined || !ts.isTypeReferenceNode(type) || !ts.isIdentifier(type.typeName)) return false;
  return REFUSALS.has(type.typeName.text) || type.typeName.text === "Error";
}

function kindOf(node: ts.Node, makers: ReadonlySet<string>): Place["kind"] | undefined {
  if (ts.isFunctionDeclaration(node)) return isHandler(node) ? "handler" : undefined;
  if (ts.isObjectLiteralExpression(node)) return isRouteEntry(node) ? "route" : undefined;
  if (ts.isPropertyAssignment(node)) return isFailingStatus(node) ? "refusal" : undefined;
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return undefined;
  const name = calledName(node);
  if (name === undefined) return undefined;
  if (makers.has(name) || FAILURES.has(name) || reportsDrop(node)) return "refusal";
  if (name === "writeHead" && isFailure(node.arguments?.[0])) return "refusal";
  return isRouteCall(node) ? "route" : undefined;
}

function isHandler({ type }: ts.FunctionDeclaration): boolean {
  if (type === undefined || !ts.isTypeReferenceNode(type) || !ts.isIdentifier(type.typeName)) return false;
  return HANDLERS.has(type.typeName.text);
}

function isRouteCall(node: ts.CallExpression | ts.NewExpression): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { expression: receiver, name } = node.expression;
  return (
    ts.isIdentifier(receiver) &&
    ROUTERS.has(receiver.text) &&
    ROUTE_METHODS.has(name.text) &&
    node.arguments.length > 1
  );
}

/** An entry in a list of routes of the local Google: it has a method and what handles it. */
function isRouteEntry({ properties }: ts.ObjectLiteralExpression): boolean {
  const names = properties.map(({ name }) =>
    name !== undefined && ts.isIdentifier(name) ? name.text : undefined,
  );
  return names.includes("method") && names.includes("handle");
}

function isFailingStatus({ name, initializer }: ts.PropertyAssignment): boolean {
  return ts.isIdentifier(name) && name.text === "status" && isFailure(initializer);
}

/** A notice that a task was given up. */
function reportsDrop(call: ts.CallExpression | ts.NewExpression): boolean {
  const first = call.arguments?.[0];
  return first !== undefined && ts.isStringLiteral(first) && first.text === "dropped";
}

function isFailure(value: ts.Expression | undefined): boolean {
  return value !== undefined && ts.isNumericLiteral(value) && Number(value.text) >= 400;
}

function calledName({ expression }: ts.CallExpression | ts.NewExpression): string | undefined {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : undefined;
}

function isCovered(
  files: ReadonlyMap<string, ts.SourceFile>,
  path: string,
  node: ts.Node,
  kind: Place["kind"],
): boolean {
  const file = node.getSourceFile();
  if (kind === "handler") return hasBlock(file, node) || holdsBlock(file, node);
  if (kind === "route") {
    const own = ts.isCallExpression(node) ? statementOf(node) : node;
    return hasBlock(file, own) || handlersOf(node).some((name) => isDecided(files, path, name));
  }
  for (let one: ts.Node = node; !ts.isSourceFile(one); one = one.parent) {
    if (hasBlock(file, one)) return true;
    if (isNamedFunction(one)) return hasBlock(file, statementOf(one));
  }
  return false;
}

function hasBlock(file: ts.SourceFile, node: ts.Node): boolean {
  return commentsBefore(file, node).some(({ text }) => statesDecision(text));
}

/** Whether a method, a property or a statement somewhere within has a block. */
function holdsBlock(file: ts.SourceFile, node: ts.Node): boolean {
  return ts.forEachChild(node, (child) => hasBlock(file, child) || holdsBlock(file, child)) === true;
}

/** The statement, or the entry of an object, that a node is in. */
function statementOf(node: ts.Node): ts.Node {
  let one = node;
  while (!ts.isStatement(one) && !ts.isObjectLiteralElement(one) && !ts.isSourceFile(one.parent)) {
    one = one.parent;
  }
  return one;
}

/** A function that others call by name; what is handed to a call, such as a route's handler, is none. */
function isNamedFunction(node: ts.Node): node is Declared {
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) return true;
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) return false;
  return ts.isVariableDeclaration(node.parent) || ts.isPropertyAssignment(node.parent);
}

/** The names of the functions that a route hands its calls to, and does nothing else itself. */
function handlersOf(route: ts.Node): readonly string[] {
  if (ts.isCallExpression(route)) return route.arguments.slice(1).flatMap(handlerName);
  if (!ts.isObjectLiteralExpression(route)) return [];
  return route.properties.flatMap((property) => {
    if (property.name === undefined || !ts.isIdentifier(property.name)) return [];
    if (property.name.text !== "handle") return [];
    if (ts.isShorthandPropertyAssignment(property)) return ["handle"];
    return ts.isPropertyAssignment(property) ? handlerName(property.initializer) : [];
  });
}

function handlerName(expression: ts.Expression): readonly string[] {
  if (ts.isIdentifier(expression)) return [expression.text];
  if (!ts.isArrowFunction(expression) || !ts.isCallExpression(expression.body)) return [];
  return ts.isIdentifier(expression.body.expression) ? [expression.body.expression.text] : [];
}

/** Whether the function of that name, declared in the file or imported into it, has a block. */
function isDecided(files: ReadonlyMap<string, ts.SourceFile>, path: string, name: string): boolean {
  const file = files.get(path);
  if (file === undefined) return false;
  const declared = declarationOf(file, name);
  if (declared !== undefined) return hasBlock(file, statementOf(declared));
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue;
    const found = bindings.elements.find((element) => element.name.text === name);
    if (found === undefined) continue;
    const target = posix.join(posix.dirname(path), statement.moduleSpecifier.text);
    return isDecided(files, target, (found.propertyName ?? found.name).text);
  }
  return false;
}

function declarationOf(file: ts.SourceFile, name: string): ts.Node | undefined {
  const find = (node: ts.Node): ts.Node | undefined => {
    if (ts.isFunctionDeclaration(node) && node.name?.text === name) return node;
    const isFunction =
      ts.isVariableDeclaration(node) &&
      ts.isIdentifier(node.name) &&
      node.name.text === name &&
      node.initializer !== undefined &&
      (ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer));
    return isFunction ? node : ts.forEachChild(node, find);
  };
  return find(file);
}
