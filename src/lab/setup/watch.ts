import { type Disturbance, disturbancesIn, type Incident, type Interval } from './disturbance';

/** What has happened beside whatever runs on the engine's thread, from its start on. */
export type Incidents = {
  readonly tell: (incident: Incident) => void;
  readonly all: () => readonly Incident[];
};

export function createIncidents(): Incidents {
  const all: Incident[] = [];
  return { tell: (incident) => all.push(incident), all: () => all };
}

/** Of one measurement: what happened while it measured. */
export type Watch = {
  /** Does what numbers come from. Loading a model meanwhile may be disturbed by whatever. */
  readonly during: <T>(work: () => Promise<T>) => Promise<T>;
  /** How long that took so far, ms. */
  readonly measuredMs: () => number;
  readonly disturbances: () => Disturbance[];
};

export function createWatch(incidents: Incidents): Watch {
  const measured: Interval[] = [];
  let since: number | null = null;
  return {
    async during(work) {
      const from = performance.now();
      since = from;
      try {
        return await work();
      } finally {
        since = null;
        measured.push({ from, to: performance.now() });
      }
    },
    measuredMs: () =>
      measured.reduce((sum, { from, to }) => sum + to - from, since === null ? 0 : performance.now() - since),
    disturbances: () => disturbancesIn(incidents.all(), measured),
  };
}
