import { randomInt } from "node:crypto";
import { isObject, own } from "../../../function/shared/json.ts";
import type { Cloud } from "../cloud.ts";
import { alreadyExists, notFound } from "../errors.ts";
import type { Call, Route } from "../routes.ts";

/** What an API keeps of a resource: its JSON, with its name. */
export type Document = Readonly<Record<string, unknown>>;

/** Resources of one type, which their API keeps as they are sent. */
export interface Collection {
  /** As in a full name, such as `alertPolicies`. */
  readonly collection: string;
  /** Where they are, such as `/v3/projects/{project}`. */
  readonly parent: string;
  readonly service: string;
  /** What permissions begin with, such as `monitoring.alertPolicies`. */
  readonly permission: string;
  /** Whether full names have the project's number in place of its id. */
  readonly isByNumber: boolean;
  /** The id that a new one gets from the caller; a number of Google's own where undefined. */
  readonly idOf: (call: Call) => string | undefined;
  /** What the name of a resource is in its JSON: the full name unless given. */
  readonly shownName?: (fullName: string) => string;
  /** What a new or changed one must be. @throws GoogleError */
  readonly check?: (document: Document, name: string) => void;
  /** Fills in what Google adds. */
  readonly complete?: (document: Document, id: string, call: Call) => Document;
  /** Whether it may go. @throws GoogleError */
  readonly checkDeletion?: (name: string) => void;
}

/** The resources that are kept, by full name, and the methods of their API. */
export interface KeptCollection {
  readonly documents: ReadonlyMap<string, Document>;
  readonly routes: readonly Route[];
}

/** Makes an API of the standard methods (Google AIP-131 to 135). */
export function keepCollection(cloud: Cloud, kind: Collection): KeptCollection {
  const documents = new Map<string, Document>();
  const { collection, parent, service, permission, isByNumber, idOf } = kind;
  const project = isByNumber ? cloud.projectNumber : cloud.project;
  const place = (call: Call) =>
    parent
      .replace(/^\/v\d\//, "")
      .replace("{project}", project)
      .replace(/\{(?!project)(\w+)\}/g, (_all, name: string) => call.parameter(name));
  const nameOf = (call: Call) => `${place(call)}/${collection}/${call.parameter("id")}`;
  const keep = (name: string, sent: Document, call: Call): Document => {
    const shown = kind.shownName?.(name) ?? name;
    const id = name.slice(name.lastIndexOf("/") + 1);
    kind.check?.(sent, name);
    const document = kind.complete?.({ ...sent, name: shown }, id, call) ?? { ...sent, name: shown };
    documents.set(name, document);
    return document;
  };

  /**
   * @decision What is not there is refused with 404.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2, google-beta/transport/transport.go,
   * HandleNotFoundError: the provider takes 404 for gone.
   * @matters deployment fails: a refresh makes what somebody deleted again.
   */
  function existing(call: Call): Document {
    const document = documents.get(nameOf(call));
    if (document === undefined) throw notFound(nameOf(call));
    return document;
  }

  /**
   * @decision An id that is taken is refused with 409.
   * @evidence documentation: googleapis/googleapis f8291d2, google/rpc/code.proto: ALREADY_EXISTS, HTTP 409; Google AIP-133.
   * @matters deployment fails: an objective has an id that the program chose.
   */
  function create(call: Call): Document {
    const id = idOf(call) ?? String(randomInt(10 ** 12, 10 ** 14));
    const name = `${place(call)}/${collection}/${id}`;
    if (documents.has(name)) throw alreadyExists(name);
    return keep(name, call.fields().raw, call);
  }

  /**
   * @decision A PATCH replaces the fields that its mask names by those of the body; without a mask, all. A PUT replaces all.
   * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls: alert
   * policies, objectives, services and uptime checks are changed with updateMask, channels and dashboards without, metrics by
   * PUT. What Google does with a field that a PATCH without a mask leaves out is not known.
   * @matters deployment fails: a channel whose description is removed may keep it.
   */
  function change(call: Call): Document {
    const before = existing(call);
    const mask = call.query("updateMask")?.split(",");
    const body = call.fields().raw;
    return keep(nameOf(call), mask === undefined ? body : masked(before, body, mask), call);
  }

  const common = { service, resource: () => `projects/${cloud.project}` };
  const path = `${parent}/${collection}`;
  return {
    documents,
    routes: [
      /**
       * @decision A resource is made by a POST to its collection, and answered as it was sent, with its full name.
       * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls:
       * it reads the name from the answer. documentation: Google AIP-133.
       * @matters deployment fails: everything else names what was made by that name.
       */
      { ...common, method: "POST", path, permission: `${permission}.create`, handle: create },
      /**
       * @decision A resource is read by its full name.
       * @evidence documentation: Google AIP-131. vendor-code: the same plugin reads each one after it was made.
       * @matters deployment fails: the provider reads it after each change.
       */
      { ...common, method: "GET", path: `${path}/{id}`, permission: `${permission}.get`, handle: existing },
      {
        ...common,
        method: "PATCH",
        path: `${path}/{id}`,
        permission: `${permission}.update`,
        handle: change,
      },
      { ...common, method: "PUT", path: `${path}/{id}`, permission: `${permission}.update`, handle: change },
      /**
       * @decision A DELETE deletes at once, and answers an empty object.
       * @evidence documentation: Google AIP-135: google.protobuf.Empty.
       * @matters deployment fails: `pulumi destroy` leaves nothing behind.
       */
      {
        ...common,
        method: "DELETE",
        path: `${path}/{id}`,
        permission: `${permission}.delete`,
        handle(call) {
          existing(call);
          kind.checkDeletion?.(nameOf(call));
          documents.delete(nameOf(call));
          return {};
        },
      },
    ],
  };
}

/** A mask may name fields within fields (Google AIP-161). */
function masked(before: Document, body: Document, paths: readonly string[]): Document {
  return paths.reduce((result, path) => {
    const [first = "", ...rest] = path.split(".");
    const { [first]: held, ...others } = result;
    const sent = own(body, first);
    if (rest.length === 0 || !isObject(held))
      return sent === undefined ? others : { ...others, [first]: sent };
    return { ...others, [first]: masked(held, isObject(sent) ? sent : {}, [rest.join(".")]) };
  }, before);
}
