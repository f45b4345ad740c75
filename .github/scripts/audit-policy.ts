/** How grave an advisory is, as npm says; in this order. */
const SEVERITIES = ["info", "low", "moderate", "high", "critical"] as const;
type Severity = (typeof SEVERITIES)[number];

/** Where a package is used. */
type Place = "deployed" | "development";

/** From which severity on an advisory fails the audit. */
const THRESHOLDS: Readonly<Record<Place, Severity>> = { deployed: "moderate", development: "high" };

/** An advisory on a package that is used. */
export interface Finding {
  /** Such as `GHSA-xxxx-xxxx-xxxx`. */
  readonly advisory: string;
  readonly package: string;
  readonly place: Place;
  readonly severity: Severity;
  readonly title: string;
  readonly url: string;
  /** The versions that it is about. */
  readonly range: string;
}

/** An advisory that somebody has looked into, and that may stay for a time. */
export interface Exception {
  readonly advisory: string;
  readonly package: string;
  readonly place: Place;
  readonly reason: string;
  /** The last day that it holds, as YYYY-MM-DD in UTC. */
  readonly expires: string;
}

/** What an audit comes to; each text is a line for a person. */
export interface Verdict {
  /** The audit has failed when there is one. */
  readonly failures: readonly string[];
  /** What is known and does not fail it. */
  readonly notes: readonly string[];
}

/**
 * Reads what `npm audit --json` prints (report version 2, npm 7 and newer).
 *
 * @param place where the packages that were audited are used
 * @throws Error when it is not a report, such as when the registry did not answer
 */
export function readReport(report: unknown, place: Place): Finding[] {
  const vulnerabilities = at(report, "vulnerabilities");
  const total = at(at(at(report, "metadata"), "dependencies"), "total");
  if (at(report, "auditReportVersion") !== 2 || !isObject(vulnerabilities)) {
    const error = at(report, "error");
    const said = [at(error, "summary"), at(error, "detail"), at(report, "message")].find(isText);
    throw new Error(`npm made no audit: ${said ?? "what it printed is not a report of version 2."}`);
  }
  if (typeof total !== "number" || total < 1) throw new Error("npm made an audit of no packages.");
  return Object.entries(vulnerabilities).flatMap(([name, vulnerability]) =>
    list(at(vulnerability, "via"), `advisories on ${name}`).flatMap((via) => {
      if (!isText(via)) return [{ package: name, place, ...readAdvisory(name, via) }];
      // It is affected by way of another package, whose own entry has the advisory.
      if (via in vulnerabilities) return [];
      throw new Error(`npm names no advisory for ${name} by way of ${via}.`);
    }),
  );
}

/** Findings of both audits, without those of development that are deployed as well. */
export function merge(deployed: readonly Finding[], development: readonly Finding[]): Finding[] {
  const keys = new Set(deployed.map(({ advisory, package: name }) => `${advisory} ${name}`));
  return [
    ...deployed,
    ...development.filter(({ advisory, package: name }) => !keys.has(`${advisory} ${name}`)),
  ];
}

/**
 * Reads the exceptions' file.
 *
 * @throws Error when an entry lacks something, or has too much
 */
export function readExceptions(value: unknown): Exception[] {
  return list(value, "the exceptions").map((entry, index) => {
    const where = `Exception ${index + 1}`;
    const { advisory, package: name, place, reason, expires, ...others } = Object(entry);
    const extra = Object.keys(others);
    if (extra.length > 0) throw new Error(`${where} has what no exception has: ${extra.join(", ")}.`);
    if (!isText(advisory) || !/^GHSA(-[0-9a-z]{4}){3}$/.test(advisory)) {
      throw new Error(`${where} needs an advisory, such as GHSA-xxxx-xxxx-xxxx.`);
    }
    if (!isText(name)) throw new Error(`${where} needs the name of a package.`);
    if (place !== "deployed" && place !== "development") {
      throw new Error(`${where} needs a place, "deployed" or "development".`);
    }
    if (!isText(reason)) throw new Error(`${where} needs a reason.`);
    if (!isText(expires) || !isDay(expires))
      throw new Error(`${where} needs the day that it expires, as YYYY-MM-DD.`);
    return { advisory, package: name, place, reason, expires };
  });
}

/** Judges findings by the thresholds and exceptions. @param today as YYYY-MM-DD, in UTC */
export function judge(
  findings: readonly Finding[],
  exceptions: readonly Exception[],
  today: string,
): Verdict {
  const failures: string[] = [];
  const notes: string[] = [];
  const unused = new Set(exceptions);
  for (const finding of findings) {
    const { advisory, place, title, url, range, severity } = finding;
    const line = `${severity}, ${place}: ${finding.package} ${range}: ${title} (${advisory}, ${url})`;
    if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(THRESHOLDS[place])) {
      notes.push(line);
      continue;
    }
    const exception = exceptions.find((one) => {
      return one.advisory === advisory && one.package === finding.package && one.place === place;
    });
    if (exception !== undefined) unused.delete(exception);
    if (exception === undefined) failures.push(line);
    else if (exception.expires < today) {
      failures.push(`${line}; its exception expired on ${exception.expires}`);
    } else notes.push(`${line}; until ${exception.expires}: ${exception.reason}`);
  }
  for (const { advisory, package: name, place } of unused) {
    failures.push(`The exception for ${advisory} in ${name} (${place}) is no longer needed: take it out.`);
  }
  return { failures, notes };
}

function readAdvisory(
  name: string,
  via: unknown,
): Pick<Finding, "advisory" | "severity" | "title" | "url" | "range"> {
  const url = at(via, "url");
  const title = at(via, "title");
  const range = at(via, "range");
  const severity = SEVERITIES.find((one) => one === at(via, "severity"));
  if (!isText(url) || !isText(title) || !isText(range) || severity === undefined) {
    throw new Error(`npm reports an advisory on ${name} without its address, title, versions or severity.`);
  }
  return { advisory: url.slice(url.lastIndexOf("/") + 1), severity, title, url, range };
}

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return (
    /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
  );
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`There is no list of ${what}.`);
  return value;
}

function at(value: unknown, key: string): unknown {
  return isObject(value) ? Reflect.get(value, key) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
