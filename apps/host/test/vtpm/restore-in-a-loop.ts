/** Puts back, starts and stops one vTPM for ever, as a manager does, until it is killed. Argument: the root. */
import { join } from 'node:path'
import { killProcess } from '../../src/process.ts'
import { openVtpmKeeper } from '../../src/vtpm/keeper.ts'

const [root] = process.argv.slice(2)
const keeper = await openVtpmKeeper({
  stateDirectory: join(root!, 'state'),
  journalDirectory: join(root!, 'journal'),
})
const folder = join(root!, 'vms', 'a')
const place = { vm: 'a', folder, account: null, qemu: null, banks: ['sha256'] } as const
const captured = await keeper.capture(place)
process.stdout.write('ready')
for (;;) {
  await keeper.restore(place, captured)
  await keeper.check(place)
  const swtpm = await keeper.start(place)
  process.stdout.write(`${swtpm.pid}\n`)
  await killProcess(swtpm)
  await keeper.stopped(place, { orderly: true })
}
