/** What a test has scripted for the devices of one index, whichever of them is there when it falls due. */
export class FaultScript {
  #failingStarts = 0;

  /** The next `times` starts and renewals fail; replaces what was scripted before. */
  failStarts(times: number): void {
    this.#failingStarts = times;
  }

  /** Asked by a device once for each start and renewal. */
  takeFailingStart(): boolean {
    if (this.#failingStarts === 0) return false;
    this.#failingStarts--;
    return true;
  }
}
