import type { Form } from '../state/form';

type Link = Form['link'];

/** The links that the form begins with, of each kind. */
export const LINKS: { readonly [K in Link['kind']]: Link } = {
  ratio: { kind: 'ratio', ratio: 0.5 },
  speed: { kind: 'speed', gbps: 25, us: 10 },
  native: { kind: 'native' },
  none: { kind: 'none' },
};
