/* What layout.ts evaluates in a page that is printed. */
(() => {
  /** @type {string[]} */
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    faults.push(`the page is ${root.scrollWidth} wide in ${root.clientWidth}`);
  const isSeen = (/** @type {Element} */ element) =>
    element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const nameOf = (/** @type {Element} */ element) =>
    `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} "${(element.textContent ?? "").trim().slice(0, 30)}"`;
  /** The colour behind an element; white where nothing has one. @param {Element | null} element @returns {string} */
  const behind = (element) => {
    if (element === null) return "rgb(255, 255, 255)";
    const { backgroundColor } = getComputedStyle(element);
    return backgroundColor === "rgba(0, 0, 0, 0)" ? behind(element.parentElement) : backgroundColor;
  };
  for (const element of document.querySelectorAll("body *")) {
    if (!isSeen(element)) continue;
    // What is a row, and not something to press, is printed.
    if (element.matches("nav, dialog, form, input, select, button:not(.step, .resource, .log-entry, .link)"))
      faults.push(`${nameOf(element)} is printed`);
    if (element.getBoundingClientRect().right > root.clientWidth + 1 && element.closest(".plot") === null)
      faults.push(`${nameOf(element)} reaches beyond the paper`);
    const isText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim() !== "",
    );
    if (!isText) continue;
    const style = getComputedStyle(element);
    const isDrawn = element instanceof SVGElement;
    const color = isDrawn ? style.fill : style.color;
    if (color !== "rgb(0, 0, 0)") faults.push(`${nameOf(element)} is ${color}`);
    if (!isDrawn && behind(element) !== "rgb(255, 255, 255)")
      faults.push(`${nameOf(element)} is on ${behind(element)}`);
  }
  return faults;
})();
