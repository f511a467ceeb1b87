import type { Account, ProcessIdentity } from './process.ts'

/** Who a VM's vTPM is: on record with the VM, and what its quotes are held against. */
export interface VtpmIdentity {
  readonly vm: string
  /** Counts up when an identity is made anew on purpose. */
  readonly generation: number
  readonly ekName: Uint8Array
  readonly ekPublic: Uint8Array
  readonly akName: Uint8Array
  readonly akPublic: Uint8Array
  readonly ekCertificate: Uint8Array
  readonly akCertificate: Uint8Array
  /** AK names of former generations, oldest first: evidence by them is refused by that reason. */
  readonly retiredAkNames: readonly Uint8Array[]
}

/** Where one VM's vTPM lives and who runs it. */
export interface VtpmPlace {
  readonly vm: string
  /** The VM's folder: `vtpm/` and `sockets/` are in it. */
  readonly folder: string
  readonly account: Account
  /** QEMU's account: may pass through `sockets/`. */
  readonly qemu: Account
  readonly banks: readonly ('sha256' | 'sha384')[]
}

/** What the rollback index held before a start, and what the keeper extended it to. */
export interface IndexStep {
  readonly before: Uint8Array
  readonly after: Uint8Array
  /** No start: an earlier state was put back on purpose. `before` is what was last known of the one that went. */
  readonly reverted?: boolean
}

/** A vTPM as it was at one moment: to be put back, or to become another VM's too. It holds its keys: never written down open. */
export interface CapturedVtpm {
  readonly identity: VtpmIdentity
  /** swtpm's state, encrypted with the keys. */
  readonly state: Uint8Array
  /** 64 bytes: what its state at rest and its state on the move are encrypted with. */
  readonly keys: Uint8Array
  /** The TPM's count of starts at the last look before a start. */
  readonly resetCount: number
}

/** A file that holds a wrapped key, and what the key is for. */
export interface SealedFile {
  readonly vm: string
  readonly path: string
}

/** The starts of a vTPM, as its keeper wrote them down. */
export interface VtpmStarts {
  /** Of each of the last starts, oldest first. */
  readonly index: readonly IndexStep[]
  /** Nonces that were sent since the last start and are not answered, oldest first. */
  readonly pending: readonly Uint8Array[]
  /** The TPM's count of starts at the last look before a start. */
  readonly resetCount: number
  /** Counts up when the TPM's count was found to have fallen: TPM2_Clear, or a new identity. */
  readonly counting: number
}

/** A vTPM as its keeper has it, apart from what the VM's own folder says. */
export interface VtpmFacts {
  /** As its journal has it: what its keys were found to be before its last start. */
  readonly identity: VtpmIdentity
  /** Whether its state is encrypted, by the header; null: there is none now. */
  readonly stateEncrypted: boolean | null
}

/** What wrapping all VMs' keys anew came to. */
export interface KeyRotation {
  /** The id of the key-encryption key that wraps from now on. */
  readonly current: string
  readonly wrapped: number
  /**
   * VMs whose wrapped key could not be opened, or is not there, though they were not deleted: the former
   * key-encryption keys are kept.
   */
  readonly refused: readonly string[]
}

type VmFolder = { readonly vm: string; readonly folder: string }

/** What a machine needs of its vTPM's keeper. */
export interface VtpmKeeper {
  /** The certificate (DER) that all EK and AK certificates lead to. */
  readonly authorityRoot: Uint8Array
  /** Makes the first identity. @throws {VtpmError} */
  provision(place: VtpmPlace): Promise<VtpmIdentity>
  /**
   * Before each start: refuses a vTPM that is not the one on record.
   * @returns the identity (its certificate may be a new one) and notes for the log.
   * @throws {VtpmError}
   */
  check(
    place: VtpmPlace,
    identity: VtpmIdentity,
  ): Promise<{ identity: VtpmIdentity; notes: readonly string[] }>
  /** Starts swtpm; QEMU then finds `CONTROL_SOCKET` in `sockets/`. @throws {VtpmError} */
  start(place: VtpmPlace): Promise<ProcessIdentity>
  /** Both are gone; `orderly` when we saw them end as asked. */
  stopped(place: VtpmPlace, how: { orderly: boolean }): Promise<void>
  /** What it knows of a VM's starts. @throws {VtpmError} there is no journal of it, or it cannot be read. */
  starts(vm: string): Promise<VtpmStarts>
  /** What it knows of a VM's vTPM, stopped or not. @throws as `starts`, and `vtpm-state-refused` */
  facts(place: VtpmPlace): Promise<VtpmFacts>
  /** The agent is about to be asked to extend the index by `nonce`: remembered before it is sent. */
  recordIssued(vm: string, nonce: Uint8Array): Promise<void>
  /** The agent answered: the index, certified over that nonce. Verified; what fails is not written down. */
  recordAttested(
    vm: string,
    nonce: Uint8Array,
    rollback: { readonly attest: Uint8Array; readonly signature: Uint8Array },
  ): Promise<'continued' | 'diverged' | 'unverified'>
  /** A new identity on purpose, of the next generation. @throws {VtpmError} */
  reprovision(place: VtpmPlace, identity: VtpmIdentity): Promise<VtpmIdentity>
  /** The vTPM as it is on the disk, of a VM that is stopped or stands still. @throws {VtpmError} it is not the one on record. */
  capture(place: VtpmPlace): Promise<CapturedVtpm>
  /**
   * Puts an earlier state of this VM's vTPM back, and writes down that it did: who looks at the index next knows. On
   * refusal nothing changed. @returns the identity as that state has it.
   * @throws {VtpmError} `vtpm-rolled-back`: of a former generation; what `check` throws of a state that is none.
   */
  restore(place: VtpmPlace, captured: CapturedVtpm): Promise<VtpmIdentity>
  /** Makes another VM's vTPM the first of this one too: same keys, its own AK certificate. @throws {VtpmError} */
  copy(place: VtpmPlace, captured: CapturedVtpm): Promise<VtpmIdentity>
  /** A new key for something that is kept of a VM elsewhere, wrapped in a file. */
  makeKey(file: SealedFile): Promise<Uint8Array>
  /** @throws {VtpmError} `vtpm-key-missing`, `vtpm-key-refused` */
  openKey(file: SealedFile): Promise<Uint8Array>
  /** The VMs that it keeps something of outside of their folders. */
  vms(): Promise<readonly string[]>
  /** Forgets what it keeps of a VM outside of the VM's folder. */
  forget(vm: string): Promise<void>
  /** A new key-encryption key, and all VMs' keys, and these of `makeKey`, wrapped with it. May be killed at any moment. */
  rotate(folders: readonly VmFolder[], others: readonly SealedFile[]): Promise<KeyRotation>
  /** Does what a killed rotation left undone; nothing when there is nothing. */
  finishRotation(folders: readonly VmFolder[], others: readonly SealedFile[]): Promise<KeyRotation>
}
