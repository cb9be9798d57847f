import type { Emit } from '../../src/lab/experiments/experiment';
import type { Files } from '../../src/lab/experiments/training/checkpoint_files';
import type { TrainSettings } from '../../src/lab/experiments/training/settings';
import { STATE } from '../../src/lab/experiments/training/state';
import { trainExperiment } from '../../src/lab/experiments/training/train';
import type { Lab } from '../../src/lab/setup/lab';
import { parseSafetensors, readFloats } from '../../src/model/safetensors';
import { filesSource } from '../../src/model/source';

/** A text that is handed over. */
export const TEXT = 'text.txt';

/** The lab with files that are handed over, and those that a training reads by their paths. */
function labWith(lab: Lab, files: readonly File[]): Lab {
  const dropped = filesSource(files);
  const open = (path: string) => (path === STATE || path === TEXT ? dropped.open(path) : lab.source.open(path));
  return { ...lab, dropped, source: { ...lab.source, open } };
}

/** A training that is stopped while it makes a step, counted from 1, with the files that it told last. */
export async function trainUntil(lab: Lab, stopIn: number, given: readonly File[], settings: TrainSettings) {
  const stop = new AbortController();
  let files: Files = {};
  const emit: Emit = (event) => {
    if (event.kind === 'files') files = event.files;
    if (event.kind !== 'progress' || event.doing.phase !== 'training') return;
    if (event.doing.step + 1 === stopIn) stop.abort();
  };
  const trained = await trainExperiment.run(labWith(lab, given), settings, emit, stop.signal);
  const of = (name: string) => new Uint8Array(Buffer.from(files[name] ?? '', 'base64'));
  return { ...trained, weights: of('model.safetensors'), state: of(STATE) };
}

/** Weights and averages of a training. */
export function stateIn(file: Uint8Array): Map<string, Float32Array> {
  const tensors = parseSafetensors(file, STATE);
  return new Map([...tensors].flatMap(([name, own]) => (name === 'training' ? [] : [[name, readFloats(own)]])));
}
