import { readFileSync } from 'node:fs'
import type { Acceleration } from './acceleration.ts'
import { MachineError } from './machine/errors.ts'

/** The processor's own virtualization: Intel's or AMD's. */
export type Virtualization = 'vmx' | 'svm'

const ENLIGHTENMENTS = [
  ...['relaxed', 'vapic', 'vpindex', 'runtime', 'synic', 'time', 'stimer', 'stimer-direct'],
  ...['frequencies', 'reenlightenment', 'reset', 'tlbflush', 'ipi'],
].map((name) => `hv-${name}=on`)

/**
 * The CPU of a Windows guest: it is told that Hyper-V is below it, and may virtualize itself, which VBS, HVCI and
 * Credential Guard need: all of them run below the kernel. QEMU, docs/system/i386/hyperv.rst; Microsoft, "VBS
 * hardware requirements".
 */
export function windowsCpu(virtualization: Virtualization): string {
  const own = virtualization === 'vmx' ? ['hv-evmcs=on', '+vmx'] : ['+svm']
  return ['host', ...ENLIGHTENMENTS, 'hv-spinlocks=0x1fff', ...own].join(',')
}

/** What guests may virtualize themselves with here; null: with nothing, as KVM is set. */
export function nestedVirtualization(): Virtualization | null {
  const modules = { vmx: 'kvm_intel', svm: 'kvm_amd' } as const
  for (const [name, module] of Object.entries(modules) as [Virtualization, string][])
    if (/^[Y1]/.test(readOrEmpty(`/sys/module/${module}/parameters/nested`))) return name
  return null
}

/** @throws {MachineError} `machine-not-here`: Windows would run without what it is to be protected by. */
export function virtualizationFor(
  { accelerator, reason }: Acceleration,
  nested: Virtualization | null,
): Virtualization {
  if (accelerator !== 'kvm')
    throw new MachineError('machine-not-here', `Windows needs KVM for VBS and HVCI: ${reason}`)
  if (nested !== null) return nested
  const message = "KVM's nested virtualization is off, and Windows needs it for VBS and HVCI"
  throw new MachineError('machine-not-here', message)
}

/** Why no Windows guest runs here, or null: it does. */
export function whyNoWindows(acceleration: Acceleration): string | null {
  try {
    virtualizationFor(acceleration, nestedVirtualization())
    return null
  } catch (error) {
    if (error instanceof MachineError) return error.message
    throw error
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
