import htm from "htm";
import { h } from "preact";

/** Markup as a template: what stands in it as a value becomes text, never markup. */
export const html = htm.bind(h);
