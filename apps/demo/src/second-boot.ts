import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Trial } from './trial.ts'

/** Presses the reset button. @throws {Error} the TPM's reset counter did not grow. */
export async function reset(trial: Trial): Promise<void> {
  const before = trial.resetCount
  const { host, plane } = trial.stage
  await trial.boot(async () => {
    await host.reset(trial.name)
    await plane.attest(trial.name)
  })
  const after = trial.resetCount
  if (!(after > before)) throw new Error(`the reset counter did not grow: ${before}, ${after}`)
  trial.add(`the same identity, and its reset counter went from ${before} to ${after}`)
}

/** Stops the VM and puts another VM's vTPM into its folder. */
export async function replaceVtpm(trial: Trial): Promise<void> {
  const { host, plane } = trial.stage
  trial.tell('creating another VM')
  const other = host.folderOf(await host.another(trial.performance))
  const own = host.folderOf(trial.performance.plan.id)
  await plane.powerOff(trial.name)
  for (const name of ['vtpm', 'vtpm.key']) {
    rmSync(join(own, name), { recursive: true, force: true })
    cpSync(join(other, name), join(own, name), { recursive: true })
  }
  await trial.boot(() => plane.start(trial.name))
}

/** Changes the stopped VM's setting; what the policy wants of it stays. */
export async function switchSecureBootOff(trial: Trial): Promise<void> {
  const { plane } = trial.stage
  await plane.powerOff(trial.name)
  await plane.setSecureBoot(trial.name, false)
  await trial.boot(() => plane.start(trial.name))
}
