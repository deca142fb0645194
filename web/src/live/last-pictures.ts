import type { NodeApi } from '../api/node-api.ts';

interface Wish {
  readonly camera: string;
  readonly tell: (picture: Blob) => void;
}

/** A wall of cameras that are offline must not ask for all of theirs at once. */
const QUESTIONS_MAX = 3;

/** The last picture of cameras that send none at the moment, asked for a few at a time. */
export class LastPictures {
  readonly #api: Pick<NodeApi, 'picture'>;
  readonly #wishes = new Set<Wish>();
  #asking = 0;

  constructor(api: Pick<NodeApi, 'picture'>) {
    this.#api = api;
  }

  /** Calls `tell` with the picture, where the node still has it; never once the returned function was called. */
  ask(camera: string, tell: (picture: Blob) => void): () => void {
    let wanted = true;
    const wish: Wish = { camera, tell: (picture) => wanted && tell(picture) };
    this.#wishes.add(wish);
    this.#next();
    return () => {
      wanted = false;
      this.#wishes.delete(wish);
    };
  }

  #next(): void {
    for (const wish of this.#wishes) {
      if (this.#asking >= QUESTIONS_MAX) return;
      this.#wishes.delete(wish);
      this.#asking++;
      void this.#api.picture(`v1/cameras/${wish.camera}/frame`).then((answer) => {
        this.#asking--;
        if (answer.kind === 'ok') wish.tell(answer.value);
        this.#next();
      });
    }
  }
}
