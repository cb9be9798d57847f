import { diskSource } from '../../src/cli/disk';
import { nodeGpu } from '../../src/cli/node_gpu';
import { INSTANT } from '../../src/cluster/wire';
import { openGpu } from '../../src/gpu/device';
import { TOLERANCE } from '../../src/lab/check';
import { openLab } from '../../src/lab/lab';
import { endure } from '../cluster/endurance_case';
import { decodeError, FAMILIES, PLANS } from '../oracle/decode_case';
import { EXCHANGES, runExchange } from './exchange_case';
import { KERNEL_CASES } from './kernel_cases';
import { KERNEL_TOLERANCE } from './tolerance';

// The kernel cases, and decoding against prefill, without a test runner, for a machine with a GPU: node build/cli/kernels.js
const gpu = await openGpu(nodeGpu(), 'hardware');
const lab = await openLab(gpu, diskSource('.'), 'Node');
const cases = [
  ...KERNEL_CASES,
  ...EXCHANGES.flatMap(({ name, make }) =>
    (['shared', 'separate'] as const).map((backing) => ({
      name: `exchange: ${name}, ${backing}`,
      run: async () => (await runExchange(lab, make(), INSTANT, backing)).error,
    })),
  ),
].map((one) => ({ ...one, tolerance: KERNEL_TOLERANCE }));
for (const plan of PLANS)
  for (const family of FAMILIES)
    cases.push({
      name: `decode: ${family} on ${plan.ranks} ranks (${plan.kind})`,
      run: () => decodeError(lab, family, plan),
      tolerance: TOLERANCE,
    });
let failed = 0;
console.log(gpu.description, lab.selfTest);
for (const { name, run, tolerance } of cases) {
  const error = await run(lab);
  const ok = error <= tolerance;
  if (!ok) failed++;
  console.log(`${ok ? 'passed' : 'FAILED'} ${error.toExponential(2)} ${name}`);
}
const { buffersGrown, heapGrown, results } = await endure(lab);
const endured = buffersGrown === 0 && heapGrown < 1e6 && results === 1;
if (!endured) failed++;
console.log(`${endured ? 'passed' : 'FAILED'} 200 runs: ${buffersGrown} buffers and ${heapGrown} bytes of heap grown, ${results} result`);
console.log(`${cases.length + 1 - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
