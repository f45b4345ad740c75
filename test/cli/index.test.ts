import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const entry = join(import.meta.dirname, "../../cli/index.ts");

it.each([[], ["constructor"], ["--help"]])(
  "names the commands there are, and exits with 2, for %j",
  async (...words) => {
    const ended = await new Promise((resolve) => {
      execFile(process.execPath, [entry, ...words], (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stdout, stderr });
      });
    });
    expect(ended).toEqual({
      code: 2,
      stdout: "",
      stderr: `"${words[0] ?? ""}" is not a command: doctor, smoke, acceptance, explain, report, replay\n`,
    });
  },
);
