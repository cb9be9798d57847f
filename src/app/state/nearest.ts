import { GRID, type GridPoint, gridId, type NamedId } from '../../lab/runs/recorded';
import { shapedLike } from '../../model/presets';
import type { Form } from './form';

/** The recorded run that is most like what the form says: for a link whose own run is not here. */
export function nearestRecorded(form: Form): string {
  const named = (id: NamedId) => id;
  if (form.task === 'generate') return named('decode');
  if (form.sweep) return named(form.parallel === 'tp' ? 'sweep-tp' : 'sweep-ep');
  if (form.pass !== 'forward') return named('backward');
  if (form.parallel === 'tp') return named('tp');
  const model = GRID.model.find((each) => shapedLike(each)[0] === shapedLike(form.model)[0]) ?? GRID.model[0];
  const ratio = form.link.kind === 'ratio' ? form.link.ratio : 0.5;
  return gridId({ model, ranks: nearest(GRID.ranks, form.ranks), ratio: nearest(GRID.ratio, ratio) });
}

/** By how many times as large one is as the other. */
function nearest<V extends GridPoint['ranks' | 'ratio']>(values: readonly V[], wanted: number): V {
  const away = (value: number) => Math.abs(Math.log(value / Math.max(wanted, 1e-9)));
  return values.reduce((best, value) => (away(value) < away(best) ? value : best));
}
