import type { TaxonomyTable } from '../taxonomy.ts';

/**
 * Materials of what COCO's classes are most often made of when they are thrown away. COCO knows shapes and no materials:
 * a bottle is a bottle, be it of PET or glass. Figures by this table are a start; a model trained on waste is better.
 * Classes that no sorting plant's belt carries as one piece (people, vehicles, animals, street furniture) are left out.
 */
export const coco: TaxonomyTable = {
  // Of ten bottles in household waste nine are of plastic; glass has its own bank.
  bottle: 'plastic',
  // Takeaway: coated paper. A mug is rarer than a paper cup.
  cup: 'paper',
  'wine glass': 'glass',
  vase: 'glass',
  bowl: 'plastic',
  book: 'paper',
  frisbee: 'plastic',
  toothbrush: 'plastic',
  fork: 'metal',
  knife: 'metal',
  spoon: 'metal',
  scissors: 'metal',
  banana: 'organic',
  apple: 'organic',
  sandwich: 'organic',
  orange: 'organic',
  broccoli: 'organic',
  carrot: 'organic',
  'hot dog': 'organic',
  pizza: 'organic',
  donut: 'organic',
  cake: 'organic',
  'potted plant': 'organic',
  backpack: 'textile',
  handbag: 'textile',
  suitcase: 'textile',
  tie: 'textile',
  'teddy bear': 'textile',
  umbrella: 'textile',
  // Must not get into a shredder: batteries.
  'cell phone': 'electronics',
  laptop: 'electronics',
  mouse: 'electronics',
  remote: 'electronics',
  keyboard: 'electronics',
  tv: 'electronics',
  microwave: 'electronics',
  toaster: 'electronics',
  'hair drier': 'electronics',
  clock: 'electronics',
};
