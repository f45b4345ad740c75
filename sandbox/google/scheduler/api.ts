import { randomBytes } from "node:crypto";
import type { Api, Cloud } from "../cloud.ts";
import { alreadyExists, GoogleError, notFound } from "../errors.ts";
import { fields } from "../fields.ts";
import { requireActAs } from "../iam/act-as.ts";
import { createIdleness } from "../idleness.ts";
import { requireRegion } from "../regions.ts";
import type { Call, Route } from "../routes.ts";
import type { Send } from "../tasks/send.ts";
import { masked } from "../update-mask.ts";
import { createJob, type Job } from "./job.ts";
import { type JobSettings, readJob } from "./settings.ts";

/** Jobs that run by the clock (Cloud Scheduler, REST reference v1). */
export interface Scheduler extends Api {
  /** Whether no run is under way; the next time of a schedule does not count. */
  isIdle(): boolean;
  /** Resolves when no run is under way. */
  idle(): Promise<void>;
  close(): void;
}

const SERVICE = "cloudscheduler.googleapis.com";
const JOBS = "/v1/projects/{project}/locations/{location}/jobs";
const CHANGEABLE = [
  "description",
  "schedule",
  "timeZone",
  "attemptDeadline",
  "retryConfig",
  "httpTarget",
  "pubsubTarget",
  "appEngineHttpTarget",
];
const JOB_ID = /^[A-Za-z0-9_-]{1,500}$/;

/** The Cloud Scheduler API of one project. @param send how requests of jobs go out */
export function createScheduler(cloud: Cloud, send: Send): Scheduler {
  const jobs = new Map<string, Job>();
  const parentOf = (call: Call) => `projects/${cloud.project}/locations/${call.parameter("location")}`;
  const nameOf = (call: Call) => `${parentOf(call)}/jobs/${call.parameter("job")}`;
  const isIdle = () => [...jobs.values()].every((job) => job.isIdle());
  const idleness = createIdleness(isIdle);

  function existing(call: Call): Job {
    const job = jobs.get(nameOf(call));
    if (!job) throw notFound(nameOf(call));
    return job;
  }

  function requireAccount(call: Call, { target }: JobSettings): void {
    if (target.oidcToken) requireActAs(cloud, call, target.oidcToken.serviceAccountEmail);
  }

  function chosenName(call: Call, name: string | undefined): string {
    const prefix = `${parentOf(call)}/jobs/`;
    if (name === undefined || name === "") return `${prefix}${randomBytes(10).toString("hex")}`;
    if (name.startsWith(prefix) && JOB_ID.test(name.slice(prefix.length))) return name;
    throw new GoogleError("INVALID_ARGUMENT", `Job name must be formatted: "${prefix}<JOB_ID>"`);
  }

  function create(call: Call): object {
    requireRegion(call.parameter("location"));
    cloud.locations.require("a job", call.parameter("location"));
    const body = call.fields();
    const name = chosenName(call, body.optionalString("name"));
    if (jobs.has(name)) throw alreadyExists(name);
    const settings = readJob(body);
    requireAccount(call, settings);
    const job = createJob({ name, settings, cloud, send, onChange: idleness.check });
    jobs.set(name, job);
    return job.resource();
  }

  function patch(call: Call): object {
    const job = existing(call);
    const settings = readJob(fields(masked(call, job.resource(), CHANGEABLE), ""));
    requireAccount(call, settings);
    job.configure(settings);
    return job.resource();
  }

  const project = { service: SERVICE, resource: () => `projects/${cloud.project}` } as const;
  const one = { service: SERVICE, path: `${JOBS}/{job}`, resource: nameOf } as const;

  /** A method that does something with a job and answers it. */
  function verbRoute(verb: string, permission: string, act: (job: Job) => void): Route {
    function handle(call: Call): object {
      const job = existing(call);
      act(job);
      return job.resource();
    }
    return {
      ...one,
      method: "POST",
      path: `${one.path}:${verb}`,
      permission: `cloudscheduler.jobs.${permission}`,
      handle,
    };
  }

  return {
    isIdle,
    idle: idleness.idle,
    leftovers: () => [...jobs.keys()].map((name) => `Cloud Scheduler job ${name}`),
    close() {
      for (const job of jobs.values()) job.close();
      jobs.clear();
      idleness.check();
    },
    routes: [
      { ...project, method: "POST", path: JOBS, permission: "cloudscheduler.jobs.create", handle: create },
      {
        ...project,
        method: "GET",
        path: JOBS,
        permission: "cloudscheduler.jobs.list",
        handle: (call) => ({
          jobs: [...jobs.values()]
            .filter((job) => job.name.startsWith(`${parentOf(call)}/`))
            .map((job) => job.resource()),
        }),
      },
      {
        ...one,
        method: "GET",
        permission: "cloudscheduler.jobs.get",
        handle: (call) => existing(call).resource(),
      },
      { ...one, method: "PATCH", permission: "cloudscheduler.jobs.update", handle: patch },
      {
        ...one,
        method: "DELETE",
        permission: "cloudscheduler.jobs.delete",
        handle(call) {
          const job = existing(call);
          jobs.delete(job.name);
          job.close();
          idleness.check();
          return {};
        },
      },
      verbRoute("pause", "pause", (job) => job.setPaused(true)),
      verbRoute("resume", "enable", (job) => job.setPaused(false)),
      verbRoute("run", "run", (job) => job.run()),
    ],
  };
}
