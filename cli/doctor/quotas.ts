import { isObject, type JsonObject } from "../../function/shared/json.ts";
import type { StackResource } from "../../infra/preflight/stack.ts";
import { defaultSettings, type Settings } from "../../infra/settings.ts";
import { type Finding, finding } from "../findings.ts";
import { explainRefusal, type GoogleApi, readPages } from "../google-api.ts";
import type { LookUps } from "../look-ups.ts";

/** Of what the quotas are looked at. */
interface QuotaStack {
  readonly project: string;
  readonly region: string | undefined;
  readonly settings: Settings | undefined;
  readonly resources: readonly StackResource[] | undefined;
}

/** A limit that stops an update. */
interface Quota {
  readonly service: string;
  /** The name of the limit, as Google's quota pages have it. */
  readonly metric: string;
  /** How the limit is called. */
  readonly name: string;
  /** How much the update needs, in the limit's own unit; undefined while that is not known. */
  readonly needed: number | undefined;
  /** How an amount is written. */
  readonly write: (amount: number) => string;
  readonly fix: string;
}

const GIB = 2 ** 30;

/** The accounts that the program declares; without builds there is one fewer. */
const ACCOUNTS = { functions: 6, service: 5 } as const;
const ACCOUNT_TYPE = "gcp:serviceaccount/account:Account";

/**
 * The quotas that an update can meet. Cloud Run refuses a service whose maximum number of instances could need more than the
 * region's CPU or memory ("Max instances must be set to 28 or fewer to set the requested total CPU. Quota violated:
 * CpuAllocPerProjectRegion"); Cloud Build runs nothing where it has no CPU for public pools ("due to quota restrictions, cannot run builds
 * in this region").
 */
function quotasFor(settings: Settings | undefined): readonly Quota[] {
  const instances = settings && [
    { cpu: settings.receiveCpu, memory: settings.receiveMemory, count: settings.receiveMaxInstances },
    { cpu: settings.grantCpu, memory: settings.grantMemory, count: 1 },
    { cpu: settings.reconcileCpu, memory: settings.reconcileMemory, count: 1 },
  ];
  const most = (amount: (of: { cpu: string; memory: string }) => number) =>
    instances && Math.max(...instances.map((of) => amount(of) * of.count));
  const fewer = "Lower receiveMaxInstances, or ask Google for more: IAM & Admin › Quotas.";
  return [
    {
      service: "run.googleapis.com",
      metric: "run.googleapis.com/cpu_allocation",
      name: "CPUs of Cloud Run",
      needed: most(({ cpu }) => Number(cpu) * 1000),
      write: (amount) => `${amount / 1000} CPU`,
      fix: fewer,
    },
    {
      service: "run.googleapis.com",
      metric: "run.googleapis.com/mem_allocation",
      name: "memory of Cloud Run",
      needed: most(({ memory }) => bytesOf(memory)),
      write: (amount) => `${Math.round((amount / GIB) * 10) / 10} GiB`,
      fix: fewer,
    },
    ...(settings?.hosting === "service" ? [] : [BUILDS]),
  ];
}

const BUILDS: Quota = {
  service: "cloudbuild.googleapis.com",
  metric: "cloudbuild.googleapis.com/concurrent_public_pool_build_cpus",
  name: "CPUs of Cloud Build",
  needed: 1,
  write: (amount) => `${amount} CPU`,
  fix: "Choose a region without restrictions (https://cloud.google.com/build/docs/locations), set hosting to service, or ask Google for more: IAM & Admin › Quotas.",
};

/** Such as `512Mi`. */
function bytesOf(memory: string): number {
  return Number.parseInt(memory, 10) * (memory.endsWith("Gi") ? GIB : 2 ** 20);
}

/** The quotas that an update can meet, as far as Google tells them. */
export async function lookAtQuotas(
  stack: QuotaStack,
  api: GoogleApi,
  lookUps: LookUps,
): Promise<readonly Finding[]> {
  const { project, region, settings } = stack;
  const { ok, unknown } = finding("google-quotas");
  const quotas = quotasFor(settings);
  const limits = new Map<string, number | undefined>();
  const reasons = new Set<string>();
  await Promise.all(
    [...new Set([...quotas.map(({ service }) => service), "iam.googleapis.com"])].map(async (service) => {
      const listed = await lookUps.run(`the quotas of ${service}`, (signal) =>
        readPages("metrics", (query) =>
          api.call(
            "serviceUsage",
            `projects/${project}/services/${service}/consumerQuotaMetrics?view=FULL${query}`,
            {
              signal,
              version: "v1beta1",
            },
          ),
        ),
      );
      if (!("kind" in listed)) {
        for (const metric of listed) limits.set(String(metric["metric"]), limitOf(metric, region));
      } else if (listed.kind !== "found") {
        reasons.add(
          explainRefusal(listed, {
            project,
            service: "serviceusage.googleapis.com",
            permission: "serviceusage.quotas.get",
          }).reason,
        );
      }
    }),
  );
  const accounts = await lookAtAccounts(
    stack,
    limits.get("iam.googleapis.com/quota/service-account-count"),
    api,
    lookUps,
  );
  const exceeded = quotas.flatMap((quota) => describeExceeded(quota, limits.get(quota.metric), region));
  const seen = quotas.filter(({ metric }) => limits.get(metric) !== undefined);
  return [
    ...exceeded,
    ...accounts,
    ...(exceeded.length === 0 && seen.length > 0
      ? [
          ok(
            `The quotas suffice: ${seen.map(({ metric, name, write }) => `${write(limits.get(metric) ?? 0)} (${name})`).join(", ")}.`,
          ),
        ]
      : []),
    ...(reasons.size > 0 ? [unknown(`Quotas: ${[...reasons].join("; ")}.`, { optional: true })] : []),
  ];
}

function describeExceeded(quota: Quota, limit: number | undefined, region: string | undefined): Finding[] {
  const { name, needed, write, fix } = quota;
  if (limit === undefined || needed === undefined || needed <= limit) return [];
  const meaning = `The quota "${name}" in ${region} is ${write(limit)}, and the update asks for ${write(needed)}.`;
  return [finding("google-quotas").failure(meaning, { fix })];
}

/** The limit that holds in a region; undefined when there is none, or it is not told. */
function limitOf(metric: JsonObject, region: string | undefined): number | undefined {
  const limits = Array.isArray(metric["consumerQuotaLimits"])
    ? metric["consumerQuotaLimits"].filter(isObject)
    : [];
  const buckets = limits.flatMap((limit) =>
    Array.isArray(limit["quotaBuckets"]) ? limit["quotaBuckets"].filter(isObject) : [],
  );
  const regionOf = (bucket: JsonObject) =>
    isObject(bucket["dimensions"]) ? bucket["dimensions"]["region"] : undefined;
  const bucket =
    buckets.find((one) => region !== undefined && regionOf(one) === region) ??
    buckets.find((one) => one["dimensions"] === undefined);
  // An int64 is a text in JSON; -1 stands for no limit.
  const limit = bucket === undefined ? Number.NaN : Number(bucket["effectiveLimit"]);
  return limit >= 0 ? limit : undefined;
}

async function lookAtAccounts(
  { project, settings = defaultSettings, resources = [] }: QuotaStack,
  limit: number | undefined,
  api: GoogleApi,
  lookUps: LookUps,
): Promise<readonly Finding[]> {
  if (limit === undefined) return [];
  const listed = await lookUps.run("the service accounts", (signal) =>
    readPages("accounts", (query) =>
      api.call("iamBeta", `projects/${project}/serviceAccounts?pageSize=100${query}`, { signal }),
    ),
  );
  // Without it, nobody knows how many there are; an update seldom meets this limit.
  if ("kind" in listed) return [];
  const needed = ACCOUNTS[settings.hosting] - resources.filter(({ type }) => type === ACCOUNT_TYPE).length;
  if (listed.length + Math.max(needed, 0) <= limit) return [];
  return [
    finding("google-quotas").failure(
      `The project has ${listed.length} of at most ${limit} service accounts, and the update creates ${needed}.`,
      { fix: "Delete some that nobody needs, or ask Google for more: IAM & Admin › Quotas." },
    ),
  ];
}
