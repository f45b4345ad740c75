import { COMPONENT } from "../../../infra/configuration.ts";
import { functionsIn, listIn, objectIn } from "../../smoke/deployed.ts";
import { defineLook, listOf, objectOf, wordOf } from "../look.ts";
import type { Answer, Probe } from "../probe.ts";
import { randomName } from "./temporary.ts";

const ABSENT = "signin-groups-nothing-is-here";

/** The id of the stack's only resource of a type whose name ends so. */
function idOf({ stack }: Probe, type: string, end: string): string {
  const found = stack.resources.find((one) => one.type === type && one.name.endsWith(end));
  if (found === undefined) throw new Error(`The stack has no ${end}.`);
  return found.id;
}

const placeOf = ({ stack: { project, region } }: Probe) => `projects/${project}/locations/${region}`;

/** The queue of memberships, and queues that are not there. */
export const googleTasks = defineLook(
  { id: "google-tasks", after: "look" },
  async (probe) => {
    const { google, clock } = probe;
    const queue = idOf(probe, "gcp:cloudtasks/queue:Queue", "-memberships");
    const queues = `${placeOf(probe)}/queues`;
    const absent = `${queues}/${ABSENT}`;
    const task = `${queue}/tasks/${randomName()}`;
    // In a week: nothing is dispatched before it is deleted.
    const scheduleTime = new Date(clock.now() + 7 * 86_400_000).toISOString();
    const create = () =>
      google("cloudTasks", "POST", `${queue}/tasks`, { task: { name: task, scheduleTime, httpRequest: {} } });
    const patch = await google(
      "cloudTasks",
      "PATCH",
      `${absent}?updateMask=rateLimits.maxDispatchesPerSecond`,
      {
        name: absent,
        rateLimits: { maxDispatchesPerSecond: 1 },
      },
    );
    if (patch.status === 200) await google("cloudTasks", "DELETE", absent);
    return {
      patch,
      queue: await google("cloudTasks", "GET", queue),
      absent: await google("cloudTasks", "GET", absent),
      exists: await google("cloudTasks", "POST", queues, { name: queue }),
      wrongName: await refuse(probe, queues, { name: `${queues}/not a name` }),
      tooFast: await refuse(probe, queues, {
        name: `${queues}/${randomName()}`,
        rateLimits: { maxDispatchesPerSecond: 501 },
      }),
      made: await create(),
      twice: await create(),
      deleted: await google("cloudTasks", "DELETE", task),
      remembered: await create(),
      gone: await google("cloudTasks", "DELETE", task),
    };
  },
  ({ answers, shows }) => [
    shows(["google/tasks/settings.ts", "A queue tries a task 100 times"], "maxDoublings 16", ({ queue }) => {
      const { maxDoublings } = objectIn(objectOf(queue), "retryConfig");
      return [
        queue.status === 200 ? maxDoublings === 16 : undefined,
        queue.status === 200 ? `maxDoublings ${String(maxDoublings)}` : wordOf(queue),
      ];
    }),
    shows(
      ["google/tasks/settings.ts", "The burst is a fifth of the rate"],
      "a fifth of the rate, 10 at least",
      ({ queue }) => {
        if (queue.status !== 200) return [undefined, wordOf(queue)];
        const { maxDispatchesPerSecond: rate, maxBurstSize: burst } = objectIn(objectOf(queue), "rateLimits");
        const isRight = Number(burst) === Math.max(10, Math.round(Number(rate) / 5));
        return [isRight, `a burst of ${String(burst)} at a rate of ${String(rate)}`];
      },
    ),
    shows(
      ["google/tasks/api.ts", "A queue is answered with its state and with every limit"],
      "RUNNING, with rateLimits and retryConfig",
      ({ queue }) => {
        const { state, rateLimits, retryConfig } = objectOf(queue);
        const seen = `${String(state)}, ${rateLimits && retryConfig ? "with" : "without"} rateLimits and retryConfig`;
        return [queue.status === 200 ? seen === "RUNNING, with rateLimits and retryConfig" : undefined, seen];
      },
    ),
    answers(
      ["google/tasks/api.ts", "A queue that is not there is answered with 404"],
      "404 NOT_FOUND",
      (all) => {
        return all.absent;
      },
    ),
    answers(["google/tasks/api.ts", "A PATCH of a queue that is not there"], "404", ({ patch }) => patch),
    answers(
      ["google/tasks/api.ts", "A queue whose name exists"],
      "409 ALREADY_EXISTS",
      ({ exists }) => exists,
    ),
    answers(
      ["google/tasks/api.ts", "A queue is made by a POST with its full name"],
      "400",
      (all) => all.wrongName,
    ),
    answers(
      ["google/tasks/settings.ts", "A queue dispatches up to 500 tasks a second"],
      "400",
      ({ tooFast }) => tooFast,
    ),
    answers(
      ["google/tasks/queue.ts", "A task without a URL is refused with 400 unless"],
      "200",
      (all) => all.made,
    ),
    shows(
      ["google/tasks/queue.ts", "A task whose name is in the queue, or was within"],
      "409 ALREADY_EXISTS, and after its deletion 409 ALREADY_EXISTS",
      ({ made, twice, remembered }) => {
        const seen = `${wordOf(twice)}, and after its deletion ${wordOf(remembered)}`;
        const isRight = seen === "409 ALREADY_EXISTS, and after its deletion 409 ALREADY_EXISTS";
        return [made.status === 200 ? isRight : undefined, made.status === 200 ? seen : wordOf(made)];
      },
    ),
    answers(["google/tasks/api.ts", "A task that waits or is dispatched can be deleted"], "200", (all) => {
      return all.deleted;
    }),
  ],
);

/** Makes a queue that Cloud Tasks should refuse, and deletes it where it does not. */
async function refuse(
  { google }: Probe,
  queues: string,
  body: { readonly name: string; rateLimits?: object },
) {
  const { rateLimits } = body;
  const given = rateLimits === undefined ? {} : { rateLimits: { ...rateLimits } };
  const answer = await google("cloudTasks", "POST", queues, { name: body.name, ...given });
  if (answer.status === 200) await google("cloudTasks", "DELETE", body.name);
  return answer;
}

/** Names and resources that are not there, and names that cannot be. */
export const googleNames = defineLook(
  { id: "google-names", after: "look" },
  async (probe) => {
    const { google, stack } = probe;
    const { project, region } = stack;
    const wrongBucket = await google("storage", "POST", `b?project=${project}`, {
      name: `goog-${randomName()}`,
      location: region,
    });
    return {
      wrongBucket,
      ownAccount: await google("iamBeta", "GET", idOf(probe, "gcp:serviceaccount/account:Account", "")),
      account: await google(
        "iamBeta",
        "GET",
        `projects/${project}/serviceAccounts/nothing-is-here@${project}.iam.gserviceaccount.com`,
      ),
      wrongAccount: await google("iamBeta", "POST", `projects/${project}/serviceAccounts`, {
        accountId: "x",
      }),
      secret: await google("secretManager", "GET", `projects/${project}/secrets/${ABSENT}`),
      wrongSecret: await google("secretManager", "POST", `projects/${project}/secrets?secretId=not.an.id`, {
        replication: { userManaged: { replicas: [{ location: region }] } },
      }),
      job: await google("cloudScheduler", "GET", `${placeOf(probe)}/jobs/${ABSENT}`),
      keyRing: await google("kms", "GET", `${placeOf(probe)}/keyRings/${ABSENT}`),
      wrongRegion: await google("cloudTasks", "POST", `projects/${project}/locations/nowhere-east1/queues`, {
        name: `projects/${project}/locations/nowhere-east1/queues/${randomName()}`,
      }),
      project: await google("resourceManager", "GET", `projects/${project}`),
      permissions: await google("resourceManager", "POST", `projects/${project}:testIamPermissions`, {
        permissions: Array.from({ length: 101 }, (_, index) => `cloudtasks.queues.test${index}`),
      }),
      service: await google("serviceUsage", "POST", `projects/${project}/services:batchEnable`, {
        serviceIds: ["signin-groups-nothing.example.com"],
      }),
    };
  },
  ({ answers, shows }) => [
    answers(
      ["google/storage/buckets.ts", "A bucket's name has 3 to 63 lower-case letters"],
      "400",
      (all) => all.wrongBucket,
    ),
    // With 403, only somebody who may read accounts can tell the two apart.
    shows(
      ["google/iam/service-accounts.ts", "A service account that is not there is refused with 404"],
      "404 NOT_FOUND",
      ({ ownAccount, account }) => [
        ownAccount.status === 200 ? wordOf(account) === "404 NOT_FOUND" : undefined,
        ownAccount.status === 200 ? wordOf(account) : `an account that is there: ${wordOf(ownAccount)}`,
      ],
    ),
    answers(
      ["google/iam/service-accounts.ts", "The id of a service account has 6 to 30"],
      "400",
      (all) => all.wrongAccount,
    ),
    answers(
      ["google/errors.ts", "What is not there is refused with 404 NOT_FOUND."],
      "404 NOT_FOUND",
      (all) => {
        return all.secret;
      },
    ),
    answers(
      ["google/secret-manager.ts", "A secret's id has 1 to 255 letters"],
      "400",
      (all) => all.wrongSecret,
    ),
    answers(
      ["google/scheduler/api.ts", "A job that is not there is refused with 404."],
      "404",
      ({ job }) => job,
    ),
    answers(
      ["google/kms/api.ts", "A key ring that is not there is refused with 404."],
      "404",
      (all) => all.keyRing,
    ),
    answers(
      ["google/locations.ts", "A place that is not a region of Google Cloud"],
      "400",
      (all) => all.wrongRegion,
    ),
    shows(
      ["google/resource-manager.ts", "A project is read by its id"],
      "200 with projectNumber, while cloudresourcemanager.googleapis.com is off",
      ({ project }) => [undefined, `${wordOf(project)}; a round needs the API, so it is on`],
    ),
    answers(
      ["google/resource-manager.ts", "More than 100 permissions in one call"],
      "400",
      (all) => all.permissions,
    ),
    answers(
      ["google/service-usage.ts", "Enabling what is not an API of Google Cloud"],
      "400",
      ({ service }) => service,
    ),
  ],
);

/** Policies of the queue, which belongs to the stack. */
export const googlePolicies = defineLook(
  { id: "google-policies", after: "look" },
  async (probe) => {
    const { google, stack } = probe;
    const queue = idOf(probe, "gcp:cloudtasks/queue:Queue", "-memberships");
    const before = await google("cloudTasks", "POST", `${queue}:getIamPolicy`, {});
    const { bindings } = objectOf(before);
    const set = (policy: object) =>
      google("cloudTasks", "POST", `${queue}:setIamPolicy`, { policy: { ...policy } });
    const held = Array.isArray(bindings) ? bindings : [];
    const withBinding = (role: string, member: string) => ({
      etag: objectOf(before)["etag"],
      bindings: [...held, { role, members: [member] }],
    });
    const absentMember = `serviceAccount:nothing-is-here@${stack.project}.iam.gserviceaccount.com`;
    const account = idOf(probe, "gcp:serviceaccount/account:Account", "").split("/").at(-1);
    // Each should be refused; where it is not, the policy is set as it was.
    const refuse = async (policy: object) => {
      const answer = await set(policy);
      if (answer.status === 200) await set({ bindings: held });
      return answer;
    };
    return {
      before,
      absentMember: await refuse(withBinding("roles/cloudtasks.enqueuer", absentMember)),
      otherRole: await refuse(withBinding("roles/storage.objectViewer", `serviceAccount:${account}`)),
      stale: await refuse({ etag: "BwAAAAAAAAA=", bindings: held }),
      gone: await google("cloudTasks", "POST", `${placeOf(probe)}/queues/${ABSENT}:getIamPolicy`, {}),
    };
  },
  ({ answers, shows }) => [
    shows(
      ["google/iam/policies.ts", "A policy is read by :getIamPolicy, by GET or POST"],
      "200 with its etag",
      ({ before }) => {
        const seen = `${wordOf(before)} ${objectOf(before)["etag"] === undefined ? "without" : "with"} its etag`;
        return [before.status === 200 ? seen === "200 with its etag" : undefined, seen];
      },
    ),
    answers(
      ["google/iam/policies.ts", "A service account that does not exist can't be given a role"],
      "400 INVALID_ARGUMENT",
      (all) => all.absentMember,
    ),
    answers(
      ["google/iam/policies.ts", "A role that has no permission for a kind of resource"],
      "400 INVALID_ARGUMENT",
      (all) => all.otherRole,
    ),
    answers(
      ["google/iam/policies.ts", "A policy that another call has changed since"],
      "409 ABORTED",
      (all) => {
        return all.stale;
      },
    ),
    answers(
      ["google/iam/policies.ts", "The policy of a resource that is not there"],
      "404",
      ({ gone }) => gone,
    ),
  ],
);

/** Objects of the state bucket, secrets and keys, without what is in them. */
export const googleData = defineLook(
  { id: "google-data", after: "look" },
  async (probe) => {
    const { google, stack } = probe;
    const bucket = String(stack.outputs["stateBucket"]);
    const secret = idOf(probe, "gcp:secretmanager/secret:Secret", "");
    const key = idOf(probe, "gcp:kms/cryptoKey:CryptoKey", "");
    return {
      noObject: await google("storage", "GET", `b/${bucket}/o/nothing-is-here`),
      noContent: await google("storage", "GET", `b/${bucket}/o/nothing-is-here?alt=media`),
      takenBucket: await google("storage", "POST", `b?project=${stack.project}`, {
        name: bucket,
        location: stack.region,
      }),
      noVersion: await google("secretManager", "GET", `${secret}/versions/99:access`),
      secret: await google("secretManager", "GET", secret),
      key: await google("kms", "GET", key),
      versions: await google("kms", "GET", `${key}/cryptoKeyVersions`),
      noKeyVersion: await google("kms", "GET", `${key}/cryptoKeyVersions/99`),
      publicKey: await google("kms", "GET", `${key}/cryptoKeyVersions/1/publicKey`),
    };
  },
  ({ answers, shows }) => [
    answers(
      ["google/storage/api.ts", "An object that is not there is refused with 404"],
      "404",
      (all) => all.noObject,
    ),
    shows(
      ["google/storage/api.ts", "The content of an object that does not exist"],
      'the text "No such object: …"',
      ({ noContent: { status, body } }) => {
        const isText = typeof body === "string" && body.startsWith("No such object: ");
        return [status === 404 ? isText : undefined, `${status}, ${isText ? "that text" : "something else"}`];
      },
    ),
    answers(["google/storage/buckets.ts", "A bucket whose name is taken"], "409", (all) => all.takenBucket),
    answers(
      ["google/secret-manager.ts", "A version that is not there is refused with 404."],
      "404",
      (all) => all.noVersion,
    ),
    shows(
      ["google/secret-manager.ts", "A secret is answered with its replication and never with a payload."],
      "200 with replication",
      ({ secret }) => [
        secret.status === 200 ? objectOf(secret)["replication"] !== undefined : undefined,
        `${wordOf(secret)} ${objectOf(secret)["replication"] === undefined ? "without" : "with"} replication`,
      ],
    ),
    shows(
      ["google/kms/api.ts", "A key is answered with purpose, version template"],
      "200 with purpose ASYMMETRIC_SIGN, without primary",
      ({ key }) => {
        const { purpose, primary } = objectOf(key);
        const seen = `${wordOf(key)} with purpose ${String(purpose)}, ${primary === undefined ? "without" : "with"} primary`;
        return [
          key.status === 200 ? seen === "200 with purpose ASYMMETRIC_SIGN, without primary" : undefined,
          seen,
        ];
      },
    ),
    shows(
      ["google/kms/api.ts", "The versions of a key are listed"],
      "version 1 is listed",
      ({ versions }) => {
        if (versions.status !== 200) return [undefined, wordOf(versions)];
        const names = listOf(versions, "cryptoKeyVersions").map(({ name }) => String(name).split("/").at(-1));
        return [names.includes("1"), names.length === 0 ? "none" : `versions ${names.join(", ")}`];
      },
    ),
    answers(["google/kms/api.ts", "A key version that is not there"], "404", (all) => all.noKeyVersion),
    shows(
      ["google/kms/api.ts", "The public key of a version is answered as PEM"],
      "200 with PEM and its checksum",
      ({ publicKey }) => {
        const { pem, pemCrc32c } = objectOf(publicKey);
        const isPem = String(pem).startsWith("-----BEGIN PUBLIC KEY-----");
        const seen = `${wordOf(publicKey)} with ${isPem ? "PEM" : "no PEM"} and ${pemCrc32c === undefined ? "no" : "its"} checksum`;
        return [publicKey.status === 200 ? seen === "200 with PEM and its checksum" : undefined, seen];
      },
    ),
  ],
);

/** What a function of a stack is answered as, whatever hosts it. */
async function readFunction(probe: Probe, name: string): Promise<Answer> {
  const found = functionsIn(probe.stack.resources, COMPONENT).find((one) => one.name === name);
  if (found === undefined) throw new Error(`The stack has no function ${name}.`);
  return probe.google(found.kind === "function" ? "cloudfunctions2" : "cloudRunV2", "GET", found.id);
}

/** The functions as they serve. */
export const googleFunctions = defineLook(
  { id: "google-functions", after: "look", hosting: "functions" },
  async (probe) => {
    const { google } = probe;
    const [grant, receive] = [await readFunction(probe, "grant"), await readFunction(probe, "receive")];
    const uri = objectIn(objectOf(grant), "serviceConfig")["uri"];
    return {
      receive,
      absent: await google("cloudfunctions2", "GET", `${placeOf(probe)}/functions/${ABSENT}`),
      wrongRepository: await google(
        "artifactRegistry",
        "POST",
        `${placeOf(probe)}/repositories?repositoryId=Not_An_Id`,
        { format: "DOCKER" },
      ),
      outside: typeof uri === "string" ? await probe.anybody(uri) : undefined,
    };
  },
  ({ answers, shows }) => [
    shows(
      ["google/storage/api.ts", "A bucket and its objects are called projects/_/buckets/"],
      "the build read its source: ACTIVE",
      ({ receive }) => [
        receive.status === 200 ? objectOf(receive)["state"] === "ACTIVE" : undefined,
        receive.status === 200 ? String(objectOf(receive)["state"]) : wordOf(receive),
      ],
    ),
    shows(
      ["google/functions/source.ts", "The build of a 2nd gen function reads a copy"],
      "a bucket that begins with gcf-v2-sources-",
      ({ receive }) => {
        const { bucket } = objectIn(
          objectIn(objectIn(objectOf(receive), "buildConfig"), "source"),
          "storageSource",
        );
        if (receive.status !== 200) return [undefined, wordOf(receive)];
        const isCopy = String(bucket).startsWith("gcf-v2-sources-");
        return [isCopy, isCopy ? "such a bucket" : "another bucket"];
      },
    ),
    answers(
      ["google/artifact-registry.ts", "A repository's id has 1 to 63 lower-case letters"],
      "400",
      (all) => all.wrongRepository,
    ),
    answers(
      ["google/functions/api.ts", "A function that is not there is refused with 404."],
      "404",
      (all) => {
        return all.absent;
      },
    ),
    answers(
      ["google/run/front.ts", "A service that a request may not reach by its ingress"],
      "404",
      (all) => {
        return all.outside;
      },
    ),
  ],
);

/** The services as they serve. */
export const googleServices = defineLook(
  { id: "google-services", after: "look", hosting: "service" },
  async (probe) => {
    const { google } = probe;
    const grant = await readFunction(probe, "grant");
    const { uri } = objectOf(grant);
    return {
      grant,
      absent: await google("cloudRunV2", "GET", `${placeOf(probe)}/services/${ABSENT}`),
      outside: typeof uri === "string" ? await probe.anybody(uri) : undefined,
    };
  },
  ({ answers, shows }) => [
    shows(
      ["google/run/template.ts", "What was asked for is answered as it was written"],
      "limits as declared",
      ({ grant }) => {
        const [container] = listIn(objectIn(objectOf(grant), "template"), "containers");
        const { cpu } = objectIn(objectIn(container ?? {}, "resources"), "limits");
        return [grant.status === 200 ? cpu === "1" : undefined, `cpu ${String(cpu)}`];
      },
    ),
    answers(
      ["google/run/api.ts", "A service that is not there is refused with 404."],
      "404",
      ({ absent }) => absent,
    ),
    answers(
      ["google/run/front.ts", "A service that a request may not reach by its ingress"],
      "404",
      (all) => {
        return all.outside;
      },
    ),
  ],
);

/** After a rule was changed, so only the environment: nothing was built. */
export const googleBuilds = defineLook(
  { id: "google-builds", after: "rule", hosting: "functions" },
  async (probe) => ({
    receive: await readFunction(probe, "receive"),
    before: probe.facts["build of receive"],
  }),
  ({ shows }) => [
    shows(
      ["google/functions/api.ts", "A PATCH builds again only when the build's part"],
      "the same build as before",
      ({ receive, before }) => {
        if (receive.status !== 200 || before === undefined) return [undefined, wordOf(receive)];
        const isSame = objectIn(objectOf(receive), "buildConfig")["build"] === before;
        return [isSame, isSame ? "the same build" : "another build"];
      },
    ),
  ],
);

/** After an update whose build failed. */
export const googleFailedBuild = defineLook(
  { id: "google-failed-build", after: "broken-build", hosting: "functions" },
  async (probe) => ({
    receive: await readFunction(probe, "receive"),
    before: probe.facts["archive of receive"],
  }),
  ({ shows }) => [
    shows(
      ["google/functions/api.ts", "After a failed update the whole configuration is answered as it was"],
      "the former hash of the archive",
      ({ receive, before }) => {
        if (receive.status !== 200 || before === undefined) return [undefined, wordOf(receive)];
        const variables = objectIn(objectIn(objectOf(receive), "buildConfig"), "environmentVariables");
        const isSame = variables["ARCHIVE_SHA256"] === before;
        return [isSame, isSame ? "the former hash" : "another hash"];
      },
    ),
    shows(
      ["google/functions/api.ts", "A function that never served stays as FAILED"],
      "ACTIVE",
      ({ receive }) => [
        receive.status === 200 ? objectOf(receive)["state"] === "ACTIVE" : undefined,
        receive.status === 200 ? String(objectOf(receive)["state"]) : wordOf(receive),
      ],
    ),
  ],
);

/** What is left of a stack that was destroyed. */
export const googleDestroyed = defineLook(
  { id: "google-destroyed", after: "destroy" },
  async (probe) => {
    const { google, facts } = probe;
    const queue = facts["queue"];
    const key = facts["key"];
    return {
      queue:
        queue === undefined ? undefined : await refuse(probe, queue.replace(/\/[^/]+$/, ""), { name: queue }),
      versions: key === undefined ? undefined : await google("kms", "GET", `${key}/cryptoKeyVersions`),
    };
  },
  ({ answers, shows }) => [
    answers(
      ["google/tasks/api.ts", "The name of a deleted queue can't be used again"],
      "400 FAILED_PRECONDITION",
      ({ queue }) => queue,
    ),
    shows(
      ["google/kms/api.ts", "A POST to :destroy schedules the version's destruction"],
      "DESTROY_SCHEDULED",
      ({ versions }) => {
        if (versions?.status !== 200)
          return [undefined, versions === undefined ? "no key" : wordOf(versions)];
        const states = [...new Set(listOf(versions, "cryptoKeyVersions").map(({ state }) => String(state)))];
        return [states.join() === "DESTROY_SCHEDULED", states.join(", ") || "no version"];
      },
    ),
  ],
);
