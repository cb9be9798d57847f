import { type AxisRange, drawScene, type Scene, type Size } from './draw';
import { drawOverlay, type Overlay } from './overlay';
import { type Theme, themeOf } from './theme';

/** Draws two canvases over each other, when something has changed and not more often than the screen is refreshed. */
export type Painter = {
  readonly scene: (scene: Scene) => void;
  readonly view: (view: AxisRange) => void;
  readonly overlay: (change: Partial<Overlay>) => void;
  readonly size: (width: number, height: number) => void;
  /** The page's colours have changed. */
  readonly restyle: () => void;
  readonly close: () => void;
};

export function createPainter(base: HTMLCanvasElement, over: HTMLCanvasElement): Painter {
  const context = base.getContext('2d')!;
  const overContext = over.getContext('2d')!;
  const strips = document.createElement('canvas');
  let scene: Scene | null = null;
  let view: AxisRange = { from: 0, to: 1 };
  let overlay: Overlay = {
    selected: null,
    hovered: null,
    range: null,
    marks: [],
    playAt: null,
    beat: 0,
    arrows: false,
  };
  let size: Size = { width: 0, height: 0, ratio: 1 };
  let theme: Theme | null = null;
  let frame = 0;
  let stale = { base: false, over: false };

  const draw = () => {
    frame = 0;
    if (!scene || size.width === 0 || size.height === 0) return;
    theme ??= themeOf(base.parentElement ?? base, context, size.ratio);
    if (stale.base) drawScene(context, strips, scene, view, size, theme);
    if (stale.over) drawOverlay(overContext, scene.layout, scene.tracks, overlay, view, size, theme);
    stale = { base: false, over: false };
  };
  const request = (what: 'base' | 'over') => {
    stale = { base: stale.base || what === 'base', over: true };
    frame ||= requestAnimationFrame(draw);
  };
  return {
    scene(next) {
      scene = next;
      request('base');
    },
    view(next) {
      if (next.from === view.from && next.to === view.to) return;
      view = next;
      request('base');
    },
    overlay(change) {
      overlay = { ...overlay, ...change };
      request('over');
    },
    size(width, height) {
      const ratio = window.devicePixelRatio || 1;
      size = { width, height, ratio };
      for (const canvas of [base, over]) {
        canvas.width = Math.max(1, Math.round(width * ratio));
        canvas.height = Math.max(1, Math.round(height * ratio));
      }
      theme = null;
      // At once: a canvas that was resized is empty.
      stale = { base: true, over: true };
      cancelAnimationFrame(frame);
      draw();
    },
    restyle() {
      theme = null;
      request('base');
    },
    close: () => cancelAnimationFrame(frame),
  };
}
