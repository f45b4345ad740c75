/* What layout.ts evaluates in a page. */
(() => {
  /** @type {string[]} */
  const faults = [];
  const nameOf = (/** @type {Element} */ element) =>
    `${element.tagName.toLowerCase()}${element.className && typeof element.className === "string" ? `.${element.className.trim().split(/\s+/).join(".")}` : ""} "${(element.textContent ?? "").trim().slice(0, 30)}"`;
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    faults.push(`the page is ${root.scrollWidth} wide in ${root.clientWidth}`);
  if (root.scrollHeight > root.clientHeight)
    faults.push(`the page is ${root.scrollHeight} high in ${root.clientHeight}`);
  const isSeen = (/** @type {Element} */ element) =>
    element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  for (const element of document.querySelectorAll("body *")) {
    if (!(element instanceof HTMLElement) || !isSeen(element)) continue;
    const style = getComputedStyle(element);
    if (style.display === "inline" || element.tagName === "OPTION") continue;
    // Only these are to be moved sideways.
    const isSideways = element.matches(".graph, .scroll, .code, .views, textarea, input, select");
    if (/auto|scroll/.test(style.overflowX) && !isSideways && element.scrollWidth > element.clientWidth + 1) {
      faults.push(
        `${nameOf(element)} has to be moved sideways: ${element.scrollWidth} wide in ${element.clientWidth}`,
      );
    }
    // Text that is too long for its box, where nothing cuts or scrolls it.
    if (
      style.overflowX === "visible" &&
      element.scrollWidth > element.clientWidth + 1 &&
      element.clientWidth > 0
    ) {
      faults.push(`${nameOf(element)} is ${element.scrollWidth} wide in ${element.clientWidth}`);
    }
    const children = [...element.children].filter((child) => {
      const { position, display } = getComputedStyle(child);
      return (
        isSeen(child) &&
        position !== "absolute" &&
        position !== "fixed" &&
        position !== "sticky" &&
        display !== "inline"
      );
    });
    for (const [index, one] of children.entries()) {
      for (const other of children.slice(index + 1)) {
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (width > 2 && height > 2) faults.push(`${nameOf(one)} overlaps ${nameOf(other)}`);
      }
    }
  }
  return faults;
})();
