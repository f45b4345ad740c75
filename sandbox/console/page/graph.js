import { Graph, layout } from "@dagrejs/dagre";
import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.js";
import { resourceTitle } from "./resource.js";

/** @typedef {import("./resource.js").Resource} Resource */

/** In pixels of the drawing. */
const NODE = { width: 190, height: 44 };

/**
 * Resources as a graph: each stands to the right of what it depends on.
 *
 * @param {{resources: readonly Resource[], selected: string, select: (urn: string) => void, scale: "fit" | "full"}} properties
 */
export function ResourceGraph({ resources, selected, select, scale }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    const [element, node] = [box.current, box.current?.querySelector(".node.selected")];
    if (element === null || !node) return;
    const [outer, inner] = [element.getBoundingClientRect(), node.getBoundingClientRect()];
    element.scrollBy(
      inner.x - outer.x - (outer.width - inner.width) / 2,
      inner.y - outer.y - (outer.height - inner.height) / 2,
    );
  }, [selected, scale, resources]);
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 8, edgesep: 1, ranksep: 45, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { urn } of resources) graph.setNode(urn, { ...NODE });
  for (const [from, to] of edgesOf(resources)) graph.setEdge(from, to);
  layout(graph);
  const { width = 100, height = 100 } = /** @type {{width?: number, height?: number}} */ (graph.graph());
  // As large as the text around it.
  const zoom = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;
  const near = new Set(
    graph.edges().flatMap(({ v, w }) => (v === selected ? [w] : w === selected ? [v] : [])),
  );

  return html`<div ref=${box} class=${`graph ${scale}`} tabindex="0" role="region" aria-label="Graph of the resources">
    <svg viewBox=${`0 0 ${width} ${height}`} width=${scale === "full" ? width * zoom : undefined} height=${scale === "full" ? height * zoom : undefined}
      role="img" aria-label=${`${resources.length} resources; the list next to it has each with what it depends on`}>
      ${graph.edges().map(({ v, w }) => {
        const { points = [] } = /** @type {{points?: {x: number, y: number}[]}} */ (graph.edge(v, w));
        return html`<path key=${`${v} ${w}`} class=${`edge ${v === selected || w === selected ? "near" : ""}`} d=${pathOf(points)} />`;
      })}
      ${resources.map((resource) => {
        const { x = 0, y = 0 } = /** @type {{x?: number, y?: number}} */ (graph.node(resource.urn));
        const { kind, name } = resourceTitle(resource);
        const isNear = near.has(resource.urn);
        return html`<g key=${resource.urn} class=${`node ${resource.type.split(":")[0]} ${resource.state} ${
          resource.urn === selected ? "selected" : isNear ? "near" : ""
        }`} transform=${`translate(${x - NODE.width / 2} ${y - NODE.height / 2})`} onClick=${() => select(resource.urn)}>
          <title>${`${kind} ${name}`}</title>
          <rect width=${NODE.width} height=${NODE.height} rx="6" />
          <text x="10" y="18" class="kind">${short(kind, 27)}</text>
          <text x="10" y="34">${short(name, 27)}</text>
        </g>`;
      })}
    </svg>
  </div>`;
}

/**
 * What leads from a resource to those that depend on it, without what other ways say already.
 *
 * @param {readonly Resource[]} resources
 * @returns {[from: string, to: string][]}
 */
function edgesOf(resources) {
  const own = new Map(resources.map((resource) => [resource.urn, resource.dependencies]));
  /** @type {Map<string, Set<string>>} */
  const reached = new Map();
  /** All that a resource depends on, at any distance. @param {string} urn @returns {Set<string>} */
  const reach = (urn) => {
    const known = reached.get(urn);
    if (known !== undefined) return known;
    const all = new Set();
    reached.set(urn, all);
    for (const dependency of own.get(urn) ?? []) {
      all.add(dependency);
      for (const further of reach(dependency)) all.add(further);
    }
    return all;
  };
  return resources.flatMap(({ urn, dependencies }) =>
    dependencies
      .filter((one) => own.has(one) && !dependencies.some((other) => other !== one && reach(other).has(one)))
      .map((one) => /** @type {[string, string]} */ ([one, urn])),
  );
}

/** @param {readonly {x: number, y: number}[]} points */
function pathOf(points) {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  return `M${first.x},${first.y}${rest.map(({ x, y }) => `L${x},${y}`).join("")}`;
}

/** @param {string} text @param {number} longest */
function short(text, longest) {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
