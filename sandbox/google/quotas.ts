import type { ProjectAccount } from "./account.ts";
import type { Api, Cloud } from "./cloud.ts";

/** The limits of the project (Service Usage, REST reference v1beta1: services.consumerQuotaMetrics). */
export function createQuotas(cloud: Cloud, { quotas }: ProjectAccount): Api {
  return {
    leftovers: () => [],
    routes: [
      /**
       * @decision The limits of a service are listed by metric for serviceusage.quotas.get, each with a bucket for everything and
       * one for the region, whose effectiveLimit is a text. Here on one page, and whether the service is enabled or not.
       * @evidence documentation: googleapis/googleapis f8291d2, google/api/serviceusage/v1beta1/resources.proto,
       * ConsumerQuotaMetric, QuotaBucket.dimensions: "the specified effective limit is only effective in that region"; an int64 is a
       * text in JSON. recorded: public scripts read `.metrics[].consumerQuotaLimits[].quotaBuckets[].effectiveLimit` of
       * run.googleapis.com/cpu_allocation and cloudbuild.googleapis.com/concurrent_public_pool_build_cpus.
       * @matters misleading: `npm run doctor` says which limit an update would meet.
       */
      {
        method: "GET",
        path: "/v1beta1/projects/{project}/services/{service}/consumerQuotaMetrics",
        service: "serviceusage.googleapis.com",
        permission: "serviceusage.quotas.get",
        resource: () => `projects/${cloud.project}`,
        handle(call) {
          const service = call.parameter("service");
          const parent = `projects/${cloud.projectNumber}/services/${service}/consumerQuotaMetrics`;
          const metrics = [...quotas].filter(([metric]) => metric.startsWith(`${service}/`));
          return {
            metrics: metrics.map(([metric, limit]) => describe(parent, metric, String(limit), cloud.region)),
          };
        },
      },
    ],
  };
}

function describe(parent: string, metric: string, effectiveLimit: string, region: string): object {
  const name = `${parent}/${encodeURIComponent(metric)}`;
  return {
    name,
    metric,
    displayName: metric,
    consumerQuotaLimits: [
      {
        name: `${name}/limits/%2Fproject%2Fregion`,
        metric,
        unit: "1/{project}/{region}",
        quotaBuckets: [
          { effectiveLimit, defaultLimit: effectiveLimit },
          { effectiveLimit, defaultLimit: effectiveLimit, dimensions: { region } },
        ],
      },
    ],
    unit: "1",
  };
}
