import type { Api, Cloud } from "../cloud.ts";
import { GoogleError, invalidField, notFound } from "../errors.ts";
import { parseFields } from "../fields.ts";
import { type Call, type Route, requiredQuery } from "../routes.ts";
import { type Bucket, bucketRoutes, makeBucket, mergePatch, STORAGE_SERVICE } from "./buckets.ts";
import { makeObject, parseMultipart, requireGeneration, type StoredObject } from "./objects.ts";

/** Buckets and objects (Cloud Storage, JSON API v1). */
export interface Storage extends Api {
  /** The content of an object, for a build, or undefined. */
  read(bucket: string, object: string, generation: string | undefined): Uint8Array | undefined;
  /** The content of the first object of this name, whichever bucket it is in. */
  find(object: string): Uint8Array | undefined;
  /** A bucket's full name, for decisions of access. */
  resource(bucket: string): string;
  /**
   * Puts an object into a bucket of Google's own in this project, which is made when it is not there. @returns its generation
   *
   * @decision A service's own bucket has uniform bucket-level access, and no policy that names anybody of this project.
   * @evidence vendor-code: GoogleCloudPlatform/terraform-google-cloud-functions, integration test of the BigQuery trigger:
   * gcf-v2-sources-<number>-<region> has iamConfiguration.bucketPolicyOnly.enabled "true". recorded: "Access to bucket
   * gcf-v2-sources-… denied" for accounts without a right on the project (hashicorp/terraform-provider-google#20571)
   * @matters deployment fails: IAM conditions on resource.name work for such buckets only, so that the build account's right can be narrowed.
   */
  putOwn(bucket: string, location: string, object: string, content: Uint8Array): string;
}

/** Holds keep an object from deletion until they are taken away (Cloud Storage, Object holds). */
const HOLDS = ["eventBasedHold", "temporaryHold"];
const CHANGEABLE = [...HOLDS, "retention"];
/** What an upload may say of an object besides its type (Cloud Storage, JSON API: objects resource). */
const SAID = [
  "cacheControl",
  "contentDisposition",
  "contentEncoding",
  "contentLanguage",
  "storageClass",
  ...CHANGEABLE,
];

/** The Cloud Storage API of one project. */
export function createStorage(cloud: Cloud): Storage {
  const buckets = new Map<string, Bucket>();
  /**
   * @decision A bucket and its objects are called projects/_/buckets/… in conditions; the project's policy counts for them.
   * @evidence assumed: eight public Terraform programs write the condition so for the buckets of function sources, and one calls it
   * the key to its builds; another, which also asks for resource.type == "storage.googleapis.com/Object", was refused. Google's own
   * answer is not public.
   * @show The first build reads its source, and does not end with "Access to bucket gcf-v2-sources-… denied".
   * @matters deployment fails: The condition on the build account's right begins with projects/_/buckets/gcf-v2-sources-.
   */
  const resource = (bucket: string) => `projects/_/buckets/${bucket}`;
  const resourceOf = (call: Call) => resource(call.parameter("bucket"));

  /**
   * @decision Rights come first: without any, a bucket that does not exist is refused with 403, and with one with 404.
   * @evidence recorded: googleapis/java-storage issue 1372 (reading an object of a bucket that does not exist, "does not have
   *   storage.objects.get access"); google-api-php-client issue 18 (an upload, 404 "The specified bucket does not exist").
   * @matters misleading: `reconcile` says that its bucket is gone in both cases.
   */
  function bucketOf(call: Call): Bucket {
    const bucket = buckets.get(call.parameter("bucket"));
    if (!bucket) throw notFound(resourceOf(call));
    return bucket;
  }

  /**
   * @decision An object that is not there is refused with 404, and with 403 for one who may not list the bucket.
   * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
   * (https://cloud.google.com/storage/docs/access-control/iam-json): objects.get lists storage.objects.list for the
   * difference between 404 and 403. The 403 is recorded in googleapis/java-storage#1372.
   * @matters sign-in lost: `reconcile` begins without a cursor only when Cloud Storage itself says that there is
   * none.
   */
  function objectOf(call: Call): StoredObject {
    const name = call.parameter("object");
    const object = bucketOf(call).objects.get(name);
    const generation = call.query("generation");
    if (!object || (generation !== undefined && generation !== object.resource.generation)) {
      // A caller who may not list a bucket does not learn what is not in it (Cloud Storage, IAM permissions for JSON methods).
      cloud.access.require(call.principal, "storage.objects.list", resourceOf(call));
      throw new GoogleError("NOT_FOUND", `No such object: ${call.parameter("bucket")}/${name}`);
    }
    return object;
  }

  /**
   * @decision An upload is made in one request, of only the content or of metadata and content.
   * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
   * google-beta/services/storage/resource_storage_bucket_object.go, Create: objects.insert of the client library,
   * uploadType multipart or resumable by size.
   * @matters sandbox only: archives and cursors are small.
   *
   * @own Resumable uploads are not served here: nothing of the product makes one.
   */
  function readUpload(call: Call): { readonly name: string; readonly object: StoredObject } {
    const bucket = call.parameter("bucket");
    const type = call.headers.get("content-type") ?? "application/octet-stream";
    const kind = requiredQuery(call, "uploadType");
    if (kind === "media") {
      const name = requiredQuery(call, "name");
      return { name, object: makeObject(bucket, name, call.body, { contentType: type }) };
    }
    if (kind !== "multipart") throw invalidField("uploadType", `"${kind}" is not one that is served here`);
    const upload = parseMultipart(type, call.body);
    const said = parseFields(upload.metadata);
    const name = call.query("name") ?? said.string("name");
    const contentType = said.optionalString("contentType") ?? upload.contentType;
    const metadata = said.has("metadata") ? { metadata: said.strings("metadata") } : {};
    const others = SAID.filter((key) => said.has(key)).map((key) => [key, said.raw[key]] as const);
    const texts = { ...Object.fromEntries(others), ...metadata, contentType };
    return { name, object: makeObject(bucket, name, upload.content, texts) };
  }

  const objectRoute = {
    path: "/storage/v1/b/{bucket}/o/{object}",
    service: STORAGE_SERVICE,
    resource: (call: Call) => `${resourceOf(call)}/objects/${encodeURIComponent(call.parameter("object"))}`,
  } as const;

  /**
   * @decision The content of an object that does not exist is refused with 404, "No such object: <bucket>/<object>", as text.
   * @evidence recorded: firebase/firebase-tools pull request #3647, GET with alt=media against storage.googleapis.com
   * @matters sign-in lost: `reconcile` begins without a cursor only when Cloud Storage itself says that there is none.
   */
  function download(call: Call): Response {
    let object: StoredObject;
    try {
      object = objectOf(call);
    } catch (error) {
      if (!(error instanceof GoogleError) || !error.message.startsWith("No such object: ")) throw error;
      const headers = { "content-type": "text/html; charset=UTF-8" };
      return new Response(error.message, { status: error.httpStatus, headers });
    }
    const headers = {
      "content-type": String(object.resource["contentType"]),
      "x-goog-generation": object.resource.generation,
    };
    return new Response(Uint8Array.from(object.content), { headers });
  }

  const objectRoutes: readonly Route[] = [
    /**
     * @decision An upload takes storage.objects.create on the bucket, and is answered with the object's resource.
     * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
     * (https://cloud.google.com/storage/docs/access-control/iam-json): objects.insert: storage.objects.create.
     * @matters sign-in lost: `reconcile` keeps its cursor so.
     */
    {
      method: "POST",
      path: "/upload/storage/v1/b/{bucket}/o",
      service: STORAGE_SERVICE,
      permission: "storage.objects.create",
      resource: resourceOf,
      handle(call) {
        const { objects } = bucketOf(call);
        const { name, object } = readUpload(call);
        const existing = objects.get(name);
        requireGeneration(call.query("ifGenerationMatch"), existing);
        /**
         * @decision An upload in place of an object takes storage.objects.delete besides storage.objects.create.
         * @evidence documentation: Cloud Storage, "IAM permissions for XML requests": POST and PUT of an object list
         * storage.objects.create, and storage.objects.delete with a footnote
         * (https://cloud.google.com/storage/docs/access-control/iam-xml)
         * @matters sign-in lost: `reconcile` has roles/storage.objectUser on the bucket of its state, not objectCreator with objectViewer.
         */
        if (existing) cloud.access.require(call.principal, "storage.objects.delete", resourceOf(call));
        objects.set(name, object);
        return object.resource;
      },
    },
    /**
     * @decision The objects of a bucket are listed, for storage.objects.list. Here the whole list is one page,
     * without prefixes and old versions.
     * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
     * (https://cloud.google.com/storage/docs/access-control/iam-json): objects.list: storage.objects.list.
     * @matters sandbox only: the provider lists to empty a bucket.
     */
    {
      method: "GET",
      path: "/storage/v1/b/{bucket}/o",
      service: STORAGE_SERVICE,
      permission: "storage.objects.list",
      resource: resourceOf,
      handle: (call) => ({
        kind: "storage#objects",
        items: [...bucketOf(call).objects.values()].map((object) => object.resource),
      }),
    },
    /**
     * @decision An object's resource is answered by a GET, and its content with alt=media, both for
     * storage.objects.get.
     * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
     * (https://cloud.google.com/storage/docs/access-control/iam-json): objects.get: storage.objects.get.
     * @matters sign-in lost: `reconcile` reads its cursor so.
     */
    {
      ...objectRoute,
      method: "GET",
      permission: "storage.objects.get",
      handle: (call) => (call.query("alt") === "media" ? download(call) : objectOf(call).resource),
    },
    /**
     * @decision A PATCH of an object changes its holds and retention, and leaves its generation. Here nothing else is
     * taken.
     * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
     * (https://cloud.google.com/storage/docs/access-control/iam-json): objects.patch: storage.objects.update. The
     * generation is that of the content: the description of the objects resource.
     * @matters sandbox only: the program changes no hold.
     */
    {
      ...objectRoute,
      method: "PATCH",
      permission: "storage.objects.update",
      handle(call) {
        const object = objectOf(call);
        const { raw } = call.fields();
        const changes = Object.fromEntries(Object.entries(raw).filter(([key]) => CHANGEABLE.includes(key)));
        const { generation } = object.resource;
        const resource = { ...mergePatch(object.resource, changes), generation };
        bucketOf(call).objects.set(call.parameter("object"), { ...object, resource });
        return resource;
      },
    },
    {
      ...objectRoute,
      path: "/download/storage/v1/b/{bucket}/o/{object}",
      method: "GET",
      permission: "storage.objects.get",
      handle: download,
    },
    /**
     * @decision A DELETE deletes an object, with a precondition if there is one, and answers 204.
     * @evidence documentation: Cloud Storage, "IAM permissions for JSON methods"
     * (https://cloud.google.com/storage/docs/access-control/iam-json): objects.delete: storage.objects.delete. 204 No
     * Content: https://cloud.google.com/storage/docs/json_api/v1/status-codes.
     * @matters sandbox only: the provider deletes archives.
     */
    {
      ...objectRoute,
      method: "DELETE",
      permission: "storage.objects.delete",
      handle(call) {
        const object = objectOf(call);
        requireGeneration(call.query("ifGenerationMatch"), object);
        /**
         * @decision An object under a hold is not deleted: 403.
         * @evidence recorded: googleapis/python-storage pull request 96: "403 DELETE … Object '…' is under active
         * Event-Based hold and cannot be deleted, overwritten or archived until hold is removed."
         * @matters sandbox only: the program sets no hold.
         */
        if (HOLDS.some((key) => object.resource[key] === true)) {
          throw new GoogleError("PERMISSION_DENIED", `Object ${call.parameter("object")} is under a hold.`);
        }
        bucketOf(call).objects.delete(call.parameter("object"));
        return new Response(null, { status: 204 });
      },
    },
  ];

  return {
    resource,
    routes: [...bucketRoutes(cloud, buckets, resourceOf, bucketOf), ...objectRoutes],
    find(name) {
      const holder = [...buckets.values()].find(({ objects }) => objects.has(name));
      return holder?.objects.get(name)?.content;
    },
    read(bucket, name, generation) {
      const earlier = buckets.get(bucket)?.earlier?.get(generation ?? "");
      if (earlier) return earlier;
      const object = buckets.get(bucket)?.objects.get(name);
      if (!object || (generation !== undefined && generation !== object.resource.generation))
        return undefined;
      return object.content;
    },
    putOwn(name, location, objectName, content) {
      const bucket = buckets.get(name) ?? {
        name,
        ownedByGoogle: true,
        earlier: new Map(),
        resource: makeBucket(cloud, name, location, {
          iamConfiguration: { uniformBucketLevelAccess: { enabled: true } },
        }),
        objects: new Map(),
      };
      buckets.set(name, bucket);
      const object = makeObject(name, objectName, content, { contentType: "application/zip" });
      bucket.earlier?.set(object.resource.generation, content);
      bucket.objects.set(objectName, object);
      return object.resource.generation;
    },
    leftovers: () =>
      [...buckets.values()]
        .filter(({ ownedByGoogle }) => !ownedByGoogle)
        .flatMap(({ name, objects }) => [
          `bucket ${name}`,
          ...[...objects.keys()].map((object) => `object ${name}/${object}`),
        ]),
  };
}
