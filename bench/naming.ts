import type { openStore } from '@trusted-launch/service'
import { against, measured, type Row } from './row.ts'
import { median, timed } from './statistics.ts'

type Resources = Awaited<ReturnType<typeof openStore>>['resources']

const LOOKS = 200
/** A scan of ten thousand is several hundred rows by their ids. */
const GOAL = 20

/** Who names a resource, of as many as there are: what is asked before one is deleted. Against one row by its id. */
export async function measureNaming(
  resources: Resources,
  { id, type }: { readonly id: string; readonly type: string },
): Promise<Row[]> {
  const count = await resources.count({ type })
  const unused = `${id.slice(0, id.lastIndexOf('/providers/'))}/providers/Microsoft.Network/networkSecurityGroups/unused`
  const look = (work: () => Promise<unknown>) => async () => {
    const times: number[] = []
    for (let i = 0; i < LOOKS; i++) times.push(await timed(work))
    return median(times)
  }
  const row = await look(() => resources.get(id))()
  const naming = await look(() => resources.list({ type, naming: unused, limit: 20 }))()
  const yardstick = measured('one row by its id', row, 'ms')
  return [yardstick, against(yardstick, `who names another, of ${count} interfaces`, naming, GOAL)]
}
