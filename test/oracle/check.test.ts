import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { parseSafetensors, type Tensor } from '../../src/model/safetensors';
import { json, memory, safetensorsOf } from '../model/memory_files';
import { agreesWithPyTorch, FOLDERS } from './check_case';

// All families spread the one way, both kinds of attention the other; check.long.test.ts has all plans.
describe('on 4 ranks (ep)', () => {
  test.each(FOLDERS)('%s computes what PyTorch computes', (name, connectivities) =>
    agreesWithPyTorch(
      name,
      connectivities.filter((each) => each === 'regular' || each === 'farskip'),
      { kind: 'ep', ranks: 4 },
    ),
  );
});

describe('on 2 ranks (tp)', () => {
  test.each([
    ['mixtral', ['farskip']],
    ['deepseek_v2', ['attn_only', 'mlp_only', 'last_half']],
  ] as const)('%s computes what PyTorch computes', (name, connectivities) =>
    agreesWithPyTorch(name, connectivities, { kind: 'tp', ranks: 2 }),
  );
});

test('Llama 4 with its vision model computes what its text model does', () => {
  const folder = 'test/oracle/fixtures/llama4';
  const text = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8'));
  const vision: Tensor = { name: 'vision_model.class_embedding', dtype: 'BF16', shape: [3], bytes: new Uint8Array(6) };
  const tensors = [...parseSafetensors(new Uint8Array(readFileSync(`${folder}/model.safetensors`)), folder).values()];
  const whole = memory({
    'config.json': json({
      architectures: ['Llama4ForConditionalGeneration'],
      text_config: { ...text, architectures: undefined },
    }),
    'model.safetensors': safetensorsOf([
      vision,
      ...tensors.map((tensor) => ({ ...tensor, name: `language_model.${tensor.name}` })),
      { ...vision, name: 'multi_modal_projector.linear_1.weight' },
    ]),
  });
  return agreesWithPyTorch('llama4', ['regular'], { kind: 'ep', ranks: 2 }, whole);
});
