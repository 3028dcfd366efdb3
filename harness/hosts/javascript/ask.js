// Asks a policy.wasm, by OPA's SDK, each question on standard input, and writes the answers:
// node ask.js policy.wasm <'[{"entrypoint": "…", "input": …}]'
const { readFileSync } = require("node:fs");
const { loadPolicy } = require("@open-policy-agent/opa-wasm");

async function main(file) {
  const policy = await loadPolicy(readFileSync(file));
  const questions = JSON.parse(readFileSync(0, "utf8"));
  const answers = questions.map(({ entrypoint, input }) => policy.evaluate(input, entrypoint)[0].result);
  process.stdout.write(JSON.stringify(answers));
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 2;
});
