import { Tokenizer, TokenParser, TokenType } from '@streamparser/json';
import { InputError } from '../words/error';
import { type Phrase, phrase } from '../words/phrase';
import { wrongFile } from '../words/wrong_file';
import { numberOf } from './long_number';

/** What a trace says beside its events. */
export type Head = Readonly<Record<string, unknown>>;

/** Nothing that a profiler writes is nested as deep. */
const DEEPEST = 100;
/** What is read of an object that holds a list of events. */
const HEAD = ['distributedInfo', 'baseTimeNanoseconds'];

/**
 * Reads a trace in Chrome's Trace Event Format, a list of events or an object with traceEvents, as it streams in:
 * `onEvent` gets each event. Answers what it says beside them. Numbers of many digits are LongNumbers. The format lets
 * the last bracket be missing, so a file may end after any whole event. Throws InputError with line and character for
 * what is not JSON, and says of JSON that is no trace what it has.
 */
export async function readEvents(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  onEvent: (event: unknown) => void,
): Promise<Head> {
  const place = createPlace();
  const events: unknown[] = [];
  const reader = createReader((event) => events.push(event));
  let isFirst = true;
  for await (const chunk of inUtf8(bytes)) {
    if (isFirst) refuseOther(name, chunk);
    isFirst = false;
    try {
      reader.write(chunk);
    } catch (cause) {
      throw notJson(name, place.of(chunk, positionIn(cause, reader.tokenAt() - place.before())), cause);
    }
    place.pass(chunk);
    // Beyond what is caught: what fails here is no fault of the file.
    for (const event of events.splice(0)) onEvent(event);
  }
  const end = reader.end();
  switch (end.kind) {
    case 'trace':
      return end.head;
    case 'empty':
      throw new InputError(phrase`${name} is empty; it should be a Chrome trace.`);
    case 'cut':
      throw new InputError(
        phrase`${name} is cut short: it ends within an event, at line ${place.line()}; copy or write it again.`,
      );
    case 'other':
      throw noTrace(name, end.keys);
  }
}

/** Throws InputError for what begins as no text in JSON does, and says what it is. */
function refuseOther(name: string, first: Uint8Array): void {
  const wrong = wrongFile(name, first, phrase`a Chrome trace`, 'json');
  if (wrong) throw wrong;
}

/** Chunks in UTF-8, whatever of Unicode's two usual encodings they are in; one may end within a character. */
async function* inUtf8(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let decoder: TextDecoder | null = null;
  const encoder = new TextEncoder();
  let isFirst = true;
  for await (const chunk of bytes) {
    if (chunk.length === 0) continue;
    if (isFirst && chunk[0] === 0xff && chunk[1] === 0xfe) decoder = new TextDecoder('utf-16le');
    if (isFirst && chunk[0] === 0xfe && chunk[1] === 0xff) decoder = new TextDecoder('utf-16be');
    isFirst = false;
    yield decoder ? encoder.encode(decoder.decode(chunk, { stream: true })) : chunk;
  }
}

type End =
  | { readonly kind: 'trace'; readonly head: Head }
  | { readonly kind: 'empty' }
  | { readonly kind: 'cut' }
  /** JSON of something else, with these names at its top. */
  | { readonly kind: 'other'; readonly keys: readonly string[] };

/** Keeps numbers that a double may not. */
class ExactTokenizer extends Tokenizer {
  protected override parseNumber(digits: string): number {
    return numberOf(digits) as number;
  }
}

function createReader(onEvent: (event: unknown) => void) {
  const tokenizer = new ExactTokenizer();
  let parser: TokenParser | null = null;
  let depth = 0;
  let isList = false;
  let lastToken: TokenType | null = null;
  let tokenAt = 0;
  let topKey = '';
  let isKey = false;
  let hasEvents = false;
  let isEnded = false;
  const keys: string[] = [];
  const head: Record<string, unknown> = {};

  const parserFor = (token: TokenType): TokenParser => {
    isList = token === TokenType.LEFT_BRACKET;
    hasEvents = isList;
    const made = new TokenParser({
      paths: isList ? ['$.*'] : ['$.traceEvents.*', ...HEAD.map((key) => `$.${key}`)],
      keepStack: false,
    });
    made.onValue = ({ value, key, stack }) => {
      if (stack.length === (isList ? 1 : 2)) onEvent(value);
      else head[String(key)] = value;
    };
    made.onEnd = () => {
      isEnded = true;
      tokenizer.end();
    };
    return made;
  };
  tokenizer.onToken = (info) => {
    const { token, value, offset } = info;
    tokenAt = offset;
    if (depth === 0 && token !== TokenType.LEFT_BRACE && token !== TokenType.LEFT_BRACKET)
      throw new NotJson(phrase`it should begin with { or [`);
    parser ??= parserFor(token);
    isKey = depth === 1 && !isList && token === TokenType.STRING && lastToken !== TokenType.COLON;
    if (isKey) {
      topKey = String(value);
      hasEvents ||= topKey === 'traceEvents';
      // Of a file that is no trace the first few say what it is.
      if (keys.length < 50) keys.push(topKey);
    }
    lastToken = token;
    if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) depth++;
    if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) depth--;
    if (depth > DEEPEST) throw new NotJson(phrase`brackets are nested more than ${DEEPEST} deep`);
    parser.write(info);
  };

  return {
    write: (chunk: Uint8Array): void => tokenizer.write(chunk),
    /** Where the last token begins, in bytes. */
    tokenAt: (): number => tokenAt,
    end(): End {
      if (!parser) return isWholeToken() ? { kind: 'empty' } : { kind: 'other', keys };
      if (isEnded) return hasEvents ? { kind: 'trace', head } : { kind: 'other', keys };
      return isWholeToken() && isBetweenEvents() ? { kind: 'trace', head } : { kind: 'cut' };
    },
  };

  /**
   * Only closing brackets are missing: after an event or the comma behind it, or after all events and a whole entry.
   */
  function isBetweenEvents(): boolean {
    const inList = depth === (isList ? 1 : 2) && (isList || topKey === 'traceEvents');
    const ends = [TokenType.RIGHT_BRACE, TokenType.COMMA, TokenType.LEFT_BRACKET];
    const isBehind = !isList && depth === 1 && hasEvents && !isKey && lastToken !== TokenType.COLON;
    return (inList && ends.includes(lastToken!)) || isBehind;
  }
  function isWholeToken(): boolean {
    try {
      tokenizer.end();
      return true;
    } catch {
      return false;
    }
  }
}

/** What of our own rules a file breaks. */
class NotJson extends Error {
  constructor(readonly why: Phrase) {
    super();
  }
}

/**
 * Where in a chunk the tokenizer stopped: it says so in its message alone. What fits nowhere is a token: where it
 * began.
 */
function positionIn(cause: unknown, tokenAt: number): number {
  const said = cause instanceof Error ? /at chunk position "(\d+)"/.exec(cause.message)?.[1] : undefined;
  return Math.max(0, said === undefined ? tokenAt : Number(said));
}

/** Counts lines and characters of chunks that have passed. */
function createPlace() {
  let line = 1;
  let character = 1;
  let before = 0;
  const after = (chunk: Uint8Array, end: number) => {
    let [lines, characters] = [line, character];
    for (let i = 0; i < end; i++) {
      const byte = chunk[i]!;
      if (byte === 0x0a) [lines, characters] = [lines + 1, 1];
      // The bytes after a character's first begin with 10.
      else if ((byte & 0xc0) !== 0x80) characters++;
    }
    return [lines, characters] as const;
  };
  return {
    line: (): number => line,
    /** Bytes that have passed. */
    before: (): number => before,
    of: (chunk: Uint8Array, position: number): readonly [line: number, character: number] => after(chunk, position),
    pass(chunk: Uint8Array): void {
      [line, character] = after(chunk, chunk.length);
      before += chunk.length;
    },
  };
}

function notJson(name: string, [line, character]: readonly [number, number], cause: unknown): InputError {
  const where = (why: Phrase) =>
    new InputError(phrase`${name} is not JSON at line ${line}, character ${character}: ${why}.`);
  if (cause instanceof NotJson) return where(cause.why);
  const found = cause instanceof Error ? /^Unexpected "([\s\S]*?)" at/.exec(cause.message)?.[1] : undefined;
  if (found !== undefined && found < ' ')
    return where(
      phrase`a control character (U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}) must be escaped within a text`,
    );
  if (cause instanceof TypeError) return where(phrase`a character is not in UTF-8`);
  return where(found === undefined ? phrase`something is missing or too much` : phrase`“${found}” is not expected`);
}

/** What some files that are taken for traces have at their top. */
const OTHER_FILES: readonly (readonly [key: string, what: Phrase])[] = [
  ['model_type', phrase`a model's config.json`],
  ['architectures', phrase`a model's config.json`],
  ['weight_map', phrase`the index of a checkpoint's weights`],
  ['added_tokens', phrase`a tokenizer.json`],
  ['bos_token', phrase`a tokenizer_config.json`],
  ['content', phrase`a run of this lab`],
  ['snapshot', phrase`a heap snapshot`],
  ['nodes', phrase`an execution trace or a graph`],
  ['log', phrase`a network log`],
];

function noTrace(name: string, keys: readonly string[]): InputError {
  const known = OTHER_FILES.find(([key]) => keys.includes(key))?.[1];
  if (known)
    return new InputError(
      phrase`${name} is ${known}, not a Chrome trace; a trace is a list of events, or an object with traceEvents.`,
    );
  return new InputError(
    phrase`${name} is not a Chrome trace: it should be a list of events, or an object with traceEvents.`,
  );
}
