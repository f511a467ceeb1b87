import { BootFailure, FirmwareError, type Machine, VtpmError } from '@trusted-launch/host'
import { type Boot, type MachinePower, StartRefused } from '../domain/host/machines.ts'

/** The host's own trouble, no refusal. */
const VTPM_TROUBLES: readonly string[] = ['vtpm-failed', 'vtpm-exists']

/** Whether a VM runs, and what became of one that does not. */
export function powerOf(machine: Machine): MachinePower {
  const status = machine.status()
  if (status.held !== null) return status.held === 'vtpm-lost' ? 'vtpm-lost' : 'held'
  const powers: Readonly<Record<string, MachinePower>> = {
    running: 'running',
    unreachable: 'unreachable',
    exited: 'exited',
    crashed: 'crashed',
  }
  return powers[status.state] ?? 'stopped'
}

/** Nothing happens when it runs. @throws {StartRefused} what the VM is kept in is not what it was. */
export async function startMachine(machine: Machine): Promise<void> {
  if (machine.status().state === 'running') return
  try {
    await machine.start()
  } catch (error) {
    throw refusalOf(error) ?? error
  }
}

/** Waits until the agent answers, the boot fails, or the time is over. */
export async function bootOf(
  machine: Machine,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Boot> {
  try {
    const info = await Promise.race([machine.waitForAgent(timeoutMs), aborted(signal)])
    return { kind: 'agent', version: info.agentVersion }
  } catch (error) {
    if (!(error instanceof BootFailure)) throw error
    const { code, component, message, confirmed, console } = error
    if (code === 'agent-silent') return { kind: 'silent' }
    const lastLine = console.at(-1) ?? ''
    return { kind: 'failed', code, component, message, confirmed, lastLine }
  }
}

function refusalOf(error: unknown): StartRefused | null {
  const isVtpms = error instanceof VtpmError && !VTPM_TROUBLES.includes(error.code)
  const isFirmwares = error instanceof FirmwareError && error.code !== 'firmware-missing'
  if (!isVtpms && !isFirmwares) return null
  const component = isVtpms ? 'vTPM' : 'variable store'
  return new StartRefused(error.code, component, error.message, { cause: error })
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
