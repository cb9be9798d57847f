import type { ModelSpec } from '../model/spec';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { whyNot, z } from '../words/zod';

/** The FarSkip keys of a config.json, named as the public implementation names them; both indices are inclusive. */
export type Switches = {
  readonly farskip: boolean;
  readonly farskip_start_idx: number;
  readonly farskip_end_idx: number;
  readonly attn_only_farskip: boolean;
  readonly mlp_only_farskip: boolean;
};

const Keys = z.object({
  farskip: z.boolean().default(false),
  farskip_start_idx: z.number().int().nonnegative().optional(),
  farskip_end_idx: z.number().int().nonnegative().optional(),
  attn_only_farskip: z.boolean().default(false),
  mlp_only_farskip: z.boolean().default(false),
});

/**
 * Switches in a parsed JSON object: absent keys mean the regular model, absent indices all layers. Throws InputError.
 */
export function parseSwitches(json: unknown, spec: ModelSpec): Switches {
  const parsed = Keys.safeParse(json);
  if (!parsed.success) throw new InputError(phrase`The FarSkip keys can't be read: ${whyNot(parsed.error)}.`);
  const keys = parsed.data;
  const last = spec.layers.length - 1;
  const switches = {
    farskip: keys.farskip,
    farskip_start_idx: keys.farskip_start_idx ?? 0,
    farskip_end_idx: keys.farskip_end_idx ?? last,
    attn_only_farskip: keys.attn_only_farskip,
    mlp_only_farskip: keys.mlp_only_farskip,
  };
  if (switches.farskip && switches.farskip_end_idx > last)
    throw new InputError(
      phrase`farskip_end_idx is ${switches.farskip_end_idx}, but the model's last layer is ${last}.`,
    );
  if (switches.attn_only_farskip && switches.mlp_only_farskip)
    throw new InputError(phrase`attn_only_farskip and mlp_only_farskip exclude each other: at most one may be true.`);
  return switches;
}

/**
 * Switches by name: regular, farskip, attn_only, mlp_only, last_half, last:N and first:N (N layers converted).
 * Throws InputError for other names.
 */
export function namedSwitches(name: string, spec: ModelSpec): Switches {
  const layers = spec.layers.length;
  const all = {
    farskip: true,
    farskip_start_idx: 0,
    farskip_end_idx: layers - 1,
    attn_only_farskip: false,
    mlp_only_farskip: false,
  };
  const counted = /^(first|last):(\d+)$/.exec(name);
  if (counted) {
    const n = Number(counted[2]);
    if (n > layers) throw new InputError(phrase`${name} asks for ${n} layers, but the model has ${layers}.`);
    if (n === 0) return { ...all, farskip: false };
    return counted[1] === 'last' ? { ...all, farskip_start_idx: layers - n } : { ...all, farskip_end_idx: n - 1 };
  }
  switch (name) {
    case 'regular':
      return { ...all, farskip: false };
    case 'farskip':
      return all;
    case 'attn_only':
      return { ...all, attn_only_farskip: true };
    case 'mlp_only':
      return { ...all, mlp_only_farskip: true };
    case 'last_half':
      return { ...all, farskip_start_idx: Math.floor(layers / 2) };
    default:
      throw new InputError(
        phrase`The connectivity "${name}" is not known; known are regular, farskip, attn_only, mlp_only, last_half, last:N and first:N.`,
      );
  }
}
