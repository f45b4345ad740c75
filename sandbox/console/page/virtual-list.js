import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";

/** Rows that are drawn above and below what can be seen. */
const MARGIN = 8;

/**
 * A list of any length, of which only the rows that can be seen are drawn. One row is selected; arrows move the selection.
 *
 * @param {{count: number, rem: number, label: string, selected: number, select: (index: number) => void, open?: () => void,
 *   draw: (index: number) => unknown, scrolled: (isAtTop: boolean) => void, id: string}} properties
 *   `rem` is the height of a row; `selected` is -1 where none is
 */
export function VirtualList({ count, rem, label, selected, select, open, draw, scrolled, id }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [view, setView] = useState({ top: 0, height: 600, row: rem * 16 });

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      setView({ top: element.scrollTop, height: element.clientHeight, row: rem * size });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [rem]);

  // Keeps the selected row in sight when the keyboard moves it.
  useEffect(() => {
    const element = box.current;
    if (element === null || selected < 0) return;
    const [top, bottom] = [selected * view.row, (selected + 1) * view.row];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight)
      element.scrollTop = bottom - element.clientHeight;
  }, [selected]);

  const first = Math.max(0, Math.floor(view.top / view.row) - MARGIN);
  const last = Math.min(count, Math.ceil((view.top + view.height) / view.row) + MARGIN);
  const indices = Array.from({ length: Math.max(last - first, 0) }, (_, offset) => first + offset);

  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const page = Math.max(1, Math.floor(view.height / view.row) - 1);
    /** @type {Readonly<Record<string, number>>} */
    const moves = {
      ArrowDown: selected + 1,
      j: selected + 1,
      ArrowUp: selected - 1,
      k: selected - 1,
      PageDown: selected + page,
      PageUp: selected - page,
      Home: 0,
      End: count - 1,
    };
    const target = moves[event.key];
    if (event.key === "Enter") open?.();
    if (target === undefined || count === 0) return;
    event.preventDefault();
    select(Math.max(0, Math.min(count - 1, target)));
  };

  return html`<div
    class="virtual-list"
    ref=${box}
    tabindex="0"
    role="listbox"
    aria-label=${label}
    aria-activedescendant=${selected < 0 ? undefined : `${id}-${selected}`}
    onKeyDown=${onKey}
    onScroll=${() => {
      const element = box.current;
      if (element === null) return;
      setView({ ...view, top: element.scrollTop, height: element.clientHeight });
      scrolled(element.scrollTop < 4);
    }}
  >
    <div class="virtual-space" role="presentation" style=${{ height: `${count * view.row}px` }}>
      ${indices.map(
        (index) => html`<div
          key=${index}
          id=${`${id}-${index}`}
          class="virtual-row"
          role="option"
          aria-selected=${index === selected ? "true" : "false"}
          aria-setsize=${count}
          aria-posinset=${index + 1}
          style=${{ transform: `translateY(${index * view.row}px)`, height: `${view.row}px` }}
          onClick=${() => select(index)}
        >
          ${draw(index)}
        </div>`,
      )}
    </div>
  </div>`;
}
