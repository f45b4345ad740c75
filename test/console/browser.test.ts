import { describe, expect, it } from "vitest";
import { hasDesktop, openCommand } from "../../sandbox/console/browser.ts";

describe("the console is opened", () => {
  it.each([
    ["linux", { DISPLAY: ":0" }, true],
    ["linux", { WAYLAND_DISPLAY: "wayland-0" }, true],
    ["linux", { DISPLAY: "" }, false],
    ["linux", {}, false],
    ["darwin", {}, true],
    ["win32", {}, true],
    ["darwin", { SSH_CONNECTION: "192.0.2.1 22" }, false],
    ["linux", { DISPLAY: ":0", CI: "true" }, false],
  ] as const)("on %s with %o only where somebody sees it: %s", (platform, environment, isSeen) => {
    expect(hasDesktop(environment, platform)).toBe(isSeen);
  });

  it("by a command that no shell reads, with the address as one word", () => {
    const url = "http://127.0.0.1:4600/?token=a&b";
    for (const platform of ["linux", "darwin", "win32"] as const) {
      const [command, ...words] = openCommand(url, platform);
      expect(command).not.toMatch(/sh|cmd/);
      expect(words.at(-1)).toBe(url);
    }
  });
});
