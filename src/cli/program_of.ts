import { checkPlan } from '../cluster/fits';
import { connectivityOf, findModel, type Places } from '../lab/setup/find_model';
import type { Plan } from '../model/plan';
import { programBuilder } from '../program/builder';
import { faultsOf } from '../program/check_program';
import { keptValuesOf, type LoweringOptions, lowerInto } from '../program/lower';
import { isCollective, type Operation, type Program } from '../program/program';
import { oneWire, wallBoundOf } from '../schedule/bound';
import { schedule } from '../schedule/schedule';

type ProgramRequest = {
  readonly model: string;
  readonly connectivity: string;
  readonly plan: Plan;
  readonly options: Pick<LoweringOptions, 'wire' | 'allReduce' | 'logits' | 'cached'>;
  /** As if it had so many layers, its last one repeated; null: as it is. */
  readonly depth: number | null;
  /** Batches that one program computes beside one another. */
  readonly microBatches: number;
};

/** What a model is lowered to; needs no GPU. Throws InputError when there is no such model or connectivity. */
export async function programOf(
  places: Places,
  { model, connectivity, plan, options, depth, microBatches }: ProgramRequest,
): Promise<Program> {
  const checkpoint = await (await findModel(places, model, false)).checkpointOf(connectivity);
  const { layers } = checkpoint.spec;
  const deep = Array.from(
    { length: depth ?? layers.length },
    (_, layer) => layers[Math.min(layer, layers.length - 1)]!,
  );
  const spec = { ...checkpoint.spec, layers: deep };
  checkPlan(spec, plan);
  const table = connectivityOf(connectivity, { ...checkpoint, spec });
  const build = programBuilder(keptValuesOf(spec, plan));
  const scopes =
    microBatches === 1 ? [build] : Array.from({ length: microBatches }, (_, i) => build.within(`batch ${i}`));
  const program = build.finish(
    scopes.flatMap((scope) => lowerInto(scope, spec, table, { ...options, plan, hidden: false })),
  );
  const [fault] = faultsOf(program);
  if (fault) throw new Error(`the program is not whole: ${fault}`);
  return program;
}

/**
 * Seconds that the overlapped schedule and the bound of a program take to be found, for costs that differ by operation.
 */
export function timeSchedules(program: Program): {
  readonly operations: number;
  readonly scheduleS: number;
  readonly boundS: number;
} {
  const cost = (op: Operation) => (isCollective(op) ? 9 : 1 + op.name.length / 50);
  const resume = { lag: 0.5, copying: () => 0.1 };
  const timed = (work: () => unknown): number => {
    const since = performance.now();
    work();
    return (performance.now() - since) / 1000;
  };
  return {
    operations: program.operations.length,
    scheduleS: timed(() => schedule(program, 'overlapped', cost, resume)),
    boundS: timed(() => wallBoundOf(program, oneWire(cost))),
  };
}
