import { config, z } from 'zod';

// The page's content security policy forbids code made from strings, which zod would otherwise try as soon as a schema is made.
config({ jitless: true });

export { z };
