import type { Overload } from '../api/answers.gen.ts';

/** What a node does on the rung it stands on, in words. */
export function rungName({ rung, rungs }: Pick<Overload, 'rung' | 'rungs'>): string {
  const at = rungs[rung];
  switch (at?.kind) {
    case undefined:
    case 'normal':
      return 'no limitation';
    case 'lower_fps':
      return 'cameras are asked for fewer pictures';
    case 'smaller_input':
      return `the model sees smaller pictures (${at.inputSize} px)`;
    case 'shed_low':
      return 'cameras of low priority are shed';
    case 'refuse_new':
      return 'new cameras are refused';
  }
}
