import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { timeOf } from "./format.js";
import { html } from "./html.js";

/** One line of a chart. @typedef {{title: string, color: string, unit?: string, values: (number | null)[]}} Line */

/** Adds the style sheet of the charts once. */
function addStyles() {
  if (document.getElementById("chart-styles") !== null) return;
  const link = document.createElement("link");
  link.id = "chart-styles";
  link.rel = "stylesheet";
  link.href = "/packages/uPlot.css";
  document.head.append(link);
}

/** A custom property's colour in the theme that is shown. @param {string} name @param {HTMLElement} element */
function colorOf(name, element) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/**
 * A chart over time, with its last values as text.
 *
 * @param {{title: string, note: string, times: number[], lines: readonly Line[]}} properties times in seconds since the epoch
 */
export function Chart({ title, note, times, lines }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {uPlot | undefined} */ (undefined));

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    addStyles();
    const make = () => {
      plot.current?.destroy();
      const axis = {
        stroke: colorOf("--soft", element),
        grid: { stroke: colorOf("--line", element), width: 1 },
        ticks: { show: false },
      };
      const size = Number.parseFloat(getComputedStyle(element).fontSize);
      const font = `${Math.round(size * 0.75)}px system-ui, sans-serif`;
      plot.current = new uPlot(
        {
          width: element.clientWidth,
          height: Math.round(size * 11),
          cursor: { show: false },
          legend: { show: false },
          scales: { y: { range: (_, _low, high) => [0, Math.max(high * 1.1, 1)] } },
          axes: [
            {
              ...axis,
              font,
              values: (_, splits) => splits.map((split) => timeOf(split * 1000)),
              space: size * 6,
            },
            { ...axis, font, size: size * 3.2 },
          ],
          series: [
            {},
            ...lines.map(({ title: label, color }) => ({
              label,
              stroke: colorOf(color, element),
              width: 2,
              points: { show: false },
              spanGaps: false,
            })),
          ],
        },
        [times, ...lines.map(({ values }) => values)],
        element,
      );
    };
    const observer = new ResizeObserver(make);
    observer.observe(element);
    const themes = new MutationObserver(make);
    themes.observe(document.documentElement, { attributes: true });
    return () => {
      observer.disconnect();
      themes.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);

  useEffect(() => {
    plot.current?.setData([times, ...lines.map(({ values }) => values)]);
  }, [times.at(-1), times.length]);

  return html`<figure class="panel chart">
    <figcaption><h3>${title}</h3><p class="quiet-text">${note}</p></figcaption>
    <ul class="legend">${lines.map(
      ({
        title: name,
        color,
        unit = "",
        values,
      }) => html`<li key=${name}><span class="swatch" style=${{ background: `var(${color})` }}></span>
        ${name} <strong>${lastOf(values, unit)}</strong></li>`,
    )}</ul>
    <div class="plot" ref=${box} role="img" aria-label=${`${title}: ${lines.map(({ title: name, unit = "", values }) => `${name} ${lastOf(values, unit)}`).join(", ")}`}></div>
  </figure>`;
}

/** @param {readonly (number | null)[]} values @param {string} unit */
function lastOf(values, unit) {
  const last = values.findLast((value) => value !== null);
  return last === undefined || last === null ? "–" : `${Math.round(last)}${unit}`;
}
