import type { Box, Detection } from '../../core/detection.ts';
import { createRandom, gaussian } from '../../core/random.ts';

export interface DriveAboutOptions {
  readonly objects: number;
  readonly frames: number;
  readonly stepS: number;
  /** Share of the picture's width and height they drive in. */
  readonly spread: number;
  readonly seed: number;
}

/** Cars that drive straight and turn back at the edges, as a detector would report them: one list a frame. */
export function driveAbout({ objects, frames, stepS, spread, seed }: DriveAboutOptions): Detection[][] {
  const random = createRandom(seed);
  const cars = Array.from({ length: objects }, () => ({
    x: random() * spread,
    y: random() * spread,
    vx: 0.1 * gaussian(random),
    vy: 0.1 * gaussian(random),
    width: 0.03 + 0.03 * random(),
  }));
  return Array.from({ length: frames }, () => {
    const detections: Detection[] = [];
    for (const car of cars) {
      car.x += car.vx * stepS;
      car.y += car.vy * stepS;
      if (car.x < 0 || car.x > spread) car.vx = -car.vx;
      if (car.y < 0 || car.y > spread) car.vy = -car.vy;
      if (random() < 0.05) continue;
      const off = (): number => 0.03 * car.width * gaussian(random);
      const box: Box = [
        car.x - car.width / 2 + off(),
        car.y - car.width / 2 + off(),
        car.x + car.width / 2 + off(),
        car.y + car.width / 2 + off(),
      ];
      detections.push({ label: 'car', classId: 2, score: 0.15 + 0.8 * random(), box });
      if (random() < 0.1) detections.push({ label: 'truck', classId: 7, score: 0.1 + 0.2 * random(), box });
    }
    return detections.sort((a, b) => b.score - a.score).slice(0, 100);
  });
}
