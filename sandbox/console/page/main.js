import { render } from "preact";
import { App } from "./app.js";
import { html } from "./html.js";
import { live } from "./live.js";
import { applyTheme } from "./theme.js";

applyTheme();
live.connect();
const page = document.getElementById("page");
if (page !== null) {
  page.replaceChildren();
  render(html`<${App} />`, page);
}
