import type { Tables } from './store.ts'

/** The value that a restored database has until somebody says that its records are all there are. */
export const RESTORED = 'restored'

/** The machines that a restored database does not know, as they were last seen; null: it was not restored, or that was accepted. */
export async function unknownSinceRestored({
  values,
}: Pick<Tables, 'values'>): Promise<readonly string[] | null> {
  const kept = await values.get(RESTORED)
  return kept === null ? null : JSON.parse(new TextDecoder().decode(kept))
}

/** The value of {@link RESTORED}. */
export function unknownMachines(machines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(machines))
}

/** What the records do not know goes when the host is next taken. */
export async function acceptRestored({ values }: Pick<Tables, 'values'>): Promise<void> {
  await values.delete(RESTORED)
}
