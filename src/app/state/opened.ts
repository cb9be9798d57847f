import { readLink } from './link';

/** What the page's address said when it was opened. */
export const OPENED = readLink(location.hash);
