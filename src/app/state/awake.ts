/**
 * Keeps the screen on until what it answers is called, where the browser lets a page. A browser takes it back from a
 * page that is hidden; it is asked for again once the page is visible.
 */
export function stayAwake(): () => void {
  let over = false;
  let held: WakeLockSentinel | null = null;
  const letGo = () => {
    // What was taken back already is let go without a word.
    void held?.release();
    held = null;
  };
  const take = async () => {
    if (document.visibilityState !== 'visible') return;
    try {
      const taken = (await navigator.wakeLock?.request('screen')) ?? null;
      letGo();
      held = taken;
      if (over) letGo();
    } catch {
      // A low battery, or a frame that may not: it is measured all the same.
    }
  };
  void take();
  document.addEventListener('visibilitychange', take);
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', take);
    letGo();
  };
}
