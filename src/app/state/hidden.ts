/** Tells whether the page is hidden, now and whenever that changes, until what it answers is called. */
export function watchHidden(tell: (hidden: boolean) => void): () => void {
  const look = () => tell(document.visibilityState === 'hidden');
  look();
  document.addEventListener('visibilitychange', look);
  return () => document.removeEventListener('visibilitychange', look);
}
