import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lab } from './built_command';

test('check compares a folder in headless Chromium', async () => {
  const { code, out } = await lab('check', 'test/oracle/fixtures/qwen3_moe', '--ranks', '2', '--gpu', 'swiftshader');
  expect(code).toBe(0);
  expect(out).toMatch(/farskip +logits +passed/);
  expect(out).toMatch(/greedy +passed/);
  expect(out).toMatch(/kl_grad.lm_head.weight +passed/);
  expect(out).toMatch(/adamw_loss +passed/);
  expect(out).toMatch(/95 passed, 0 failed, 0 not yet/);
});

test('evaluate holds folders against the first in headless Chromium', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'evaluate-'));
  const [val, json] = [join(dir, 'val.safetensors'), join(dir, 'e.json')];
  const ids = Int32Array.from({ length: 2 * 16 }, (_, i) => (i * 37) % 1024);
  const header = JSON.stringify({ input_ids: { dtype: 'I32', shape: [2, 16], data_offsets: [0, ids.byteLength] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(val, Buffer.concat([length, Buffer.from(header), Buffer.from(ids.buffer)]));
  const models = ['public/models/reference', 'public/models/reference@farskip', 'public/models/reference-farskip'];
  const args = ['--val', val, '--tasks', '2', '--json', json, '--gpu', 'swiftshader'];
  const { code, out } = await lab('evaluate', ...models, ...args);
  expect(code).toBe(0);
  expect(out).toMatch(/reference: \d+\.\d{4} mean cross-entropy over 30 tokens of 2 windows$/m);
  expect(out).toMatch(/reference \(farskip\): .*; divergence from the first [1-9\d.]+$/m);
  expect(out).toMatch(/^from the first, points \[95 %\] +-?[\d.]+ \[/m);
  const [first, , converted] = JSON.parse(readFileSync(json, 'utf8')).models;
  expect([first.divergence, first.tasks.length]).toEqual([null, 11]);
  expect(converted.model).toMatch(/reference-farskip$/);
});
