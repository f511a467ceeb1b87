import {
  decodeVariableStore,
  secureBootState,
  VARIABLES,
  withSecureBoot,
} from '@trusted-launch/uefi'
import type { ExaminedFile } from '../examined-file.ts'
import { UsageError } from '../exit-code.ts'
import { plain } from '../plain-text.ts'
import { tableText } from '../table.ts'
import type { ForeignMachine } from './foreign-machine.ts'

/** What of a VM comes along, and what does not. */
export interface Comes {
  readonly rows: readonly {
    readonly what: string
    readonly comes: 'kept' | 'new' | 'left' | 'none'
    readonly note: string
  }[]
  /** Whether Secure Boot is to be on; null: as image and size allow. */
  readonly secureBoot: boolean | null
}

interface Asked {
  readonly machine: ForeignMachine | null
  readonly examined: ExaminedFile
  readonly nvram: string | null
  /** The states that a swtpm's folder holds; null: no folder was named. */
  readonly tpmState: readonly string[] | null
  readonly secureBoot: 'on' | 'off' | undefined
}

/** Looks at what is there. @throws {ArmError} variables that are none of OVMF's. */
export async function comesOf({
  machine,
  examined,
  nvram,
  tpmState,
  secureBoot,
}: Asked): Promise<Comes> {
  const { format, fileBytes } = examined
  const variables = nvram === null ? null : await variablesOf(nvram)
  if (secureBoot === 'on' && variables?.canEnforce === false)
    throw new UsageError('its variables hold no keys: Secure Boot could not be on')
  const other = machine?.otherDisks ?? []
  const had = tpmState === null ? machine?.hasTpm === true : tpmState.length > 0
  return {
    rows: [
      {
        what: 'disk',
        comes: 'kept',
        note: `${format}, ${fileBytes} bytes; its file stays as it is`,
      },
      variables === null
        ? {
            what: 'variables',
            comes: 'new',
            note: 'none were named: Microsoft’s keys, no boot options, no machine owner’s keys',
          }
        : { what: 'variables', comes: 'kept', note: variables.note },
      {
        what: 'vTPM',
        comes: 'new',
        note: `a new EK, AK and certificates; ${had ? 'what its old one sealed is not opened by it: have the BitLocker recovery key or the LUKS passphrase at hand, or suspend it before' : 'it had none that is known'}`,
      },
      {
        what: 'reference values',
        comes: 'none',
        note: 'its disk ran elsewhere, so nothing is foretold from it: its verdict is never affirming until values of a boot are approved (tl reference-values from-log)',
      },
      ...other.map((path) => ({ what: 'other disk', comes: 'left' as const, note: path })),
    ],
    secureBoot: secureBoot === undefined ? (variables?.enforced ?? null) : secureBoot === 'on',
  }
}

async function variablesOf(path: string) {
  const { variableStoreIn } = await import('@trusted-launch/service')
  const store = decodeVariableStore(await variableStoreIn(path))
  const state = secureBootState(store)
  const mok = store.get(VARIABLES.MokList) === null ? 'no' : 'with'
  const secure = state.enforced ? 'Secure Boot on' : `Secure Boot off (${state.reason})`
  return {
    enforced: state.enforced,
    canEnforce: secureBootState(withSecureBoot(store, true)).enforced,
    note: `${store.list().length} variables, ${secure}, ${mok} machine owner’s keys`,
  }
}

export function textOfComes({ rows }: Comes, width: number): string {
  const cells = rows.map(({ what, comes, note }) => [what, comes, plain(note)])
  return tableText(['what', 'comes', 'note'], cells, width)
}
