/** Models that come with the lab; folders are relative to the site's root. */
export type Preset = {
  readonly id: string;
  readonly label: string;
  readonly folder: string;
  /** The same model after self-distillation into FarSkip, which its FarSkip runs use. */
  readonly converted: string;
};

export const PRESETS = [
  {
    id: 'reference',
    label: 'Reference: DeepSeek-V2 architecture, 5 layers, 16 experts, 2.0 M parameters',
    folder: 'models/reference',
    converted: 'models/reference-farskip',
  },
] as const satisfies readonly Preset[];

/** Texts that the models were trained on the like of; files relative to the site's root. */
export const TEXTS = [
  { id: 'alice', label: "Alice's Adventures in Wonderland", file: 'texts/alice.txt' },
  { id: 'moby_dick', label: 'Moby-Dick', file: 'texts/moby_dick.txt' },
  { id: 'emma', label: 'Emma', file: 'texts/emma.txt' },
] as const;
