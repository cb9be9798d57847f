import { expect, test } from 'vitest';
import { askedBy, DEFAULT_FORM } from '../../src/app/state/form';
import { isFiles, nameOfModel } from '../../src/lab/experiments/run_settings';

const fileAt = (path: string) =>
  Object.defineProperty(new File(['{}'], path.split('/').at(-1)!), 'webkitRelativePath', { value: path });

test('a run of chosen files bears the name of their folder', () => {
  const form = { ...DEFAULT_FORM, model: 'files' };
  const asked = (paths: readonly string[]) => askedBy({ ...form, files: paths.map(fileAt) }).settings.model;
  expect(asked(['My model/config.json', 'My model/model.safetensors'])).toBe('files:My model');
  expect(asked(['config.json'])).toBe('files');
  expect(asked([])).toBe('files');
  expect(isFiles('files:My model')).toBe(true);
  expect(isFiles('filesystem/model')).toBe(false);
});

test.each([
  ['reference', 'reference'],
  ['files', 'files'],
  ['files:My model', 'My model'],
  ['kept:my model', 'my model'],
  ['/home/me/models/Mixtral-8x7B', 'Mixtral-8x7B'],
  ['https://host.example/org/model/', 'model'],
  ['C:\\models\\mine', 'mine'],
  ['/', '/'],
])('the model %s is called %s', (model, name) => {
  expect(nameOfModel(model)).toBe(name);
});
