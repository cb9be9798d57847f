import { readFileSync } from 'node:fs';
import { tableOf } from '../../src/connectivity/methods';
import { parseConfig } from '../../src/model/config';
import type { Plan } from '../../src/model/plan';
import { DRAWN } from '../../src/model/presets';
import type { ModelSpec } from '../../src/model/spec';
import { type LoweringOptions, lower } from '../../src/program/lower';
import type { Program } from '../../src/program/program';

const FAMILIES = ['mixtral', 'qwen3_moe', 'deepseek_v2', 'deepseek_v3', 'llama4', 'instella'];
export const CONNECTIVITIES = ['regular', 'farskip', 'attn_only', 'mlp_only', 'last_half'];

/** The smallest untrained preset of each shape, and the oracle's model of each family. */
export const MODELS: readonly { readonly id: string; readonly spec: ModelSpec }[] = [
  ...DRAWN.filter((_, i) => i % 3 === 0).map(({ id, config }) => ({ id, spec: parseConfig(config) })),
  ...FAMILIES.map((id) => ({
    id,
    spec: parseConfig(JSON.parse(readFileSync(`test/oracle/fixtures/${id}/config.json`, 'utf8'))),
  })),
];

/** The oracle's DeepSeek-V2: a dense layer, two with experts; and two ways to spread it. */
export const SMALL = MODELS.find(({ id }) => id === 'deepseek_v2')!.spec;
export const EP: Plan = { kind: 'ep', ranks: 2 };
export const TP: Plan = { kind: 'tp', ranks: 2 };

/** Ways to spread a model; those that it can't be spread by are left out. */
export const plansOf = (spec: ModelSpec): Plan[] => [
  { kind: 'ep', ranks: 1 },
  { kind: 'ep', ranks: 4 },
  ...(spec.layers.every(({ attention: { heads } }) => heads % 4 === 0) ? [{ kind: 'tp', ranks: 4 } as const] : []),
];

export const programOf = (
  spec: ModelSpec,
  connectivity: string,
  plan: Plan,
  options: Partial<LoweringOptions> = {},
): Program =>
  lower(spec, tableOf(connectivity, spec), {
    plan,
    wire: 'bf16',
    allReduce: 'direct',
    logits: 'last',
    hidden: false,
    cached: false,
    ...options,
  });
