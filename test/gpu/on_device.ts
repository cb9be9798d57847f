import { readFile } from 'node:fs/promises';
import { diskSource } from '../../src/cli/disk';
import { nodeGpu } from '../../src/cli/node_gpu';
import { openGpu } from '../../src/gpu/device';
import { evaluateExperiment } from '../../src/lab/experiments/evaluation/evaluate';
import { type Lab, openLab } from '../../src/lab/setup/lab';
import { INSTANT } from '../../src/network/link';
import { endureExecutables, endureRuns, isSteady } from '../cluster/endurance_case';
import { TOLERANCE } from '../oracle/compare';
import { decodeError, FAMILIES, PLANS } from '../oracle/decode_case';
import { EXCHANGES, runExchange } from './exchange_case';
import { KERNEL_CASES } from './kernel_cases';
import { worstOf } from './launch_kernel';
import { KERNEL_TOLERANCE } from './tolerance';

const VAL = 'public/models/reference/val.safetensors';

// The kernel cases, decoding against prefill and 200 runs in a row, without a test runner, for a machine with a GPU:
// node build/cli/kernels.js [PART OF A NAME]
const gpu = await openGpu(nodeGpu(), 'hardware');
const lab = await openLab(gpu, diskSource('.'), 'Node');
const cases = [
  ...KERNEL_CASES.map((one) => ({ name: one.name, run: () => worstOf(lab, one) })),
  ...EXCHANGES.flatMap(({ name, make }) =>
    (['shared', 'separate'] as const).map((backing) => ({
      name: `exchange: ${name}, ${backing}`,
      run: async () => ({ error: (await runExchange(lab, make(), INSTANT, backing)).error, variant: '' }),
    })),
  ),
].map((one) => ({ ...one, tolerance: KERNEL_TOLERANCE }));
for (const plan of PLANS)
  for (const family of FAMILIES)
    cases.push({
      name: `decode: ${family} on ${plan.ranks} ranks (${plan.kind})`,
      run: async () => ({ error: await decodeError(lab, family, plan), variant: '' }),
      tolerance: TOLERANCE,
    });
// SwiftShader takes two minutes for each: `npm test` has the last.
const report = JSON.parse(await readFile('public/models/reference/report.json', 'utf8'));
for (const [folder, connectivity, loss] of [
  ['reference', 'regular', report.val_regular],
  ['reference', 'farskip', report.val_farskip_untrained],
  ['reference-farskip', 'config', report.val_fcsd],
] as const)
  cases.push({
    name: `eval: ${folder}, ${connectivity}`,
    run: async () => {
      const models = { model: [`public/models/${folder}`], connectivity: [connectivity] };
      const settings = { ...models, val: VAL, data: null, length: 256, tasks: null, ranks: 1 };
      const { models: evaluated } = await evaluateExperiment.run(lab, settings, () => {});
      return { error: Math.abs(evaluated[0]!.next!.loss - loss), variant: '' };
    },
    tolerance: 0.0005,
  });
const part = process.argv[2] ?? '';
let count = 0;
let failed = 0;
console.log(gpu.description, lab.selfTest);
for (const { name, run, tolerance } of cases.filter((one) => one.name.includes(part))) {
  count++;
  const { error, variant } = await run();
  const ok = error <= tolerance;
  if (!ok) failed++;
  console.log(`${ok ? 'passed' : 'FAILED'} ${error.toExponential(2)} ${name}${variant && ` (${variant})`}`);
}
for (const { name, endure } of [
  { name: '200 runs in a row', endure: endureRuns },
  { name: '1,000 executables made, run and freed', endure: (on: Lab) => endureExecutables(on, 1) },
]) {
  if (!name.includes(part)) continue;
  const { results, ...growth } = await endure(lab);
  const ok = isSteady(growth) && results === 1;
  count++;
  if (!ok) failed++;
  console.log(
    `${ok ? 'passed' : 'FAILED'} ${name}: ${growth.buffers} buffers and ${growth.heap} bytes of heap grown, ${results} result`,
  );
}
console.log(`${count - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
