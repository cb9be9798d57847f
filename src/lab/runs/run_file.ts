import { InputError } from '../../words/error';
import { type Phrase, phrase } from '../../words/phrase';
import { whyNot, z } from '../../words/zod';
import { type LabRun, LONGEST_NAME } from './lab_run';
import { RUN_KINDS, type RunContent } from './run_kinds';
import { UPGRADES } from './upgrades';

/** Of the format: a change that old files can't be read with raises it, and adds an upgrade. docs/runs.md has it. */
const RUN_FILE_VERSION = 1 + UPGRADES.length;
const FORMAT = 'farskip-lab run';

/** A kind and its result, of every kind that there is. */
const KINDS = Object.entries(RUN_KINDS).map(([kind, { result }]) => z.object({ kind: z.literal(kind), result }));
const Content = z.discriminatedUnion('kind', KINDS as [(typeof KINDS)[number], ...typeof KINDS]);
export const RunId = z.string().regex(/^[\w.-]{1,80}$/);
const RunFile = z.object({
  format: z.literal(FORMAT),
  version: z.literal(RUN_FILE_VERSION),
  id: RunId,
  name: z.string().min(1).max(LONGEST_NAME),
  machine: z.string().max(200).nullable(),
  content: Content,
});

/** A run as the text of a file. */
export function toRunFile({ id, name, machine, ...content }: LabRun): string {
  const file = { format: FORMAT, version: RUN_FILE_VERSION, id, name, machine, content };
  return JSON.stringify(z.encode(RunFile, file as z.output<typeof RunFile>));
}

/**
 * The run that a file of this version or an earlier one holds. Throws InputError, with the file's name, for what is
 * none.
 */
export function parseRunFile(file: string, contents: string): LabRun {
  const refuse = (why: Phrase): never => {
    throw new InputError(phrase`${file} can't be read as a run of this lab: ${why}.`);
  };
  const head = Head.safeParse(json(file, contents));
  if (!head.success) return refuse(whyNoRun(head.error));
  const { version } = head.data;
  const upgraded = UPGRADES.slice(version - 1).reduce<object>((own, upgrade) => upgrade(own), head.data);
  const parsed = parsedOrWhyNot({ ...upgraded, version: RUN_FILE_VERSION }, refuse);
  if (!parsed.success) return refuse(whyNot(parsed.error));
  const { id, name, machine, content } = parsed.data;
  return { id, name, machine, ...(content as RunContent) };
}

/** Columns say by an InputError what is wrong with them: told with the file's name, too. */
function parsedOrWhyNot(file: object, refuse: (why: Phrase) => never) {
  try {
    return RunFile.safeParse(file);
  } catch (cause) {
    if (cause instanceof InputError) return refuse(cause.phrase);
    throw cause;
  }
}

/** What all versions have. */
const Head = z.looseObject({ format: z.literal(FORMAT), version: z.number().int().min(1).max(RUN_FILE_VERSION) });

/** Whether a file's text seems to be a run, rather than a trace. */
export const looksLikeRun = (contents: string): boolean => contents.slice(0, 200).includes(`"${FORMAT}"`);

function json(file: string, contents: string): unknown {
  try {
    return JSON.parse(contents);
  } catch {
    throw new InputError(phrase`${file} is not JSON; a run of this lab is a file that “Save” wrote.`);
  }
}

function whyNoRun(error: z.ZodError): Phrase {
  const [where] = error.issues[0]!.path;
  if (where === 'format') return phrase`it does not say that it is one`;
  if (where === 'version')
    return phrase`it is of another version than 1 to ${RUN_FILE_VERSION}; a newer lab may read it`;
  return whyNot(error);
}
