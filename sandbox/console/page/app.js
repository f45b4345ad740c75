import { useEffect, useRef, useState } from "preact/hooks";
import { mayChange } from "./api.js";
import { numberOf, plural } from "./format.js";
import { Help } from "./help.js";
import { html } from "./html.js";
import { onKeys } from "./keys.js";
import { useLive } from "./live.js";
import { Messages, say } from "./message.js";
import { nextTheme, theme } from "./theme.js";
import { currentView, openView, views } from "./views.js";

/** The whole page: navigation, state, and the view that is open. */
export function App() {
  const [view, setView] = useState(currentView());
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [shownTheme, setShownTheme] = useState(theme());
  const main = useRef(/** @type {HTMLElement | null} */ (null));

  useEffect(() => {
    const change = () => {
      setView(currentView());
      // On a small screen the names of the views do not all fit.
      requestAnimationFrame(() =>
        document
          .querySelector(".views [aria-current]")
          ?.scrollIntoView({ block: "nearest", inline: "nearest" }),
      );
    };
    change();
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, []);

  const changeTheme = () => {
    const next = nextTheme();
    setShownTheme(next);
    say(`Theme: ${next}`);
  };

  useEffect(
    () =>
      onKeys({
        "?": () => setHelpOpen((isOpen) => !isOpen),
        t: changeTheme,
        ...Object.fromEntries(views.map(({ id }, index) => [String(index + 1), () => openView(id)])),
      }),
    [],
  );

  return html`
    <a class="skip" href="#main" onClick=${(/** @type {Event} */ event) => {
      event.preventDefault();
      main.current?.focus();
    }}>Skip to content</a>
    <header class="top">
      <h1 class="brand"><img src="/page/icon.svg" alt="" width="24" height="24" /><span>signin-groups</span> <small>sandbox</small></h1>
      <${Status} />
      <div class="top-actions">
        <button type="button" class="quiet" onClick=${changeTheme} aria-label=${`Theme: ${shownTheme}. Change it`} title="Theme (t)">
          <span aria-hidden="true">${shownTheme === "dark" ? "☾" : shownTheme === "light" ? "☀" : "◐"}</span>
        </button>
        <button type="button" class="quiet" onClick=${() => setHelpOpen(true)} aria-label="Keyboard and help" title="Help (?)">
          <span aria-hidden="true">?</span>
        </button>
      </div>
    </header>
    <nav class="views" aria-label="Views">
      ${views.map(
        ({ id, title }, index) => html`<a
          key=${id}
          href=${`#/${id}`}
          aria-current=${id === view ? "page" : undefined}
          title=${`${title} (${index + 1})`}
        >${title}<${Badge} id=${id} /></a>`,
      )}
    </nav>
    <main id="main" ref=${main} tabindex="0" class=${`view view-${view}`}>
      ${!mayChange && html`<p class="notice">This page may only look. To change something, open the address that <code>npm start</code> has printed, with its token.</p>`}
      <${Lost} />
      <${OpenView} key=${view} id=${view} />
    </main>
    <${Messages} />
    ${isHelpOpen && html`<${Help} close=${() => setHelpOpen(false)} />`}
  `;
}

/** The view of this id, once its file is there. @param {{id: string}} properties */
function OpenView({ id }) {
  const [Loaded, setLoaded] = useState(/** @type {import("preact").ComponentType | undefined} */ (undefined));
  const entry = views.find((one) => one.id === id);
  useEffect(() => {
    let isWanted = true;
    document.title = `${entry?.title ?? ""} · signin-groups sandbox`;
    entry?.load().then(
      ({ View }) => isWanted && setLoaded(() => View),
      () => say("A part of the page could not be loaded. Is npm start still running?", "bad"),
    );
    return () => {
      isWanted = false;
    };
  }, [id]);
  return Loaded === undefined ? html`<p class="starting">…</p>` : html`<${Loaded} />`;
}

/** How far the sandbox is, in a line. */
function Status() {
  const state = useLive((live) => live.state);
  const connection = useLive((live) => live.connection);
  const events = useLive((live) => live.total);
  if (connection !== "live" || state === undefined) {
    return html`<p class="status" role="status"><span class="dot warn"></span>${connection === "lost" ? "Connection lost, trying again …" : "Connecting …"}</p>`;
  }
  const { phase, resources, groups } = state;
  const own = groups.filter(({ name }) => name !== "Everyone");
  const members = own.map(({ name, members }) => `${plural(members, "member")} in ${name}`).join(", ");
  const text = {
    starting: "Starting …",
    deploying: `Deploying: ${resources.made} of ${resources.begun} resources`,
    up: [plural(events, "event"), members].filter((part) => part !== "").join(" · "),
    failed: `Failed: ${state.failure ?? ""}`,
    destroying: "Destroying everything …",
  }[phase];
  const tone = { up: state.faults.length > 0 ? "warn" : "good", failed: "bad" }[phase] ?? "busy";
  return html`<p class="status" role="status">
    <span class=${`dot ${tone}`}></span><span class="status-text">${text}</span>
  </p>`;
}

/** A number next to a view's name. @param {{id: string}} properties */
function Badge({ id }) {
  const count = useLive(({ state }) => {
    if (id === "break") return state?.faults.length ?? 0;
    if (id === "alerts") return state?.firing.length ?? 0;
    if (id === "queue") return state?.queues.reduce((sum, { tasks }) => sum + tasks, 0) ?? 0;
    return 0;
  });
  return count === 0 ? null : html` <span class="badge">${numberOf(count)}</span>`;
}

/** Says that what is shown may be old. */
function Lost() {
  const isLost = useLive((live) => live.connection === "lost" && live.state !== undefined);
  return isLost
    ? html`<p class="notice warn" role="alert">The sandbox does not answer. What you see is from before. The page connects again by itself.</p>`
    : null;
}
