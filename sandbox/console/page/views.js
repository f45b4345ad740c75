/**
 * A view: what its file exports as `View`.
 * @typedef {{id: string, title: string, load: () => Promise<{View: import("preact").ComponentType}>}} ViewEntry
 */

/** The views in the order of the navigation; each is a file of its own, loaded when it is opened. @type {readonly ViewEntry[]} */
export const views = [
  { id: "timeline", title: "Timeline", load: () => import("./views/timeline.js") },
  { id: "break", title: "Break it", load: () => import("./views/break.js") },
  { id: "people", title: "People", load: () => import("./views/people.js") },
  { id: "log", title: "System Log", load: () => import("./views/log.js") },
  { id: "queue", title: "Queue", load: () => import("./views/queue.js") },
  { id: "deployment", title: "Deployment", load: () => import("./views/deployment.js") },
  { id: "rules", title: "Rules", load: () => import("./views/rules.js") },
  { id: "load", title: "Load", load: () => import("./views/load.js") },
  { id: "alerts", title: "Alerts", load: () => import("./views/alerts.js") },
];

/** The id of the view that the address names. */
export function currentView() {
  const id = location.hash.replace(/^#\/?/, "").split("/")[0] ?? "";
  return views.some((view) => view.id === id) ? id : "timeline";
}

/** @param {string} id */
export function openView(id) {
  location.hash = `#/${id}`;
}
