const themes = ["system", "light", "dark"];
const KEY = "theme";

/** The theme that the person has chosen: `system`, `light` or `dark`. */
export function theme() {
  const chosen = localStorage.getItem(KEY) ?? "";
  return themes.includes(chosen) ? chosen : "system";
}

/** Shows the page in the chosen theme. */
export function applyTheme() {
  document.documentElement.dataset.theme = theme();
}

/** Chooses the next theme. @returns its name */
export function nextTheme() {
  const next = themes[(themes.indexOf(theme()) + 1) % themes.length] ?? "system";
  localStorage.setItem(KEY, next);
  applyTheme();
  return next;
}
