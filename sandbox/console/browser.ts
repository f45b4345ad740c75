import { spawn } from "node:child_process";

/** Whether somebody sees a browser that is opened here: there is a desktop, and no connection from another machine. */
export function hasDesktop(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): boolean {
  if (environment["CI"] !== undefined || environment["SSH_CONNECTION"] !== undefined) return false;
  if (platform === "darwin" || platform === "win32") return true;
  return [environment["DISPLAY"], environment["WAYLAND_DISPLAY"]].some((display) => (display ?? "") !== "");
}

/** The command that opens an address in the person's browser. */
export function openCommand(url: string, platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === "darwin") return ["open", url];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", url];
  return ["xdg-open", url];
}

/** Opens an address. Nothing happens where no browser can be opened: the address was printed. */
export function openBrowser(url: string): void {
  const [command, ...words] = openCommand(url, process.platform);
  const child = spawn(command, words, { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}
