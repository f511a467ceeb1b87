import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Trial } from './trial.ts'

/** Presses the reset button. @throws {Error} the TPM's reset counter did not grow. */
export async function reset(trial: Trial): Promise<void> {
  const before = trial.resetCount
  await trial.boot(() => trial.machine.reset())
  const after = trial.resetCount
  if (!(after > before)) throw new Error(`the reset counter did not grow: ${before}, ${after}`)
  trial.add(`the same identity, and its reset counter went from ${before} to ${after}`)
}

/** Stops the VM and puts another VM's vTPM into its folder. */
export async function replaceVtpm(trial: Trial): Promise<void> {
  const { machine } = trial
  const other = await trial.other()
  await machine.stop({ graceful: false })
  for (const name of ['vtpm', 'vtpm.key']) {
    rmSync(join(machine.folder, name), { recursive: true, force: true })
    cpSync(join(other.folder, name), join(machine.folder, name), { recursive: true })
  }
  await trial.restart()
}

/** Changes the stopped VM's own setting; what is expected of it stays. */
export async function switchSecureBootOff(trial: Trial): Promise<void> {
  const { machine } = trial
  await machine.stop({ graceful: false })
  await machine.setSecureBoot(false)
  await trial.restart()
}
