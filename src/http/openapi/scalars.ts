import { z } from 'zod';

/** Building blocks of the schemas. */

export const count = () => z.int().min(0);
export const wallMs = () => z.number().min(0);
export const share = () => z.number().min(0).max(1);

export const cameraIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/)
  .meta({ description: 'Name of a camera, chosen by whoever installed it.', examples: ['north-gate'] });
