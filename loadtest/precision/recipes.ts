import type { Recipe } from './calibrate.ts';

/** Last convolutions of both heads. */
const LAST = [
  'tower_0/CenternetHead/centernet_cls_output/BiasAdd',
  'tower_0/CenternetHead/centernet_wh_output/BiasAdd',
];
const STEM = ['tower_0/MobilenetV3/Conv/', 'tower_0/MobilenetV3/expanded_conv/'];
const EARLY = [...STEM, 'tower_0/MobilenetV3/expanded_conv_1/', 'tower_0/MobilenetV3/expanded_conv_2/'];
const PERCENTILE = { share: 0.9999 };

/** What was tried for CenterNet's int8 graph, by what is left in float and how ranges are taken. */
export const RECIPES: Readonly<Record<string, Recipe>> = {
  'all in int8, 99.99 %': { range: PERCENTILE, alike: 0, float: [] },
  'float: last; lowest to highest': { range: 'minmax', alike: 0, float: LAST },
  'float: last; least error': { range: 'leastError', alike: 0, float: LAST },
  'float: last; 99.99 %': { range: PERCENTILE, alike: 0, float: LAST },
  'float: last; 99.99 %; channels alike 0.5': { range: PERCENTILE, alike: 0.5, float: LAST },
  'float: last, stem; 99.99 %; channels alike': { range: PERCENTILE, alike: 1, float: [...LAST, ...STEM] },
  'float: last, first 4 blocks; lowest to highest; channels alike 0.5 (shipped)': {
    range: 'minmax',
    alike: 0.5,
    float: [...LAST, ...EARLY],
  },
  'float: last, first 4 blocks; lowest to highest; channels alike': {
    range: 'minmax',
    alike: 1,
    float: [...LAST, ...EARLY],
  },
  'float: last, first 4 blocks; least error; channels alike': {
    range: 'leastError',
    alike: 1,
    float: [...LAST, ...EARLY],
  },
  'float: last, first 4 blocks; 99.99 %; not alike': { range: PERCENTILE, alike: 0, float: [...LAST, ...EARLY] },
  'float: last, first 4 blocks; 99.99 %; channels alike': { range: PERCENTILE, alike: 1, float: [...LAST, ...EARLY] },
};
