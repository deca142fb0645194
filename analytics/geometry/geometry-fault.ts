import { CamshardError } from '../../core/errors.ts';

export type GeometryFaultCode =
  | 'polygon.too_few_points'
  | 'polygon.repeated_point'
  | 'polygon.crosses_itself'
  | 'polygon.flat'
  | 'ground.too_few_points'
  | 'ground.unequal_lengths'
  | 'ground.repeated_point'
  | 'ground.collinear'
  | 'ground.degenerate'
  | 'ground.beyond_horizon';

/** What is wrong with a drawn shape. A value: whoever validates settings adds the path. */
export interface GeometryFault {
  readonly code: GeometryFaultCode;
  /** One sentence for whoever drew it. */
  readonly message: string;
  /** Indexes of the points it is about, from 0; may be empty. */
  readonly points: readonly number[];
}

/** A shape that was not checked before use: `code` is the {@link GeometryFault}'s. */
export class GeometryError extends CamshardError {}
