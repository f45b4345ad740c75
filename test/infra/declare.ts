import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import type { Properties } from "../../sandbox/deploy/handler.ts";
import { revealAll } from "../../sandbox/deploy/properties.ts";
import type { Registration } from "../../sandbox/deploy/registration.ts";
import { type RecordedResource, type Recording, recordProgram } from "../support/recorder.ts";
import { type Policies, startOrganization } from "./organization.ts";

const root = join(import.meta.dirname, "../..");

/** A public key for each key in Cloud KMS. */
const pems = new Map<string, string>();

function pemOf(cryptoKey: string): string {
  const pem =
    pems.get(cryptoKey) ??
    generateKeyPairSync("rsa", { modulusLength: 2048 })
      .publicKey.export({ type: "spki", format: "pem" })
      .toString();
  pems.set(cryptoKey, pem);
  return pem;
}

/** What every stack has to say. */
export const basics = {
  "gcp:project": "acme-identity",
  "gcp:region": "europe-west1",
  "okta:orgName": "acme",
  "okta:baseUrl": "okta.com",
  "okta:apiToken": "00token",
};

/** The token of who deploys, in Google Cloud. */
export const DEPLOYER_TOKEN = "token-of-who-deploys";

/** Runs the program without a cloud, as an update of everything or as a preview on nothing. */
export async function declare(
  configuration: Readonly<Record<string, string>>,
  options: {
    readonly dryRun?: boolean;
    readonly stack?: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly functionOutputs?: Properties;
    /** What each service of Cloud Run comes out as, also in a preview. */
    readonly serviceOutputs?: Properties;
    /** Outputs of resources by the end of their types, such as `:Queue`. */
    readonly answers?: Readonly<Record<string, Properties>>;
    /** What comes out as every random password, also in a preview. */
    readonly password?: string;
    /** When the stack was first made; a quarter of an hour before its bucket unless given. */
    readonly beginning?: string;
    /** What the stack has from before: inputs of resources by their URNs. */
    readonly before?: Readonly<Record<string, Properties>>;
    /** What Cloud KMS answers as the public keys of each key version; one RSA key unless given. */
    readonly publicKeys?: readonly Properties[];
    /** The names of stacks that the state's backend does not take. */
    readonly refusedStackNames?: RegExp;
    /** What organization policies say of constraints; each has no effect unless given. */
    readonly policies?: Policies;
    /** The folder of another program, from the root. */
    readonly program?: string;
  } = {},
): Promise<Recording> {
  const { dryRun = false, stack = "dev", functionOutputs, serviceOutputs, password, program = "." } = options;
  const { answers = {}, before = {}, refusedStackNames } = options;
  const { beginning = "2026-11-02T07:45:00.000Z" } = options;
  await using organization = await startOrganization(options.policies);
  return await recordProgram({
    root: join(root, program),
    stack,
    dryRun,
    configuration: { ...basics, "gcp:orgPolicyCustomEndpoint": organization.endpoint, ...configuration },
    secretKeys: ["okta:apiToken"],
    // Nothing here may leave the machine: what is for elsewhere goes to a proxy that is not there.
    environment: {
      HTTPS_PROXY: "http://127.0.0.1:1",
      NO_PROXY: "127.0.0.1",
      GOOGLE_OAUTH_ACCESS_TOKEN: DEPLOYER_TOKEN,
      ...options.environment,
    },
    outputs: (registration) => {
      if (functionOutputs !== undefined && registration.type.endsWith(":Function")) return functionOutputs;
      if (serviceOutputs !== undefined && registration.type.endsWith("cloudrunv2/service:Service")) {
        return serviceOutputs;
      }
      if (password !== undefined && registration.type.endsWith(":RandomPassword"))
        return { result: password };
      if (registration.name.endsWith("-audit-id")) return { result: "7080f15a-91d1-4d63-8a5e-5b7b2c0d4f11" };
      if (registration.type.endsWith(":RandomUuid")) return { keepers: { since: beginning } };
      if (dryRun) return {};
      const [, answer] = Object.entries(answers).find(([end]) => registration.type.endsWith(end)) ?? [];
      return { ...cloudOutputs(registration), ...answer };
    },
    invokes: {
      "pulumi:pulumi:readStackResourceOutputs": ({ stackName }) => {
        if (refusedStackNames?.test(String(stackName))) throw new Error("invalid character in a stack name");
        const entries = Object.entries(before).map(([urn, outputs]) => [urn, { outputs }] as const);
        return { outputs: Object.fromEntries(entries) };
      },
      "okta:group/getGroup:getGroup": ({ id = "" }) => ({
        id,
        name: `Group ${String(id)}`,
        type: "OKTA_GROUP",
      }),
      "gcp:kms/getKMSCryptoKeyVersion:getKMSCryptoKeyVersion": ({ cryptoKey }) => ({
        publicKeys: options.publicKeys?.slice() ?? [
          { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", pem: pemOf(String(cryptoKey)) },
        ],
      }),
    },
  });
}

/** What the clouds add to the inputs, in their own forms, as far as the program reads it. */
function cloudOutputs({ type, name, inputs }: Registration): Properties {
  const auto = `${name}-1234567`;
  const project = "projects/acme-identity";
  const located = `${project}/locations/europe-west1`;
  switch (type) {
    case "gcp:serviceaccount/account:Account": {
      const email = `${auto}@acme-identity.iam.gserviceaccount.com`;
      return { email, member: `serviceAccount:${email}`, name: `${project}/serviceAccounts/${email}` };
    }
    case "gcp:storage/bucket:Bucket":
      return { id: auto, name: auto, timeCreated: "2026-11-02T08:00:00.000Z" };
    case "gcp:storage/bucketObject:BucketObject":
      return { generation: 1_762_070_400_000_001 };
    case "gcp:artifactregistry/repository:Repository":
      return { id: `${located}/repositories/images`, name: "images" };
    case "gcp:kms/keyRing:KeyRing":
      return { id: `${located}/keyRings/${auto}`, name: auto };
    case "gcp:kms/cryptoKey:CryptoKey":
      return { id: `${String(inputs["keyRing"])}/cryptoKeys/${auto}`, name: auto };
    case "gcp:kms/cryptoKeyVersion:CryptoKeyVersion":
      return { name: `${String(inputs["cryptoKey"])}/cryptoKeyVersions/${name.at(-1)}` };
    case "random:index/randomPassword:RandomPassword":
      return { result: `the-value-of-${name}` };
    case "gcp:secretmanager/secret:Secret":
      return { id: `${project}/secrets/${auto}`, secretId: auto };
    case "gcp:secretmanager/secretVersion:SecretVersion":
      return { version: name.at(-1) ?? "" };
    case "gcp:cloudtasks/queue:Queue":
      return { id: `${located}/queues/${auto}`, name: auto };
    case "gcp:cloudfunctionsv2/function:Function":
      return {
        state: "ACTIVE",
        // Objects by their type; the program's own inputs come back with the two outputs.
        serviceConfig: {
          ...(inputs["serviceConfig"] as Properties),
          uri: `https://${auto}.run.app`,
          service: `${located}/services/${auto}`,
        },
      };
    case "gcp:cloudrunv2/service:Service":
      return {
        name: auto,
        uri: `https://${auto}.run.app`,
        terminalConditions: [{ type: "Ready", state: "CONDITION_SUCCEEDED" }],
        latestReadyRevision: `${auto}-00001-abc`,
        latestCreatedRevision: `${auto}-00001-abc`,
      };
    case "gcp:logging/metric:Metric":
      return { name: auto };
    case "gcp:bigquery/dataset:Dataset":
      return { id: `${project}/datasets/${String(inputs["datasetId"])}` };
    case "gcp:pubsub/topic:Topic":
      return { id: `${project}/topics/${auto}`, name: auto };
    case "gcp:logging/projectSink:ProjectSink":
      return {
        name: auto,
        writerIdentity: "serviceAccount:service-1@gcp-sa-logging.iam.gserviceaccount.com",
      };
    case "gcp:monitoring/customService:CustomService":
      return { serviceId: auto };
    case "gcp:monitoring/slo:Slo":
      return {
        name: `projects/1/services/${String(inputs["service"])}/serviceLevelObjectives/${String(inputs["sloId"])}`,
      };
    case "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig":
      return { uptimeCheckId: auto };
    case "gcp:monitoring/notificationChannel:NotificationChannel":
      return { name: `${project}/notificationChannels/${auto}` };
    case "okta:group/group:Group":
      return { id: `00g${name.replaceAll(/\W/g, "")}` };
    case "okta:app/oAuth:OAuth":
      return { id: `0oa-${name}`, clientId: `client-of-${name}` };
    default:
      return {};
  }
}

/** The resources that a recording holds, found by their names without the component's. */
export function byName(recording: Recording): (name: string, type?: string) => RecordedResource {
  return (name, type = "") => {
    const found = recording.resources.filter(
      (resource) => resource.name === `signin-groups-${name}` && resource.type.includes(type),
    );
    const [only] = found;
    if (only === undefined || found.length > 1)
      throw new Error(`${found.length} resources are called ${name}`);
    return only;
  };
}

/** Inputs with secrets in the clear. */
export function inputsOf(resource: RecordedResource): Properties {
  return revealAll(resource.inputs);
}

/** How many resources of each type there are. */
export function countTypes(recording: Recording): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of recording.resources) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}
