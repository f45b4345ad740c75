/** What is typed into goes to the field, and not to the page. @param {EventTarget | null} target */
function isField(target) {
  return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/**
 * Calls back for single keys, unless somebody types into a field or a dialog is open.
 *
 * @param {Readonly<Record<string, () => void>>} keys
 * @returns {() => void} ends it
 */
export function onKeys(keys) {
  /** @param {KeyboardEvent} event */
  const listen = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isField(event.target) || document.querySelector("dialog[open]") !== null) return;
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  addEventListener("keydown", listen);
  return () => removeEventListener("keydown", listen);
}
