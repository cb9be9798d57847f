/** Where the lab is published, with the protocol; empty while it is nowhere, and then no link is shown. */
export const PUBLIC_PAGE: string = '';
