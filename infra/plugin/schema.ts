import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { isObject } from "../../function/shared/json.ts";

const PACKAGE = "signin-groups";
const COMPONENT = "SignInGroups";
/** What makes other languages' packages have the version that the schema has. */
const language = Object.fromEntries(
  ["nodejs", "python", "csharp", "java", "go"].map((name) => [name, { respectSchemaVersion: true }]),
);

/** A property of a package schema (Pulumi, "Package schema": property specification). */
export interface Property {
  readonly description?: string;
  readonly type?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property;
  readonly $ref?: string;
}

/** A component in a package schema. */
export interface ComponentSchema {
  readonly description: string;
  readonly inputProperties: Readonly<Record<string, Property>>;
  readonly requiredInputs?: readonly string[];
  readonly properties: Readonly<Record<string, Property>>;
  readonly required: readonly string[];
}

/** The schema of a package with one component, as far as others read it. */
export interface PackageSchema {
  readonly name: string;
  readonly version: unknown;
  readonly resources: Readonly<Record<string, ComponentSchema>>;
  readonly types: Readonly<Record<string, object>>;
}

/** The only component. @throws Error where there is none */
export function componentOf({ resources }: PackageSchema): ComponentSchema {
  const [component] = Object.values(resources);
  if (component === undefined) throw new Error("The schema has no component.");
  return component;
}

/** The properties of an interface or a class, and which of them must be there. */
interface Properties {
  readonly properties: Readonly<Record<string, Property>>;
  readonly required: readonly string[];
}

/**
 * The component's schema, from which Pulumi makes its package for every language. It is read from the component's own types and
 * comments. Pulumi's analyzer refuses a list of an enumeration's words and drops the descriptions of types.
 *
 * @throws Error for a type that a schema cannot have, or a property without a comment
 */
export function packageSchema(): PackageSchema {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (!isObject(manifest)) throw new Error("package.json is not an object.");
  const types = new Map<string, object>();
  const args = declarationOf("infra/arguments.ts", `${COMPONENT}Args`);
  const component = declarationOf("infra/sign-in-groups.ts", COMPONENT);
  const inputs = propertiesOf(args, types);
  const outputs = propertiesOf(component, types);
  const schema = {
    name: PACKAGE,
    displayName: "Sign-in groups",
    version: manifest["version"],
    description: manifest["description"],
    keywords: ["pulumi", "okta", "gcp", "category/infrastructure", "kind/component"],
    license: manifest["license"],
    language,
    resources: {
      [`${PACKAGE}:index:${COMPONENT}`]: {
        isComponent: true,
        type: "object",
        description: commentOf(component.node),
        inputProperties: inputs.properties,
        ...(inputs.required.length === 0 ? {} : { requiredInputs: inputs.required }),
        properties: outputs.properties,
        required: outputs.required,
      },
    },
    types: Object.fromEntries([...types].sort(([one], [other]) => (one < other ? -1 : 1))),
  };
  return schema;
}

const root = join(import.meta.dirname, "../..");

/** A declaration, and the file that it is in. */
interface Declaration {
  readonly file: string;
  readonly node: ts.InterfaceDeclaration | ts.ClassDeclaration | ts.TypeAliasDeclaration;
}

/** Finds a type by its name, in a file or where the file imports it from. */
function declarationOf(file: string, name: string): Declaration {
  const source = sourceOf(file);
  for (const node of source.statements) {
    if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
      if (node.name?.text === name) return { file, node };
    }
    if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) continue;
    const names = node.importClause?.namedBindings;
    if (names === undefined || !ts.isNamedImports(names)) continue;
    if (!names.elements.some((element) => element.name.text === name)) continue;
    return declarationOf(join(dirname(file), node.moduleSpecifier.text), name);
  }
  throw new Error(`${file} has no type ${name}.`);
}

function sourceOf(file: string): ts.SourceFile {
  const text = readFileSync(resolve(root, file), "utf8");
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2024, true, ts.ScriptKind.TS);
}

/** @param types takes the types that the properties name */
function propertiesOf({ file, node }: Declaration, types: Map<string, object>): Properties {
  if (ts.isTypeAliasDeclaration(node)) throw new Error(`${node.name.text} must be an interface.`);
  const members = [...node.members].filter(
    (member): member is ts.PropertySignature | ts.PropertyDeclaration =>
      (ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)) &&
      !ts.isPrivateIdentifier(member.name),
  );
  const properties = members.map((member) => {
    const name = member.name.getText();
    if (member.type === undefined) throw new Error(`${name} has no type.`);
    return [name, { description: commentOf(member), ...propertyOf(member.type, file, types) }] as const;
  });
  const required = members.filter((member) => member.questionToken === undefined);
  return {
    properties: Object.fromEntries(properties),
    required: required.map((member) => member.name.getText()).sort(),
  };
}

function propertyOf(type: ts.TypeNode, file: string, types: Map<string, object>): Property {
  if (ts.isArrayTypeNode(type)) return { type: "array", items: propertyOf(type.elementType, file, types) };
  switch (type.kind) {
    case ts.SyntaxKind.StringKeyword:
      return { type: "string" };
    case ts.SyntaxKind.BooleanKeyword:
      return { type: "boolean" };
    case ts.SyntaxKind.NumberKeyword:
      // Every number of the settings is whole.
      return { type: "integer" };
  }
  if (!ts.isTypeReferenceNode(type)) throw new Error(`A schema has no ${type.getText()}.`);
  const name = type.typeName.getText();
  const [first, second] = type.typeArguments ?? [];
  if ((name === "pulumi.Input" || name === "pulumi.Output") && first !== undefined) {
    return propertyOf(first, file, types);
  }
  if (name === "Record" && second !== undefined) {
    return { type: "object", additionalProperties: propertyOf(second, file, types) };
  }
  const key = `${PACKAGE}:index:${name}`;
  if (!types.has(key)) types.set(key, typeOf(declarationOf(file, name), types));
  return { $ref: `#/types/${key}` };
}

function typeOf(declaration: Declaration, types: Map<string, object>): object {
  const { file, node } = declaration;
  const description = commentOf(node);
  if (!ts.isTypeAliasDeclaration(node)) {
    return { type: "object", description, ...propertiesOf(declaration, types) };
  }
  // The words are those of the object of the same name.
  const [words] = sourceOf(file).statements.flatMap((statement) =>
    ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.filter((one) => one.name.getText() === node.name.text)
      : [],
  );
  const literal = words?.initializer;
  const object = literal !== undefined && ts.isAsExpression(literal) ? literal.expression : literal;
  if (object === undefined || !ts.isObjectLiteralExpression(object)) {
    throw new Error(`${node.name.text} must have an object of its words.`);
  }
  const members = object.properties.map((property) => {
    if (!ts.isPropertyAssignment(property) || !ts.isStringLiteral(property.initializer)) {
      throw new Error(`${node.name.text} must have only words.`);
    }
    const comment = findComment(property);
    return {
      name: property.name.getText(),
      value: property.initializer.text,
      ...(comment === undefined ? {} : { description: comment }),
    };
  });
  return { type: "string", description, enum: members };
}

/** @throws Error where there is none: users of other languages see nothing else */
function commentOf(node: ts.Node & { readonly name?: ts.Node | undefined }): string {
  const comment = findComment(node);
  if (comment === undefined) throw new Error(`${node.name?.getText() ?? "It"} has no comment.`);
  return comment;
}

/** A node's documentation comment, without its tags. */
function findComment(node: ts.Node): string | undefined {
  const [last] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).reverse();
  return ts.getTextOfJSDocComment(last?.comment)?.replaceAll(/\s+/g, " ");
}
