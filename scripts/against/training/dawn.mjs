import { create, globals } from 'webgpu';

// Both libraries look for `navigator.gpu` as browsers have it, and jax-js reads `navigator.userAgent` too: import this
// before them. Dawn runs with its defaults, as in a browser, for neither library promises to work without them; but for
// half precision, which Dawn leaves out on NVIDIA and webgpu-llm does not start without.
Object.assign(globalThis, globals);
const gpu = create(['enable-dawn-features=vulkan_enable_f16_on_nvidia']);
Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });

const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
if (!adapter) throw new Error('Dawn finds no GPU.');

/** What the steps run on, for the line that a script prints. */
export const device = [adapter.info.device, adapter.info.description].filter(Boolean).join(', ');
