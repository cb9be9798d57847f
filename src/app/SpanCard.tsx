import type { Span } from '../trace/span';
import { bytes, flops, ms } from './format';
import { PALETTE } from './palette';

/** What a span is: operation, layer, device, time, bytes or FLOPs, and where the time is from. */
export function SpanCard({ span, left, top }: { span: Span; left: number; top: number }) {
  return (
    <div className="card" style={{ left, top }} role="status">
      <strong>{span.name}</strong> · {PALETTE[span.block].label}
      {span.layer !== null && `, layer ${span.layer}`}
      <br />
      device {span.rank}
      {span.kind === 'message' && ` → device ${span.to}`}, {ms(span.start)} to {ms(span.end)}
      <br />
      {ms(span.end - span.start)} {about(span)}
      <br />
      <span className="faint">{sourceOf(span)}</span>
    </div>
  );
}

function about(span: Span): string {
  switch (span.kind) {
    case 'compute': {
      const own = span.gpuMs === null ? '' : ` (${ms(span.gpuMs)} of the GPU itself)`;
      return `${own}${span.flops ? `, ${flops(span.flops)}` : ''}`;
    }
    case 'collective':
      return `, sent ${bytes(span.sentBytes)}, received ${bytes(span.receivedBytes)}`;
    case 'message':
      return `, ${bytes(span.bytes)}`;
  }
}

function sourceOf(span: Span): string {
  if (span.kind === 'compute' && span.uncertain) return 'shorter than a step of the GPU’s timestamps here: anywhere within one';
  if (span.kind === 'compute')
    return span.clock === 'gpu'
      ? 'GPU timestamps on the host’s clock, the other devices’ turns included; start: when its inputs were there'
      : 'measured by fences on the host';
  return 'host clock; wire paced by the emulated link';
}
