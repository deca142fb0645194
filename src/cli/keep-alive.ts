/**
 * Keeps the process running until cancelled. The system clock's timers do not, on purpose, so that whoever serves
 * decides: a command that waits for a reconnection or a restart is serving.
 */
export function keepAlive(): { cancel(): void } {
  const handle = setInterval(() => {}, 2 ** 30);
  return { cancel: () => clearInterval(handle) };
}
