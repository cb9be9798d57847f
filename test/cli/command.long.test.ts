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
