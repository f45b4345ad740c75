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

it("tells a mistake on the command line of any command before Pulumi's packages are loaded, which takes a second", async () => {
  const names = ["doctor", "smoke", "acceptance", "explain", "report", "replay"];
  const script = `
    import { createRequire } from "node:module";
    import { runNamed } from ${JSON.stringify(new URL("../../cli/run.ts", import.meta.url).href)};
    const codes = [];
    for (const name of ${JSON.stringify(names)}) {
      codes.push(await runNamed([name, "--nonsense"], new AbortController().signal));
    }
    const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => /@pulumi.(pulumi|gcp)/.test(path));
    console.log(JSON.stringify({ codes, loaded }));`;
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, ["--input-type=module", "-e", script], (error, output) =>
      error ? reject(error) : resolve(output),
    );
  });
  expect(JSON.parse(stdout)).toEqual({ codes: names.map(() => 2), loaded: [] });
});
