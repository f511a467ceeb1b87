import type { SecureBootTemplate } from '@trusted-launch/uefi'
import type { NetworkPart } from '../network/planned.ts'
import type { Command, CommandEnd } from '../vm/run-command.ts'

/** What a VM is to be on its host. */
export interface MachinePlan {
  /** Names it on the host: lower case letters, digits and `-`, at most 64. */
  readonly id: string
  readonly name: string
  readonly vcpus: number
  readonly memoryMiB: number
  /**
   * `small@2026.11.28`: a platform image in a version; `small` of a VM that was made before they had any; `sha256:…` of
   * an imported one, or `disk:ID` of a disk that it takes as its own.
   */
  readonly image: string
  /** How large its own disk is at least, in GiB; null: as large as its image's. */
  readonly osDiskGib: number | null
  readonly secureBoot: boolean
  /** False: a VM without a TPM, which proves nothing. */
  readonly vTpm: boolean
  /** The restore point whose vTPM it begins with; null, also when not given: a new one. */
  readonly vtpmOf?: string | null
  readonly network: {
    readonly macAddress: string
    readonly sshPort: number | null
    /** Its part in a virtual network; null: none. */
    readonly part: NetworkPart | null
  } | null
  readonly osType: 'Linux' | 'Windows'
  /** Generation 1 is started by a BIOS: no Secure Boot, no vTPM. */
  readonly generation: 'V1' | 'V2'
  /** The keys that its firmware begins with; null: its system's own. */
  readonly signatures: SecureBootTemplate | null
  /** Certificates, in DER, that shim is to trust besides its vendor's. */
  readonly machineOwnerKeys: readonly Uint8Array[]
  /** Whether its guest's agent may be asked to run commands. */
  readonly guestCommands: boolean
  /** cloud-init's, or null. */
  readonly seed: { readonly userData: string; readonly metaData: string } | null
}

/** A data disk of a VM. */
export interface DiskPlan {
  /** 0 to 63 */
  readonly lun: number
  /** The id of its resource. */
  readonly diskId: string
  readonly sizeGiB: number
}

/**
 * `exited`: its guest powered off. `crashed`: nobody asked it to end. `vtpm-lost`: it stands still, since its vTPM went
 * away while it ran; nothing but a stop and a start gives it one again.
 */
export type MachinePower =
  | 'running'
  | 'held'
  | 'stopped'
  | 'exited'
  | 'crashed'
  | 'vtpm-lost'
  | 'unreachable'

/** How a boot went. */
export type Boot =
  | { readonly kind: 'agent'; readonly version: string }
  /** The deadline passed and nothing spoke against it: an image without an agent. */
  | { readonly kind: 'silent' }
  | {
      readonly kind: 'failed'
      readonly code: string
      readonly component: string | null
      readonly message: string
      /** What the stopped disk says, not the console alone, which a guest writes too. */
      readonly confirmed: boolean
      /** Its console's last line that says something; empty: none does. */
      readonly lastLine: string
    }

/** A host does not start a VM whose vTPM or variables are not what it has on record. */
export class StartRefused extends Error {
  /** `vtpm-…`, or the firmware's. */
  readonly code: string
  readonly component: 'vTPM' | 'variable store'

  constructor(
    code: string,
    component: StartRefused['component'],
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'StartRefused'
    this.code = code
    this.component = component
  }
}

/** The VMs of a host. */
export interface MachineDriver {
  /** Makes the VM and its reference values, before anything of it boots; nothing happens when it is there. */
  create(plan: MachinePlan, signal: AbortSignal): Promise<void>
  /**
   * Nothing happens when it is gone. With `kept`, the id of its own disk's resource, that disk's bytes and the VM's
   * variables are kept under it: for another VM.
   */
  delete(id: string, kept?: string | null): Promise<void>
  /** Null: there is none. */
  power(id: string): Promise<MachinePower | null>
  machines(): Promise<readonly string[]>
  /** Nothing happens when it runs. @throws {StartRefused} what the VM is kept in is not what it was. */
  start(id: string): Promise<void>
  stop(id: string, options: { readonly graceful: boolean }): Promise<void>
  /** The reset button. */
  restart(id: string): Promise<void>
  /** Takes a VM's network away, or gives it back: at once, and at each start from the beginning on. */
  setIsolated(id: string, isolated: boolean): Promise<void>
  /** Waits until the agent answers, the boot fails, or the time is over. */
  waitForBoot(id: string, timeoutMs: number, signal: AbortSignal): Promise<Boot>
  /** Brings a stopped VM, and what it is to measure, to its plan: shape, Secure Boot, vTPM, network, the size of its disk. */
  change(plan: MachinePlan, signal: AbortSignal): Promise<void>
  /** The pristine disk again, the same vTPM; a stopped VM only. */
  reimage(plan: MachinePlan, signal: AbortSignal): Promise<void>
  /** Attaches, detaches and grows until the VM has these data disks; while it runs, too. */
  putDataDisks(id: string, disks: readonly DiskPlan[]): Promise<void>
  /**
   * The port of the host's loopback that leads to a stopped VM's SSH: `kept`, unless somebody else has it by now;
   * else one that no connection of the system's own takes. Null: it has none yet.
   */
  sshPort(id: string, kept: number | null): Promise<number>
  /** Has the guest of a running VM run a script. @throws {ArmError} nobody there does. */
  runCommand(id: string, command: Command, timeoutSeconds: number): Promise<CommandEnd>
}
