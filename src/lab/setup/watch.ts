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
  readonly disturbances: () => Disturbance[];
};

export function createWatch(incidents: Incidents): Watch {
  const measured: Interval[] = [];
  return {
    async during(work) {
      const from = performance.now();
      try {
        return await work();
      } finally {
        measured.push({ from, to: performance.now() });
      }
    },
    disturbances: () => disturbancesIn(incidents.all(), measured),
  };
}
