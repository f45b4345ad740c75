import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/** Why a file may look into an object by a name that is not written there. */
const reasons = {
  "the code names each key itself, at every call": [
    "cli/acceptance/carry-out.ts",
    "cli/acceptance/look.ts",
    "cli/acceptance/looks/okta-log.ts",
    "cli/acceptance/looks/round.ts",
    "cli/acceptance/probe.ts",
    "cli/acceptance/round.ts",
    "cli/acceptance/work.ts",
    "cli/doctor/machine.ts",
    "cli/doctor/policies.ts",
    "cli/google-api.ts",
    "cli/smoke/deployed.ts",
    "cli/smoke/way.ts",
    "function/shared/config.ts",
    "function/shared/log.ts",
    "function/shared/google/connections.ts",
    "function/shared/okta/client.ts",
    "function/receive/receive.ts",
    "function/reconcile/task.ts",
    "infra/checks.ts",
    "infra/operations/operations.ts",
    "infra/google/as-declared.ts",
    "infra/google/function.ts",
    "infra/okta/provider-settings.ts",
    "infra/outbound-fetch.ts",
    "infra/policy/okta.ts",
    "infra/supply-chain/lockfile.ts",
    "sandbox/deploy/google/account.ts",
    "sandbox/deploy/google/monitoring/kinds.ts",
    "sandbox/deploy/google/bucket-object.ts",
    "sandbox/deploy/google/schema.ts",
    "sandbox/deploy/google/inputs.ts",
    "sandbox/deploy/google/answers.ts",
    "sandbox/deploy/google/run-service.ts",
    "sandbox/deploy/google/run-service-body.ts",
    "sandbox/deploy/okta/answers.ts",
    "sandbox/deploy/okta/app-oauth-inputs.ts",
    "sandbox/deploy/okta/app-oauth.ts",
    "sandbox/deploy/okta/inputs.ts",
    "sandbox/deploy/okta/oauth-role-assignment.ts",
    "sandbox/deploy/okta/provider.ts",
    "sandbox/deploy/program.ts",
    "sandbox/google/faults.ts",
    "sandbox/google/run/template.ts",
    "sandbox/google/storage/api.ts",
    "sandbox/okta/routes/apps.ts",
    "sandbox/okta/http/fields.ts",
    "sandbox/own-machine.ts",
  ],
  "the keys are those of the object itself, or of a schema of ours": [
    "function/shared/conditions/event.ts",
    "function/shared/conditions/schema.ts",
    "infra/alert-channels.ts",
    "infra/policy/plain-environment.ts",
    "infra/policy/public-invoker.ts",
    "infra/rules.ts",
    "infra/settings.ts",
    "infra/supply-chain/bundled-packages.ts",
    "sandbox/deploy/check.ts",
    "sandbox/deploy/diff.ts",
    "sandbox/deploy/google/bucket.ts",
    "sandbox/deploy/google/labels.ts",
    "sandbox/deploy/google/monitoring/document.ts",
    "sandbox/deploy/google/queue.ts",
    "sandbox/deploy/google/resource.ts",
    "sandbox/deploy/plugin.ts",
    "sandbox/deploy/properties.ts",
    "sandbox/google/functions/packages.ts",
    "sandbox/google/scheduler/job.ts",
    "sandbox/google/secret-manager.ts",
  ],
  "the keys are names of resources, types, functions or packages, which the program writes": [
    "cli/smoke/google.ts",
    "cli/smoke/tokens.ts",
    "sandbox/deploy/creation.ts",
    "sandbox/deploy/embedded.ts",
    "sandbox/deploy/google/repository.ts",
    "sandbox/deploy/grpc.ts",
    "sandbox/deploy/plugin.ts",
    "sandbox/deploy/registration.ts",
  ],
  "a pattern bounds the keys": ["sandbox/google/run/resources.ts"],
  "each key has a colon in it": ["sandbox/deploy/project.ts", "sandbox/engine/workspace.ts"],
  "the object has no prototype": [
    "sandbox/google/fields.ts",
    "sandbox/google/routes.ts",
    "sandbox/google/run/configuration.ts",
    "sandbox/google/storage/buckets.ts",
    "sandbox/google/tasks/task.ts",
  ],
  "it looks for the object's own fields first": [
    "function/shared/json.ts",
    "sandbox/okta/log/event-types.ts",
    "sandbox/okta/auth/client-assertion.ts",
  ],
} as const;

it("no name from outside is a key of an object that has a prototype", { timeout: 60_000 }, () => {
  const lookups = findLookups();
  const allowed: ReadonlySet<string> = new Set(Object.values(reasons).flat());
  // Use a Map, `own` of function/shared/json.ts or an object without a prototype; or write down here why none is needed.
  expect(lookups.filter(({ file }) => !allowed.has(file))).toEqual([]);
  const found = new Set(lookups.map(({ file }) => file));
  expect([...allowed].filter((file) => !found.has(file))).toEqual([]);
});

interface Lookup {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Where an object is looked into by a text that is not written there: `object[name]`, `name in object`, `Reflect.get`. */
function findLookups(): readonly Lookup[] {
  const configuration = ts.getParsedCommandLineOfConfigFile(
    join(root, "tsconfig.json"),
    { skipLibCheck: true },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => undefined,
    },
  );
  if (configuration === undefined) throw new Error("tsconfig.json can't be read.");
  const files = configuration.fileNames.filter((file) =>
    /^(bench|cli|function|infra|sandbox)\//.test(nameOf(file)),
  );
  const host = ts.createCompilerHost(configuration.options);
  // Packages take most of the time. What comes from one that is not read may be any text, so that no key is overlooked.
  host.resolveModuleNameLiterals = (literals, file, redirected, options) =>
    literals.map(({ text }) => {
      // It says which keys are numbers.
      if (text === "@pulumi/pulumi/proto/engine_pb.js")
        return ts.resolveModuleName(text, file, options, host, undefined, redirected);
      const isOwn = text.startsWith(".") && text.endsWith(".ts");
      const resolvedFileName = join(dirname(file), text);
      return { resolvedModule: isOwn ? { resolvedFileName, extension: ts.Extension.Ts } : undefined };
    });
  const program = ts.createProgram(files, configuration.options, host);
  const checker = program.getTypeChecker();
  const isAnyText = (type: ts.Type): boolean =>
    type.isUnion()
      ? type.types.some(isAnyText)
      : (type.flags & (ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral | ts.TypeFlags.Any)) !== 0;
  const keyOf = (node: ts.Node): ts.Expression | undefined => {
    if (ts.isElementAccessExpression(node)) return node.argumentExpression;
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InKeyword) return node.left;
    const isReflect = ts.isCallExpression(node) && /^Reflect\.(get|has|set)$/.test(node.expression.getText());
    return isReflect ? node.arguments[1] : undefined;
  };
  return program.getSourceFiles().flatMap((source) => {
    if (!files.includes(source.fileName)) return [];
    const lookups: Lookup[] = [];
    const visit = (node: ts.Node): void => {
      const key = keyOf(node);
      if (key !== undefined && isAnyText(checker.getTypeAtLocation(key))) {
        const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
        lookups.push({ file: nameOf(source.fileName), line, text: node.getText() });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return lookups;
  });
}

function nameOf(file: string): string {
  return relative(root, file).replaceAll("\\", "/");
}
