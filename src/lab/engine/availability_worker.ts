/// <reference lib="webworker" />
// Some browsers have WebGPU in pages and not in workers, where the engine lives.
self.postMessage('gpu' in self.navigator && self.navigator.gpu !== undefined);
