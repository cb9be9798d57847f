import { select } from 'd3-selection';
import { type D3ZoomEvent, type ZoomTransform, zoom, zoomIdentity, zoomTransform } from 'd3-zoom';
import type { AxisRange } from './draw';

/** Nearer than this, ms in view, there is nothing to see: a tenth of a microsecond is what times are kept to. */
const LEAST_MS = 0.002;

/**
 * Zooming and moving of an element by wheel, shifted drag, touch and pinch (d3-zoom), along one axis. Two coordinate
 * spaces: x of the element in CSS pixels, and axis time; untransformed, [0, width] is [0, whole].
 */
export function createZoom(element: HTMLElement, onView: (view: AxisRange) => void) {
  let width = 1;
  let whole = 1;
  /** A view is being shown that was chosen elsewhere, or by the very gesture that goes on: it is not told again. */
  let showing = false;
  const viewOf = (transform: ZoomTransform): AxisRange => ({
    from: (transform.invertX(0) * whole) / width,
    to: (transform.invertX(width) * whole) / width,
  });
  const behaviour = zoom<HTMLElement, unknown>()
    .filter((event: Event) => {
      if (event instanceof WheelEvent) return event.ctrlKey || event.metaKey;
      // A plain drag of a mouse chooses a range.
      if (event instanceof MouseEvent) return event.type !== 'dblclick' && (event.shiftKey || event.button === 1);
      // One finger moves the lanes by pointer events (Timeline.tsx), so that a vertical swipe still scrolls the page.
      return !('touches' in event) || (event as TouchEvent).touches.length > 1;
    })
    .wheelDelta(
      ({ deltaY, deltaMode }) =>
        -deltaY * (deltaMode === 1 ? 0.05 : deltaMode ? 1 : Math.abs(deltaY) < NOTCH ? PINCH : MOUSE),
    )
    .on('zoom', ({ transform, sourceEvent }: D3ZoomEvent<HTMLElement, unknown>) => {
      if (sourceEvent && !showing) onView(viewOf(transform));
    });
  const selection = select(element);
  selection.call(behaviour);
  const sideways = (event: WheelEvent) => {
    const along = event.shiftKey ? event.deltaY + event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey || (!event.shiftKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY))) return;
    event.preventDefault();
    behaviour.translateBy(selection, -along / zoomTransform(element).k, 0);
    onView(viewOf(zoomTransform(element)));
  };
  element.addEventListener('wheel', sideways, { passive: false });
  return {
    bounds(nextWidth: number, nextWhole: number): void {
      width = Math.max(1, nextWidth);
      whole = nextWhole;
      behaviour
        .extent([
          [0, 0],
          [width, 1],
        ])
        .translateExtent([
          [0, Number.NEGATIVE_INFINITY],
          [width, Number.POSITIVE_INFINITY],
        ])
        .scaleExtent([1, Math.max(1, whole / LEAST_MS)]);
    },
    show({ from, to }: AxisRange): void {
      const k = whole / (to - from);
      showing = true;
      behaviour.transform(selection, zoomIdentity.scale(k).translate((-from * width) / whole, 0));
      showing = false;
    },
    close(): void {
      selection.on('.zoom', null);
      element.removeEventListener('wheel', sideways);
    },
  };
}

/** Powers of two a pixel: a pinch on a touch pad comes as a wheel of few pixels, a notch of a mouse as one of many. */
const NOTCH = 40;
const PINCH = 0.02;
const MOUSE = 0.004;

/** A view nearer or further by a factor around a time of the axis, within all there is. */
export function zoomed({ from, to }: AxisRange, factor: number, around: number, whole: number): AxisRange {
  const length = Math.min(whole, Math.max(LEAST_MS, (to - from) * factor));
  const share = (around - from) / (to - from);
  return within(around - share * length, length, whole);
}

/** A view moved by a share of its length. */
export const panned = ({ from, to }: AxisRange, share: number, whole: number): AxisRange =>
  within(from + share * (to - from), to - from, whole);

function within(from: number, length: number, whole: number): AxisRange {
  const start = Math.min(Math.max(0, from), Math.max(0, whole - length));
  return { from: start, to: start + length };
}
