import { useEffect, useRef } from 'react';
import { useChoosing } from '../lanes/choosing';
import type { Scene } from '../lanes/draw';
import { createPainter, type Painter } from '../lanes/painter';
import type { Selection } from '../lanes/selection';
import { rangeInView } from '../lanes/timelines';
import { createZoom } from '../lanes/zoom';
import { isStill, usePlayer } from '../state/player';
import { useView } from '../state/view_store';

type Shown = {
  readonly scene: Scene;
  /** Of the lanes, CSS pixels. */
  readonly width: number;
  /** Of the axis, ms. */
  readonly end: number;
  readonly selection: Selection | null;
  readonly hovered: Selection | null;
};

/**
 * Draws the lanes on two canvases, as the view and the play head say, and lets wheel and pinch change the view.
 * `onMoved`: other times have come under the pointer.
 */
export function useSurface(shown: Shown, onMoved: () => void) {
  const { scene, width, end, selection, hovered } = shown;
  const { look } = useView.getState();
  const base = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const lanes = useRef<HTMLDivElement>(null);
  const painter = useRef<Painter | null>(null);
  const zoom = useRef<ReturnType<typeof createZoom> | null>(null);
  const latest = useRef({ ...shown, onMoved });
  latest.current = { ...shown, onMoved };

  useEffect(() => {
    const own = createPainter(base.current!, over.current!);
    const zooming = createZoom(lanes.current!, ({ from, to }) => look({ from, to }));
    painter.current = own;
    zoom.current = zooming;
    const stops = [
      followStyle(own, () => latest.current),
      useView.subscribe(({ view }, before) => {
        if (view.from === before.view.from && view.to === before.view.to) return;
        const range = rangeInView(view, latest.current.end);
        own.view(range);
        zooming.show(range);
        latest.current.onMoved();
      }),
      followPlayer(own, () => latest.current.end),
    ];
    return () => {
      for (const stop of stops) stop();
      zooming.close();
      own.close();
    };
  }, [look]);

  useEffect(() => {
    const view = rangeInView(useView.getState().view, end);
    zoom.current?.bounds(width, rangeInView({ from: null, to: null }, end).to);
    zoom.current?.show(view);
    painter.current?.view(view);
  }, [end, width]);
  useEffect(() => painter.current?.size(width, scene.layout.height), [width, scene.layout.height]);
  useEffect(() => painter.current?.scene(scene), [scene]);

  const range = useView((state) => state.view.range);
  const marks = useView((state) => state.view.marks);
  const arrows = useView((state) => state.view.arrows);
  const first = useChoosing((state) => state.first);
  useEffect(() => {
    const line = first === null ? null : ([first, first] as const);
    painter.current?.overlay({ selected: selection, hovered, range: range ?? line, marks, arrows });
  }, [selection, hovered, range, first, marks, arrows]);
  return { base, over, lanes };
}

/** Draws anew where colours change or, on another screen, a pixel is another one. */
function followStyle(painter: Painter, shown: () => Pick<Shown, 'scene' | 'width'>): () => void {
  const restyle = () => painter.restyle();
  const styles = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
  for (const style of styles) style.addEventListener('change', restyle);
  const sharpness = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
  const resize = () => painter.size(shown().width, shown().scene.layout.height);
  sharpness.addEventListener('change', resize);
  return () => {
    for (const style of styles) style.removeEventListener('change', restyle);
    sharpness.removeEventListener('change', resize);
  };
}

/** Waiting swells and shrinks so often, ms. */
const BEAT_MS = 700;
const beatAt = (now: number): number => (1 - Math.cos((2 * Math.PI * now) / BEAT_MS)) / 2;

/** Draws the play head; what is played stays in view. */
function followPlayer(painter: Painter, end: () => number): () => void {
  painter.overlay({ playAt: usePlayer.getState().at });
  return usePlayer.subscribe(({ at, playing }) => {
    painter.overlay({ playAt: at, beat: playing && !isStill() ? beatAt(performance.now()) : 0 });
    const { view, look } = useView.getState();
    const range = rangeInView(view, end());
    if (at === null || (at >= range.from && at <= range.to) || !playing) return;
    const length = range.to - range.from;
    const from = Math.max(0, at - length / 10);
    look({ from, to: from + length });
  });
}
