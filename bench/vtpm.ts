import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openVtpmKeeper } from '@trusted-launch/host'
import { swtpmTools, want } from './packages.ts'
import { against, measured, type Row } from './row.ts'
import { interleaved, median, percentile } from './statistics.ts'
import { SwtpmSetup } from './swtpm-setup.ts'

const rounds = 30
const goalMs = 120
const goalRatio = 0.25

/** Making a VM's vTPM with all that is in it, against swtpm's own tool with certificates, in turn. */
export async function measureVtpm(progress: (text: string) => void): Promise<Row[]> {
  await want(swtpmTools)
  const directory = mkdtempSync(join(tmpdir(), 'bench-vtpm-'))
  const at = (name: string) => join(directory, name)
  const theirs = new SwtpmSetup()
  try {
    const options = { stateDirectory: at('state'), journalDirectory: at('journal') }
    const keeper = await openVtpmKeeper(options)
    const provision = async (vm: string) => {
      const accounts = { account: null, qemu: null }
      mkdirSync(at(vm))
      await keeper.provision({ vm, folder: at(vm), ...accounts, banks: ['sha256'] })
    }
    progress('both once, so that both authorities have their keys')
    await Promise.all([provision('first'), theirs.provision()])
    progress(`${rounds} rounds`)
    const works = [() => theirs.provision(), (round: number) => provision(`vm-${round}`)]
    const [setup, ours] = await interleaved(rounds, works)
    const yardstick = measured('swtpm_setup with certificates, p50', median(setup!), 'ms')
    return [
      yardstick,
      measured('provisioning, p50', median(ours!), 'ms', goalMs),
      against(yardstick, 'provisioning against it, p50', median(ours!), goalRatio),
      measured('provisioning, p90', percentile(ours!, 0.9), 'ms'),
    ]
  } finally {
    theirs.remove()
    rmSync(directory, { recursive: true })
  }
}
