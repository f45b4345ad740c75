import { randomUUID } from "node:crypto";

/** One message to a page. */
export interface Message {
  /** Which run of the console the rows are of: a page forgets what it has when it changes. */
  readonly run: string;
  /** Rows that are new or have changed; a later one replaces an earlier one of the same uuid. */
  readonly rows: readonly unknown[];
  /** Uuids of rows that are gone. */
  readonly gone: readonly string[];
  /** The state, when it has changed. */
  readonly state?: unknown;
}

/** Tells pages what changes: the latest form of each row, and of the state. */
export interface Stream {
  /** To be called when a row is new or has changed. */
  changed(uuid: string): void;
  /** To be called when a row is gone. */
  gone(uuid: string): void;
  /** To be called when the state may have changed. */
  stateChanged(): void;
  /**
   * Begins a page's stream of server-sent events (WHATWG HTML, "Server-sent events").
   *
   * @param lastEventId of the last message that the page has received; the stream goes on behind it
   */
  open(lastEventId: string | undefined): Response;
  /** How many pages listen. */
  readonly pages: number;
  close(): void;
}

/** Where the content of messages comes from. */
export interface StreamOptions {
  /** A row as it is now; undefined when it is gone. */
  row(uuid: string): unknown;
  state(): unknown;
}

/** How long changes are collected, in milliseconds: a page needs no more than ten messages a second. */
const COLLECT_MS = 100;
/** How often the state is looked at without a change that somebody reported, in milliseconds. */
const LOOK_MS = 1000;
/** Rows in one message. */
const ROWS_PER_MESSAGE = 1000;
/** A comment that keeps the connection, and shows a page that it is there. In milliseconds. */
const HEARTBEAT_MS = 10_000;

/** One page that listens. */
interface Page {
  /** The rows to send, in the order of their last change. */
  readonly dirty: Set<string>;
  readonly gone: Set<string>;
  state: string;
  /** Whether it takes more. */
  isReady(): boolean;
  send(id: string, message: Message): void;
  comment(): void;
  end(): void;
}

export function createStream({ row, state }: StreamOptions): Stream {
  const run = randomUUID().slice(0, 8);
  const pages = new Set<Page>();
  /** The number of each row's last change, in this order. */
  const changes = new Map<string, number>();
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  let stateAt = 0;

  const collect = () => {
    if (pages.size > 0) timer ??= setTimeout(flush, COLLECT_MS);
  };

  function flush(): void {
    timer = undefined;
    const current = JSON.stringify(state());
    stateAt = Date.now();
    for (const page of pages) flushPage(page, current);
    if ([...pages].some(({ dirty }) => dirty.size > 0)) collect();
  }

  function flushPage(page: Page, current: string): void {
    do {
      if (!page.isReady()) return;
      const uuids = [...page.dirty.values().take(ROWS_PER_MESSAGE)];
      const isStateNew = page.state !== current;
      if (uuids.length === 0 && page.gone.size === 0 && !isStateNew) return;
      const last = uuids.at(-1);
      // All rows that changed up to this number have been sent.
      const reached =
        page.dirty.size > uuids.length && last !== undefined ? (changes.get(last) ?? count) : count;
      const rows = uuids.flatMap((uuid) => row(uuid) ?? []);
      const rest = isStateNew ? { state: JSON.parse(current) as unknown } : {};
      page.send(`${run}.${reached}`, { run, rows, gone: [...page.gone], ...rest });
      for (const uuid of uuids) page.dirty.delete(uuid);
      page.gone.clear();
      page.state = current;
    } while (page.dirty.size > 0);
  }

  const looking = setInterval(() => {
    if (Date.now() - stateAt >= LOOK_MS) collect();
  }, LOOK_MS);
  const heartbeat = setInterval(() => {
    for (const page of pages) page.comment();
  }, HEARTBEAT_MS);
  // What keeps the process is the server.
  looking.unref();
  heartbeat.unref();

  return {
    get pages() {
      return pages.size;
    },
    changed(uuid) {
      count += 1;
      changes.delete(uuid);
      changes.set(uuid, count);
      for (const { dirty } of pages) {
        dirty.delete(uuid);
        dirty.add(uuid);
      }
      collect();
    },
    gone(uuid) {
      changes.delete(uuid);
      for (const page of pages) {
        page.dirty.delete(uuid);
        page.gone.add(uuid);
      }
    },
    stateChanged: collect,
    open(lastEventId = "") {
      const [from, number = ""] = lastEventId.split(".");
      const after = from === run ? Number(number) : 0;
      const encoder = new TextEncoder();
      let page: Page | undefined;
      const body = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            const write = (text: string) => controller.enqueue(encoder.encode(text));
            page = {
              dirty: new Set([...changes].filter(([, change]) => change > after).map(([uuid]) => uuid)),
              gone: new Set(),
              state: "",
              isReady: () => (controller.desiredSize ?? 0) > 0,
              send: (id, message) => write(`id: ${id}\ndata: ${JSON.stringify(message)}\n\n`),
              comment: () => write(":\n\n"),
              end: () => controller.close(),
            };
            pages.add(page);
            write("retry: 500\n\n");
            flush();
          },
          pull: () => collect(),
          cancel() {
            if (page !== undefined) pages.delete(page);
          },
        },
        // In chunks: a page that does not read gets no more, and later the latest form of what has changed.
        { highWaterMark: 8 },
      );
      return new Response(body, {
        headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" },
      });
    },
    close() {
      clearTimeout(timer);
      clearInterval(looking);
      clearInterval(heartbeat);
      for (const page of pages) page.end();
      pages.clear();
    },
  };
}
