import { randomBytes } from "node:crypto";
import type { Api, Cloud } from "../cloud.ts";
import { alreadyExists, GoogleError, notFound } from "../errors.ts";
import { fields } from "../fields.ts";
import { requireActAs } from "../iam/act-as.ts";
import { requireRegion } from "../locations.ts";
import { type Call, masked, type Route } from "../routes.ts";
import type { Send } from "../tasks/send.ts";
import { createIdleness } from "../timers.ts";
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

/**
 * The Cloud Scheduler API of one project.
 *
 * @param send how requests of jobs go out
 * @param followsSchedules whether jobs run at their times; otherwise only when they are asked to
 */
export function createScheduler(cloud: Cloud, send: Send, followsSchedules: boolean): Scheduler {
  const jobs = new Map<string, Job>();
  const parentOf = (call: Call) => `projects/${cloud.project}/locations/${call.parameter("location")}`;
  const nameOf = (call: Call) => `${parentOf(call)}/jobs/${call.parameter("job")}`;
  const isIdle = () => [...jobs.values()].every((job) => job.isIdle());
  const idleness = createIdleness(isIdle);

  /**
   * @decision A job that is not there is refused with 404.
   * @evidence recorded: firebase/firebase-tools pull request 1224: 404 for a job that does not exist.
   * @matters deployment fails: a refresh makes the job again.
   */
  function existing(call: Call): Job {
    const job = jobs.get(nameOf(call));
    if (!job) throw notFound(nameOf(call));
    return job;
  }

  function requireAccount(call: Call, { target }: JobSettings): void {
    if (target.oidcToken) requireActAs(cloud, call, target.oidcToken.serviceAccountEmail);
  }

  /**
   * @decision A job's id has 1 to 500 letters, digits, hyphens and underscores, and its name is written in full;
   * another is refused with 400.
   * @evidence recorded: googleapis/nodejs-scheduler#114: "Job name must be formatted: …". documentation:
   * googleapis/googleapis f8291d2, google/cloud/scheduler/v1/job.proto, Job.name: "The maximum length is 500
   * characters".
   * @matters deployment fails: Pulumi makes the id from the stack's name.
   */
  function chosenName(call: Call, name: string | undefined): string {
    const prefix = `${parentOf(call)}/jobs/`;
    if (name === undefined || name === "") return `${prefix}${randomBytes(10).toString("hex")}`;
    if (name.startsWith(prefix) && JOB_ID.test(name.slice(prefix.length))) return name;
    throw new GoogleError("INVALID_ARGUMENT", `Job name must be formatted: "${prefix}<JOB_ID>"`);
  }

  /**
   * @decision A job whose name exists is refused with 409.
   * @evidence recorded: hashicorp/terraform-provider-google#16918: "Error 409: Job projects/…/jobs/… already exists."
   * @matters sandbox only: the job has a suffix of its own.
   */
  function create(call: Call): object {
    requireRegion(call.parameter("location"));
    cloud.locations.require("a job", call.parameter("location"));
    const body = call.fields();
    const name = chosenName(call, body.optionalString("name"));
    if (jobs.has(name)) throw alreadyExists(name);
    const settings = readJob(body);
    requireAccount(call, settings);
    const job = createJob({
      name,
      settings,
      cloud,
      send,
      followsSchedule: followsSchedules,
      onChange: idleness.check,
    });
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
    /**
     * @decision A job is paused, resumed and run by methods of their own, which answer the job; resuming takes
     * cloudscheduler.jobs.enable.
     * @evidence documentation: Cloud Scheduler, "Access control"
     * (https://cloud.google.com/scheduler/docs/access-control): cloudscheduler.jobs.pause, .enable, .run;
     * googleapis/googleapis f8291d2, google/cloud/scheduler/v1/cloudscheduler.proto, PauseJob, ResumeJob, RunJob.
     * @matters late: a run of `reconcile` that somebody asks for is made by :run.
     */
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
      /**
       * @decision A job is made by cloudscheduler.jobs.create on the project.
       * @evidence documentation: Cloud Scheduler, "Access control"
       * (https://cloud.google.com/scheduler/docs/access-control).
       * @matters sandbox only: the one who deploys is the owner here.
       */
      { ...project, method: "POST", path: JOBS, permission: "cloudscheduler.jobs.create", handle: create },
      /**
       * @decision The jobs of a location are listed. Here the whole list is one page.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/scheduler/v1/cloudscheduler.proto,
       * ListJobs.
       * @matters sandbox only: nothing of the product lists jobs.
       */
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
      /**
       * @decision A job is answered with its state and the status of its last attempt.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/scheduler/v1/job.proto, Job.state,
       * Job.status, last_attempt_time (output only).
       * @matters late: an alert on a failing job reads it in the log instead.
       */
      {
        ...one,
        method: "GET",
        permission: "cloudscheduler.jobs.get",
        handle: (call) => existing(call).resource(),
      },
      /**
       * @decision A job is changed by cloudscheduler.jobs.update on the job; a mask is not needed.
       * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
       * google-beta/services/cloudscheduler/resource_cloud_scheduler_job.go, Update: PATCH of the job's own name
       * without updateMask.
       * @matters sandbox only: the one who deploys is the owner here.
       */
      { ...one, method: "PATCH", permission: "cloudscheduler.jobs.update", handle: patch },
      /**
       * @decision A DELETE deletes a job at once, and a run that is under way has no further attempt.
       * @evidence assumed: DeleteJob answers an empty object (googleapis/googleapis f8291d2,
       * google/cloud/scheduler/v1/cloudscheduler.proto); what becomes of a run is not said.
       * @show No deployment shows it: the functions go with the job.
       * @matters sandbox only: a destroyed stack has no function to call.
       */
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
