import type { Leftover, NamedFile } from '../domain/host/leftovers.ts'
import { isOld, keepLeftovers, mayBeSomebodys, namedFiles } from '../domain/leftovers.ts'
import { unknownSinceRestored } from '../domain/restored.ts'
import type { ReconcileGround } from './reconcile.ts'

type Ground = Pick<ReconcileGround, 'store' | 'under' | 'driver' | 'now' | 'log'>

/**
 * Files of the host that no record names: those that have lain there for a day go, while nothing is being done; how
 * many stay is written down. Where the records were restored, and may be older than the host, all stay.
 * @throws what `signal` is aborted with: nothing is removed after it.
 */
export async function removeLeftovers(ground: Ground, signal: AbortSignal): Promise<void> {
  const { store, under, driver, now } = ground
  const found = await driver.leftovers(() => whileWanted(namedFiles(store), signal))
  const isKept = (await unknownSinceRestored(store)) !== null
  const gone = new Set<Leftover>()
  for (const file of isKept ? [] : found.filter((each) => isOld(each, now())))
    if (!signal.aborted && (await remove(ground, file))) gone.add(file)
  await under((tables) =>
    keepLeftovers(
      tables,
      driver.name,
      found.filter((file) => !gone.has(file)),
    ),
  )
}

/** There may be many records. */
async function* whileWanted(files: AsyncIterable<NamedFile>, signal: AbortSignal) {
  for await (const file of files) {
    signal.throwIfAborted()
    yield file
  }
}

/** One that cannot be removed does not keep the others. */
async function remove({ under, driver, log }: Ground, file: Leftover): Promise<boolean> {
  try {
    const hasGone = await driver.removeLeftover(file, () =>
      under((tables) => mayBeSomebodys(tables, file)),
    )
    if (hasGone) log.warn({ ...file }, 'a file that no record names was removed')
    return hasGone
  } catch (err) {
    log.error({ err, ...file }, 'a file that no record names cannot be removed')
    return false
  }
}
