import type { CertificateAuthority } from '../certificate-authority.ts'
import type { VtpmPlace } from '../vtpm-port.ts'
import { VtpmError } from './errors.ts'
import type { Journal } from './journal.ts'
import type { StateKeyring, StateKeys } from './sealing.ts'
import { VtpmFolder } from './state-file.ts'
import { TpmSession } from './swtpm.ts'

interface Parts {
  readonly keys: StateKeyring
  readonly authority: CertificateAuthority
  readonly journal: Journal
  readonly now: () => number
}

/** What vTPMs of a host are made, looked at and put back with: always on a draft beside the state. */
export class VtpmDrafts {
  readonly keys: StateKeyring
  readonly authority: CertificateAuthority
  readonly journal: Journal
  readonly now: () => number

  constructor({ keys, authority, journal, now }: Parts) {
    this.keys = keys
    this.authority = authority
    this.journal = journal
    this.now = now
  }

  folderOf({ vm, folder, account }: Pick<VtpmPlace, 'vm' | 'folder' | 'account'>): VtpmFolder {
    return new VtpmFolder(vm, folder, account, this.keys)
  }

  /** Works with a TPM on a draft. @throws {VtpmError} `vtpm-failed`, and what `use` throws of them. */
  async session<T>(
    folder: VtpmFolder,
    place: VtpmPlace,
    keys: StateKeys | null,
    use: (tpm: TpmSession) => Promise<T>,
  ): Promise<T> {
    const options = {
      ...{ vm: place.vm, account: place.account },
      ...{ stateFolder: folder.draft, logPath: folder.log },
    }
    const tpm = await TpmSession.open(options, keys)
    try {
      return await use(tpm)
    } catch (cause) {
      if (cause instanceof VtpmError) throw cause
      const message = cause instanceof Error ? cause.message : 'unknown'
      throw new VtpmError('vtpm-failed', place.vm, message, { cause })
    } finally {
      await tpm.close()
    }
  }
}
